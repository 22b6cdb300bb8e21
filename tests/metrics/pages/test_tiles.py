"""Every number that a page prints, of every filter and role: what the API says, and a computation of its own.

The pages are searched for numbers, so a tile that is added is held to both without another line here.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import timedelta
from functools import cache
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Contact, Team
from accounts.roles import ACCOUNT_MANAGER, EXECUTIVE
from metrics.actions.absorb import absorb_responses
from metrics.actions.portfolio import count_account_nps
from metrics.formulas.days import months_later
from metrics.measures.breakdown import Part as OfRevenue
from metrics.measures.measure import Measure, Point
from metrics.measures.query import METRICS
from metrics.measures.segments import Part as Different
from metrics.measures.targets import DIMENSIONS, Goal
from metrics.measures.teams import Group
from metrics.models import Target
from tests import factories as f
from tests.api.conftest import program
from tests.metrics.pages.test_home import is_well

pytestmark = pytest.mark.django_db

# What this test works out itself.
SHOWN = (
    *("nps", "csat", "ces", "health", "arr", "grr", "nrr", "logo_churn", "renewal_rate", "net_renewal_rate"),
    *("logo_renewal_rate", "clv", "response_rate", "contact_coverage", "decision_maker_coverage"),
    *("account_coverage", "revenue_coverage"),
)
ASKED = [f.NPS, f.CSAT, f.CES]
# Per account: segment, whose, team, health, contracts as (begins, ends, a year) in days from today, each
# renewing the one before, and answers as (days ago, NPS, CSAT, CES, whether a decision-maker gave them).
COMPANY = (
    (
        *("Large", "anna", "North", 82, [(-900, -300, 1000), (-300, 200, 1400)]),
        [(3, 10, 5, 7, 1), (40, 9, 4, 6, 0)],
    ),
    ("Large", "anna", "North", 40, [(-800, -100, 2000), (-100, 265, 1200)], [(10, 2, 2, 3, 1)]),
    ("Small", "anna", "South", 55, [(-700, -150, 700)], [(200, 6, 3, 4, 0), (390, 9, 5, 6, 0)]),
    ("Small", "ben", "North", 91, [(-90, None, 500)], [(20, 10, 4, 7, 0), (21, 7, 5, 5, 1)]),
    (
        *("Large", "ben", "South", 77, [(-1000, -420, 3000), (-420, -55, 3000), (-55, 310, 3300)]),
        [(33, 9, 4, 5, 0)],
    ),
    ("Small", "ben", "South", 60, [(-500, -135, 800), (-135, 30, 800)], []),
)  # fmt: skip


@pytest.fixture
def company(someone: Any, today: Any) -> SimpleNamespace:
    """Six accounts of two owners and two teams, and whom the rows are of, as the test knows them itself."""
    now, survey = timezone.now(), f.published_survey(ASKED)
    teams = {name: Team.objects.create(name=name) for name in ("North", "South")}
    people = {name: f.user(email=f"{name}@example.com") for name in ("anna", "ben")}
    rows = []
    for segment, owner, team, health, contracts, answers in COMPANY:
        account = f.account(segment=segment, owner=people[owner], team=teams[team])
        is_well(account, health, today)
        terms, last = [], None
        for begins, ends, yearly in contracts:
            days = (today + timedelta(days=begins), None if ends is None else today + timedelta(days=ends))
            last = f.subscription(account, *days, yearly, renews=last)
            terms.append((*days, yearly))
        chief, user = f.contact(account, role=Contact.Role.DECISION_MAKER), f.contact(account)
        asked, said = [], []
        for ago, nps, csat, ces, is_chief in answers:
            who, at = chief if is_chief else user, now - timedelta(days=ago)
            invitation = f.invitation(survey, who, sent_at=at - timedelta(hours=1))
            f.respond(
                survey, {"nps": nps, "csat": csat, "ces": ces}, contact=who, invitation=invitation, at=at
            )
            said.append((today - timedelta(days=ago), who, {"nps": nps, "csat": csat, "ces": ces}))
            asked.append(((at - timedelta(hours=1)).date(), True))
        f.invitation(survey, user, sent_at=now - timedelta(days=50))
        asked.append(((now - timedelta(days=50)).date(), False))
        rows.append(
            SimpleNamespace(
                account=account, segment=segment, owner=people[owner], team=teams[team], health=health,
                terms=terms, said=said, asked=asked, contacts=[chief, user],
            )
        )  # fmt: skip
    for part in ({}, {"segment": "Large"}, {"team": teams["North"]}, {"account_owner": people["ben"]}):
        for metric in ("nps", "health", "grr", "clv", "response_rate"):
            Target.objects.create(metric=metric, value=50, by=today + timedelta(days=90), **part)
    absorb_responses(now=now)
    count_account_nps(day=today)
    return SimpleNamespace(rows=rows, survey=survey, people=people, teams=teams)


def paid(row: Any, day: Any) -> int:
    """Return what an account pays a year on a day."""
    return sum(value for begins, ends, value in row.terms if begins <= day and (ends is None or day < ends))


def by_hand(name: str, rows: Any, start: Any, end: Any, today: Any) -> tuple[float | None, int] | None:
    """Return value and n of a metric from the rows of this test; None where it does not know the metric."""
    said = [(row, who, given) for row in rows for day, who, given in row.said if start <= day < end]
    heard, people = {id(row) for row, _, _ in said}, {who for _, who, _ in said}
    began = [row for row in rows if paid(row, start)]
    opening, closing = sum(paid(row, start) for row in began), sum(paid(row, end) for row in rows)
    paying = [row for row in rows if paid(row, end)]
    kept = sum(min(paid(row, start), paid(row, end)) for row in began)
    due = [
        (value, row.terms[place + 1][2] if place + 1 < len(row.terms) else 0, id(row))
        for row in rows
        for place, (_, ends, value) in enumerate(row.terms)
        if ends and start <= ends < end
    ]
    owed, owing = sum(value for value, *_ in due), len({account for *_, account in due})
    asked = [is_answered for row in rows for day, is_answered in row.asked if start <= day < end]
    contacts = [who for row in rows for who in row.contacts]
    chiefs = [who for who in contacts if who.role == Contact.Role.DECISION_MAKER]

    def share(part: float, whole: float) -> float | None:
        return 100 * part / whole if whole else None

    def good(kind: str, least: int) -> tuple[float | None, int]:
        return share(sum(given[kind] >= least for _, _, given in said), len(said)), len(said)

    promoters, detractors = (
        sum(given["nps"] >= 9 for *_, given in said),
        sum(given["nps"] <= 6 for *_, given in said),
    )
    worth = None
    if paying and opening:
        worth = closing / len(paying) * (kept / opening) * 1.1 / (1.1 - kept / opening)
    known: Mapping[str, tuple[float | None, int]] = {
        "nps": (share(promoters - detractors, len(said)), len(said)),
        "csat": good("csat", 4),
        "ces": good("ces", 5),
        "health": (share(sum(row.health >= 75 for row in rows), len(rows)), len(rows)),
        "arr": (closing if paying else None, len(paying)),
        "grr": (share(kept, opening), len(began)),
        "nrr": (share(sum(paid(row, end) for row in began), opening), len(began)),
        "logo_churn": (share(sum(not paid(row, end) for row in began), len(began)), len(began)),
        "renewal_rate": (share(sum(min(pair[:2]) for pair in due), owed), owing),
        "net_renewal_rate": (share(sum(renewed for _, renewed, _ in due), owed), owing),
        "logo_renewal_rate": (share(sum(renewed > 0 for _, renewed, _ in due), len(due)), owing),
        "clv": (worth, len(paying)),
        "response_rate": (share(sum(asked), len(asked)), len(asked)),
        "contact_coverage": (share(len(people), len(contacts)), len(contacts)),
        "decision_maker_coverage": (share(sum(who in people for who in chiefs), len(chiefs)), len(chiefs)),
        "account_coverage": (share(len(heard), len(rows)), len(rows)),
        "revenue_coverage": (
            share(sum(paid(row, end) for row in paying if id(row) in heard), closing), len(paying),
        ),
    }  # fmt: skip
    if name == "health" and end != today + timedelta(days=1):
        return None
    return known.get(name)


def numbers(
    found: Any, part: Mapping[str, Any], seen: set[int]
) -> Iterator[tuple[Measure, Mapping[str, Any]]]:
    """Yield every measure in what a page was given, however deep, and of which part it is."""
    if id(found) in seen or isinstance(found, str | bytes | type):
        return
    seen.add(id(found))
    if isinstance(found, Measure):
        yield found, part
        return
    if isinstance(found, Point) and found.period != found.measure.window.end - timedelta(days=1):
        # A month of a trend, which bears the window of the whole.
        return
    if isinstance(found, Different):
        part = {**part, found.dimension: found.name}
    elif isinstance(found, OfRevenue):
        part = {**part, "segment": found.group}
    elif isinstance(found, Group):
        part = {**part, type(found.whose)._meta.model_name.replace("user", "owner"): found.whose}
    elif isinstance(found, Goal):
        part = {**part, **{DIMENSIONS[name]: value for name, value in found.target.part.items()}}
    inside: Any = found.values() if isinstance(found, Mapping) else found
    if is_dataclass(found):
        inside = [getattr(found, each.name) for each in fields(found)]
    if isinstance(inside, list | tuple | type({}.values())):
        for each in inside:
            yield from numbers(each, part, seen)


def told(client: Any, address: str, role: str) -> list[tuple[Measure, Mapping[str, Any]]]:
    """Return the numbers of a page and the part that each is of beyond what its address says.

    There are none on a page that an account manager may not open.
    """
    response = client.get(address)
    if role == ACCOUNT_MANAGER and response.status_code == 403:
        return []
    assert response.status_code == 200, address
    seen: set[int] = set()
    return [each for context in response.context for one in context for each in numbers(one, {}, seen)]


def pages(company: Any, rows: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the address of every page with numbers as it may be narrowed down, and to what it is."""
    large, ben, north = (
        {"segment": "Large"},
        {"owner": company.people["ben"]},
        {"team": company.teams["North"]},
    )
    survey = company.survey
    month = f"{months_later(timezone.localdate().replace(day=1), -1):%Y-%m}"
    every = [
        ({}, "last=12m"),
        (large, "segment=Large"),
        (ben, f"owner={ben['owner'].pk}"),
        (north, f"team={north['team'].pk}"),
    ]
    for part, query in every:
        yield f"/admin/?{query}", part
        yield f"/admin/revenue/?{query}", part
        yield f"/admin/renewals/?{query}", part
        for name in SHOWN:
            yield f"/admin/metric/{name}/?{query}", part
    for part, query in every[:2]:
        yield f"/admin/?last=3m&{query}", part
        yield f"/admin/programme/{survey.programme.slug}/?{query}", part
        yield f"/admin/programme/{survey.programme.slug}/reach/?{query}", part
        yield f"/admin/survey/{survey.slug}/results/?last=90&{query}", part
        yield f"/admin/teams/?{query}", part
    for row in rows:
        yield row.account.get_absolute_url(), {"account": row.account}
    yield "/admin/goals/", {}
    yield f"/admin/reports/monthly/{month}/", {}


def as_said(part: Mapping[str, Any]) -> str:
    """Return how the API is asked for a part."""
    own = {"owner": "email", "team": "name", "account": "pk"}
    return "&".join(
        f"{name}={getattr(value, own[name]) if name in own else value}" for name, value in part.items()
    )


@pytest.mark.parametrize("role", [EXECUTIVE, ACCOUNT_MANAGER])
def test_every_number_is_what_the_api_says_and_a_computation_of_its_own(
    company, role, someone, seen_by, today
):
    reader, rows, key = someone(role), company.rows, program("all")
    if role == ACCOUNT_MANAGER:
        north = company.teams["North"]
        reader.teams.add(north)
        for one in company.people.values():
            one.teams.add(north)
        rows, key = [row for row in rows if row.team == north], program("metrics:read", team=north)
    # The same number stands on many pages.
    client, said_to_key, held = seen_by(reader), cache(key.get), Counter()
    for address, narrowed in pages(company, rows):
        for measure, inner in told(client, address, role):
            part = {**narrowed, **inner}
            start, end = measure.window
            mine = [
                row for row in rows if all(getattr(row, name, None) == value for name, value in part.items())
            ]
            if start is None or not part.keys() <= {"segment", "owner", "team", "account"}:
                continue
            own = by_hand(measure.metric, mine, start, end, today)
            if own is None:
                continue
            held[measure.metric] += 1
            where = f"{address}: {measure.metric} of {part}, {start} to {end}"
            assert is_same(measure.value, own[0]), (where, measure.value, own)
            assert measure.n == own[1], (where, measure.n, own)
            said = said_to_key(f"metrics/{measure.metric}?{as_said(part)}&from={start}&to={end}")
            assert said.status_code == 200, (where, said.content)
            assert is_same(measure.value, said.json()["value"]), where
            assert measure.n == said.json()["n"], where
    of_money = {name for name in SHOWN if METRICS[name].is_revenue}
    assert held.keys() == {*SHOWN} - (of_money if role == ACCOUNT_MANAGER else set())
    assert min(held.values()) >= 3, held


def is_same(one: Any, other: Any) -> bool:
    """Whether two values are alike but for rounding, or both unknown."""
    if one is None or other is None:
        return one is other
    return float(one) == pytest.approx(float(other), abs=0.006)
