"""The renewal rate of the contracts that fall due in a period."""

from collections.abc import Hashable, Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from metrics.formulas.money import ZERO, percent_of, require_money

GRACE_DAYS = 90


class Term(NamedTuple):
    """One contract line coming to its end: the value due, and what was renewed when, if anything was.

    Lines of one account with one due date are added up: co-termed contracts are one renewal.
    """

    account: Hashable
    due_on: date
    due: Decimal
    renewed_on: date | None = None
    renewed: Decimal = ZERO


class RenewalRate(NamedTuple):
    """How much of what fell due was renewed; rates in percent, None when nothing fell due.

    kept is capped at the value due, renewed is not. pending is what may still come within the grace.
    """

    due: Decimal
    kept: Decimal
    renewed: Decimal
    pending: Decimal
    accounts_due: int
    accounts_renewed: int

    @property
    def gross(self) -> float | None:
        """Return the gross renewal rate (0..100 percent), or None when nothing fell due."""
        return percent_of(self.kept, self.due)

    @property
    def net(self) -> float | None:
        """Return the net renewal rate (>= 0 percent, upsell and uplift in), or None when nothing fell due."""
        return percent_of(self.renewed, self.due)

    @property
    def logo(self) -> float | None:
        """Return the percentage (0..100) of accounts that renewed, or None when none fell due."""
        return logo_rate(self.accounts_renewed, self.accounts_due)

    @property
    def is_provisional(self) -> bool:
        """Return whether late renewals may still raise the rate."""
        return self.pending > 0


class _Outcome(NamedTuple):
    due: Decimal
    renewed: Decimal
    is_pending: bool
    is_renewed: bool


def renewal_rate(
    terms: Iterable[Term], start: date, end: date, *, as_of: date, grace_days: int = GRACE_DAYS
) -> RenewalRate:
    """Return the renewal rate of the terms due in [start, end) as known at the end of a day.

    Early renewals count in the period in which they were due, and so do late ones within the grace; after
    it the term is churn and a return is reactivation (METRICS 1.6, Concentrix).
    """
    renewals: dict[tuple[Hashable, date], list[_Outcome]] = {}
    for term in terms:
        if start <= term.due_on < end:
            outcome = _outcome(term, as_of=as_of, grace_days=grace_days)
            renewals.setdefault((term.account, term.due_on), []).append(outcome)
    due = kept = renewed = pending = ZERO
    accounts: dict[Hashable, bool] = {}
    for (account, _), lines in renewals.items():
        value, got = sum((o.due for o in lines), ZERO), sum((o.renewed for o in lines), ZERO)
        due += value
        renewed += got
        kept += min(got, value)
        if any(line.is_pending for line in lines):
            pending += max(value - got, ZERO)
        accounts[account] = accounts.get(account, False) or any(line.is_renewed for line in lines)
    return RenewalRate(due, kept, renewed, pending, len(accounts), sum(accounts.values()))


def booked_rate(terms: Iterable[Term], start: date, end: date) -> float | None:
    """Return what was booked in [start, end) per value due in it (>= 0 percent), or None when none was due.

    The booking-date view, an alternative only (opexengine.com): a late renewal counts when it is booked, an
    early one when it is due. It makes single months absurd: 0 percent, then 200.
    """
    due = booked = ZERO
    for term in terms:
        require_money(term.due, term.renewed)
        if start <= term.due_on < end:
            due += term.due
        if term.renewed_on is not None and start <= max(term.renewed_on, term.due_on) < end:
            booked += term.renewed
    return percent_of(booked, due)


def in_period_rate(
    due: Decimal, booked: Decimal, *, due_later: Decimal, due_earlier: Decimal
) -> float | None:
    """Return the percentage of the value due in a period that was booked in it, or None when nothing was due.

    Bookings for terms due later or earlier are somebody else's numerator (Concentrix: 82, not 90).
    """
    return percent_of(booked - due_later - due_earlier, due)


def dollar_rate(due: Decimal, *, churned: Decimal, downgraded: Decimal) -> float | None:
    """Return the gross renewal rate (percent) from what was lost of the value due, or None without any."""
    return percent_of(due - churned - downgraded, due)


def logo_rate(renewed: int, due: int) -> float | None:
    """Return the percentage (0..100) of accounts due that renewed, or None when none was due."""
    if not 0 <= renewed <= due:
        raise ValueError(f"{renewed} of {due} accounts cannot have renewed")
    return 100 * renewed / due if due else None


def _outcome(term: Term, *, as_of: date, grace_days: int) -> _Outcome:
    require_money(term.due, term.renewed)
    if term.due < 0 or term.renewed < 0:
        raise ValueError("contract values cannot be negative")
    last_day = term.due_on + timedelta(days=grace_days)
    if term.renewed_on is not None and term.renewed_on <= min(last_day, as_of) and term.renewed:
        return _Outcome(term.due, term.renewed, is_pending=False, is_renewed=True)
    return _Outcome(term.due, ZERO, is_pending=as_of < last_day, is_renewed=False)
