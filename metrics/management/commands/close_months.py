from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from metrics.actions.closing import close_months


class Command(BaseCommand):
    help = "Close the months that are over: keep what is known of their revenue and answers; twice is once."

    def handle(self, *args: Any, **options: Any) -> None:
        closings = close_months(now=timezone.now())
        for closing in closings:
            verb = "restated" if closing.is_restated else "closed"
            self.stdout.write(
                f"{closing.month:%Y-%m} {verb}: {closing.added} rows written, {closing.removed} ended"
            )
        self.stdout.write(f"{len(closings)} months changed")
