"""Loads the demo company: told customer by customer, then written table by table in one transaction."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from operator import attrgetter
from typing import NamedTuple, TypeVar

from django.conf import settings
from django.db import models, transaction

from accounts.models import Account, User
from accounts.roles import EXECUTIVE
from config.demo.campaigns import Campaigns, start_campaigns
from config.demo.cases import cases, rules, see_to_falls
from config.demo.company import Customer, Founding
from config.demo.goals import targets
from config.demo.money import exchange_rates
from config.demo.outreach import Ask, Outreach, Spared
from config.demo.questionnaires import QR_CODE, Questionnaire, publish_questionnaires
from config.demo.revenue import Sales
from config.demo.services import services_months
from config.demo.signals import measured_on, signals
from config.demo.staff import hire, login_address
from config.demo.timeline import Timeline, dice
from config.demo.voices import USER_DAYS, VISITORS, Voices
from followups.actions import open_follow_ups
from followups.reports.alerts import find_alerts
from metrics.actions.absorb import rebuild_metrics
from metrics.actions.asked import count_asked
from metrics.actions.findings import keep_backtests, keep_watches
from metrics.actions.health import score_accounts
from metrics.actions.portfolio import count_account_nps
from metrics.actions.reading import read_words
from metrics.actions.years import count_years
from surveys.links import token_for, token_hash
from surveys.models import Collector, Invitation, Programme, Response

# Statements short enough for psycopg to keep their parsed form: with 2,000 rows it took twice as long.
BATCH = 50
VALID_DAYS = 60
# A day costs a quarter of a second: the last ones are scored each, those of seven weeks, which pages compare
# with, every third, as is enough for three days in a row within a week.
SCORED_MONTHS, SCORED_DAYS, COMPARED_DAYS = 24, 10, 52
# Since so many days alerts have been looked for, as the worker does.
WATCHED_DAYS = 21
Row = TypeVar("Row", bound=models.Model)


class DatabaseInUse(Exception):
    """The database holds accounts or surveys already, among which an invented company has no place."""


class Seeded(NamedTuple):
    """How many rows of each sort were written."""

    accounts: int
    contacts: int
    subscriptions: int
    signals: int
    invitations: int
    responses: int


@transaction.atomic
def seed_company(*, today: date, scale: float = 1.0) -> Seeded:
    """Write the demo company as of the first instant of a day, with all that metrics make of it.

    The same day gives the same rows. Raises DatabaseInUse where there are accounts or programmes.
    """
    if Account.objects.exists() or Programme.objects.exists():
        raise DatabaseInUse(
            "The database already holds accounts or surveys; the demo company needs an empty one."
        )
    timeline = Timeline(today, settings.REPORTING_ZONE)
    staff = hire()
    surveys = publish_questionnaires(timeline, by=staff.builder)
    customers = Founding(timeline, staff.managers).customers(scale=scale)
    for customer in customers:
        Sales(customer, timeline).tell()
    outreach = [Outreach(customer, timeline) for customer in customers]
    asks = [ask for each in outreach for ask in each.asks()]
    _write_customers(customers)
    measures = _write_measures(timeline, customers)
    campaigns = start_campaigns(timeline, surveys, approver=staff.administrator)
    invited = _write_invitations(surveys, asks, campaigns, [one for each in outreach for one in each.spared])
    responses = _write_voices(timeline, surveys, invited, scale=scale)
    opening = rules(timeline)
    _write(opening)
    _write(list(cases(dice("cases"), timeline, opening, responses)))
    rebuild_metrics()
    read_words(now=timeline.now)
    count_asked(now=timeline.now)
    for day in _scored_days(timeline):
        now = min(timeline.now, timeline.end_of(day))
        score_accounts(day=day, now=now)
        if day >= opening[0].since:
            open_follow_ups(now=now)
            see_to_falls(now)
        if (today - day).days < WATCHED_DAYS:
            find_alerts(now=now)
    _write(list(targets(today, executive=User.objects.get(email=login_address(EXECUTIVE)))))
    count_years(day=today)
    count_account_nps(day=today)
    keep_backtests(today=today, now=timeline.now)
    keep_watches(today=today, now=timeline.now)
    return Seeded(
        accounts=len(customers),
        contacts=sum(len(customer.contacts) for customer in customers),
        subscriptions=sum(len(customer.subscriptions) for customer in customers),
        signals=measures,
        invitations=len(asks),
        responses=len(responses),
    )


def _scored_days(timeline: Timeline) -> list[date]:
    lately = {*timeline.last_days(SCORED_DAYS), *timeline.last_days(COMPARED_DAYS)[::3]}
    return sorted(lately | {*timeline.month_ends(SCORED_MONTHS)})


def _write_customers(customers: Sequence[Customer]) -> None:
    accounts = [customer.account for customer in customers]
    _write([account for account in accounts if account.parent is None])
    _write([account for account in accounts if account.parent is not None])
    _write([contact for customer in customers for contact in customer.contacts])
    lines = [line for customer in customers for line in customer.subscriptions]
    # A renewal names the row of the term before, so terms are written one after the other.
    while lines:
        _write([line for line in lines if line.renews is None or line.renews.pk])
        lines = [line for line in lines if not line.pk]


def _write_measures(timeline: Timeline, customers: Sequence[Customer]) -> int:
    """Write exchange rates, services and signals; return how many signals there are."""
    currencies = {customer.account.currency for customer in customers}
    reporting = settings.REPORTING_CURRENCY
    _write(exchange_rates(dice("rates"), timeline, currencies=currencies, reporting=reporting))
    _write([month for customer in customers for month in services_months(timeline, customer)])
    days = measured_on(timeline)
    measures = [row for customer in customers for row in signals(timeline, customer, days)]
    _write(measures)
    return len(measures)


def _write_invitations(
    surveys: Mapping[str, Questionnaire],
    asks: Iterable[Ask],
    campaigns: Campaigns,
    spared: Iterable[Spared],
) -> list[tuple[Ask, Invitation]]:
    """Write invitations with their mails and skips; return each with its ask, the oldest first."""
    # Anyone can throw these dice, but without the SECRET_KEY a nonce is no link.
    nonces = dice("links")
    invited = [(ask, _invitation(ask, surveys[ask.survey], nonces.randbytes(16))) for ask in asks]
    invited.sort(key=lambda pair: pair[0].sent_at)
    skips = campaigns.adopt(invited, spared)
    _write([invitation for _, invitation in invited])
    _write(campaigns.mails(invited))
    _write(skips)
    return invited


def _write_voices(
    timeline: Timeline,
    surveys: Mapping[str, Questionnaire],
    invited: Iterable[tuple[Ask, Invitation]],
    *,
    scale: float,
) -> list[Response]:
    """Write responses and return them, the oldest first."""
    voices = Voices(dice("voices"), timeline, surveys)
    collector = Collector.objects.get(slug=QR_CODE)
    last_year, this_year = (round(visitors * scale) for visitors in VISITORS)
    responses = list(voices.visitors(collector, this_year, months_ago=USER_DAYS[1]))
    answered = [(ask, invitation) for ask, invitation in invited if ask.answered_at]
    for ask, invitation in sorted(answered, key=lambda pair: pair[0].answered_at or pair[0].sent_at):
        response = voices.response(ask)
        response.invitation = invitation
        responses.append(response)
    responses += voices.visitors(collector, last_year, months_ago=USER_DAYS[0])
    responses.sort(key=attrgetter("started_at"))
    _write(responses)
    return responses


def _invitation(ask: Ask, questionnaire: Questionnaire, nonce: bytes) -> Invitation:
    return Invitation(
        survey=questionnaire.survey,
        contact=ask.contact,
        nonce=nonce,
        token_hash=token_hash(token_for(nonce)),
        created_at=ask.sent_at - timedelta(minutes=2),
        sent_at=ask.sent_at,
        bounced_at=ask.bounced_at,
        expires_at=ask.sent_at + timedelta(days=VALID_DAYS),
    )


def _write(rows: Sequence[Row]) -> None:
    if rows:
        type(rows[0])._default_manager.bulk_create(rows, batch_size=BATCH)
