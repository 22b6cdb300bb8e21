"""From the rows of another tool's response export to drafts of responses. Reads no database."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from itertools import islice
from pathlib import Path
from typing import Any

from accounts.interchange.cells import Cell, CellRefused, is_blank, line, plain, quoted
from accounts.interchange.columns import IGNORED, MappingRefused
from accounts.interchange.dates import Dates
from accounts.interchange.report import Report
from accounts.interchange.rows import Row, TableRefused
from accounts.interchange.tables import open_records
from surveys.definition import Definition
from surveys.interchange.documents import ZIP, open_archive, read_member, read_xml
from surveys.interchange.languages import language_code
from surveys.interchange.layouts import Feed, Matcher, read_cells
from surveys.interchange.limesurvey_files import read_structure, table
from surveys.interchange.native import DefinitionRefused
from surveys.interchange.response_exports import MAX_HEADER_LINES, Export, read_header, tell_tool
from surveys.interchange.responses import FIELDS, MAX_ID, ResponseDraft, refusal_sentence, submission_key
from surveys.kinds import Answer
from surveys.kinds.agreement import words_for

MAX_WIDTH = 5000
MAX_ARCHIVE = 64 << 20
SAMPLE = 1 << 16
# What LimeSurvey notes as the end where it was told not to note dates.
NO_DATE = "1980-01-01"
SURVEYMONKEY_MARKS = (b"respondentid", b"respondent id", b"open-ended response", b",response,response,")
ENCODINGS = ("cp1252", "mac_roman")
LIKELY = set("’‘“”–—…éèêëàâäáãåçîïíôöóõûüúñßœæøÉÀÄÖÜ€£\xa0")


@dataclass(frozen=True, slots=True)
class Lines:
    """An opened export: its first lines, the tool they tell, all that follows, and LimeSurvey's codes."""

    tool: str
    first: Sequence[tuple[int, Sequence[Cell]]]
    rest: Iterator[tuple[int, Sequence[Cell]]]
    codes: Mapping[str, str]


@contextmanager
def open_export(path: Path, *, tool: str, encoding: str, delimiter: str) -> Iterator[Lines]:
    """Give the lines of an export; the tool is told from the first ones unless it is named.

    `Lines.tool` is "" for a flat table. Raises TableRefused, EncodingUnknown and OSError.
    """
    with path.open("rb") as file:
        start = file.read(SAMPLE)
    if start.startswith(ZIP) and (lines := _archive_lines(path)):
        yield lines
        return
    encoding = encoding or likely_encoding(start)
    with open_records(path, width=MAX_WIDTH, encoding=encoding, delimiter=delimiter) as records:
        first = list(islice(records, MAX_HEADER_LINES))
        told = tool or tell_tool([cells for _, cells in first])
        yield Lines(told, first, records, {})


def likely_encoding(start: bytes) -> str:
    """Return the encoding that a tool's export is likely in, '' for UTF-8 or where it must be named.

    Only an export that tells its tool is guessed at: Mac Roman and Windows give other letters the same bytes.
    """
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    try:
        start[:-4].decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    else:
        return ""
    lower = start.lower()
    if not any(mark in lower for mark in SURVEYMONKEY_MARKS):
        return ""

    def likelihood(encoding: str) -> int:
        return sum(letter in LIKELY for letter in start.decode(encoding, "replace") if letter > "\x7f")

    return max(ENCODINGS, key=likelihood)


def _archive_lines(path: Path) -> Lines | None:
    """Return the responses in a LimeSurvey archive, None for a ZIP that is none (a workbook is a ZIP too)."""
    if path.stat().st_size > MAX_ARCHIVE:
        raise TableRefused("the archive is too large")
    content = path.read_bytes()
    try:
        archive = open_archive(content)
        responses = read_member(archive, ".lsr")
        if responses is None:
            return None
        codes = {question.id: question.code for question in read_structure(content).questions}
        rows = table(read_xml(responses), "responses")
    except DefinitionRefused as refused:
        raise TableRefused("; ".join(f"the {place} {fault}" for place, fault in refused.faults)) from None
    names = list(dict.fromkeys(name for row in rows for name in row))
    lines = [(number, [row.get(name, "") for name in names]) for number, row in enumerate(rows, start=2)]
    return Lines("limesurvey", [(1, names)], iter(lines), codes)


@dataclass(frozen=True, slots=True)
class Plan:
    """How an export is read: what its columns feed, and the names of those that feed nothing."""

    export: Export
    feeds: Sequence[Feed]
    left_out: Sequence[str]


def plan_import(definition: Definition, lines: Lines, wishes: Sequence[str]) -> Plan:
    """Return how an export is read into a survey; wishes such as `Email=contact` come first.

    Raises MappingRefused, also where no column feeds a question.
    """
    header = [cells for _, cells in lines.first]
    export = read_header(lines.tool, header, lines.codes)
    matcher = Matcher(definition, ranks_by_place=lines.tool == "limesurvey")
    names = [plain(cell).removeprefix("\ufeff") for cell in header[0]] if header else []
    visit = {field: list(places) for field, places in export.visit.items()}
    wished: list[Feed] = []
    taken: set[int] = set()
    for wish in wishes:
        column, is_wish, field = (part.strip() for part in wish.rpartition("="))
        places = [n for n, name in enumerate(names) if name.casefold() == column.casefold()]
        if not is_wish or len(places) != 1:
            raise MappingRefused(f"--map takes column=field with one of the columns, not {wish!r}")
        taken.add(places[0])
        if field in FIELDS:
            visit[field] = places
        elif field in definition.question_by_key:
            wished.append(Feed(places[0], field))
        elif field != IGNORED:
            raise MappingRefused(f"there is no field {field!r}")
    feeds, left = matcher.feeds(head for head in export.heads if head.place not in taken)
    feeds = [feed for feed in feeds if all(one.key != feed.key for one in wished)] + wished
    if not feeds:
        raise MappingRefused(
            f"no column of this {lines.tool} export is about a question of the survey: import the survey's "
            "own definition first, or name columns with --map"
        )
    left_out = [head.code or " ".join(f"{head.text} {head.part}".split()) for head in left]
    return Plan(replace(export, visit=visit), feeds, left_out)


def read_export(
    definition: Definition, lines: Lines, plan: Plan, *, dates: Dates, zone: tzinfo, report: Report
) -> Iterator[ResponseDraft]:
    """Yield the rows of an export; those with answers that the survey does not allow go to the report."""
    formats = [dates] if dates.format else [Dates(name) for name in plan.export.date_formats]
    first_lines: dict[str, int] = {}
    for number, cells in _rows(lines, plan.export.header_lines):
        values, is_complete, faults = _visit(plan.export, cells, definition, formats, zone)
        answers, refused = _answers(definition, plan.feeds, cells)
        faults += refused
        key = submission_key(Row(number, cells), values)
        if not faults and (first := first_lines.setdefault(key, number)) != number:
            faults = [f"external_id: the same as in line {first}"]
        if faults:
            report.reject(number, *faults)
        else:
            yield ResponseDraft(number, key, values, answers, is_complete=is_complete)


def _rows(lines: Lines, header_lines: int) -> Iterator[tuple[int, Sequence[Cell]]]:
    for number, cells in [*lines.first[header_lines:]]:
        if any(not is_blank(cell) for cell in cells):
            yield number, cells
    for number, cells in lines.rest:
        if any(not is_blank(cell) for cell in cells):
            yield number, cells


def _visit(
    export: Export, cells: Sequence[Cell], definition: Definition, formats: Sequence[Dates], zone: tzinfo
) -> tuple[dict[str, Any], bool, list[str]]:
    """Return what a row says of the visit, whether it was finished, and what is wrong."""

    def cell(field: str) -> Cell:
        places = [place for place in export.visit.get(field, ()) if place < len(cells)]
        return next((cells[place] for place in places if not is_blank(cells[place])), "")

    values: dict[str, Any] = {}
    faults = []
    for field in ("started_at", "submitted_at", "last_seen_at"):
        if is_blank(cell(field)) or plain(cell(field)).startswith(NO_DATE):
            continue
        try:
            values[field] = _instant(cell(field), formats, zone)
        except CellRefused as refused:
            faults.append(f"{field}: {refused}")
    for field in ("external_id", "account", "contact"):
        if field in export.visit and (field != "external_id" or not is_blank(cell(field))):
            try:
                values[field] = line(cell(field), MAX_ID)
            except CellRefused as refused:
                faults.append(f"{field}: {refused}")
    if language := language_code(plain(cell("language"))):
        values["language"] = language if language in definition.languages else definition.language
    is_complete = True
    if "finished" in export.visit:
        is_complete = plain(cell("finished")).casefold() not in words_for("no") | {""}
    elif export.tool == "limesurvey" and "submitted_at" in export.visit:
        is_complete = not is_blank(cell("submitted_at"))
    last_seen = values.pop("last_seen_at", None)
    if not is_complete:
        values["submitted_at"] = None
        values.setdefault("started_at", last_seen) if last_seen else None
    elif "submitted_at" not in values and (known := last_seen or values.get("started_at")):
        values["submitted_at"] = known
    return values, is_complete, faults


def _instant(cell: Cell, formats: Sequence[Dates], zone: tzinfo) -> datetime:
    for dates in formats[:-1]:
        try:
            return dates.instant(cell, zone)
        except CellRefused:
            continue
    return formats[-1].instant(cell, zone)


def _answers(
    definition: Definition, feeds: Sequence[Feed], cells: Sequence[Cell]
) -> tuple[Mapping[str, Answer], list[str]]:
    """Return the answers of a row and what is wrong with them.

    What another tool asked was asked: its answers are kept whatever this survey demands and whoever it
    asks, since the trend is theirs. Each has to be one that its question allows.
    """
    read, refused = read_cells(definition.question_by_key, feeds, cells)
    faults = [f"{key}: {quoted(cell)}: {refusal_sentence(why)}" for key, cell, why in refused]
    return {question.key: read[question.key] for question in definition if question.key in read}, faults
