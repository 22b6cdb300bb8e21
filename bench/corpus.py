"""`python -m bench.corpus FOLDER`: how much of each survey file in a folder becomes a survey of ours.

The questions of a file are counted here a second time, by code of its own that shares nothing with the
readers. Fails below 90 % overall, and at any silent loss: a question neither converted nor named.
"""

import csv
import io
import json
import re
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import xlrd
from defusedxml import ElementTree

from surveys.interchange.conversion import Conversion
from surveys.interchange.formats import FORMATS, MAX_FILE, format_of
from surveys.interchange.native import DefinitionRefused

DEFAULT = Path(__file__).resolve().parents[2] / "shared" / "data" / "definitions"
ENOUGH = 0.9
# Of XLSForm: what a form notes by itself, what calculates, and what holds other rows.
NOT_QUESTIONS = re.compile(
    r"(begin|end)[ _](group|repeat|loop|kobomatrix)|(start|end|today|deviceid|subscriberid|simserial|imei"
    r"|phonenumber|username|audit|email|calculate|hidden)$|(end)[ _](score|rank)|(score__row|rank__level)$"
)


@dataclass(frozen=True, slots=True)
class Line:
    """One file: how many questions it has by the independent count, and what became of it."""

    name: str
    count: int | None
    conversion: Conversion | None
    refusal: str = ""

    @property
    def is_silent(self) -> bool:
        """Whether a question is neither converted nor named, or the two counts differ."""
        if self.conversion is None:
            return False
        named = self.conversion.converted + len(self.conversion.lost_questions)
        return self.conversion.found != named or self.count not in (None, self.conversion.found)


def count_questions(name: str, content: bytes) -> int | None:
    """Return how many questions a file holds, None where it is no survey definition."""
    suffix = Path(name).suffix.lower()
    if suffix == ".lsa":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            content = archive.read(next(one for one in archive.namelist() if one.endswith(".lss")))
    if suffix in (".lss", ".lsg", ".lsq", ".lsa"):
        rows = ElementTree.fromstring(content).findall("questions/rows/row")
        return len({row.findtext("qid") for row in rows if row.findtext("parent_qid") in (None, "", "0")})
    if suffix == ".txt" and content.lstrip(b'\xef\xbb\xbf"').startswith(b"class"):
        table = csv.DictReader(io.StringIO(content.decode("utf-8-sig")), delimiter="\t")
        return len({row["name"] for row in table if row["class"] == "Q"})
    if suffix in (".xls", ".xlsx"):
        return _count_rows(suffix, content)
    if suffix in (".qsf", ".json"):
        return _count_json(json.loads(content.decode("utf-8-sig")))
    return None


def _count_rows(suffix: str, content: bytes) -> int | None:
    if suffix == ".xls":
        old = xlrd.open_workbook(file_contents=content, logfile=io.StringIO())
        sheet = next((one for one in old.sheets() if one.name == "survey"), None)
        rows = [sheet.row_values(number) for number in range(sheet.nrows)] if sheet else []
    else:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True)
        found = next((one for one in book.worksheets if one.title == "survey"), None)
        rows = [list(row) for row in found.iter_rows(values_only=True)] if found else []
    if not rows or "type" not in rows[0]:
        return None
    place = rows[0].index("type")
    types = [str(row[place] or "").strip().lower() for row in rows[1:] if len(row) > place]
    return sum(bool(kind) and not NOT_QUESTIONS.match(kind) for kind in types)


def _count_json(document: Any) -> int | None:  # noqa: PLR0911 - one return a tool
    if isinstance(document, list):
        if any(isinstance(one, dict) and one.get("model") == "survey.question" for one in document):
            return sum(one.get("model") == "survey.question" for one in document)
        return sum("kind" in one for one in document) if document and "kind" in document[0] else None
    if "SurveyElements" in document:
        return _count_qualtrics(document["SurveyElements"])
    if "fields" in document:
        return _count_leaves(document["fields"])
    if "pages" in document:
        return sum(_count_elements(page.get("elements", [])) for page in document["pages"])
    document = document.get("data", document)
    if any(block.get("elements") for block in document.get("blocks") or []):
        return sum(len(block["elements"]) for block in document["blocks"])
    return len(document["questions"]) if isinstance(document.get("questions"), list) else None


def _count_qualtrics(elements: list[Any]) -> int:
    questions = {one["PrimaryAttribute"] for one in elements if one["Element"] == "SQ"}
    trash = set()
    for one in elements:
        if one["Element"] == "BL":
            blocks = one["Payload"].values() if isinstance(one["Payload"], dict) else one["Payload"]
            for block in blocks:
                if block.get("Type") == "Trash":
                    trash |= {part.get("QuestionID") for part in block.get("BlockElements", [])}
    return len(questions - trash)


def _count_leaves(fields: list[Any]) -> int:
    return sum(
        _count_leaves(field["properties"]["fields"]) if field.get("type", field.get("kind")) == "group" else 1
        for field in fields
    )


def _count_elements(elements: list[Any]) -> int:
    return sum(
        _count_elements(element.get("elements", element.get("templateElements", [])))
        if element.get("type") in ("panel", "paneldynamic")
        else 1
        for element in elements
    )


def surveys_in(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the files of a folder that are survey definitions by the independent count."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix.lower() in {
            one for each in FORMATS.values() for one in each.suffixes
        }:
            content = path.read_bytes()
            if path.name == "openapi.json":
                # A description of an interface: the examples in it are the surveys.
                for number, example in enumerate(_examples(json.loads(content)), start=1):
                    yield f"{path.relative_to(folder)} example {number}.json", json.dumps(example).encode()
            else:
                yield str(path.relative_to(folder)), content


def _examples(node: Any) -> Iterator[Any]:
    if isinstance(node, dict):
        if (
            node.get("questions")
            and isinstance(node["questions"], list)
            and "headline" in node["questions"][0]
        ):
            yield node
        else:
            for inner in node.values():
                yield from _examples(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _examples(inner)


def examine(folder: Path) -> list[Line]:
    """Return what becomes of every survey file below the folder."""
    lines = []
    for name, content in surveys_in(folder):
        try:
            count = count_questions(name, content)
        except Exception as error:  # a file that even the count cannot read is shown as refused
            lines.append(Line(name, None, None, f"cannot be counted: {error}"))
            continue
        if count is None:
            continue
        format_ = format_of(name, content)
        try:
            if format_ is None or len(content) > MAX_FILE:
                raise DefinitionRefused([("file", "is too large or of no known format")])
            lines.append(Line(name, count, format_.read(content)))
        except DefinitionRefused as refused:
            lines.append(Line(name, count, None, str(refused)))
    return lines


def share_converted(lines: list[Line]) -> float:
    """Return the share of all questions that were converted, by the independent count."""
    counted = sum(line.count or 0 for line in lines)
    return sum(line.conversion.converted for line in lines if line.conversion) / counted if counted else 0.0


def print_table(lines: list[Line]) -> None:
    """Print a line for each file."""
    print(f"{'file':<72}{'found':>7}{'conv.':>7}{'lost':>6}{'notes':>7}  why whole questions were lost")
    for line in lines:
        name, count = f"{line.name[-70:]:<72}", line.count or "?"
        if line.conversion is None:
            print(f"{name}{count:>7}{0:>7}{'?':>6}{'':>7}  refused: {line.refusal[:120]}")
            continue
        lost = line.conversion.lost_questions
        reasons = Counter(loss.sentence.removeprefix("the question was not taken over: ") for loss in lost)
        told = "; ".join(f"{number} × {reason}" for reason, number in reasons.items())
        flag = "SILENT LOSS  " if line.is_silent else ""
        notes = len(line.conversion.losses) - len(lost)
        print(f"{name}{count:>7}{line.conversion.converted:>7}{len(lost):>6}{notes:>7}  {flag}{told}")


def main(folder: Path) -> int:
    """Print the table and return the exit status."""
    lines = examine(folder)
    print_table(lines)
    share = share_converted(lines)
    print(f"{sum(line.count or 0 for line in lines)} questions in {len(lines)} files, {share:.1%} converted")
    is_good = share >= ENOUGH and not any(line.is_silent for line in lines)
    return 0 if is_good and lines else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT))
