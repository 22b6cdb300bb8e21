"""What the month did to recurring revenue, who left, and what is at stake next."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from followups.reports.book import Book
from followups.reports.drawing import bridge_bars
from followups.reports.report import Row, Section, Table
from followups.reports.words import several
from metrics.formulas.health import Band
from metrics.formulas.money import ZERO
from metrics.formulas.movements import Bridge
from metrics.measures.health import Standing
from metrics.measures.movements import arr as arr_movements
from metrics.measures.renewals import Due, coming_renewals
from metrics.measures.retention import pairs_of
from metrics.measures.revenue import arr_of
from metrics.templatetags.figures import UNKNOWN, day, money

COMING_DAYS = 90
ROWS = 8
WORSE = (Band.RED, Band.YELLOW)


def worth(book: Book) -> Iterator[Section]:
    """Yield what the month did to recurring revenue, who left, and what is at stake next."""
    if not book.viewer.sees_revenue:
        return
    measure = arr_movements(book.scope.between(*book.month))
    if measure.value is None:
        yield Section("What it is worth", sentences=measure.notes)
    else:
        bridge = Bridge(*(Decimal(measure.beside[name] or 0) for name in Bridge._fields))
        bars, scale = bridge_bars(bridge)
        yield Section(
            "What it is worth",
            sentences=[_bridge_words(bridge), *measure.notes, *([scale] if scale else [])],
            bars=bars,
            table=_losses(book),
        )
    yield coming(book)


def _bridge_words(bridge: Bridge) -> str:
    won, lost = bridge.new + bridge.reactivation + bridge.expansion, bridge.contraction + bridge.churn
    rates = f" Exchange rates moved it by {money(bridge.currency)}." if bridge.currency else ""
    return (
        f"Recurring revenue went from {money(bridge.opening)} a year to {money(bridge.closing)}:"
        f" {money(won)} won, {money(-lost)} lost.{rates}"
    )


def _losses(book: Book) -> Table | None:
    """Return who pays less than when the month began, or nothing any more, the greatest loss first."""
    month = book.scope.between(*book.month)
    pairs = pairs_of(month, arr_of(month, book.month.start, book.arr.rates), book.arr) or {}
    lost = {account: before - after for account, (before, after) in pairs.items() if after < before}
    largest = sorted(lost, key=lambda account: (-lost[account], account))
    named = book.named(largest[:ROWS])
    rows = [
        Row(
            (
                named[account].name,
                money(lost[account]),
                "left" if not pairs[account][1] else "pays less",
                str(named[account].owner or UNKNOWN),
            ),
            path=named[account].get_absolute_url(),
        )
        for account in largest[:ROWS]
        if account in named
    ]
    columns = ("Account", "Lost a year", "What happened", "Owner")
    return Table(columns, rows, more=max(0, len(lost) - ROWS)) if rows else None


def coming(book: Book) -> Section:
    """Return what comes up for renewal after the month, and which of it is with unwell accounts."""
    due = coming_renewals(book.scope, COMING_DAYS)
    if not due:
        return Section("Renewals ahead", [f"Nothing ends in the next {COMING_DAYS} days."])
    unwell = [each for each in due if _band(book.health, each) in WORSE]
    sentence = (
        f"In the next {COMING_DAYS} days {several(len({each.account for each in due}), 'account')} with"
        f" {_value(due)} a year come up for renewal; {_value(unwell)} of it is with"
        f" {several(len({each.account for each in unwell}), 'account')} in red or yellow."
    )
    first = sorted(unwell, key=lambda each: (-(each.value or ZERO), each.ends_on, each.account))
    named = book.named([each.account for each in first[:ROWS]])
    rows = [
        Row(
            (
                named[each.account].name,
                money(each.value),
                day(each.ends_on),
                f"{book.health[each.account].score:.0f}",
                str(named[each.account].owner or UNKNOWN),
            ),
            path=named[each.account].get_absolute_url(),
            band=book.health[each.account].band.value,
        )
        for each in first[:ROWS]
        if each.account in named
    ]
    columns = ("Unwell and due", "A year", "Ends", "Health", "Owner")
    return Section("Renewals ahead", [sentence], table=Table(columns, rows, more=max(0, len(first) - ROWS)))


def _band(found: Mapping[int, Standing], due: Due) -> Band:
    standing = found.get(due.account)
    return standing.band if standing else Band.GREY


def _value(due: Sequence[Due]) -> str:
    values = [each.value for each in due]
    return "an unknown amount" if None in values else money(sum((each for each in values if each), ZERO))
