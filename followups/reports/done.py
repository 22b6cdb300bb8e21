"""What was done about it: follow-ups opened and closed, and how many were asked."""

from datetime import timedelta
from statistics import median

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, F, Q

from accounts.models import User
from followups.models import FollowUp
from followups.reports.leading import UNFINISHED, cases_of, for_reader
from followups.reports.report import Section
from followups.reports.words import level, several
from metrics.measures.outreach import response_rate
from metrics.measures.scope import Scope
from metrics.templatetags.figures import figure
from metrics.templatetags.rows import rows_of


def done(scope: Scope, reader: User) -> Section:
    """Return what was done in the window, as far as the viewer may see it."""
    asked = response_rate(scope)
    sentences = [level("Response rate", asked)] if asked.n else []
    cases, leads = _cases(scope, reader)
    leads[figure(asked)] = for_reader(reader, "metric_rows", rows_of(asked))
    return Section("What was done", [*cases, *sentences], leads=leads)


def _cases(scope: Scope, reader: User) -> tuple[list[str], dict[str, str]]:
    """Return what became of follow-ups in sentences, and where their counts lead."""
    if not reader.has_perm("followups.view_followup"):
        return [], {}
    rows = FollowUp.objects.visible_to(scope.viewer)
    is_late = Q(due_on__lt=scope.end) & ~Q(state=FollowUp.State.CLOSED)
    counted = rows.order_by().aggregate(
        opened=Count("pk", filter=scope.instants("opened_at")),
        late=Count("pk", filter=is_late),
        took=ArrayAgg(F("closed_at") - F("opened_at"), filter=scope.instants("closed_at")),
    )
    opened, late = counted["opened"], counted["late"]
    took = [length.total_seconds() / 86_400 for length in counted["took"] or ()]
    if not (opened or took or late):
        return [], {}
    speed = f", half of them within {several(max(1, round(median(took))), 'day')}" if took else ""
    lateness = f"{several(late, 'follow-up')} {'is' if late == 1 else 'are'} overdue." if late else ""
    first = f"{several(opened, 'follow-up')} opened and {len(took):,} closed{speed}."
    last_day = scope.end - timedelta(days=1)
    found: dict[str, dict[str, object]] = {
        f"{several(opened, 'follow-up')} opened": {"opened_at_from": scope.start, "opened_at_to": last_day},
        f"{len(took):,} closed": {"closed_at_from": scope.start, "closed_at_to": last_day},
        several(late, "follow-up"): {"due_on_to": last_day, "state__exact": UNFINISHED},
    }
    leads = {words: cases_of(**asked) for words, asked in found.items() if not words.startswith("0 ")}
    return [first, *([lateness] if lateness else [])], leads
