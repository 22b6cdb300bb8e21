"""Writes of follow-ups: opened from what the database holds, so that a missed run only comes late."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, Subquery

from accounts.models import User
from followups.models import FollowUp, Rule
from metrics.models import Health, Score
from surveys.models import Response

# Who wants to be called is called soon; a fall in health leaves time to ask around.
CALL_BACK_DAYS = 1
HEALTH_DAYS = 5
# How far back a run looks: the worker may have been away for a weekend and more.
LOOK_BACK = timedelta(days=14)
ABOUT = 300


def open_follow_ups(*, now: datetime) -> int:
    """Open the follow-ups that answers and health call for and that are not there yet; return how many.

    Running twice, or on two workers, opens each once: a response has one follow-up, an account one about
    its health at a time.
    """
    today = now.astimezone(settings.REPORTING_ZONE).date()
    opened = 0
    # Who asks to be called comes first: a response has one case, and this is the reason that matters.
    for cases_of in (_call_backs, _unhappy, _fallen):
        opened += len(FollowUp.objects.bulk_create(cases_of(now, today), ignore_conflicts=True))
    return opened


@transaction.atomic
def move_follow_up(follow_up: FollowUp, state: str, *, now: datetime) -> FollowUp:
    """Put the follow-up into a state; closing notes when, reopening forgets it."""
    row: FollowUp = FollowUp.objects.select_for_update().get(pk=follow_up.pk)
    row.closed_at = (row.closed_at or now) if state == FollowUp.State.CLOSED else None
    row.state = state
    row.save(update_fields=["state", "closed_at"])
    return row


def _call_backs(now: datetime, today: date) -> Iterable[FollowUp]:
    """Whoever asked to be called, by name where the survey keeps names."""
    wishes = (
        Response.objects.counted()
        .filter(afterword__ask="call_back", changed_at__gte=now - LOOK_BACK)
        .filter(follow_up=None)
        .select_related("survey", "account__owner", "contact")
    )
    for response in wishes:
        words = (response.afterword or {}).get("text", "")
        yield _case(
            response,
            FollowUp.Reason.CALL_BACK,
            f"Wants to be called about “{response.survey}”",
            due_on=today + timedelta(days=CALL_BACK_DAYS),
            now=now,
            note=words,
        )


def _unhappy(now: datetime, today: date) -> Iterable[FollowUp]:
    """Scores that a rule calls unhappy. Confidential answers open nothing: they were promised no name."""
    since = today - LOOK_BACK
    found: dict[int, FollowUp] = {}
    for rule in Rule.objects.select_related("programme"):
        scores = (
            Score.objects.filter(
                survey__programme=rule.programme,
                kind=rule.kind,
                value__lte=rule.at_most,
                day__gte=max(rule.since, since),
                contact__isnull=False,
                response__flags=[],
            )
            .filter(~Exists(FollowUp.objects.filter(response=OuterRef("response"))))
            .select_related("response__survey", "response__account__owner", "response__contact")
            .order_by("response", "value")
        )
        for score in scores:
            if score.response_id not in found:
                found[score.response_id] = _case(
                    score.response,
                    FollowUp.Reason.SCORE,
                    f"{rule.get_kind_display()} {score.value} in “{score.response.survey}”",
                    due_on=today + timedelta(days=rule.due_in_days),
                    now=now,
                )
    return found.values()


def _fallen(now: datetime, today: date) -> Iterable[FollowUp]:
    """Accounts whose health fell into red lately and is red still, unless that fall had its case."""
    days = Health.objects.filter(account=OuterRef("account")).order_by("-day", "-revision")
    falls = (
        Health.objects.filter(day__gt=today - LOOK_BACK, band=Health.Band.RED, account__churned_on=None)
        .annotate(
            before=Subquery(days.filter(day__lt=OuterRef("day")).values("band")[:1]),
            latest=Subquery(days.values("band")[:1]),
        )
        .filter(before__in=(Health.Band.GREEN, Health.Band.YELLOW), latest=Health.Band.RED)
        .filter(
            ~Exists(
                FollowUp.objects.filter(Q(closed_at=None) | Q(opened_at__date__gte=OuterRef("day"))).filter(
                    account=OuterRef("account"), reason=FollowUp.Reason.HEALTH
                )
            )
        )
        .select_related("account__owner")
        .order_by("account_id", "-day", "-revision")
        .distinct("account_id")
    )
    for health in falls:
        yield FollowUp(
            account=health.account,
            reason=FollowUp.Reason.HEALTH,
            about=f"Health fell to {health.score // 100} on {health.day:%-d %b %Y}",
            owner=health.account.owner,
            due_on=today + timedelta(days=HEALTH_DAYS),
            opened_at=now,
        )


def _case(
    response: Response, reason: FollowUp.Reason, about: str, *, due_on: date, now: datetime, note: str = ""
) -> FollowUp:
    owner: User | None = response.account.owner if response.account else None
    return FollowUp(
        account=response.account,
        contact=response.contact,
        response=response,
        reason=reason,
        about=about[:ABOUT],
        owner=owner,
        due_on=due_on,
        opened_at=now,
        note=note,
    )
