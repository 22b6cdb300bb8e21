"""Everyone of an audience as they stand today, in a few queries however many they are."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import DateField, Max, Value

from accounts.models.companies import Contacts
from surveys.asking.addresses import address_hashes, domain_of, rows_about
from surveys.asking.days import local_day, midnight
from surveys.asking.ledgers import NewestAsks, each_of, ledger_around, newest_asks
from surveys.asking.policy import SENT, Ask, Ledger, Person, Policy, Protected, protection
from surveys.asking.standing import left_alone, refusal, suppressions_of
from surveys.models import ContactPolicy, Invitation, Mail, Preference, Suppression

# What the policy says of a contact: by their number, role, address and newest asks.
Judge = Callable[[int, str, str, NewestAsks], Protected | None]


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
    columns = ("pk", "account", "email", "role", "erased_at", "unsubscribed_at", "bounced_at", "asked")
    counts_others = any(cap.per != "contact" for cap in rules.caps)
    since = midnight(day) if counts_others else midnight(day) - _reach(rules)
    asks = Value(None, output_field=DateField()) if counts_others else newest_asks(since, rules)
    rows: Any = list(contacts.annotate(asked=asks).values_list(*columns))
    suppressed, wished = _by_address([email for _, _, email, *_ in rows])
    quiet = left_alone({account for _, account, *_ in rows}, policy, day)
    if counts_others:
        judge = _among_others(
            [
                Person(contact, account, domain_of(email), role, wished.get(email, 0))
                for contact, account, email, role, *_ in rows
            ],
            day,
            rules,
        )
    else:
        judge = _by_own_asks(wished, _midway(since, day), day, rules)
    return [
        Standing(
            contact,
            account,
            role,
            refusal(erased_at, email, unsubscribed_at, bounced_at)
            or suppressed.get(email)
            or quiet.get(account)
            or judge(contact, role, email, asked),
        )
        for contact, account, email, role, erased_at, unsubscribed_at, bounced_at, asked in rows
    ]


def _by_address(emails: Collection[str]) -> tuple[Mapping[str, Protected], Mapping[str, int]]:
    """Return which addresses are suppressed, and for how many days others wish to be left alone."""
    wishing = Preference.objects.exclude(quiet_days=0)
    if not (Suppression.objects.exists() or wishing.exists()):
        return {}, {}
    digests = address_hashes(emails)
    suppressed = suppressions_of(digests)
    wished = rows_about(digests, wishing.values_list("address_hash", "quiet_days"))
    known = [*zip(emails, digests, strict=True)]
    return (
        {email: suppressed[digest] for email, digest in known if digest in suppressed},
        {email: wished[digest][0] for email, digest in known if digest in wished},
    )


def _among_others(people: Collection[Person], day: date, rules: Policy) -> Judge:
    """Return what the policy says of people each, where asks of others count as well."""
    ledger, known = ledger_around(people, day, rules), {one.contact: one for one in people}
    return lambda contact, *_: protection(known[contact], day, ledger, rules, priority=SENT)


def _by_own_asks(
    wished: Mapping[str, int], midway: Mapping[int, Sequence[date]], day: date, rules: Policy
) -> Judge:
    """Return what the policy says of people whose own asks alone count; of those who are alike once."""
    known: dict[tuple[str, int, tuple[date, ...]], Protected | None] = {}

    def judge(contact: int, role: str, email: str, asked: NewestAsks) -> Protected | None:
        days = (*each_of(asked), *midway.get(contact, ()))
        alike = (role, wished.get(email, 0), days)
        if alike not in known:
            one, ledger = Person(contact, 0, "", role, wished.get(email, 0)), Ledger(per=["contact"])
            for asked_on in days:
                ledger.add(one, Ask(asked_on))
            known[alike] = protection(one, day, ledger, rules, priority=SENT)
        return known[alike]

    return judge


def _reach(rules: Policy) -> timedelta:
    """Return how long an ask matters at most, to whoever wishes to be asked least."""
    wished = Preference.objects.aggregate(most=Max("quiet_days"))["most"]
    return timedelta(days=max(rules.horizon, wished or 0))


def _midway(since: datetime, day: date) -> Mapping[int, Sequence[date]]:
    """Return the days of asks that may have arrived without our knowing, which bind as well."""
    # Planned ones too, for as long ahead as asks are looked back on.
    end = midnight(day) + (midnight(day) - since) + timedelta(days=1)
    asks = Invitation.objects.asked_between(since, end)
    found: dict[int, list[date]] = defaultdict(list)
    on_their_way = asks.filter(sent_at=None, pk__in=Mail.objects.midway().values("invitation"))
    for contact, at in on_their_way.values_list("contact", "asked_at"):
        found[contact].append(local_day(at))
    return found
