from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from metrics.actions.absorb import absorb_responses


class Command(BaseCommand):
    help = "Count every response that is new, changed or deleted, however old."

    def handle(self, *args: Any, **options: Any) -> None:
        while (absorbed := absorb_responses(now=timezone.now(), sweep=True)).has_found_any:
            self.stdout.write(str(absorbed))
