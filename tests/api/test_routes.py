"""Every route of the resolver, whoever asks: strangers, readers, other teams' keys, keys without revenue."""

import re
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from django.core import serializers
from django.db import models, transaction
from django.urls import get_resolver
from django.urls.resolvers import URLPattern

from accounts.actions.exports import request_export
from accounts.api.authentication import BearerKey, HasScope
from accounts.api.views import ApiView
from accounts.models import Account, Export, ServicesMonth
from accounts.models.exports import Exports
from accounts.models.keys import SCOPES
from accounts.models.people import OfAccount
from metrics.measures.query import METRICS
from surveys.models import Collector
from tests import factories
from tests.api.conftest import assert_problem, program
from tests.api.test_metrics import healthy

pytestmark = pytest.mark.django_db
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
PUBLIC = {"api-schema", "api-docs"}
CANARY = "CANARYFOREIGN"
REVENUE = Decimal("987654.32")


class Route(NamedTuple):
    """One pattern of the resolver, its view, and the model whose rows it shows."""

    pattern: str
    name: str
    view: Any
    methods: set[str]
    model: type[models.Model] | None

    def __str__(self) -> str:
        return self.name

    @property
    def is_of_a_row(self) -> bool:
        return any(f"<{name}>" in self.pattern for name in ("int:pk", "pk", "public_id", "token"))

    @property
    def is_shared(self) -> bool:
        """Whether its rows hang on no account nor key, so that every key with the scope sees them."""
        is_own = self.model is None or isinstance(self.model._default_manager.all(), OfAccount | Exports)
        return not is_own

    def path(self, rows: dict[type[models.Model], models.Model]) -> str:
        """The path to the given row of the model, or of the account."""
        row = rows[self.model or Account]
        plain = self.pattern.replace("<int:pk>", str(row.pk)).replace("<slug:metric>", "nps")
        plain = re.sub(r"\(\?P<pk>[^)]*\)", str(row.pk), plain)
        plain = re.sub(r"\(\?P<token>[^)]*\)", getattr(row, "token", ""), plain)
        return "/" + re.sub(r"\(\?P<public_id>[^)]*\)", str(getattr(row, "public_id", "")), plain)


def walk(patterns: Any, prefix: str = "") -> Any:
    for entry in patterns:
        pattern = prefix + re.sub(r"^\^|\\Z$|\$$", "", str(entry.pattern))
        if not isinstance(entry, URLPattern):
            yield from walk(entry.url_patterns, pattern)
        elif pattern.startswith("api/"):
            view = getattr(entry.callback, "cls", None)
            methods = {method.upper() for method in getattr(entry.callback, "actions", None) or {"get": ""}}
            model = getattr(getattr(view, "queryset", None), "model", None)
            yield Route(pattern, entry.name, view, methods, model)


ALL = list(walk(get_resolver().url_patterns))
ROUTES = [route for route in ALL if route.name not in PUBLIC]
each_route = pytest.mark.parametrize("route", ROUTES, ids=str)


@pytest.fixture(scope="module")
def theirs(django_db_setup, django_db_blocker):
    """A row of every model, hanging on the account of another team where it hangs on one.

    They are made once for a module; what a test does to them is taken back like all that it does.
    """
    with django_db_blocker.unblock(), transaction.atomic():
        yield {type(row): row for row in rows_of_another_team()}
        transaction.set_rollback(True)


def rows_of_another_team():
    foreign = factories.account(name=CANARY, domain="canary.example", external_id="canary-1")
    survey = factories.published_survey()
    contact = factories.contact(foreign, name=CANARY, email="canaryforeign@example.com", title=CANARY)
    ServicesMonth.objects.create(account=foreign, month=date(2026, 1, 1), revenue=REVENUE, cost=0)
    asked = factories.invitation(survey, contact)
    rows = [
        *(foreign, contact, survey, survey.programme, Collector.objects.get(), asked),
        factories.subscription(foreign, date(2025, 1, 1), None, REVENUE, product=CANARY),
        factories.signal(foreign, CANARY, date(2026, 1, 1), 5),
        factories.respond(survey, {"nps": 9, "why": CANARY}, contact=contact, invitation=asked),
        ServicesMonth.objects.get(),
        factories.event(foreign, name="canary", contact=contact, attributes={"amount": str(REVENUE)}),
    ]
    order = {"dataset": "accounts", "format": "csv", "survey": "", "changed_after": None, "labels": False}
    rows.append(request_export(factories.user(), order | {"survey": CANARY}, now=factories.NOON))
    healthy(foreign, date(2026, 6, 15))
    campaign = factories.campaign(factories.published_survey())
    rows += [campaign, campaign.audience]
    return rows


def body_of(method):
    return None if method in ("GET", "HEAD") else {}


def checksum(rows):
    for row in rows.values():
        row.refresh_from_db()
    return serializers.serialize("json", rows.values())


def test_the_walk_finds_the_routes():
    assert len(ROUTES) > 25
    names = {route.name for route in ALL}
    assert names >= PUBLIC | {"api-account-list", "api-account-bulk", "api-survey-publish", "api-metric"}


@each_route
def test_every_view_asks_for_a_key_unless_it_is_on_the_public_list(route):
    assert issubclass(route.view, ApiView)
    assert list(route.view.authentication_classes) == [BearerKey]
    assert list(route.view.permission_classes) == [HasScope]
    assert route.view.resource


@pytest.mark.parametrize("path", ["/api/schema/", "/api/docs/"])
def test_the_public_list_shows_nothing_of_anyone(client, theirs, path):
    response = client.get(path)
    assert response.status_code == 200
    assert CANARY not in response.content.decode()
    assert client.post(path).status_code == 405


@each_route
def test_strangers_are_refused_by_every_method(stranger, theirs, route):
    path = route.path(theirs)
    for method in METHODS:
        refusal = stranger.call(method, path, body_of(method))
        assert refusal.status_code == 401, (method, path)
        assert refusal["WWW-Authenticate"] == "Bearer"
        assert CANARY not in refusal.content.decode()


@each_route
def test_the_same_routes_answer_a_key(root, theirs, route):
    if route.model is Export and route.is_of_a_row:
        assert_problem(root.get(route.path(theirs)), 404)  # an export is its maker's alone
        return
    for method in sorted(route.methods, key=METHODS.index):  # DELETE comes last
        assert root.call(method, route.path(theirs), body_of(method)).status_code in (200, 201, 204, 400, 409)


@each_route
def test_keys_that_read_do_not_write(theirs, route):
    reader = program("read", "revenue", "personal")
    # What no key may write has no such methods.
    wanted = 403 if f"{route.view.resource}:write" in SCOPES else 405
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert_problem(reader.call(method, route.path(theirs), {}), wanted)


@each_route
def test_what_belongs_to_another_team_is_not_there(limited, theirs, route):
    path, before = route.path(theirs), checksum(theirs)
    for method in METHODS:
        answer = limited.call(method, path, body_of(method))
        text = answer.content.decode()
        assert CANARY not in text.upper(), (method, path)
        assert str(REVENUE) not in text
        if route.is_of_a_row and not route.is_shared:
            wanted = {404} if method in {*route.methods, "HEAD"} else {403, 405}
            assert answer.status_code in wanted, (method, path)
    assert route.is_shared or checksum(theirs) == before


@pytest.mark.parametrize("metric", METRICS)
def test_metrics_of_another_teams_account_are_not_there(limited, root, theirs, metric):
    query = f"metrics/{metric}?account={theirs[Account].pk}"
    assert_problem(limited.get(query), 400, "account")
    assert root.get(query).status_code == 200


@each_route
def test_amounts_of_money_are_for_keys_with_revenue(theirs, route):
    everything_else = {f"{other.view.resource}:read" for other in ROUTES}
    poor, rich = program(*everything_else, "personal"), program(*everything_else, "personal", "revenue")
    for query in ("", "?fields=annual_value", "?ordering=annual_value"):
        assert "987654" not in poor.get(route.path(theirs) + query).content.decode()
    if route.name in ("api-subscription-list", "api-services-detail"):
        assert "987654" in rich.get(route.path(theirs)).content.decode()


def test_what_hangs_on_no_team_is_nobodys(limited, root):
    paths = ("accounts", "contacts", "responses")
    before = {path: len(root.get(path).json()["results"]) for path in paths}
    factories.respond(factories.published_survey(), {"nps": 1})
    factories.contact(factories.account(team=None))
    for path in paths:
        assert limited.get(path).json()["results"] == []
        assert len(root.get(path).json()["results"]) == before[path] + 1
