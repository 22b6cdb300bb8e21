from celery import shared_task
from django.utils import timezone

from followups.actions import open_follow_ups


@shared_task
def open_cases() -> None:
    """Open the follow-ups that answers and health call for."""
    open_follow_ups(now=timezone.now())
