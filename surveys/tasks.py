from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from surveys.actions import traces
from surveys.actions.planning import plan_campaigns
from surveys.mail.dispatch import send_due_mails

SHIFT = timedelta(seconds=10)


@shared_task
def plan() -> None:
    """Plan the turns that have come in running campaigns."""
    plan_campaigns(now=timezone.now())


@shared_task
def send() -> None:
    """Send the mails that are due until the next of these comes: nothing long is cut when a worker stops."""
    send_due_mails(clock=timezone.now, shift=SHIFT)


@shared_task
def forget_footprints() -> None:
    """Delete what was noted of addresses a day ago."""
    traces.forget_footprints(now=timezone.now())


@shared_task
def blur_private() -> None:
    """Keep marks and times of private surveys from telling whose answers are whose."""
    now = timezone.now()
    traces.blur_ballots(now=now)
    traces.blur_times(now=now)
