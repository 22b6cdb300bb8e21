import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from accounts.interchange.writers import FORMATS
from accounts.management.status import FAILED, WRONG_USE
from accounts.models.people import OPERATOR
from surveys.exports import responses_dataset
from surveys.models import Survey


class Command(BaseCommand):
    help = "Write the responses to a survey to standard output or into a file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("survey", metavar="SURVEY", help="the survey's slug")
        parser.add_argument("--format", choices=[*FORMATS], required=True)
        parser.add_argument("--output", metavar="FILE", help="instead of standard output")
        parser.add_argument("--changed-after", metavar="T", help="such as 2026-06-15T12:00:00Z or 2026-06-15")
        parser.add_argument("--labels", action="store_true", help="texts of choices instead of their keys")
        parser.add_argument("--partial", action="store_true", help="also what was never submitted")

    def handle(self, *args: Any, **options: Any) -> None:
        survey = Survey.objects.filter(slug=options["survey"]).first()
        if survey is None:
            raise CommandError(f"there is no survey {options['survey']!r}", returncode=WRONG_USE)
        since = options["changed_after"]
        dataset = responses_dataset(
            survey,
            OPERATOR,
            changed_after=None if since is None else _instant(since),
            with_partial=options["partial"],
        )
        if options["labels"] and options["format"] != "sav":
            dataset = dataset.labelled()
        chunks = FORMATS[options["format"]].write(dataset)
        try:
            self._write(chunks, options["output"])
        except BrokenPipeError:
            raise CommandError("nobody reads the output any more", returncode=FAILED) from None
        for fault in dataset.faults:
            self.stderr.write(fault)
        if dataset.faults:
            raise CommandError(f"{len(dataset.faults)} responses were left out", returncode=FAILED)

    def _write(self, chunks: Iterator[bytes], output: str | None) -> None:
        if output is None:
            stream: Any = self.stdout.buffer
            stream.writelines(chunks)
            stream.flush()
            return
        path = Path(output)
        part = path.with_name(f"{path.name}.part")
        try:
            with part.open("wb") as file:
                file.writelines(chunks)
            os.replace(part, path)
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}", returncode=WRONG_USE) from None


def _instant(text: str) -> datetime:
    """Return the instant that somebody typed; a day is its beginning in the reporting zone."""
    try:
        day = parse_date(text)
        instant = datetime(day.year, day.month, day.day) if day else parse_datetime(text)  # noqa: DTZ001
    except ValueError:
        instant = None
    if instant is None:
        raise CommandError("--changed-after: an instant such as 2026-06-15T12:00:00Z", returncode=WRONG_USE)
    return instant if timezone.is_aware(instant) else timezone.make_aware(instant)
