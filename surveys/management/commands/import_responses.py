from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from accounts.interchange.dates import Dates
from accounts.interchange.report import Report
from accounts.management.status import FAILED, WRONG_USE
from accounts.management.table_command import TableCommand
from surveys.actions.importing_responses import FLAT, Source, import_file
from surveys.interchange.response_exports import TOOLS
from surveys.models import Survey, Version

MAX_NAMED = 12


class Command(TableCommand):
    help = "Create or update responses to a published survey, with the dates they were given on."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("survey", metavar="SURVEY", help="the survey's slug")
        super().add_arguments(parser)
        parser.add_argument(
            "--format",
            default="",
            choices=(FLAT, *TOOLS),
            help="the tool that exported the file; told from its first lines without it",
        )
        parser.epilog = (
            "Fields: external_id, account, contact (their external ids), submitted_at, language and the keys "
            "of the survey's questions. Several picks stand in one cell between ; or |. Exports of "
            "Qualtrics, LimeSurvey (also .lsa), SurveyMonkey and Kobo are read as they are."
        )

    def read_file(self, dates: Dates, options: dict[str, Any]) -> Report:
        """Import an export of another tool, or else a flat table."""
        source = Source(
            Path(options["file"]),
            dates,
            options["format"],
            options["map"],
            options["encoding"],
            options["delimiter"] or "",
        )
        imported = import_file(
            self.version(options["survey"]),
            source,
            zone=settings.REPORTING_ZONE,
            clock=timezone.now,
            is_dry_run=options["dry_run"],
        )
        if imported.format != FLAT:
            self.tell(imported.left_out)
        return imported.report

    def version(self, slug: str) -> Version:
        survey = Survey.objects.select_related("live_version").filter(slug=slug).first()
        if survey is None:
            raise CommandError(f"there is no survey {slug!r}", returncode=WRONG_USE)
        if survey.live_version is None:
            raise CommandError(
                f"the survey {survey.slug!r} is a draft: publish it, then import", returncode=FAILED
            )
        return survey.live_version

    def tell(self, left_out: Sequence[str]) -> None:
        """Say which columns were left out."""
        if left_out:
            shown = ", ".join(name[:60] for name in left_out[:MAX_NAMED])
            more = len(left_out) - MAX_NAMED
            rest = f" and {more} more" if more > 0 else ""
            columns = "1 column is" if len(left_out) == 1 else f"{len(left_out)} columns are"
            self.stdout.write(f"{columns} about no question: {shown}{rest}")
