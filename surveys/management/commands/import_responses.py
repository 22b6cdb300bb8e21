from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from accounts.interchange.dates import Dates
from accounts.interchange.report import Report
from accounts.interchange.rows import Table
from accounts.management.status import FAILED, WRONG_USE
from accounts.management.table_command import TableCommand
from surveys.actions.importing_responses import import_responses
from surveys.interchange.foreign_responses import Plan, open_export, plan_import, read_export
from surveys.interchange.response_exports import TOOLS
from surveys.interchange.responses import ResponseDraft, map_responses, read_responses
from surveys.models import Survey, Version
from surveys.versions import published_definition

FLAT = "flat"
MAX_NAMED = 12


class Command(TableCommand):
    help = "Create or update responses to a published survey, with the dates they were given on."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("survey", metavar="SURVEY", help="the survey's slug")
        super().add_arguments(parser)
        parser.add_argument(
            "--format",
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
        path, encoding = Path(options["file"]), options["encoding"]
        if options["format"] == FLAT:
            return super().read_file(dates, options)
        with open_export(
            path, tool=options["format"] or "", encoding=encoding, delimiter=options["delimiter"] or ""
        ) as lines:
            if lines.tool:
                version = self.version(options["survey"])
                definition = published_definition(version.pk)
                plan = plan_import(definition, lines, options["map"])
                report = Report()
                zone = settings.REPORTING_ZONE
                drafts = read_export(definition, lines, plan, dates=dates, zone=zone, report=report)
                stored = self.store(version, drafts, report, options)
                self.tell(plan)
                return stored
        return super().read_file(dates, options)

    def import_rows(self, table: Table, dates: Dates, options: dict[str, Any]) -> Report:
        version = self.version(options["survey"])
        definition = published_definition(version.pk)
        columns = map_responses(definition, table.header, options["map"])
        report = Report()
        drafts = read_responses(
            definition, table, columns, dates=dates, zone=settings.REPORTING_ZONE, report=report
        )
        return self.store(version, drafts, report, options)

    def store(
        self, version: Version, drafts: Iterator[ResponseDraft], report: Report, options: dict[str, Any]
    ) -> Report:
        return import_responses(
            version, drafts, report=report, clock=timezone.now, is_dry_run=options["dry_run"]
        )

    def version(self, slug: str) -> Version:
        survey = Survey.objects.select_related("live_version").filter(slug=slug).first()
        if survey is None:
            raise CommandError(f"there is no survey {slug!r}", returncode=WRONG_USE)
        if survey.live_version is None:
            raise CommandError(
                f"the survey {survey.slug!r} is a draft: publish it, then import", returncode=FAILED
            )
        return survey.live_version

    def tell(self, plan: Plan) -> None:
        """Say what of a tool's export was left out."""
        if plan.left_out:
            shown = ", ".join(name[:60] for name in plan.left_out[:MAX_NAMED])
            more = len(plan.left_out) - MAX_NAMED
            rest = f" and {more} more" if more > 0 else ""
            self.stdout.write(f"{len(plan.left_out)} columns are about no question: {shown}{rest}")
