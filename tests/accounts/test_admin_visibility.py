"""What staff limited to some accounts meet in the admin (SECURITY T14 to T21)."""

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.urls import reverse

from accounts.models import Account, Contact, ServicesMonth, Signal, Subscription, Team
from accounts.roles import ACCOUNT_MANAGER
from tests import factories
from tests.accounts.staff import almighty_but, logged_in, member, superuser

pytestmark = pytest.mark.django_db

OURS, THEIRS = "Alpha", "Zulu"


def world_of(name: str, owner: Any = None) -> SimpleNamespace:
    """An account with one row of everything that hangs on it, each bearing the name."""
    account = factories.account(
        name=f"{name} account", external_id=f"{name}-id", segment=f"{name} segment", owner=owner
    )
    contact = factories.contact(account, name=f"{name} contact", language=f"x-{name}")
    survey = factories.published_survey()
    return SimpleNamespace(
        account=account,
        contact=contact,
        subscription=factories.subscription(account, date(2026, 1, 1), None, 5000, product=f"{name} product"),
        month=ServicesMonth.objects.create(account=account, month=date(2026, 1, 1), revenue=9, cost=5),
        signal=factories.signal(account, f"{name} key", date(2026, 1, 1), 7),
        invitation=factories.invitation(survey, contact),
        response=factories.respond(survey, {"why": f"{name} words"}, contact=contact),
    )


@pytest.fixture
def csm():
    """Someone with every right but to see every account."""
    return almighty_but("view_all_accounts")


@pytest.fixture
def ours(csm):
    return world_of(OURS, owner=csm)


@pytest.fixture
def theirs(ours):
    stranger = factories.user(first_name=THEIRS, last_name="owner")
    LogEntry.objects.create(
        user=stranger,
        content_type=ContentType.objects.get_for_model(Account),
        object_id="1",
        object_repr=f"{THEIRS} account",
        action_flag=ADDITION,
        change_message="",
    )
    return world_of(THEIRS, owner=stranger)


def url_of(row, page):
    arguments = [] if page in {"changelist", "add"} else [row.pk]
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{page}", args=arguments)


LISTS = [
    f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
    for model in admin.site._registry
    if model._meta.model_name != "user"
]


@pytest.mark.parametrize("name", LISTS)
def test_no_list_and_no_filter_names_a_foreign_account(csm, ours, theirs, name):
    response = logged_in(csm).get(reverse(name), follow=True)
    assert response.status_code in {200, 403}
    assert THEIRS not in response.content.decode()


@pytest.mark.parametrize(
    "row", ["account", "contact", "subscription", "month", "signal", "invitation", "response"]
)
def test_lists_and_pages_show_ones_own_rows_and_hide_foreign_ones(csm, ours, theirs, row):
    client, own, foreign = logged_in(csm), getattr(ours, row), getattr(theirs, row)
    listed = client.get(url_of(own, "changelist")).content.decode()
    assert OURS in listed
    assert client.get(url_of(own, "change")).status_code == 200
    for page in ("change", "history", "delete"):
        answer = client.get(url_of(foreign, page), follow=True)
        assert THEIRS not in answer.content.decode()
        assert "Zulu account" not in answer.content.decode()
        redirected = bool(answer.redirect_chain)
        assert redirected or answer.status_code in {403, 404}


@pytest.mark.parametrize("row", ["response", "event"])
def test_no_list_names_who_has_gone_to_a_foreign_account(csm, ours, theirs, row):
    ours.event = factories.event(ours.account, contact=ours.contact)
    address = url_of(getattr(ours, row), "changelist")
    assert "Alpha contact" in logged_in(csm).get(address).text
    ours.contact.account = theirs.account
    ours.contact.save()
    page = logged_in(csm).get(address).text
    assert "Alpha contact" not in page
    assert "gone to another account" in page


def test_search_finds_nothing_foreign(csm, ours, theirs):
    client = logged_in(csm)
    for row in (ours.account, ours.contact, ours.subscription, ours.response, ours.invitation):
        assert OURS in client.get(url_of(row, "changelist"), {"q": OURS}).content.decode()
        found = client.get(url_of(row, "changelist"), {"q": THEIRS}).content.decode()
        # The page repeats the word searched for, but nothing that bears it.
        assert f"{THEIRS} " not in found
    assert THEIRS not in client.get("/admin/search/", {"s": "account"}).content.decode()


def test_autocomplete_offers_ones_own_rows_only(csm, ours, theirs):
    client = logged_in(csm)
    fields = [("contact", "account"), ("account", "parent"), ("subscription", "renews")]
    for model, field in fields:
        asked = {"app_label": "accounts", "model_name": model, "field_name": field, "term": ""}
        found = client.get("/admin/autocomplete/", asked).content.decode()
        assert OURS in found
        assert THEIRS not in found
    asked = {"app_label": "surveys", "model_name": "invitation", "field_name": "contact", "term": ""}
    assert THEIRS not in client.get("/admin/autocomplete/", asked).content.decode()


@pytest.mark.parametrize("name", ["contacts", "subscription", "nothing", "name"])
def test_autocomplete_refuses_what_is_no_field_with_choices(name):
    asked = {"app_label": "accounts", "model_name": "account", "field_name": name}
    assert logged_in(superuser()).get("/admin/autocomplete/", asked).status_code == 403


def test_a_foreign_account_is_refused_in_every_form(csm, ours, theirs):
    client = logged_in(csm)
    posts = [
        (Contact, {"name": "New", "role": "user"}),
        (Signal, {"key": "new", "observed_on": "2026-02-01", "value": "1"}),
        (Subscription, {"annual_value": "1", "currency": "USD", "starts_on": "2026-02-01"}),
        (ServicesMonth, {"month": "2026-02-01", "revenue": "1", "cost": "1"}),
    ]
    for model, fields in posts:
        url = reverse(f"admin:accounts_{model._meta.model_name}_add")
        before = model.objects.count()
        refused = client.post(url, {**fields, "account": theirs.account.pk})
        assert refused.status_code == 200
        assert "Select a valid choice" in refused.content.decode()
        assert model.objects.count() == before
        assert client.post(url, {**fields, "account": ours.account.pk}).status_code == 302
        assert model.objects.count() == before + 1


def test_a_row_cannot_be_moved_to_a_foreign_parent(csm, ours, theirs):
    url = url_of(ours.account, "change")
    refused = logged_in(csm).post(url, {"name": "Alpha account", "parent": theirs.account.pk})
    assert "Select a valid choice" in refused.content.decode()
    ours.account.refresh_from_db()
    assert ours.account.parent is None


def test_a_relation_out_of_sight_is_neither_shown_nor_lost(csm, ours, theirs):
    Account.objects.filter(pk=ours.account.pk).update(parent=theirs.account)
    client, url = logged_in(csm), url_of(ours.account, "change")
    assert THEIRS not in client.get(url).content.decode()
    saved = client.post(url, {"name": "Alpha renamed", "external_id": "Alpha-id", "attributes": ""})
    assert saved.status_code == 302
    ours.account.refresh_from_db()
    assert (ours.account.name, ours.account.parent) == ("Alpha renamed", theirs.account)


def test_whose_an_account_is_stays_with_who_sees_every_account(csm, ours):
    other = factories.user()
    fields = {"name": "Alpha account", "external_id": "Alpha-id", "owner": other.pk, "attributes": ""}
    url = url_of(ours.account, "change")
    assert logged_in(csm).post(url, fields).status_code == 302
    ours.account.refresh_from_db()
    assert ours.account.owner == csm
    assert logged_in(superuser()).post(url, fields).status_code == 302
    ours.account.refresh_from_db()
    assert ours.account.owner == other


def test_an_account_added_by_someone_limited_is_theirs(csm):
    url = reverse("admin:accounts_account_add")
    assert logged_in(csm).post(url, {"name": "Brand new", "attributes": ""}).status_code == 302
    made = Account.objects.get(name="Brand new")
    assert made.owner == csm
    assert made.external_id.startswith("earshot-")


@pytest.mark.parametrize(
    "query",
    [
        "account__name__startswith=Z",
        "account__owner__email__startswith=a",
        "email__startswith=a",
        "email__regex=%5Ea",
        "account__subscriptions__annual_value__gt=1",
    ],
)
def test_no_question_that_the_filters_do_not_ask_is_answered(csm, ours, theirs, query):
    assert logged_in(csm).get(f"{url_of(ours.contact, 'changelist')}?{query}").status_code == 400


def test_a_foreign_id_in_a_filter_shows_neither_rows_nor_a_name(csm, ours, theirs):
    client, url = logged_in(csm), url_of(ours.contact, "changelist")
    own = client.get(url, {"account__id__exact": ours.account.pk}).content.decode()
    assert "Alpha contact" in own
    foreign = client.get(url, {"account__id__exact": theirs.account.pk}).content.decode()
    assert "Alpha contact" not in foreign
    assert THEIRS not in foreign


def test_an_account_in_nobodys_hands_is_seen_by_who_sees_all(csm, ours):
    nobodys = world_of("Nobody")
    hidden = factories.respond(factories.published_survey(), {"why": "no account"})
    client = logged_in(csm)
    for row in (nobodys.account, nobodys.response, hidden):
        assert client.get(url_of(row, "change")).status_code == 302
        assert logged_in(superuser()).get(url_of(row, "change")).status_code == 200


def test_a_colleague_in_the_team_sees_what_the_owner_sees(csm, ours):
    team = factories.Team.objects.create(name="North")
    colleague = almighty_but("view_all_accounts", teams=[team])
    assert logged_in(colleague).get(url_of(ours.contact, "change")).status_code == 302
    Account.objects.filter(pk=ours.account.pk).update(team=team)
    assert logged_in(colleague).get(url_of(ours.contact, "change")).status_code == 200


def test_following_a_row_by_its_type_leads_to_no_foreign_text(csm, ours, theirs):
    kind = ContentType.objects.get_for_model(Account)
    answer = logged_in(csm).get(f"/admin/r/{kind.pk}/{theirs.account.pk}/")
    assert THEIRS not in answer.content.decode()
    assert answer.status_code in {302, 403, 404}


def test_history_is_for_who_sees_every_account_and_nobody_can_change_it(csm, ours, theirs):
    entry = LogEntry.objects.get()
    change, delete = url_of(entry, "change"), url_of(entry, "delete")
    assert THEIRS not in logged_in(csm).get(url_of(entry, "changelist")).content.decode()
    root = logged_in(superuser())
    assert THEIRS in root.get(url_of(entry, "changelist")).content.decode()
    assert root.post(change, {"object_repr": "x"}).status_code == 403
    assert root.post(delete, {"post": "yes"}).status_code == 403
    assert LogEntry.objects.get() == entry


def test_only_who_sees_every_account_deletes_what_hangs_on_one(csm, ours):
    answer = logged_in(csm).post(url_of(ours.signal, "delete"), {"post": "yes"})
    assert answer.status_code == 403
    assert logged_in(superuser()).post(url_of(ours.signal, "delete"), {"post": "yes"}).status_code == 302
    assert not Signal.objects.exists()


def test_only_who_sees_every_account_deletes_what_all_share(csm):
    address = reverse("admin:accounts_team_delete", args=[Team.objects.create(name="North").pk])
    assert logged_in(csm).get(address).status_code == 403
    assert logged_in(superuser()).get(address).status_code == 200


def test_a_history_does_not_tell_which_rows_there_are(csm):
    team = Team.objects.create(name="North")
    for seen_by, answers in ((member(ACCOUNT_MANAGER), (403, 403)), (csm, (200, 302))):
        client = logged_in(seen_by)
        found = (client.get(reverse("admin:accounts_team_history", args=[pk])) for pk in (team.pk, 10**6))
        assert tuple(answer.status_code for answer in found) == answers


def test_documents_that_postgresql_cannot_store_are_refused_beside_the_field(ours):
    url = url_of(ours.account, "change")
    client = logged_in(superuser())
    for document in ('{"a": "\\u0000"}', '{"a": "\\ud800"}', '{"a": NaN}', "[1]", "{", "[" * 5000):
        refused = client.post(url, {"name": "Alpha account", "attributes": document})
        assert refused.status_code == 200
        assert "error" in refused.content.decode()
    assert client.post(url, {"name": "Alpha account", "attributes": '{"a": 1}'}).status_code == 302
