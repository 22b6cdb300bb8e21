"""Tables in text files: CSV, TSV and their kin, plain or gzipped."""

import codecs
import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, TextIO, cast

from accounts.interchange.rows import Row, Table, TableRefused, checked_header, checked_row

GZIP = b"\x1f\x8b"
DELIMITERS = (",", ";", "\t", "|")
CHUNK = 1 << 16
MAX_BYTES = 1 << 30
MAX_LINE = 1 << 22
SAMPLE, SAMPLE_ROWS = 1 << 16, 20
BROKEN_GZIP = (EOFError, zlib.error, gzip.BadGzipFile)
DEFAULT = "utf-8-sig"
NAMES = {DEFAULT: "UTF-8"}
# Most files of unknown encoding were saved on Windows; Latin-1 gives every byte a letter, so it reads all.
OTHERS = {DEFAULT: "cp1252", "utf-8": "cp1252"}
SEPARATOR = re.compile("sep=([,;\t|])\r?\n", re.IGNORECASE)
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class EncodingUnknown(Exception):
    """The name of an encoding that Python does not know."""


class Broken(Exception):
    """A text that cannot be cut into cells from a line on."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line
        self.reason = reason


@contextmanager
def open_delimited_records(
    path: Path, *, encoding: str = "", delimiter: str = ""
) -> Iterator[Iterator[tuple[int, list[str]]]]:
    """Give the records of a text file, its header lines among them, each with the line that it begins on.

    Raises as `open_delimited` does; a text that cannot be cut from a line on raises TableRefused there.
    """
    encoding = encoding or _marked(path)
    with _bytes(path) as stream:
        _refuse_undecodable(stream, encoding)
    with _text(path, encoding) as text:
        yield _refusing_broken(_records(text, delimiter or _likely_delimiter(path, encoding)))


def _refusing_broken(records: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    try:
        yield from records
    except Broken as broken:
        raise TableRefused(f"{broken}: is a quote left open?") from None


@contextmanager
def open_delimited(path: Path, *, encoding: str = "", delimiter: str = "") -> Iterator[Table]:
    """Give the table of a text file; UTF-8, or UTF-16 by its mark, unless an encoding is named.

    The bytes are all checked before the first row is given, so a file in another encoding is refused whole.
    Raises TableRefused and EncodingUnknown.
    """
    encoding = encoding or _marked(path)
    with _bytes(path) as stream:
        _refuse_undecodable(stream, encoding)
    delimiter = delimiter or _likely_delimiter(path, encoding)
    with _text(path, encoding) as text:
        records = _records(text, delimiter)
        try:
            header = checked_header(next((cells for _, cells in records if any(map(str.strip, cells))), ()))
        except Broken as broken:
            raise TableRefused(str(broken)) from None
        yield Table(header, _rows(records, header))


def _rows(records: Iterator[tuple[int, list[str]]], header: tuple[str, ...]) -> Iterator[Row]:
    try:
        for line, cells in records:
            if row := checked_row(line, cells, header):
                yield row
    except Broken as broken:
        # Where a quote is left open nobody knows on which line the next row begins.
        yield Row(broken.line, fault=f"{broken.reason}: is a quote left open? Nothing after it was read")


def _records(text: TextIO, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the cells of each record and the line it begins on. Raises Broken."""
    reader = csv.reader(_lines(text), delimiter=delimiter)
    line = 1
    try:
        for cells in reader:
            yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise Broken(line, str(error)) from None


def _bytes(path: Path) -> IO[bytes]:
    with path.open("rb") as file:
        is_gzip = file.read(2) == GZIP
    return cast(IO[bytes], gzip.open(path, "rb")) if is_gzip else path.open("rb")


@contextmanager
def _text(path: Path, encoding: str) -> Iterator[TextIO]:
    with _bytes(path) as stream, io.TextIOWrapper(stream, encoding=encoding, newline="") as text:
        yield text


def _marked(path: Path) -> str:
    """Return the encoding of a file of which nobody said any: UTF-16 where it begins with that mark."""
    try:
        with _bytes(path) as stream:
            return "utf-16" if stream.read(2) in UTF_16 else DEFAULT
    except BROKEN_GZIP:
        raise TableRefused("the gzip file is damaged") from None


def _lines(text: TextIO) -> Iterator[str]:
    """Yield the lines; for Excel's own first line, which names the delimiter, an empty one."""
    is_first = True
    while line := text.readline(MAX_LINE):
        if len(line) == MAX_LINE:
            raise csv.Error(f"a line is longer than {MAX_LINE:,} characters")
        yield "\n" if is_first and SEPARATOR.match(line) else line
        is_first = False


def _likely_delimiter(path: Path, encoding: str) -> str:
    """Return the delimiter that cuts the first rows into the most columns, the same number in each."""
    with _text(path, encoding) as text:
        sample = text.read(SAMPLE)
    if named := SEPARATOR.match(sample):
        return named[1]

    def evenness(delimiter: str) -> tuple[float, int]:
        reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
        try:
            widths = [len(cells) for cells in islice(filter(None, reader), SAMPLE_ROWS)]
        except csv.Error:
            return 0, 0
        if not widths or widths[0] == 1:
            return 0, 0
        return widths.count(widths[0]) / len(widths), widths[0]

    return max(DELIMITERS, key=evenness)


def _refuse_undecodable(stream: IO[bytes], encoding: str) -> None:
    try:
        "".encode(encoding)  # the registry also holds codecs that are not of text
        decoder = codecs.getincrementaldecoder(encoding)()
    except (LookupError, UnicodeError):
        raise EncodingUnknown(f"there is no encoding {encoding!r}") from None
    read = lines = 0
    is_last = False
    while not is_last:
        try:
            chunk = stream.read(CHUNK)
        except BROKEN_GZIP:
            raise TableRefused("the gzip file is damaged") from None
        is_last = not chunk
        read += len(chunk)
        lines += chunk.count(b"\n")
        if read > MAX_BYTES:
            raise TableRefused(f"the file holds more than {MAX_BYTES >> 20} MB of text: split it")
        try:
            decoder.decode(chunk, is_last)
        except UnicodeDecodeError as error:
            # The decoder may have kept bytes of the chunk before, so count from the end of what it was given.
            rest = error.object[error.start :]
            line, offset = lines - rest.count(b"\n") + 1, read - len(rest)
            hint = OTHERS.get(encoding, "latin-1")
            raise TableRefused(
                f"line {line}, offset {offset}: byte 0x{rest[0]:02x} is not {NAMES.get(encoding, encoding)}; "
                f"name the file's encoding, such as {hint}"
            ) from None
        except UnicodeError as error:
            raise TableRefused(f"the file is not in the encoding {encoding}: {error}") from None
