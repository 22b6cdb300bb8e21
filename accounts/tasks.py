from celery import shared_task
from django.utils import timezone

from accounts.actions.uploads import run_next_import


@shared_task
def run_imports() -> None:
    """Run and undo the imports that wait."""
    while run_next_import(clock=timezone.now):
        pass
