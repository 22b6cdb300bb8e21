"""What is known of the people whom a campaign may ask: their asks, their wishes, and what keeps us quiet."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from accounts.models import Contact, Subscription
from surveys.asking.addresses import address_hashes, domain_of, rows_about
from surveys.asking.days import local_day
from surveys.asking.ids import these
from surveys.asking.policy import Ledger, Person, Policy, Protected, protection
from surveys.asking.windows import is_sampled
from surveys.models import Campaign, ContactPolicy, Preference, Suppression

ERASED, NO_ADDRESS, UNSUBSCRIBED, BOUNCED, OTHER_PROGRAMME = (
    Protected(reason, None)
    for reason in (
        *("erased", "no e-mail address", "unsubscribed", "bounced"),
        "asked for another programme only",
    )
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
    digests = address_hashes(contact.email for contact in contacts)
    suppressed = suppressions_of(digests)
    wishing = Preference.objects.values_list("address_hash", "quiet_days", "only_programme")
    wishes = rows_about(digests, wishing)
    accounts = {contact.account_id for contact in contacts}
    negotiating = _negotiating(accounts, campaign, policy, day, day + timedelta(days=days_ahead))
    cases = _with_open_case(accounts, policy, day)
    made = []
    for contact, digest in zip(contacts, digests, strict=True):
        quiet_days, only_programme = wishes.get(digest, (0, None))
        block = (
            refusal(contact.erased_at, contact.email, contact.unsubscribed_at, contact.bounced_at)
            or suppressed.get(digest)
            or _other_programme(only_programme, campaign)
            or cases.get(contact.account_id)
        )
        person = person_of(contact, quiet_days)
        spells = negotiating.get(contact.account_id, ())
        made.append(Candidate(contact, person, block or _on(spells, day), spells))
    return made


def suppressions_of(digests: Collection[bytes]) -> Mapping[bytes, Protected]:
    """Return why addresses get no mail any more, of those that get none; maybe of others too."""
    found = rows_about(digests, Suppression.objects.values_list("address_hash", "reason"))
    reasons = {reason.value: Protected(str(reason.label), None) for reason in Suppression.Reason}
    return {digest: reasons[reason] for digest, (reason,) in found.items()}


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


def _other_programme(only_programme: int | None, campaign: Campaign | None) -> Protected | None:
    if campaign is None or only_programme in {None, campaign.survey.programme_id}:
        return None
    return OTHER_PROGRAMME


def _negotiating(
    accounts: Collection[int], campaign: Campaign | None, policy: ContactPolicy, start: date, end: date
) -> Mapping[int, Sequence[tuple[date, Protected]]]:
    """Return of accounts the spells in `[start, end]` in which a renewal is near."""
    days = policy.quiet_before_renewal_days
    asks_about_renewal = campaign and campaign.trigger == Campaign.Trigger.BEFORE_RENEWAL
    spells: dict[int, list[tuple[date, Protected]]] = defaultdict(list)
    if days and not asks_about_renewal:
        due = Subscription.objects.due(start, end + timedelta(days=days))
        open_ones = due.filter(account__in=these(accounts), renewals=None, cancelled_on=None)
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
