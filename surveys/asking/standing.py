"""What is known of the people whom a campaign may ask: their asks, their wishes, and what keeps us quiet."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import CharField, Func, Q, QuerySet, Value
from django.db.models.functions import Lower

from accounts.models import Contact, Subscription
from surveys.asking.addresses import address_hash, domain_of
from surveys.asking.days import local_day, midnight
from surveys.asking.policy import SENT, Ask, Ledger, Person, Policy, Protected, protection
from surveys.asking.windows import is_sampled
from surveys.models import Campaign, ContactPolicy, Invitation, Preference, Suppression

ERASED, NO_ADDRESS, UNSUBSCRIBED, BOUNCED = (
    Protected(reason, None) for reason in ("erased", "no e-mail address", "unsubscribed", "bounced")
)
# So far ahead a mail is planned at most: to the next weekday of its campaign.
AHEAD = 7
# Which of these accounts are left alone on a day.
Quiet = Callable[[Collection[int], date], Mapping[int, Protected]]
# What lies above the surveys adds what it knows, such as open follow-ups.
OPEN_CASES: list[Quiet] = []


@dataclass(frozen=True, slots=True)
class Candidate:
    """A contact whose turn may come, and why they cannot be asked whenever it comes.

    `spells` are the days, from one on until another, on which they will not be asked either.
    """

    contact: Contact
    person: Person
    block: Protected | None
    spells: Sequence[tuple[date, Protected]] = ()


ContactIds = Collection[int] | QuerySet[Contact, dict[str, Any]]
# Asks that a campaign has planned: of whom on which day.
Asked = set[tuple[int, date]]


def candidates(
    contacts: Iterable[Contact],
    campaign: Campaign | None,
    policy: ContactPolicy,
    day: date,
    *,
    days_ahead: int = AHEAD,
) -> list[Candidate]:
    """Return contacts with what stands against asking them on a day; a query for each kind of reason.

    Of what is to come so many days ahead only the ends of subscriptions are known.
    """
    contacts = list(contacts)
    hashes = {contact.pk: address_hash(contact.email) for contact in contacts if contact.email}
    suppressed = {
        bytes(digest): Suppression.Reason(reason).label
        for digest, reason in Suppression.objects.of(hashes.values()).values_list("address_hash", "reason")
    }
    wishes = {
        bytes(wish.address_hash): wish for wish in Preference.objects.filter(address_hash__in=hashes.values())
    }
    accounts = {contact.account_id for contact in contacts}
    negotiating = _negotiating(accounts, campaign, policy, day, day + timedelta(days=days_ahead))
    cases = _with_open_case(accounts, policy, day)
    made = []
    for contact in contacts:
        digest = hashes.get(contact.pk, b"")
        wish = wishes.get(digest)
        block = (
            refusal(contact.erased_at, contact.email, contact.unsubscribed_at, contact.bounced_at)
            or (Protected(suppressed[digest], None) if digest in suppressed else None)
            or _other_programme(wish, campaign)
            or cases.get(contact.account_id)
        )
        person = person_of(contact, wish.quiet_days if wish else 0)
        spells = negotiating.get(contact.account_id, ())
        made.append(Candidate(contact, person, block or _on(spells, day), spells))
    return made


def left_alone(accounts: Collection[int], policy: ContactPolicy, day: date) -> dict[int, Protected]:
    """Return the accounts that are left alone on a day, whoever is asked: a case is open, a term ends."""
    near = _negotiating(accounts, None, policy, day, day)
    spells = {account: _on(spells, day) for account, spells in near.items()}
    return {account: spell for account, spell in spells.items() if spell} | dict(
        _with_open_case(accounts, policy, day)
    )


def block_of(campaign: Campaign, candidate: Candidate, day: date) -> Protected | None:
    """Return what keeps a candidate out of a campaign on a day, asks that are counted aside, or None."""
    if not is_sampled(f"{campaign.pk}:{candidate.contact.pk}", campaign.sample_percent):
        return Protected("not in the sample", None)
    block = candidate.block
    return block if block and (block.until is None or block.until > day) else _on(candidate.spells, day)


def objection(
    campaign: Campaign,
    candidate: Candidate,
    day: date,
    *,
    ledger: Ledger,
    rules: Policy,
    asked: Asked,
) -> Protected | None:
    """Return what keeps a campaign from asking a candidate on a day, or None.

    However many occasions there are, it asks them once a day at most.
    """
    person, priority = candidate.person, campaign.survey.programme.priority
    found = block_of(campaign, candidate, day) or protection(person, day, ledger, rules, priority=priority)
    if found is None and (person.contact, day) in asked:
        return Protected("asked by this campaign that day", day + timedelta(days=1))
    return found


def asks_of(campaign: Campaign, people: Collection[int] | None = None) -> tuple[set[tuple[int, str]], Asked]:
    """Return which turns of people (None: of all) a campaign has taken, and on which days it asks them."""
    rows = campaign.invitations.all() if people is None else campaign.invitations.filter(contact__in=people)
    found = list(rows.values_list("contact", "round", "planned_for"))
    days = {(contact, local_day(at)) for contact, _, at in found if at}
    return {(contact, name) for contact, name, _ in found}, days


def _on(spells: Iterable[tuple[date, Protected]], day: date) -> Protected | None:
    """Return the spell of a day that lasts longest, or None."""
    found = [spell for begins, spell in spells if begins <= day and spell.until and day < spell.until]
    return max(found, key=lambda one: one.until or day, default=None)


def person_of(contact: Contact, quiet_days: int = 0) -> Person:
    """Return a contact as the policy knows one."""
    return Person(contact.pk, contact.account_id, domain_of(contact.email), contact.role, quiet_days)


def ledger_around(
    people: Collection[Person],
    day: date,
    policy: Policy,
    *,
    days_ahead: int = 0,
    without: Collection[int] = (),
) -> Ledger:
    """Return the asks that matter to these people from a day to some days ahead, planned ones included.

    `without` names invitations that are left out, as those about which the question is.
    """
    ledger = Ledger()
    reach = timedelta(days=max((policy.horizon, *(person.quiet_days for person in people))))
    if not reach:
        return ledger
    begins_at = midnight(day)
    asks = Invitation.objects.asked_between(
        begins_at - reach, begins_at + reach + timedelta(days=days_ahead + 1)
    )
    asks = asks.exclude(pk__in=without).order_by()
    asks = asks.filter(contact__in=_counted_with(people, {cap.per for cap in policy.caps}))
    columns = ("asked_at", "is_binding", "survey__programme__priority", "contact")
    whose = ("contact__account", "contact__email", "contact__role")
    for asked_at, is_binding, priority, contact, account, email, role in asks.values_list(*columns, *whose):
        asked_on = local_day(asked_at)
        person = Person(contact, account, domain_of(email), role)
        ledger.add(person, Ask(asked_on, SENT if is_binding else priority))
    return ledger


def _counted_with(
    people: Collection[Person], counted: Collection[str]
) -> "Collection[int] | QuerySet[Contact, dict[str, Any]]":
    """Return the contacts whose asks count for these people, where caps are per these."""
    own = {person.contact for person in people}
    near, rows = Q(pk__in=own), Contact.objects.all()
    if "account" in counted:  # else thousands of others at a large account would be read for nothing
        near |= Q(account__in={person.account for person in people})
    if "domain" in counted:
        domain = Func(Lower("email"), Value("@"), Value(-1), function="split_part", output_field=CharField())
        rows = rows.alias(domain=domain)
        near |= Q(domain__in={person.domain for person in people} - {""})
    # Of contacts alone, so that the asks of all others need not be read first.
    return rows.filter(near).values("pk") if {"account", "domain"} & set(counted) else own


def refusal(
    erased_at: datetime | None, email: str, unsubscribed_at: datetime | None, bounced_at: datetime | None
) -> Protected | None:
    """Return what a contact's own row says against asking them."""
    if erased_at:
        return ERASED
    if not email:
        return NO_ADDRESS
    if unsubscribed_at:
        return UNSUBSCRIBED
    return BOUNCED if bounced_at else None


def _other_programme(wish: Preference | None, campaign: Campaign | None) -> Protected | None:
    if wish is None or campaign is None or wish.only_programme_id in {None, campaign.survey.programme_id}:
        return None
    return Protected("asked for another programme only", None)


def _negotiating(
    accounts: Collection[int], campaign: Campaign | None, policy: ContactPolicy, start: date, end: date
) -> Mapping[int, Sequence[tuple[date, Protected]]]:
    """Return of accounts the spells in `[start, end]` in which a renewal is near."""
    days = policy.quiet_before_renewal_days
    asks_about_renewal = campaign and campaign.trigger == Campaign.Trigger.BEFORE_RENEWAL
    spells: dict[int, list[tuple[date, Protected]]] = defaultdict(list)
    if days and not asks_about_renewal:
        due = Subscription.objects.due(start, end + timedelta(days=days))
        open_ones = due.filter(account__in=accounts, renewals=None, cancelled_on=None)
        for account, ends_on in open_ones.order_by("ends_on").values_list("account", "ends_on"):
            begins = ends_on - timedelta(days=days - 1)
            spells[account].append((begins, Protected("renewal is being negotiated", ends_on)))
    return spells


def _with_open_case(accounts: Collection[int], policy: ContactPolicy, day: date) -> Mapping[int, Protected]:
    """Return the accounts that are left alone on a day since a case of theirs is open."""
    quiet: dict[int, Protected] = {}
    if policy.is_quiet_in_open_case:
        for source in OPEN_CASES:
            quiet |= source(accounts, day)
    return quiet
