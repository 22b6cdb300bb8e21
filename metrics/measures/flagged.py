"""How many answers something speaks against: sent too fast, by programs, or too many from one address."""

from typing import NamedTuple

from django.db.models import Count, Q

from metrics.measures.confidentiality import confidential_surveys
from metrics.measures.scope import Scope
from surveys.models import Response


class Flagged(NamedTuple):
    """How many complete responses are flagged, of how many; `may_leave_out` if results may go without them.

    Of a survey that promised confidentiality they may not: the difference would show what a few said.
    """

    flagged: int
    total: int
    may_leave_out: bool


def flagged_responses(scope: Scope) -> Flagged:
    """Return the counts of the window, over the accounts that the viewer sees, in two queries."""
    rows = Response.objects.counted().filter(scope.surveys(), scope.instants("submitted_at"))
    if scope.is_narrowed:
        rows = rows.filter(account__in=scope.accounts)
    counts = rows.aggregate(total=Count("pk"), flagged=Count("pk", filter=~Q(flags=[])))
    return Flagged(counts["flagged"], counts["total"], not confidential_surveys(scope))
