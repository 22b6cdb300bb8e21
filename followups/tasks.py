from celery import shared_task
from django.utils import timezone

from followups.actions import open_follow_ups
from followups.reports.alerts import find_alerts
from followups.reports.posting import post_reports


@shared_task
def open_cases() -> None:
    """Open the follow-ups that answers and health call for."""
    open_follow_ups(now=timezone.now())


@shared_task
def report() -> None:
    """Find what really moved, and send the reports that are due."""
    find_alerts(now=timezone.now())
    post_reports(now=timezone.now())
