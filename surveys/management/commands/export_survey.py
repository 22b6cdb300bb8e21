from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.management.status import WRONG_USE
from surveys.actions.drafts import draft_json
from surveys.interchange.native import file_text
from surveys.models import Survey


class Command(BaseCommand):
    help = "Print a survey as native JSON: what is live, or the working copy of one never published."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        # --version is Django's own otherwise.
        return super().create_parser(prog_name, subcommand, conflict_handler="resolve", **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("survey", metavar="SLUG")
        parser.add_argument("--version", metavar="N", type=int, help="an earlier published version")

    def handle(self, *args: Any, **options: Any) -> None:
        survey = Survey.objects.select_related("live_version").filter(slug=options["survey"]).first()
        if survey is None:
            raise CommandError(f"there is no survey {options['survey']!r}", returncode=WRONG_USE)
        version, number = survey.live_version, options["version"]
        if number is not None:
            version = survey.versions.filter(number=number).first()
            if version is None:
                raise CommandError(f"{survey.slug} has no version {number}", returncode=WRONG_USE)
        document = version.definition if version else draft_json(survey)
        self.stdout.write(file_text(document))
