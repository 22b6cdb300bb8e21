"""The report of one month for executives: what changed, what it is worth, what was done."""

from datetime import date

from django.conf import settings

from accounts.models import User
from followups.reports.book import MOST_ROWS, ROWS, Book
from followups.reports.done import done
from followups.reports.moved import moved_bands, movers
from followups.reports.numbers import numbers
from followups.reports.report import Report
from followups.reports.voiced import voiced
from followups.reports.worth import losses, unwell_and_due, worth
from metrics.formulas.days import Window, months_later


def monthly_report(viewer: User, month: date, *, with_all_rows: bool = False) -> Report:
    """Return the report of the month that begins on the day, as far as the viewer may see it.

    Everything is as of the first day after it. Its tables name the first accounts, or all.
    """
    most = MOST_ROWS if with_all_rows else ROWS
    book = Book(viewer, Window(month, months_later(month, 1)), most)
    of_month = book.scope.between(*book.month)
    moved, lost, unwell = movers(book), losses(book), unwell_and_due(book)
    of_money = [*(each.account for each in lost[:most]), *(each.account for each in unwell[:most])]
    shown = [*(now.account for _, now in moved[:most]), *of_money]
    named = book.named(shown)
    sections = [
        *numbers(book),
        *worth(book, lost, unwell, named),
        *moved_bands(book, moved, named),
        done(of_month, viewer),
        *voiced(book),
    ]
    return Report(
        title=f"Customers in {month:%B %Y}",
        subtitle="What changed, what it is worth, what was done.",
        as_of=book.month.end,
        sections=[section for section in sections if not section.is_empty],
        notes=() if viewer.sees_all_accounts else ("Counts only the accounts that you see.",),
        currency=settings.REPORTING_CURRENCY if viewer.sees_revenue else "",
    )
