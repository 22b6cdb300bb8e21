from typing import Any

from django.core.management.base import BaseCommand

from metrics.actions.absorb import rebuild_metrics


class Command(BaseCommand):
    help = "Make every score, comment and tally again from the responses, as after a new REPORTING_TIME_ZONE."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(str(rebuild_metrics()))
