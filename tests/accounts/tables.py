"""Small files for import tests, and what a command said about them."""

import gzip
from io import StringIO

from django.core.management import CommandError, call_command
from openpyxl import Workbook


def csv_file(folder, *lines, name="table.csv", encoding="utf-8"):
    """A text file of these lines."""
    path = folder / name
    content = "".join(f"{line}\r\n" for line in lines).encode(encoding)
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return path


def workbook(folder, *rows, name="table.xlsx"):
    """An XLSX file whose first sheet holds these rows."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("First")
    for row in rows:
        sheet.append(row)
    book.create_sheet("Second").append(["not read"])
    book.save(folder / name)
    return folder / name


def run(command, *arguments, **options):
    """The command's standard output, its lines on standard error, its exit status and its last words."""
    out, err = StringIO(), StringIO()
    status, words = 0, ""
    try:
        call_command(command, *map(str, arguments), stdout=out, stderr=err, **options)
    except CommandError as error:
        status, words = error.returncode, str(error)
    return Said(out.getvalue().strip(), err.getvalue().splitlines(), status, words)


class Said:
    def __init__(self, out, rejections, status, words):
        self.out = out
        self.rejections = rejections
        self.status = status
        self.words = words
