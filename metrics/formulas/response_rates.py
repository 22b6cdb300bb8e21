"""How many of those asked have answered, and whose voice is missing."""

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from metrics.formulas.money import ZERO, percent_of, require_money


class Audience(NamedTuple):
    """One account's part in a survey: its revenue, and its contacts as there are and as they answered.

    nameless counts answers of which only the account is known; they make it heard, but no contact.
    """

    revenue: Decimal
    contacts: int
    answered: int
    decision_makers: int = 0
    decision_makers_answered: int = 0
    nameless: int = 0


class Coverage(NamedTuple):
    """The part of the customers whose voice was heard, in percent (0..100); None where there was nobody."""

    contacts: float | None
    accounts: float | None
    revenue: float | None
    decision_makers: float | None


def response_rate(completed: int, delivered: int) -> float | None:
    """Return the percentage (0..100) of delivered invitations that were completed, or None without any.

    Bounced and suppressed contacts were not delivered to (METRICS 1.1).
    """
    return _percent(completed, delivered)


def completion_rate(completed: int, started: int) -> float | None:
    """Return the percentage (0..100) of started answers that were completed, or None without any."""
    return _percent(completed, started)


def coverage(accounts: Iterable[Audience]) -> Coverage:
    """Return the contacts, accounts, revenue and decision-makers heard; an account is heard by one answer."""
    number = heard = contacts = answered = deciders = deciders_answered = 0
    revenue = heard_revenue = ZERO
    for account in accounts:
        require_money(account.revenue)
        number += 1
        contacts += account.contacts
        answered += account.answered
        deciders += account.decision_makers
        deciders_answered += account.decision_makers_answered
        revenue += account.revenue
        if account.answered or account.nameless:
            heard += 1
            heard_revenue += account.revenue
    return Coverage(
        contacts=_percent(answered, contacts),
        accounts=_percent(heard, number),
        revenue=percent_of(heard_revenue, revenue),
        decision_makers=_percent(deciders_answered, deciders),
    )


def _percent(part: int, whole: int) -> float | None:
    if not 0 <= part <= whole:
        raise ValueError(f"{part} of {whole} is no part")
    return 100 * part / whole if whole else None
