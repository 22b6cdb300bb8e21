"""Invitations by the day they were sent, counted once more from every one of them."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date

from django.conf import settings

from metrics.formulas.days import reporting_day
from metrics.models import AskedAccounts, AskedDay
from surveys.models import Invitation

FIELDS = ("survey", "sent_at", "bounced_at", "answered_on", "response__submitted_at", "response__is_test")


def asked_differences() -> Iterator[str]:
    """Yield a sentence for each counted day that is not what its invitations say.

    What bounced since a day was counted, and who answered since without a name, may be in it or not.
    """
    yield from _unsummed()
    counted = {(each.survey_id, each.day): each for each in AskedDay.objects.all()}
    last = max((day for _, day in counted), default=None)
    if last is None:
        return
    counts: dict[tuple[int, date], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    sent = Invitation.objects.exclude(sent_at=None).order_by().values_list(*FIELDS)
    for survey, sent_at, bounced_at, answered_on, submitted_at, is_test in sent.iterator():
        day = reporting_day(sent_at, settings.REPORTING_ZONE)
        row = counted.get((survey, day))
        if day > last or (bounced_at and row is None):
            continue
        # A provider tells of a bounce some days after it happened.
        is_late = bool(bounced_at and row and (row.counted_at - bounced_at).days < 7)
        is_answered = bool(submitted_at and is_test is False)
        is_told = bool(answered_on and row and answered_on < row.counted_at.date())
        least = bounced_at is None
        most = least or is_late
        cell = counts[survey, day]
        cell[0] += int(least)
        cell[1] += int(most)
        cell[2] += int(least and (is_answered or is_told))
        cell[3] += int(most and (is_answered or answered_on is not None))
    for key in sorted(counts.keys() | counted.keys()):
        stored, (low, high, fewest, answered) = counted.get(key), counts[key]
        delivered, completed = (stored.delivered, stored.completed) if stored else (0, 0)
        if not (low <= delivered <= high and fewest <= completed <= answered):
            survey, day = key
            yield (f"asked {survey} {day} is {(delivered, completed)}, should be {(high, answered)}")


def _unsummed() -> Iterator[str]:
    """Yield a sentence for each day that is not the sum of its accounts, and each month not that of its days.

    Which account a contact was with when a day was counted can not be said again.
    """
    totals = {(each.survey_id, each.day): (each.delivered, each.completed) for each in AskedDay.objects.all()}
    days: dict[tuple[int, date], tuple[int, int]] = {}
    held: dict[tuple[int, date], Counter[tuple[int, str]]] = defaultdict(Counter)
    sums: dict[tuple[int, date], Counter[tuple[int, str]]] = defaultdict(Counter)
    for each in AskedAccounts.objects.iterator():
        month = (each.survey_id, each.begins.replace(day=1))
        into = (held if each.is_month else sums)[month]
        for account, delivered, completed in zip(each.accounts, each.delivered, each.completed, strict=True):
            into[account, "delivered"] += delivered
            into[account, "completed"] += completed
        if not each.is_month:
            days[each.survey_id, each.begins] = (sum(each.delivered), sum(each.completed))
    for kind, stored, should in (("accounts", days, totals), ("accounts of a month", held, sums)):
        for survey, begins in sorted(stored.keys() | should.keys()):
            if stored.get((survey, begins)) != should.get((survey, begins)):
                yield f"asked {kind} {survey} {begins} do not add up"
