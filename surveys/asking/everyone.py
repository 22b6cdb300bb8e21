"""Everyone of an audience as they stand today, in a few queries however many they are."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.db.models.expressions import RawSQL
from django.db.models.functions import TruncDate

from accounts.models.companies import Contacts
from surveys.asking.addresses import address_hash, domain_of
from surveys.asking.days import local_day, midnight
from surveys.asking.policy import SENT, Ask, Ledger, Person, Policy, Protected, protection
from surveys.asking.standing import ledger_around, left_alone, refusal
from surveys.models import ContactPolicy, Invitation, Preference, Suppression

Days = tuple[date, ...]


class Standing(NamedTuple):
    """A contact of an account, and what stands against asking them, whichever campaign it is."""

    contact: int
    account: int
    role: str
    block: Protected | None


def standings(contacts: Contacts, day: date) -> list[Standing]:
    """Return these contacts as they stand on a day, in their order.

    Asks that were sent count, plans do not: which of them comes first is for each campaign to see.
    """
    policy = ContactPolicy.objects.current()
    rules = policy.rules()
    columns = ("pk", "account", "email", "role", "erased_at", "unsubscribed_at", "bounced_at")
    rows = list(contacts.values_list(*columns))
    suppressed, wished = _by_address(email for _, _, email, *_ in rows)
    quiet = left_alone({account for _, account, *_ in rows}, policy, day)
    found, open_ones = [], []
    for contact, account, email, role, erased_at, unsubscribed_at, bounced_at in rows:
        block = (
            refusal(erased_at, email, unsubscribed_at, bounced_at)
            or suppressed.get(email)
            or quiet.get(account)
        )
        found.append(Standing(contact, account, role, block))
        if block is None:
            open_ones.append(Person(contact, account, domain_of(email), role, wished.get(email, 0)))
    protected = _protected(contacts, open_ones, day, rules)
    return [one if one.block else one._replace(block=protected.get(one.contact)) for one in found]


def _by_address(emails: Iterable[str]) -> tuple[Mapping[str, Protected], Mapping[str, int]]:
    """Return which addresses are suppressed, and for how many days others wish to be left alone."""
    wishing = Preference.objects.exclude(quiet_days=0)
    if not (Suppression.objects.exists() or wishing.exists()):
        return {}, {}
    emails_of: dict[bytes, list[str]] = defaultdict(list)
    for email in emails:
        emails_of[address_hash(email)].append(email)
    # As one value: a list of ten thousand takes longer to plan than to look up.
    hashes = RawSQL("SELECT unnest(%s::bytea[])", [list(emails_of)])
    reasons = Suppression.objects.of(hashes).values_list("address_hash", "reason")
    wishes = wishing.filter(address_hash__in=hashes).values_list("address_hash", "quiet_days")
    suppressed = {
        email: Protected(str(Suppression.Reason(reason).label), None)
        for digest, reason in reasons
        for email in emails_of[bytes(digest)]
    }
    return suppressed, {email: days for digest, days in wishes for email in emails_of[bytes(digest)]}


def _protected(
    contacts: Contacts, people: Collection[Person], day: date, rules: Policy
) -> dict[int, Protected | None]:
    """Return by contact what the policy says; of those whose own asks alone count, alike ones once."""
    if any(cap.per != "contact" for cap in rules.caps):
        ledger = ledger_around(people, day, rules)
        return {one.contact: protection(one, day, ledger, rules, priority=SENT) for one in people}
    asks = _newest_asks(contacts, people, day, rules)
    known: dict[tuple[str, int, Days], Protected | None] = {}
    found = {}
    for one in people:
        days = asks.get(one.contact, ())
        alike = (one.role, one.quiet_days, days)
        if alike not in known:
            ledger = Ledger()
            for asked_on in days:
                ledger.add(one, Ask(asked_on))
            known[alike] = protection(one, day, ledger, rules, priority=SENT)
        found[one.contact] = known[alike]
    return found


def _newest_asks(contacts: Contacts, people: Collection[Person], day: date, rules: Policy) -> dict[int, Days]:
    """Return on which days contacts were asked, as many of the newest as a cap allows at most."""
    reach = timedelta(days=max((rules.horizon, *(one.quiet_days for one in people))))
    if not reach:
        return {}
    since, depth = midnight(day) - reach, max((1, *(cap.limit for cap in rules.caps)))
    sent = Invitation.objects.filter(contact=OuterRef("pk"), sent_at__gte=since).order_by("-sent_at")
    asked_on = TruncDate("sent_at", tzinfo=settings.REPORTING_ZONE)
    rows: Any = contacts.order_by().annotate(asked=ArraySubquery(sent.values(day=asked_on)[:depth]))
    asks = {contact: tuple(days) for contact, days in rows.values_list("pk", "asked") if days}
    # What a mail server may have got without our knowing binds as well.
    midway = Invitation.objects.asked_between(since, midnight(day) + reach + timedelta(days=1))
    midway = midway.filter(sent_at=None, is_binding=True)
    more: dict[int, list[date]] = defaultdict(list)
    for contact, at in midway.values_list("contact", "asked_at"):
        more[contact].append(local_day(at))
    return asks | {contact: (*asks.get(contact, ()), *days) for contact, days in more.items()}
