import sys
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from metrics.audit import differences


class Command(BaseCommand):
    help = "Work the metrics out once more from the raw answers and name every difference (exit status 1)."

    def handle(self, *args: Any, **options: Any) -> None:
        found = differences(now=timezone.now())
        for difference in found:
            self.stderr.write(difference)
        self.stdout.write(f"{len(found)} differences")
        if found:
            sys.exit(1)
