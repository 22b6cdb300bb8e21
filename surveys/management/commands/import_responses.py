from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from accounts.interchange.dates import Dates
from accounts.interchange.report import Report
from accounts.interchange.rows import Table
from accounts.management.status import FAILED, WRONG_USE
from accounts.management.table_command import TableCommand
from surveys.actions.importing_responses import import_responses
from surveys.interchange.responses import map_responses
from surveys.models import Survey
from surveys.versions import published_definition


class Command(TableCommand):
    help = "Create or update responses to a published survey, with the dates they were given on."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("survey", metavar="SURVEY", help="the survey's slug")
        super().add_arguments(parser)
        parser.epilog = (
            "Fields: external_id, account, contact (their external ids), submitted_at, language and the keys "
            "of the survey's questions. Several picks stand in one cell between ; or |."
        )

    def import_rows(self, table: Table, dates: Dates, options: dict[str, Any]) -> Report:
        survey = Survey.objects.select_related("live_version").filter(slug=options["survey"]).first()
        if survey is None:
            raise CommandError(f"there is no survey {options['survey']!r}", returncode=WRONG_USE)
        if survey.live_version is None:
            raise CommandError(
                f"the survey {survey.slug!r} is a draft: publish it, then import", returncode=FAILED
            )
        columns = map_responses(published_definition(survey.live_version.pk), table.header, options["map"])
        return import_responses(
            survey.live_version,
            table,
            columns,
            dates=dates,
            clock=timezone.now,
            is_dry_run=options["dry_run"],
        )
