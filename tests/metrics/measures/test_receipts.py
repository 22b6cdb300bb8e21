"""Every number has its receipt: the rows it is made of, from which it is worked out again here, by hand."""

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from accounts.models import ExchangeRate, ServicesMonth
from metrics.actions.absorb import absorb_responses
from metrics.actions.health import score_accounts
from metrics.measures import query
from metrics.measures.dimensions import ALL, PERIODS
from metrics.measures.query import METRICS, NotAsked, ask, ask_by
from metrics.measures.receipts import RECEIPTS, receipt
from metrics.measures.scope import Scope
from surveys.models import Programme, Survey
from tests import factories as f

pytestmark = pytest.mark.django_db

AT = datetime(2026, 5, 10, 12, tzinfo=UTC)
TODAY, START, END = date(2026, 6, 15), date(2025, 6, 15), date(2026, 6, 16)
CUSTOMERS = 14
COUNTED_ROWS = (
    *("nps", "csat", "ces", "response_rate", "completion_rate", "contact_coverage", "account_coverage"),
    *("decision_maker_coverage", "revenue_coverage", "grr", "nrr", "logo_churn", "survival"),
    "services_margin",
)


@pytest.fixture
def scope():
    viewer = f.user(is_superuser=True)
    return lambda **rest: Scope(viewer=viewer, today=TODAY, **{"start": START, "end": END, **rest})


@pytest.fixture(scope="module")
def world(rows_of_module):
    """Accounts that pay in two currencies; some left, some have no owner, some of their people answered."""
    for month, rate in ((date(2025, 6, 1), "1.10"), (date(2026, 6, 1), "1.20")):
        ExchangeRate.objects.create(currency="EUR", month=month, rate=Decimal(rate))
    survey, events = (
        f.published_survey([f.NPS, f.CSAT, f.CES], of=f.programme(mode))
        for mode in (Programme.Mode.RELATIONSHIP, Programme.Mode.TRANSACTIONAL)
    )
    owners, teams = [f.user(), f.user()], [f.Team.objects.create(name=name) for name in ("North", "South")]
    for place in range(CUSTOMERS):
        account = f.account(
            segment=("a", "b", "")[place % 3],
            tier=("gold", "")[place % 2],
            region="EU",
            country=("DE", "FR", "")[place % 3],
            industry="steel",
            owner=(owners[0], owners[1], None)[place % 3],
            team=(teams[0], teams[1], None)[place % 3],
            created_on=date(2024, 1, 1),
        )
        people = [f.contact(account, role=role) for role in ("decision_maker", "user", "influencer")]
        currency, product = ("USD", "EUR")[place % 2], ("core", "extra")[place % 2]
        sold = {"currency": currency, "product": product}
        began = date(2023 + place % 2, 9, 1)
        bought = f.subscription(account, began, date(2025, 9, 1), 1000 + 100 * place, **sold)
        if place % 4:
            sold["renews"] = bought
            f.subscription(account, date(2025, 9, 1), date(2026, 9, 1), 900 + 200 * place, **sold)
        for number, person in enumerate(people[: 1 + place % 3]):
            invited = f.invitation(survey, person, sent_at=AT)
            given = {"nps": (10 - 3 * place - number) % 11, "csat": 5 - place % 3, "ces": 7 - place % 5}
            if (place + number) % 4:
                f.respond(survey, given, contact=person, at=AT, invitation=invited, language="de")
            f.respond(events, {"csat": 4 - number, "nps": number}, contact=person, at=AT, channel="qr")
        f.respond(survey, {"nps": 7}, account=account, at=AT, submitted_at=None)
        for month in (1, 2):
            ServicesMonth.objects.create(
                account=account, month=date(2026, month, 1), revenue=100 + place, cost=80 + month
            )
        account.currency = currency
        account.save()
    f.respond(survey, {"nps": 3, "csat": 1, "ces": 1}, at=AT)
    absorb_responses(now=f.NOON)
    score_accounts(day=TODAY, now=f.NOON)


def share(rows, of):
    return 100 * sum(map(bool, (row[of] for row in rows))) / len(rows) if rows else None


def answers(rows):
    whole = sum(row["weight"] for row in rows)
    return 100 * sum(row["weight"] * row["counts"] for row in rows) / whole if whole else None


def rate(part, whole):
    return 100 * float(part) / float(whole) if whole else None


def renewed(rows):
    """Value due, kept and renewed of each account's terms of one day."""
    sums = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for row in rows:
        sums[row["account"], row["due_on"]][0] += row["due"]
        sums[row["account"], row["due_on"]][1] += row["renewed"]
    return [(due, min(due, got), got) for due, got in sums.values()]


def logos(rows):
    of_accounts = defaultdict(bool)
    for row in rows:
        of_accounts[row["account"]] |= row["renewed"] > 0
    return rate(sum(of_accounts.values()), len(of_accounts))


def kept(rows):
    whole = sum(row["arr_at_start"] for row in rows)
    return rate(sum(min(row["arr_at_start"], row["arr_at_end"]) for row in rows), whole)


def lifetime(rows):
    r, paying = (kept([row for row in rows if row["arr_at_start"]]) or 0) / 100, [r for r in rows if r["arr"]]
    if not paying or not any(row["arr_at_start"] for row in rows):
        return None
    return float(sum(row["arr"] for row in paying)) / len(paying) * r * 1.1 / (1.1 - r)


def left_after_a_year(rows):
    """Kaplan and Meier's product, step by step."""
    spans = [((row["watched_until"] - row["began"]).days / 30.4375, row["left"]) for row in rows]
    if not spans or max(months for months, _ in spans) < 12:
        return None
    left = 1.0
    for time in sorted({months for months, has_left in spans if has_left and months <= 12}):
        at_risk = sum(months >= time for months, _ in spans)
        left *= 1 - sum(months == time and has_left for months, has_left in spans) / at_risk
    return 100 * left


def margin(rows):
    revenue, cost = (sum(row[name] * row["rate"] for row in rows) for name in ("revenue", "cost"))
    return rate(revenue - cost, revenue)


def green(rows):
    known = [row for row in rows if row["band"] != "grey"]
    return rate(sum(row["band"] == "green" for row in known), len(known))


def sums(name):
    return lambda rows: rate(
        sum(each[name] for each in renewed(rows)), sum(each[0] for each in renewed(rows))
    )


AGAIN = {
    **dict.fromkeys(
        (
            "nps",
            "nps_clustered",
            "nps_finite",
            "nps_accounts",
            "nps_revenue",
            "nps_waterfall",
            "nps_weighted",
        ),
        answers,
    ),
    "csat": answers,
    "ces": answers,
    "response_rate": lambda rows: share(rows, "answered"),
    "completion_rate": lambda rows: share(rows, "submitted_on"),
    "contact_coverage": lambda rows: share(rows, "answered"),
    "decision_maker_coverage": lambda rows: share(rows, "answered"),
    "account_coverage": lambda rows: share(rows, "answered"),
    "revenue_coverage": lambda rows: rate(
        sum(row["arr"] for row in rows if row["answered"]), sum(row["arr"] for row in rows)
    ),
    "health": green,
    "arr": lambda rows: sum(row["arr"] for row in rows),
    "grr": kept,
    "nrr": lambda rows: rate(
        sum(row["arr_at_end"] for row in rows), sum(row["arr_at_start"] for row in rows)
    ),
    "logo_churn": lambda rows: share([{"lost": row["arr_at_end"] == 0} for row in rows], "lost"),
    "clv": lifetime,
    "renewal_rate": sums(1),
    "net_renewal_rate": sums(2),
    "logo_renewal_rate": logos,
    "survival": left_after_a_year,
    # Below a hundred customers nothing is fitted.
    "clv_sbg": lambda rows: None,
    "services_margin": margin,
}


MONEY = {"arr", "arr_at_start", "arr_at_end", "rate"}


def rows_of(name, asked):
    found = receipt(name, asked)
    return [dict(zip(found.columns, row, strict=True)) for row in found.rows]


def assert_added_up(name, asked, measure):
    rows = rows_of(name, asked)
    if any(row[column] is None for row in rows for column in MONEY & row.keys()):
        # Without a rate the amount is not known; that nobody left is.
        assert measure.value is None or name == "logo_churn"
        return
    again = AGAIN[name](rows)
    if measure.value is None:
        # ARR of nobody is nothing, and CSAT of two scales is none.
        assert again is None or not measure.n, (name, asked)
    else:
        assert again == pytest.approx(float(measure.value), abs=0.006), name


def test_every_metric_is_worked_out_again_from_its_rows(world, scope):
    assert RECEIPTS.keys() == AGAIN.keys() == METRICS.keys()
    for name in METRICS:
        measure = ask(name, scope())
        assert measure.value is not None or name == "clv_sbg", name
        assert_added_up(name, scope(), measure)


def asked_by(names):
    return [(name, by) for name in names for by in sorted(METRICS[name].dimensions & {*ALL})]


@pytest.mark.parametrize("place", range(6))
def test_and_so_is_every_part_of_it(world, scope, place):
    for name, by in asked_by([*METRICS][place::6]):
        parts = ask_by(name, scope(), by)
        assert parts, by
        narrowed = query.parts(scope(), by)
        # Of fourteen accounts and thirteen months a third, another one for other metrics.
        for part in parts if len(parts) < 6 else parts[place % 3 :: 3]:
            asked = narrowed.get(part.group) or without(scope(), by)
            assert_added_up(name, asked, part.measure)
        if by in PERIODS:
            assert len(parts) == len(narrowed)


def without(asked, by):
    """The question about what says nothing of a dimension: the part "" of a metric."""
    if by in ("segment", "tier", "region"):
        return replace(asked, attributes={by: ""})
    return replace(asked, unsaid=frozenset({by}))


@pytest.mark.parametrize(
    "narrowed", [{}, {"attributes": {"segment": "a"}}, {"country": "DE"}, {"language": "de"}]
)
def test_there_are_as_many_rows_as_it_counts(world, scope, narrowed):
    asked = scope(**narrowed)
    for name in COUNTED_ROWS:
        if not asked.narrowings - METRICS[name].dimensions:
            assert len(rows_of(name, asked)) == ask(name, asked).n > 0, name


def test_pages_follow_each_other_without_a_gap(world, scope):
    for name in METRICS:
        found = receipt(name, scope())
        pages, after = found.page(None, 5)
        while after is not None:
            rows, after = found.page(after, 5)
            assert 0 < len(rows) <= 5
            pages += rows
        assert pages == list(found.rows), name
        assert len({*pages}) == len(pages) > 0


@pytest.mark.parametrize(
    ("name", "day"), [("nps", "day"), ("csat", "day"), ("ces", "day"), ("response_rate", "sent_on")]
)
def test_the_newest_of_all_surveys_come_first_in_whatever_order_they_were_stored(world, scope, name, day):
    asked = scope(start=None)
    older = f.published_survey([f.NPS, f.CSAT, f.CES], of=f.programme())
    contact = f.contact(f.account())
    for month in (3, 1, 2):
        at = datetime(2026, month, 5, 12, tzinfo=UTC)
        f.respond(older, {"nps": 9, "csat": 4, "ces": 6}, at=at)
        f.invitation(older, contact, sent_at=at)
    absorb_responses(now=f.NOON)
    rows = rows_of(name, asked)
    assert [row[day] for row in rows] == sorted((row[day] for row in rows), reverse=True)
    assert {row["survey"] for row in rows} > {older.slug}
    first, _ = receipt(name, asked).page(None, 4)
    assert first == [tuple(row.values()) for row in rows[:4]]


def test_a_row_that_comes_meanwhile_moves_no_other_to_another_page(world, scope):
    found = receipt("nps", scope())
    first, after = found.page(None, 4)
    new = f.respond(Survey.objects.get(slug=first[0][1]), {"nps": 9}, at=AT)
    absorb_responses(now=f.NOON)
    newest, *others = found.rows
    assert newest[0] == str(new.public_id)
    assert first + found.page(after, 1000)[0] == others


def test_confidential_answers_have_none_and_it_says_so(scope):
    survey = f.published_survey(privacy="confidential")
    for _ in range(9):
        f.respond(survey, {"nps": 9}, at=AT)
    absorb_responses(now=f.NOON)
    assert ask("nps", scope(survey=survey)).n == 9
    found = receipt("nps", scope(survey=survey))
    assert list(found.rows) == []
    assert "confidential" in found.notes[0]


def test_a_receipt_is_asked_like_its_metric(scope):
    with pytest.raises(NotAsked, match="not narrowed by channel"):
        receipt("grr", scope(channel="qr"))
    with pytest.raises(NotAsked, match="as they are now"):
        receipt("grr", scope(known_on=date(2026, 6, 1)))
