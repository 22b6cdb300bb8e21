"""What the commands that read a table have in common: options, error texts, exit status."""

from abc import abstractmethod
from argparse import ArgumentTypeError
from pathlib import Path
from typing import Any, ClassVar

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.actions.importing import import_table
from accounts.interchange.columns import MappingRefused, map_columns
from accounts.interchange.dates import Dates
from accounts.interchange.delimited import EncodingUnknown
from accounts.interchange.report import Report
from accounts.interchange.rows import Table, TableRefused
from accounts.interchange.specs import Spec
from accounts.interchange.tables import open_table
from accounts.management.status import FAILED, WRONG_USE


def one_character(name: str) -> str:
    """Return the delimiter that somebody names on a command line."""
    character = {"tab": "\t", "\\t": "\t"}.get(name.lower(), name)
    if len(character) != 1 or character in '"\r\n':
        raise ArgumentTypeError("a delimiter is one character, or the word tab")
    return character


class TableCommand(BaseCommand):
    """Reads a table and stores its rows: the counts on standard output, rejected rows on standard error."""

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file and how to read it."""
        parser.add_argument(
            "file", metavar="FILE", help="CSV, TSV, either gzipped, or XLSX (its first sheet)"
        )
        parser.add_argument(
            "--map",
            metavar="COLUMN=FIELD",
            action="append",
            default=[],
            help="feed a field from a column; again for more; `column=` keeps a column out",
        )
        parser.add_argument(
            "--date-format", metavar="F", default="", help="DD-MM-YYYY or %%d-%%m-%%Y; without it YYYY-MM-DD"
        )
        parser.add_argument("--dry-run", action="store_true", help="report, and store nothing")
        parser.add_argument("--encoding", metavar="E", default="", help="of a text file; without it UTF-8")
        parser.add_argument(
            "--delimiter", metavar="D", type=one_character, help="of a text file; found out without it"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Import the file, then fail when a row was rejected."""
        try:
            dates = Dates.named(options["date_format"])
        except ValueError as error:
            raise CommandError(f"--date-format: {error}", returncode=WRONG_USE) from None
        path = Path(options["file"])
        try:
            report = self.read_file(dates, options)
        except (MappingRefused, EncodingUnknown) as misuse:
            raise CommandError(str(misuse), returncode=WRONG_USE) from None
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}", returncode=WRONG_USE) from None
        except TableRefused as refused:
            raise CommandError(f"{path}: {refused}", returncode=FAILED) from None
        for rejection in report.rejections():
            self.stderr.write(rejection)
        self.stdout.write(f"{'Dry run: ' if options['dry_run'] else ''}{report.summary()}")
        if report.rejected:
            raise CommandError(f"{report.rejected} of {report.total} rows were rejected", returncode=FAILED)

    def read_file(self, dates: Dates, options: dict[str, Any]) -> Report:
        """Open the file, store its rows and return what became of them."""
        path, encoding, delimiter = Path(options["file"]), options["encoding"], options["delimiter"] or ""
        with open_table(path, encoding=encoding, delimiter=delimiter) as table:
            return self.import_rows(table, dates, options)

    @abstractmethod
    def import_rows(self, table: Table, dates: Dates, options: dict[str, Any]) -> Report:
        """Store the rows of the table and return what became of them."""


class ModelCommand(TableCommand):
    """Upserts the rows of one model."""

    spec: ClassVar[Spec]

    def add_arguments(self, parser: CommandParser) -> None:
        """Say which fields there are."""
        super().add_arguments(parser)
        parser.epilog = f"Fields: {', '.join(self.spec.fields)}."

    def import_rows(self, table: Table, dates: Dates, options: dict[str, Any]) -> Report:
        """Upsert the rows and return what became of them."""
        columns = map_columns(table.header, self.spec.fields, options["map"], needed=self.spec.key)
        return import_table(self.spec, table, columns, dates=dates, is_dry_run=options["dry_run"])
