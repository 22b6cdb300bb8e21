"""Any past day is asked again and says what it said, whatever was learnt, corrected or erased since."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from django.db import connection

from accounts.models import ExchangeRate, ServicesMonth
from accounts.roles import ACCOUNT_MANAGER, EXECUTIVE
from metrics.actions.absorb import absorb_responses, rebuild_metrics
from metrics.actions.closing import close_months
from metrics.actions.health import scorecard_for
from metrics.measures.comparisons import compared
from metrics.measures.query import METRICS, NotAsked, ask, ask_by
from metrics.measures.scope import NotClosed, Scope
from metrics.measures.together import Question, ask_each
from metrics.models import FormerResponse, Health, KnownContact, KnownSubscription, Snapshot
from surveys.actions.authoring import publish_survey
from tests import factories as f

pytestmark = pytest.mark.django_db

THEN = date(2026, 6, 15)
NIGHT = datetime(2026, 6, 15, 20, tzinfo=UTC)
LATER = NIGHT + timedelta(days=20)
# All but those that are found as these are.
SPLIT_BY = {"quarter", "segment", "country", "owner", "team", "product", "channel", "programme", "account"}
SEGMENTS = ("smb", "enterprise", "")


def someone(role=EXECUTIVE):
    user = f.user(is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return user


@pytest.fixture
def viewer():
    return someone()


@pytest.fixture
def scope(viewer):
    return Scope(viewer=viewer, today=THEN, start=date(2025, 6, 15), end=date(2026, 6, 16))


def health(account, band, at):
    Health.objects.create(
        account=account,
        scorecard=scorecard_for(day=THEN, now=NIGHT),
        day=THEN,
        revision=1 if at == NIGHT else 2,
        score=5000,
        base=5000,
        confidence=9000,
        band=band,
        parts=[],
        computed_at=at,
    )


class Company:
    """A hundred and ten small customers for the cohorts, and twelve that are asked, pay, renew and change."""

    def __init__(self):
        self.owners = [f.user(email=f"owner{number}@example.com") for number in range(2)]
        self.team = f.Team.objects.create(name="North")
        self.programmes = [f.programme(), f.programme()]
        questions = (f.NPS, f.CSAT, f.CES)
        self.survey = f.published_survey(questions, of=self.programmes[0])
        self.other = f.published_survey(questions, of=self.programmes[0])
        for number in range(110):
            account = f.account(segment="long tail")
            ends_on = date(2022 + number % 4, 1, 1) if number % 5 else None
            f.subscription(account, date(2021, 1, 1), ends_on, 100)
        self.accounts = [
            f.account(
                segment=SEGMENTS[number % 3],
                tier="gold" if number % 2 else "",
                country="DE" if number % 4 else "FR",
                owner=self.owners[number % 2],
                team=self.team if number % 3 else None,
                currency="EUR" if number == 1 else "",
            )
            for number in range(12)
        ]
        self.rate = ExchangeRate.objects.create(currency="EUR", month=date(2025, 6, 1), rate=Decimal("1.10"))
        ExchangeRate.objects.create(currency="EUR", month=date(2026, 6, 1), rate=Decimal("1.20"))
        self.contacts, self.responses, self.sold, self.asked = [], [], [], []
        for number, account in enumerate(self.accounts):
            self._sell(number, account)
            roles = ("decision_maker", "user")
            people = [f.contact(account, role=roles[number % 2]), f.contact(account, role="influencer")]
            self.contacts += people
            self._ask(number, account, people)
            health(account, "green" if number % 2 else "red", NIGHT)
            self.services = ServicesMonth.objects.create(
                account=account, month=date(2026, 5, 1), revenue=100 + number, cost=60
            )
        absorb_responses(now=NIGHT)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")

    def _sell(self, number, account):
        currency = "EUR" if number == 1 else "USD"
        product = "core" if number % 3 else "extra"
        first = f.subscription(
            account, date(2025, 2, 1), date(2026, 2, 1), 1000 + number, currency=currency, product=product
        )
        if number != 3:
            renewed = f.subscription(
                account, date(2026, 2, 1), None, 1100, currency=currency, product=product, renews=first
            )
            self.sold.append(renewed)

    def _ask(self, number, account, people):
        for place, contact in enumerate(people):
            sent_at = datetime(2026, 4, 1 + number, 9, tzinfo=UTC)
            asked = f.invitation(self.survey, contact, sent_at=sent_at)
            self.asked.append(asked)
            if place == 0 and number % 4:
                answers = {"nps": number % 11, "csat": 1 + number % 5, "ces": 1 + number % 7}
                at = sent_at + timedelta(days=3)
                self.responses.append(
                    f.respond(self.survey, answers, contact=contact, at=at, invitation=asked, channel="email")
                )
        partial = None if number % 6 == 0 else datetime(2026, 5, 2, tzinfo=UTC)
        at = datetime(2026, 5, 2, tzinfo=UTC)
        self.responses.append(
            f.respond(self.other, {"nps": 9, "csat": 4}, account=account, at=at, submitted_at=partial)
        )

    def learn(self):
        """Let everything be otherwise the days after: late, corrected, moved, cancelled, deleted, erased."""
        now = NIGHT + timedelta(days=1)
        first, second, third = self.accounts[:3]
        self.sold[0].annual_value = 5000
        self.sold[0].save()
        self.sold[1].ends_on = date(2026, 3, 1)
        self.sold[1].save()
        self.sold[2].delete()
        f.subscription(self.accounts[3], date(2026, 2, 20), None, 4000)
        f.subscription(self.accounts[5], date(2026, 3, 1), None, 7000, renews=self.sold[1].renews)
        for row in f.Subscription.objects.filter(account__segment="long tail", ends_on=None)[:9]:
            row.ends_on = date(2024, 1, 1)
            row.save()
        self.rate.rate = Decimal("2.00")
        self.rate.save()
        self.services.cost = 500
        self.services.save()
        first.owner, first.segment, first.country, first.parent = self.owners[1], "enterprise", "US", second
        second.team, second.segment, second.currency = None, "smb", ""
        third.tier = "gold"
        for account in (first, second, third):
            account.save()
        self.contacts[0].role = "user"
        self.contacts[0].save()
        self.contacts[2].erased_at = now
        self.contacts[2].save()
        f.contact(first, role="decision_maker")
        self._change_answers(now)
        health(first, "green", now)
        health(third, "green", now)
        self.other.programme = self.programmes[1]
        self.other.save()
        publish_survey(self.survey, by=None, now=now)

    def _change_answers(self, now):
        edited, emptied, moved, erased, *_ = self.responses
        edited.answers = {"nps": 10, "csat": 5, "ces": 7}
        emptied.answers = {}
        moved.account = self.accounts[7]
        erased.contact = None
        for response in (edited, emptied, moved, erased):
            response.revision += 1
            response.changed_at = now
            response.save()
        self.responses[4].delete()
        self.responses[5].delete()
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM surveys_response WHERE id = %s", [self.responses[6].pk])
        half = next(response for response in self.responses if response.submitted_at is None)
        half.submitted_at, half.revision, half.changed_at = now, 2, now
        half.save()
        late = datetime(2026, 5, 20, tzinfo=UTC)
        f.respond(self.survey, {"nps": 0, "csat": 1, "ces": 1}, contact=self.contacts[3], at=late)
        self.asked[1].bounced_at = now
        self.asked[1].save()
        self.asked[3].answered_on = now.date()
        self.asked[3].save()
        absorb_responses(now=now, sweep=True)


@pytest.fixture
def company(db):
    return Company()


def told(measure):
    """A measure in words, its floats as exact as any order of adding them up."""
    return re.sub(r"\d+\.\d{9,}", lambda found: f"{float(found[0]):.6f}", repr(measure))


def all_of(name, scope, owner):
    """What a metric says of the whole, and of every part that it is split into; accounts of one owner."""
    parts = {}
    for by in sorted(METRICS[name].dimensions & SPLIT_BY):
        whole = replace(scope, owner=owner) if by == "account" else scope
        parts[by] = [(each.group, told(each.measure)) for each in ask_by(name, whole, by)]
    return {"": told(ask(name, scope)), **parts}


def test_every_metric_says_of_a_past_day_what_it_said_on_it(company, scope):
    said = {name: all_of(name, scope, company.owners[0]) for name in METRICS}
    assert [name for name in METRICS if ask(name, scope).value is None] == []
    close_months(now=NIGHT)
    company.learn()
    close_months(now=LATER)
    past = replace(scope, today=LATER.date(), known_on=THEN)
    for name in METRICS:
        again = all_of(name, past, company.owners[0])
        for by, before in said[name].items():
            assert again[by] == before, (name, by)
    unmoved = [name for name in METRICS if told(ask(name, scope)) == said[name][""]]
    assert unmoved == []


def test_a_part_of_a_past_day_is_as_it_was_assigned_then(company, scope):
    owner, parent = {"owner": company.owners[0]}, {"is_by_parent": True}
    asked = [("grr", owner), ("nps", owner), ("renewal_rate", owner), ("grr", parent), ("nrr", parent)]
    said = [told(ask(name, replace(scope, **part))) for name, part in asked]
    close_months(now=NIGHT)
    company.learn()
    close_months(now=LATER)
    assert [told(ask(name, replace(scope, known_on=THEN, **part))) for name, part in asked] == said
    questions = [Question(name, replace(scope, known_on=THEN, **part)) for name, part in asked[:3]]
    assert [*map(told, ask_each(replace(scope, known_on=THEN), questions))] == said[:3]
    now = [told(ask(name, replace(scope, **part))) for name, part in asked]
    assert [place for place, each in enumerate(now) if each == said[place]] == []


def test_who_sees_only_some_accounts_sees_the_past_of_those_of_today(company, scope):
    manager = someone(ACCOUNT_MANAGER)
    former, present = company.accounts[8], company.accounts[9]
    former.owner = manager
    former.save()
    close_months(now=NIGHT)
    former.owner, present.owner = None, manager
    former.save()
    present.save()
    close_months(now=LATER)
    past = replace(scope, viewer=manager, known_on=THEN)
    told = {part.group for name in ("nps", "completion_rate") for part in ask_by(name, past, "account")}
    assert told == {str(present.pk)}
    assert ask("contact_coverage", past).n == 2


def test_each_day_says_what_it_knew_itself(company, scope):
    days = [THEN + timedelta(days=number) for number in range(4)]
    edited = company.responses[0]
    for number, _ in enumerate(days):
        now = NIGHT + timedelta(days=number)
        edited.answers, edited.revision, edited.changed_at = {"nps": 7 + number}, 2 + number, now
        edited.save()
        company.sold[0].annual_value = 1000 * (number + 1)
        company.sold[0].save()
        absorb_responses(now=now)
        close_months(now=now)
    account = company.responses[0].account
    past = [replace(scope, today=LATER.date(), known_on=day, account=account) for day in days]
    rebuild_metrics()
    assert [ask("nps", each).beside["promoters"] for each in past] == [0, 0, 1, 1]
    sold = [replace(each, account=company.accounts[0]) for each in past]
    assert [ask("arr", each).value for each in sold] == [1000, 2000, 3000, 4000]
    assert FormerResponse.objects.filter(response_id=edited.pk).count() == 3


def test_a_window_ends_where_the_day_had_not_come(company, scope):
    close_months(now=NIGHT)
    measure = ask("renewal_rate", replace(scope, today=LATER.date(), known_on=THEN))
    assert measure.as_of == THEN


def test_nothing_was_kept_before_the_first_close(company, scope):
    close_months(now=NIGHT)
    with pytest.raises(NotClosed, match="not kept yet"):
        ask("survival", replace(scope, known_on=THEN - timedelta(days=1)))
    with pytest.raises(NotClosed, match="not kept yet"):
        ask_by("survival", replace(scope, known_on=THEN - timedelta(days=1)), "segment")


def test_what_is_narrowed_by_what_was_not_kept_is_refused(company, scope):
    close_months(now=NIGHT)
    with pytest.raises(NotAsked, match="not kept"):
        ask("nps", replace(scope, known_on=THEN, without_flagged=True))


def test_the_window_before_is_replayed_as_well(company, scope):
    close_months(now=NIGHT)
    month = scope.between(date(2026, 5, 1), date(2026, 6, 1))
    said = compared("nps", month, ask("nps", month))
    company.learn()
    past = replace(month, known_on=THEN)
    assert compared("nps", past, ask("nps", past)) == said


def test_what_did_not_change_is_not_copied_again(company):
    close_months(now=NIGHT)
    copies = KnownSubscription.objects.count()
    close_months(now=LATER)
    assert KnownSubscription.objects.count() == copies == KnownSubscription.objects.filter(until=None).count()
    assert Snapshot.objects.count() == 2


def test_a_revision_that_counts_the_same_or_the_same_day_leaves_nothing_behind(company):
    same, corrected, *_ = company.responses
    same.revision, same.changed_at = 2, NIGHT + timedelta(days=1)
    same.hidden = {"order": "17"}
    same.save()
    absorb_responses(now=NIGHT + timedelta(days=1))
    corrected.answers, corrected.revision, corrected.changed_at = {"nps": 1}, 2, NIGHT
    corrected.save()
    absorb_responses(now=NIGHT + timedelta(hours=1))
    assert not FormerResponse.objects.exists()


def test_tests_leave_nothing_behind(company):
    tried = f.respond(company.survey, {"nps": 3}, at=NIGHT, is_test=True)
    absorb_responses(now=NIGHT)
    tried.delete()
    absorb_responses(now=NIGHT + timedelta(days=2))
    assert not FormerResponse.objects.exists()


def test_what_was_said_in_confidence_is_in_no_replay(scope):
    survey = f.published_survey((f.NPS,), privacy="confidential")
    for value in range(8):
        f.respond(survey, {"nps": value + 3}, at=datetime(2026, 5, 3, tzinfo=UTC))
    absorb_responses(now=NIGHT)
    close_months(now=NIGHT)
    assert ask("nps", scope).n == 8
    past = ask("nps", replace(scope, known_on=THEN))
    assert (past.value, past.n) == (None, 0)
    assert "left out" in past.notes[0]


def test_who_was_erased_still_counts_in_the_past_and_is_named_nowhere(company, scope):
    contact = company.contacts[2]
    parts = [scope, replace(scope, account=contact.account)]
    said = [told(ask(name, part)) for name in METRICS if name != "response_rate" for part in parts]
    close_months(now=NIGHT)
    now = NIGHT + timedelta(days=2)
    (answer,) = contact.responses.all()
    answer.contact, answer.revision, answer.changed_at = None, 2, now
    answer.save()
    contact.erased_at = now
    contact.save()
    absorb_responses(now=now)
    close_months(now=LATER)
    former = FormerResponse.objects.get(response_id=answer.pk)
    assert former.contact_id < 0
    assert former.invitation_id is None
    assert not KnownContact.objects.filter(key=contact.pk, erased_at=None).exists()
    past = [replace(part, today=LATER.date(), known_on=THEN) for part in parts]
    assert [told(ask(name, part)) for name in METRICS if name != "response_rate" for part in past] == said
    assert ask("response_rate", past[1]).n == ask("response_rate", parts[1]).n
