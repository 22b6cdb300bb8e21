"""What was done about it: cases opened and closed, and how many were asked."""

from statistics import median

from followups.models import FollowUp
from followups.reports.report import Section
from followups.reports.words import level, several
from metrics.measures.outreach import response_rate
from metrics.measures.scope import Scope


def done(scope: Scope) -> Section:
    """Return what was done in the window, as far as the viewer may see it."""
    asked = response_rate(scope)
    sentences = [level("Response rate", asked)] if asked.n else []
    return Section("What was done", [*_cases(scope), *sentences])


def _cases(scope: Scope) -> list[str]:
    has_perm = getattr(scope.viewer, "has_perm", None)
    if has_perm and not has_perm("followups.view_followup"):
        return []
    rows = FollowUp.objects.visible_to(scope.viewer)
    opened = rows.filter(scope.instants("opened_at")).count()
    closed = rows.filter(scope.instants("closed_at")).values_list("opened_at", "closed_at")
    took = [(end - start).total_seconds() / 86_400 for start, end in closed]
    late = rows.overdue_on(scope.end).count()
    if not (opened or took or late):
        return []
    speed = f", half of them within {several(max(1, round(median(took))), 'day')}" if took else ""
    lateness = f"{several(late, 'case')} {'is' if late == 1 else 'are'} overdue." if late else ""
    first = f"{several(opened, 'follow-up')} opened and {len(took):,} closed{speed}."
    return [first, *([lateness] if lateness else [])]
