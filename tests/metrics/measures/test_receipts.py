"""Every number has its receipt: the rows it is made of, from which it can be added up again."""

from datetime import UTC, date, datetime

import pytest

from accounts.models import ServicesMonth
from metrics.actions.absorb import absorb_responses
from metrics.measures.query import METRICS, NotAsked, ask
from metrics.measures.receipts import RECEIPTS, receipt
from metrics.measures.scope import Scope
from tests import factories as f

pytestmark = pytest.mark.django_db

AT = datetime(2026, 5, 10, 12, tzinfo=UTC)


@pytest.fixture
def scope():
    viewer = f.user(is_superuser=True)
    days = {"start": date(2025, 6, 15), "end": date(2026, 6, 16)}
    return lambda **rest: Scope(viewer=viewer, today=date(2026, 6, 15), **{**days, **rest})


@pytest.fixture
def world():
    survey = f.published_survey([f.NPS, f.CSAT, f.CES])
    for place in range(3):
        account = f.account(segment=("a", "b")[place % 2])
        contact = f.contact(account, role="decision_maker")
        old = f.subscription(account, date(2024, 9, 1), date(2025, 9, 1), 1000)
        if place:
            f.subscription(account, date(2025, 9, 1), None, 900 + 200 * place, renews=old)
        invited = f.invitation(survey, contact, sent_at=AT)
        given = {"nps": 10 - 5 * place, "csat": 5, "ces": 6}
        f.respond(survey, given, contact=contact, at=AT, invitation=invited)
        ServicesMonth.objects.create(account=account, month=date(2026, 1, 1), revenue=100, cost=80)
    absorb_responses(now=f.NOON)
    return survey


def test_every_metric_has_one(world, scope):
    assert RECEIPTS.keys() == METRICS.keys()
    for name in METRICS:
        found = receipt(name, scope())
        rows = list(found.rows)
        assert rows or name == "health", name
        assert {len(row) for row in rows} <= {len(found.columns)}, name


@pytest.mark.parametrize(
    "name", ["nps", "csat", "ces", "response_rate", "completion_rate", "contact_coverage", "services_margin"]
)
@pytest.mark.parametrize("narrowed", [{}, {"attributes": {"segment": "a"}}])
def test_there_are_as_many_rows_as_it_counts(world, scope, name, narrowed):
    asked = scope(**narrowed)
    assert len(list(receipt(name, asked).rows)) == ask(name, asked).n > 0


def test_the_number_is_added_up_again_from_its_rows(world, scope):
    values = [row[-1] for row in receipt("nps", scope()).rows]
    assert ask("nps", scope()).value == 100 * sum((v >= 9) - (v <= 6) for v in values) / len(values)
    pairs = [row[-2:] for row in receipt("grr", scope()).rows]
    kept = sum(min(pair) for pair in pairs if pair[0])
    assert ask("grr", scope()).value == float(100 * kept / sum(before for before, _ in pairs))
    terms = list(receipt("renewal_rate", scope()).rows)
    due, renewed = sum(row[2] for row in terms), sum(min(row[2], row[4]) for row in terms)
    assert ask("renewal_rate", scope()).value == float(100 * renewed / due)


def test_confidential_answers_have_none(scope):
    survey = f.published_survey(privacy="confidential")
    for _ in range(9):
        f.respond(survey, {"nps": 9}, at=AT)
    absorb_responses(now=f.NOON)
    assert ask("nps", scope()).n == 9
    assert list(receipt("nps", scope()).rows) == []


def test_a_receipt_is_asked_like_its_metric(scope):
    with pytest.raises(NotAsked, match="not narrowed by channel"):
        receipt("grr", scope(channel="qr"))
    with pytest.raises(NotAsked, match="as they are now"):
        receipt("grr", scope(known_on=date(2026, 6, 1)))
