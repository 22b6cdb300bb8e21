"""The numbers that executives are held to, each with a sentence on what changed."""

from collections.abc import Iterator, Sequence

from followups.reports.book import MONTHS, SENTIMENT, Book
from followups.reports.drawing import trend_of
from followups.reports.report import Figure, Section
from followups.reports.words import aim_words, counted_change, in_short, sampled_change
from metrics.formulas.days import month_of, months_later, trailing
from metrics.measures.health import healthy_accounts
from metrics.measures.lifetime import clv
from metrics.measures.measure import Measure, Point
from metrics.measures.renewals import renewal_rate
from metrics.measures.retention import revenue_retention
from metrics.measures.targets import aim_of

COMPARED = 3


def numbers(book: Book) -> Iterator[Section]:
    """Yield the numbers that executives are held to, each with a sentence, and NPS month by month."""
    healths = healthy_accounts(book.scope, book.health), healthy_accounts(book.earlier, book.health_before)
    figures = [*_retained(book), _counted(book, "Accounts in green", *healths), *_sampled(book)]
    yield Section("In short", list(_first_of_all(figures)))
    yield Section("The numbers", figures=figures)
    months = [months_later(book.month.end, -back) for back in range(MONTHS, 0, -1)]
    points = [Point(first, book.sentiment("nps", month_of(first))) for first in months]
    yield Section("NPS by month", trend=trend_of("NPS", points))


def _first_of_all(figures: Sequence[Figure]) -> Iterator[str]:
    """Yield what to know first; of a company that nothing is known of, just that."""
    if not any(each.measure.is_known for each in figures):
        yield "Nothing is known of this month: there were no customers who pay and no answers."
        return
    told = list(filter(None, map(in_short, figures)))
    yield from told or ["No score moved by more than chance explains, and no target is missed."]


def _retained(book: Book) -> Iterator[Figure]:
    if not book.viewer.sees_revenue:
        return
    now, before = revenue_retention(book.scope), revenue_retention(book.earlier)
    yield _counted(book, "Gross revenue retention", now.grr, before.grr)
    yield _counted(book, "Net revenue retention", now.nrr, before.nrr)
    yield _counted(book, "Renewal rate", renewal_rate(book.scope), renewal_rate(book.earlier))
    lifetime = clv(book.scope, retained=now.grr), clv(book.earlier, retained=before.grr)
    yield _counted(book, "Customer lifetime value", *lifetime)


def _counted(book: Book, name: str, now: Measure, before: Measure) -> Figure:
    return _figure(book, name, now, before, counted_change(now, before))


def _sampled(book: Book) -> Iterator[Figure]:
    recent = trailing(book.month.end, COMPARED)
    before = trailing(recent.start, COMPARED)
    for kind, name in SENTIMENT.items():
        measure = book.sentiment(kind, trailing(book.month.end, MONTHS))
        if kind != "nps" and not measure.n:
            continue
        lately, earlier = book.sentiment(kind, recent), book.sentiment(kind, before)
        words, is_signal = sampled_change(lately, earlier)
        yield _figure(book, name, measure, earlier, words, is_signal=is_signal)


def _figure(
    book: Book, name: str, now: Measure, before: Measure, change: str, *, is_signal: bool | None = None
) -> Figure:
    aim = aim_of(book.scope, now)
    target = aim_words(aim, now.unit) if aim else ""
    return Figure(name, now, before, change, aim, target, is_signal)
