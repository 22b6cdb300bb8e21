"""What the month did to recurring revenue, who left, and what is at stake next."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from accounts.models import Account
from followups.reports.book import COMING_DAYS, Book
from followups.reports.drawing import bridge_bars
from followups.reports.leading import for_reader, page_for, renewals_on
from followups.reports.report import OWNER_NOW, Row, Section, Table
from followups.reports.words import due_words, health_words, several
from metrics.formulas.health import Band
from metrics.formulas.money import ZERO
from metrics.formulas.movements import Bridge, Movement
from metrics.measures.health import Standing
from metrics.measures.renewals import Due
from metrics.pages.revenue import CURRENCY
from metrics.templatetags.figures import UNKNOWN, money
from metrics.templatetags.rows import rows_of, rows_of_arr

WORSE = (Band.RED, Band.YELLOW)
ROUNDED = "Amounts are rounded one by one, so a sum may differ from its parts by a unit or two."


class Loss(NamedTuple):
    """What an account pays less a year than when the month began, and whether it left."""

    account: int
    amount: Decimal
    has_left: bool


def losses(book: Book) -> list[Loss]:
    """Return who pays less than when the month began, or nothing any more, the greatest loss first."""
    if not book.viewer.sees_revenue:
        return []
    pairs = (book.paid.pairs or {}).items()
    lost = [Loss(account, then - now, not now) for account, (then, now) in pairs if now < then]
    return sorted(lost, key=lambda each: (-each.amount, each.account))


def unwell_and_due(book: Book) -> list[Due]:
    """Return what of accounts in red or yellow ends soon, the largest first."""
    if not book.viewer.sees_revenue:
        return []
    unwell = [each for each in book.paid.coming if _band(book.health, each) in WORSE]
    return sorted(unwell, key=lambda each: (-(each.value or ZERO), each.ends_on, each.account))


def worth(
    book: Book, lost: Sequence[Loss], unwell: Sequence[Due], named: Mapping[int, Account]
) -> Iterator[Section]:
    """Yield what the month did to recurring revenue, who left, and what is at stake next."""
    if not book.viewer.sees_revenue:
        return
    measure, bridge = book.paid.bridge, book.paid.movements
    if bridge is None:
        yield Section("What it is worth", sentences=measure.notes)
    else:
        bars, scale = bridge_bars(bridge, _leads(book))
        yield Section(
            "What it is worth",
            sentences=[_bridge_words(bridge), *measure.notes, ROUNDED],
            bars=bars,
            scale=scale,
            table=_losses(book, lost, named),
        )
    yield _coming(book, unwell, named)


def _leads(book: Book) -> dict[str, str]:
    """Return where the parts of the bridge lead: levels to contracts, movements to the accounts behind."""
    levels = {"opening": rows_of_arr(book.month.start), "closing": rows_of(book.paid.bridge)}
    bars = {movement.name.lower(): movement.value for movement in Movement} | {CURRENCY: CURRENCY}
    return {
        **{name: for_reader(book.viewer, "metric_rows", address) for name, address in levels.items()},
        **{
            name: page_for(book.viewer, "revenue", book.month, "behind", bar=bar)
            for name, bar in bars.items()
        },
    }


def _bridge_words(bridge: Bridge) -> str:
    won, lost = bridge.new + bridge.reactivation + bridge.expansion, bridge.contraction + bridge.churn
    verb = "took" if bridge.currency < 0 else "added"
    rates = f" Exchange rates {verb} {money(abs(bridge.currency))}." if bridge.currency else ""
    return (
        f"Recurring revenue went from {money(bridge.opening)} a year to {money(bridge.closing)}:"
        f" {money(won)} won, {money(-lost)} lost.{rates}"
    )


def _losses(book: Book, lost: Sequence[Loss], named: Mapping[int, Account]) -> Table | None:
    rows = [
        Row(
            (
                named[each.account].name,
                money(each.amount),
                "left" if each.has_left else "pays less",
                str(named[each.account].owner or UNKNOWN),
            ),
            path=named[each.account].get_absolute_url(),
        )
        for each in lost[: book.rows]
        if each.account in named
    ]
    columns = ("Account", "Lost a year", "What happened", OWNER_NOW)
    return Table(columns, rows, more=max(0, len(lost) - book.rows), whole=book.whole) if rows else None


def _coming(book: Book, unwell: Sequence[Due], named: Mapping[int, Account]) -> Section:
    """Return what comes up for renewal after the month, and which of it is with unwell accounts."""
    due = book.paid.coming
    if not due:
        return Section("Renewals ahead", [f"Nothing ends in the next {COMING_DAYS} days."])
    accounts = len({each.account for each in due})
    sentence = (
        f"In the next {COMING_DAYS} days {_of_due(due)}"
        f" {'comes' if accounts == 1 else 'come'} up for renewal; {_of_unwell(book, unwell)}."
    )
    rows = [
        Row(
            (
                named[each.account].name,
                money(each.value),
                due_words(each),
                health_words(book.health[each.account]),
                str(named[each.account].owner or UNKNOWN),
            ),
            path=named[each.account].get_absolute_url(),
            band=book.health[each.account].band.value,
        )
        for each in unwell[: book.rows]
        if each.account in named
    ]
    columns = ("Unwell and due", "A year", "Ends", "Health", OWNER_NOW)
    table = Table(columns, rows, more=max(0, len(unwell) - book.rows), whole=book.whole)
    leads = {
        _of_due(due): renewals_on(book.viewer, book.month.end, COMING_DAYS),
        **_leads_of_unwell(book, unwell),
    }
    return Section("Renewals ahead", [sentence], table=table, leads=leads)


def _of_due(due: Sequence[Due]) -> str:
    return f"{several(len({each.account for each in due}), 'account')} with {_value(due)} a year"


def _leads_of_unwell(book: Book, unwell: Sequence[Due]) -> dict[str, str]:
    accounts = several(len({each.account for each in unwell}), "account")
    address = renewals_on(book.viewer, book.month.end, COMING_DAYS, WORSE)
    return {f"{_value(unwell)} of it": address, f"{accounts} in red or yellow": address} if unwell else {}


def _of_unwell(book: Book, unwell: Sequence[Due]) -> str:
    if not unwell:
        return _of_well(book)
    accounts = several(len({each.account for each in unwell}), "account")
    return f"{_value(unwell)} of it is with {accounts} in red or yellow"


def _of_well(book: Book) -> str:
    """Return that none is unwell, as far as health was known: of grey accounts nobody can say so."""
    due = {each.account for each in book.paid.coming}
    grey = {each.account for each in book.paid.coming if _band(book.health, each) is Band.GREY}
    if grey == due:
        return "too little was known of their health"
    unknown = f"; too little was known of the health of {several(len(grey), 'account')}" if grey else ""
    return f"none of it is in red or yellow{unknown}"


def _band(found: Mapping[int, Standing], due: Due) -> Band:
    standing = found.get(due.account)
    return standing.band if standing else Band.GREY


def _value(due: Sequence[Due]) -> str:
    values = [each.value for each in due]
    return "an unknown amount" if None in values else money(sum((each for each in values if each), ZERO))
