from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.utils import timezone

from config.demo.seeding import DatabaseInUse, seed_company


class Command(BaseCommand):
    help = "Load the demo company into an empty database."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--today", type=date.fromisoformat, metavar="D", help="the day that its two years lead up to"
        )

    def handle(self, *args: Any, today: date | None, **options: Any) -> None:
        present = timezone.localdate()
        if today and today > present:
            raise CommandError(f"{today} lies in the future.", returncode=2)
        try:
            seeded = seed_company(today=today or present)
        except DatabaseInUse as refused:
            raise CommandError(str(refused)) from None
        counts = ", ".join(f"{count:,} {name}" for name, count in seeded._asdict().items())
        self.stdout.write(f"Veldaro, the demo company: {counts}.")
