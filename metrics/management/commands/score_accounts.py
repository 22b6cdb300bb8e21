from argparse import ArgumentTypeError
from datetime import date
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from metrics.actions.health import score_accounts
from metrics.formulas.days import reporting_day


def day(text: str) -> date:
    """Return the day that was written, or say how one is."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no day; write one as 2026-03-31.") from None


class Command(BaseCommand):
    help = "Write the health of every account for today, or for another day as far as it was known then."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--day", type=day, help="such as 2026-03-31; today without it")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        today = reporting_day(now, settings.REPORTING_ZONE)
        day = options["day"] or today
        if day > today:
            raise CommandError(f"{day} lies in the future.", returncode=2)
        self.stdout.write(f"{score_accounts(day=day, now=now)} accounts scored for {day}")
