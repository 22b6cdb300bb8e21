"""What health may know of follow-ups, named in the settings as OPEN_CASES."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date

from django.conf import settings
from django.db.models import Q

from accounts.models import Contact
from followups.models import FollowUp
from metrics.evidence.among import among
from metrics.evidence.cases import OpenCase
from metrics.formulas.days import day_bounds


def open_cases(accounts: Sequence[int], day: date) -> Mapping[int, Sequence[OpenCase]] | None:
    """Return the unhappy answers of accounts that were open at the end of a day; None before the first ever.

    Cases that health itself opened are not among them: they would pull it down further.
    """
    unhappy = FollowUp.objects.filter(reason=FollowUp.Reason.SCORE)
    if not unhappy.exists():
        return None
    end = day_bounds(day, settings.REPORTING_ZONE)[1]
    rows = unhappy.filter(
        among(accounts), Q(closed_at=None) | Q(closed_at__gte=end), opened_at__lt=end
    ).values_list("account_id", "due_on", "contact__role")
    cases: dict[int, list[OpenCase]] = defaultdict(list)
    for account, due_on, role in rows:
        cases[account].append(OpenCase((day - due_on).days, role == Contact.Role.DECISION_MAKER))
    return cases
