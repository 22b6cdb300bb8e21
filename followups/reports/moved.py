"""Whose health moved to another band within a month."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from accounts.models import Account
from followups.reports.book import Book
from followups.reports.report import OWNER_NOW, Row, Section, Table
from followups.reports.words import health_words, several
from metrics.formulas.health import Band
from metrics.formulas.money import ZERO
from metrics.measures.health import Standing
from metrics.templatetags.figures import UNKNOWN, money

# From worst to best; grey, of which too little is known, is no place among them.
ORDER = (Band.RED, Band.YELLOW, Band.GREEN)


def movers(book: Book) -> list[tuple[Standing, Standing]]:
    """Return how each account was and is that moved to another band, the furthest and largest falls first."""
    arr = book.arr if book.viewer.sees_revenue else None
    moved = [
        (book.health_before[account], standing)
        for account, standing in book.health.items()
        if account in book.health_before
        and Band.GREY not in (standing.band, book.health_before[account].band)
        and standing.band is not book.health_before[account].band
    ]

    def weight(pair: tuple[Standing, Standing]) -> tuple[int, Decimal, int]:
        before, now = pair
        paid = (arr.of(now.account) or ZERO) if arr else ZERO
        return ORDER.index(now.band) - ORDER.index(before.band), -paid, now.account

    return sorted(moved, key=weight)


def moved_bands(
    book: Book, moved: Sequence[tuple[Standing, Standing]], named: Mapping[int, Account]
) -> Iterator[Section]:
    """Yield who moved to another band between the beginning and the end of the month."""
    if not book.health:
        return
    ways = Counter(ORDER.index(now.band) > ORDER.index(before.band) for before, now in moved)
    arr = book.arr if book.viewer.sees_revenue else None
    rows = [
        Row(
            (
                named[now.account].name,
                health_words(before),
                health_words(now),
                *((money(arr.of(now.account)),) if arr else ()),
                str(named[now.account].owner or UNKNOWN),
            ),
            path=named[now.account].get_absolute_url(),
            band=now.band.value,
        )
        for before, now in moved[: book.rows]
        if now.account in named
    ]
    columns = ("Account", "Was", "Is", *(("ARR",) if arr else ()), OWNER_NOW)
    went = "No account changed its band"
    if moved:
        fell, rose = (several(ways[is_better], "account") for is_better in (False, True))
        went = f"{fell} fell to a worse band and {rose} rose to a better one"
    sentence = (
        f"{went}; a band is left only when an account stays beyond its edge for three days, or where a rule"
        " caps its score, such as a notice that was given."
    )
    table = Table(columns, rows, more=max(0, len(moved) - book.rows), whole=book.whole)
    yield Section("Whose health moved", [sentence], table=table)
