from celery import shared_task
from django.utils import timezone

from surveys.actions.planning import plan_campaigns
from surveys.mail.dispatch import send_due_mails


@shared_task
def plan() -> None:
    """Plan the turns that have come in running campaigns."""
    plan_campaigns(now=timezone.now())


@shared_task
def send() -> None:
    """Send the mails that are due."""
    send_due_mails(clock=timezone.now)
