"""The numbers that executives are held to, each with a sentence on what changed."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from followups.reports.book import MONTHS, SENTIMENT, Book
from followups.reports.drawing import trend_of
from followups.reports.leading import for_reader
from followups.reports.report import Figure, Section
from followups.reports.words import aim_words, counted_change, in_short, sampled_change
from metrics.formulas.days import month_of, months_later, trailing
from metrics.measures.health import healthy_accounts
from metrics.measures.measure import Measure, Point
from metrics.measures.targets import aims_of
from metrics.templatetags.figures import money
from metrics.templatetags.rows import rows_of, rows_of_point

COMPARED = 3


def numbers(book: Book) -> Iterator[Section]:
    """Yield the numbers that executives are held to, each with a sentence, and NPS month by month."""
    healths = healthy_accounts(book.scope, book.health), healthy_accounts(book.earlier, book.health_before)
    figures = _led(book, [*_retained(book), _counted("Accounts in green", *healths), *_sampled(book)])
    money_words, leads = _money(book)
    yield Section("In short", list(_first_of_all(figures, money_words)), leads=leads)
    yield Section("The numbers", figures=figures)
    months = [months_later(book.month.end, -back) for back in range(MONTHS, 0, -1)]
    points = [Point(first, book.sentiment("nps", month_of(first))) for first in months]

    def lead(point: Point) -> str:
        return for_reader(book.viewer, "metric_rows", rows_of_point(point, "month"))

    yield Section("NPS by month", trend=trend_of("NPS", points, lead))


def _first_of_all(figures: Sequence[Figure], money_words: str) -> Iterator[str]:
    """Yield what to know first: what really moved, what became of revenue, what misses its target.

    Where no number is known, just that and what it takes.
    """
    if not any(each.measure.is_known for each in figures):
        yield "No number can be told yet: that takes customers who already paid a year ago, or answers."
        return
    moved = [in_short(each) for each in figures if each.is_signal]
    missed = [words for each in figures if not each.is_signal for words in [in_short(each)] if words]
    if not moved and not missed:
        is_aimed = any(each.aim and each.aim.gap is not None for each in figures)
        reached = ", and no target is missed" if is_aimed else ""
        yield f"No score moved by more than chance explains{reached}."
    yield from moved
    if money_words:
        yield money_words
    yield from missed


def _money(book: Book) -> tuple[str, dict[str, str]]:
    """Return what became of recurring revenue within the month in a sentence, and where its amount leads.

    Nothing for who may not see revenue, or where it is not known.
    """
    bridge = book.paid.movements if book.viewer.sees_revenue else None
    if bridge is None:
        return "", {}
    now, then = bridge.closing, bridge.opening
    way = f"{'rose' if now > then else 'fell'} by {money(abs(now - then))} to" if now != then else "stayed at"
    lead = for_reader(book.viewer, "metric_rows", rows_of(book.paid.bridge))
    return f"Recurring revenue {way} {money(now)} a year within the month.", {money(now): lead}


def _retained(book: Book) -> Iterator[Figure]:
    if not book.viewer.sees_revenue:
        return
    before, now = book.paid.before, book.paid.now
    yield _counted("Gross revenue retention", now.retention.grr, before.retention.grr)
    yield _counted("Net revenue retention", now.retention.nrr, before.retention.nrr)
    yield _counted("Renewal rate", now.renewals.gross, before.renewals.gross)
    yield _counted("Customer lifetime value", now.clv, before.clv)


def _counted(name: str, now: Measure, before: Measure) -> Figure:
    return Figure(name, now, before, counted_change(now, before))


def _sampled(book: Book) -> Iterator[Figure]:
    recent = trailing(book.month.end, COMPARED)
    before = trailing(recent.start, COMPARED)
    for kind, name in SENTIMENT.items():
        measure = book.sentiment(kind, trailing(book.month.end, MONTHS))
        if kind != "nps" and not measure.n:
            continue
        lately, earlier = book.sentiment(kind, recent), book.sentiment(kind, before)
        words, is_signal = sampled_change(lately, earlier)
        has_risen = (lately.value or 0) > (earlier.value or 0)
        yield Figure(name, measure, earlier, words, is_signal=is_signal, has_risen=has_risen)


def _led(book: Book, figures: Sequence[Figure]) -> list[Figure]:
    """Return the figures beside their targets, which are read together, and with where they lead."""
    aims = aims_of(book.scope, [each.measure for each in figures])
    return [
        replace(
            each,
            aim=aim,
            target=aim_words(aim, each.measure) if aim else "",
            path=for_reader(book.viewer, "metric_rows", rows_of(each.measure)),
        )
        for each in figures
        for aim in [aims.get(each.measure.metric)]
    ]
