from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.management.status import FAILED, WRONG_USE
from surveys.actions.authoring import SurveyNotReady
from surveys.actions.importing_surveys import GENERAL, ProgrammeUnknown, import_survey
from surveys.interchange.formats import FORMATS, MAX_FILE, format_of
from surveys.interchange.native import DefinitionRefused


class Command(BaseCommand):
    help = "Create a survey from a file and print its slug, what was converted and what was lost."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE")
        parser.add_argument("--format", choices=sorted(FORMATS), help="told from the file without it")
        parser.add_argument("--title", metavar="T", default="", help="instead of the file's own")
        parser.add_argument("--publish", action="store_true", help="make it live at once")
        parser.add_argument(
            "--programme", metavar="SLUG", default="", help="without it the one called general"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with Path(options["file"]).open("rb") as file:
                content = file.read(MAX_FILE + 1)
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}", returncode=WRONG_USE) from None
        if len(content) > MAX_FILE:
            raise CommandError(f"the file is larger than {MAX_FILE >> 20} MB", returncode=FAILED)
        format_ = FORMATS.get(options["format"]) or format_of(options["file"], content)
        if format_ is None:
            raise CommandError("the format cannot be told: name it with --format", returncode=WRONG_USE)
        try:
            conversion = format_.read(content).named_after(options["file"]).titled(options["title"])
            survey = import_survey(
                conversion.definition,
                programme=options["programme"] or GENERAL,
                is_published=options["publish"],
                now=timezone.now(),
            )
        except ProgrammeUnknown as unknown:
            raise CommandError(str(unknown), returncode=WRONG_USE) from None
        except (DefinitionRefused, SurveyNotReady) as refused:
            for place, fault in refused.faults:
                self.stderr.write(f"{place}: {fault}")
            raise CommandError("nothing was imported", returncode=FAILED) from None
        self.stdout.write(f"converted {conversion.converted} of {conversion.found} questions")
        self.stdout.write(f"slug: {survey.slug}")
        for loss in conversion.losses:
            self.stdout.write(str(loss))
