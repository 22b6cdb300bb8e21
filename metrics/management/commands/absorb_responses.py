from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from metrics.actions.refresh import refresh_metrics


class Command(BaseCommand):
    help = (
        "Count every response that is new, changed or deleted, however old, and score its account's health."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        while (absorbed := refresh_metrics(now=timezone.now(), sweep=True)).has_found_any:
            self.stdout.write(str(absorbed))
        self.stdout.write("Everything is absorbed.")
