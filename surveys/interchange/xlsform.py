"""Surveys from XLSForm workbooks, as KoboToolbox, ODK and ONA write them. Pure."""

import re
from dataclasses import dataclass
from typing import Any

from surveys.interchange.asked import Asked, Condition, Option
from surveys.interchange.conditions import Verdict, all_of
from surveys.interchange.conversion import Conversion
from surveys.interchange.documents import refused
from surveys.interchange.drafting import Draft
from surveys.interchange.finishing import finish
from surveys.interchange.languages import language_code
from surveys.interchange.sheets import Record, is_workbook, read_sheets
from surveys.interchange.xlsform_questions import COLUMN, SETTINGS, XlsFormQuestions

BEGIN = re.compile(r"begin[ _](group|repeat|loop|score|rank|kobomatrix)(?:\s+over\s+(\S+))?")
END = re.compile(r"end[ _](group|repeat|loop|score|rank|kobomatrix)")
PLACEHOLDER = re.compile(r"\$\{([^{}]{1,120})\}")

# What devices and forms note by themselves.
METADATA = {
    *("start", "end", "today", "deviceid", "device id", "subscriberid", "simserial", "imei", "phonenumber"),
    *("username", "audit", "email", "instanceid", "start-geopoint", "background-audio"),
    *("background-geopoint", "start time", "end time", "get today", "get device id"),
    *("get start time", "get end time"),
}
NOT_ASKED = {"calculate", "calculation", "hidden", "xml-external", "csv-external"}
MAX_OPEN = 20


@dataclass(slots=True)
class _Open:
    """A group, repeat or loop that is open: its condition, and where the rows of a loop or table gather."""

    kind: str
    when: Verdict
    row: Record
    inner: list[Record]


def read_xlsform(content: bytes) -> Conversion:
    """Return what became of an XLSForm."""
    if not is_workbook(content):
        raise refused("is not an Excel workbook")
    sheets = read_sheets(content, ("survey", "choices", "settings", "external_choices"))
    if not any("type" in row for row in sheets.get("survey", ())):
        raise refused("has no sheet called survey with a column called type, so it is no XLSForm")
    settings = next(iter(sheets.get("settings", ())), {})
    return _Reader(sheets["survey"], sheets.get("choices", []), settings).conversion()


class _Reader(XlsFormQuestions):
    """Takes one form over, row by row."""

    def __init__(self, rows: list[Record], choices: list[Record], settings: Record) -> None:
        self.rows, self.settings = rows, settings
        named = [match[2] for row in [*rows, *choices] for name in row if (match := COLUMN.fullmatch(name))]
        default = settings.get("default_language", "")
        languages = list(dict.fromkeys([*([default] if language_code(default) else []), *named]))
        self.draft = Draft(languages or ["en"])
        self.draft.pipe = self.pipe
        self.lists: dict[str, list[Record]] = {}
        for choice in choices:
            name = choice.get("list_name") or choice.get("list name") or choice.get("list", "")
            if name and (choice.get("name") or choice.get("value")):
                self.lists.setdefault(name, []).append(choice)
        self.names: dict[str, Asked] = {}
        self.open: list[_Open] = []
        self.found = 0

    def conversion(self) -> Conversion:
        """Return what became of the form."""
        title = (
            self.settings.get("form_title") or self.settings.get("id_string") or self.settings.get("form_id")
        )
        self.draft.say("title", title or "")
        for row in self.rows:
            self.take(row)
        return finish(self.draft, self.found)

    def take(self, row: Record) -> None:
        """Take over one row of the sheet called survey."""
        kind = " ".join(row.get("type", "").split())
        lower = kind.lower()
        if not kind or row.get("disabled", "").lower() in ("yes", "true"):
            return
        if END.match(lower):
            self.end()
        elif self.open and self.open[-1].kind in ("loop", "score", "rank"):
            self.open[-1].inner.append(row)
        elif begin := BEGIN.match(lower):
            self.begin(begin[1], row)
        elif lower in METADATA:
            self.draft.lose("form", f"{row.get('name', kind)} was left out: Earshot notes times itself.")
        elif lower in NOT_ASKED:
            name = row.get("name", kind)
            self.draft.lose(name, f"it is {lower}, asks nothing and was not taken over.")
        else:
            self.found += 1
            self.ask(row, kind, str(self.found))

    def begin(self, kind: str, row: Record) -> None:
        if len(self.open) == MAX_OPEN:
            raise refused("has groups nested too deeply")
        label = self.texts(row, "label")
        place = self.draft.place(row.get("name", kind), label)
        when = self.condition(place, row)
        is_table = kind in ("score", "rank", "loop")
        if not is_table and not self.open:
            self.draft.turn_page(label, when)
            self.open.append(_Open(kind, True, row, []))
        else:
            self.open.append(_Open(kind, all_of([self.when, when or True]), row, []))
            if not is_table and label:
                self.draft.ask(
                    "", "statement", label, name=row.get("name", kind), show_if=_condition(self.when)
                )
        if kind in ("repeat", "kobomatrix"):
            self.draft.lose(place, "it was filled in several times; now its questions are asked once.")
        for name in ("repeat_count",):
            if value := row.get(name):
                self.draft.lose(place, SETTINGS[name].format(value=value[:80]))

    def end(self) -> None:
        if not self.open:
            return
        closed = self.open.pop()
        if closed.kind == "loop":
            self.loop(closed)
        elif closed.kind in ("score", "rank"):
            self.found += 1
            self.table(closed, str(self.found))
        if not self.open:
            self.draft.turn_page()

    @property
    def when(self) -> Verdict:
        """When the group that is open is asked, and so what stands in it."""
        return self.open[-1].when if self.open else True

    def loop(self, closed: _Open) -> None:
        """Ask what stands in a loop once for each choice of the list it goes over."""
        match = BEGIN.match(" ".join(closed.row.get("type", "").split()))
        choices = self.lists.get(match[2] or "", []) if match else []
        sources = [str(self.found + place) for place, _ in enumerate(closed.inner, start=1)]
        self.found += len(closed.inner)
        for choice in choices:
            name, label = (
                self.code(choice),
                choice.get("label") or next(iter(self.texts(choice, "label").values()), ""),
            )
            for source, row in zip(sources, closed.inner, strict=True):
                filled = {
                    column: cell.replace("%(label)s", label).replace("%(name)s", name)
                    for column, cell in row.items()
                }
                filled["name"] = f"{name}_{row.get('name', '')}"
                self.ask(filled, " ".join(row.get("type", "").split()), source)
        if not choices:
            for source, row in zip(sources, closed.inner, strict=True):
                self.draft.lose_question(
                    source, row.get("name", ""), self.texts(row, "label"), "its loop goes over no list"
                )

    def table(self, closed: _Open, source: str) -> None:
        """Ask a table of Kobo's: rows that share one scale, or items to rank."""
        row, label = closed.row, self.texts(closed.row, "label")
        name = row.get("name", closed.kind)
        details: dict[str, Any] = {"name": name, "show_if": _condition(closed.when)}
        if closed.kind == "score":
            columns = self.options(row.get("kobo--score-choices", ""))
            rows = [Option(one.get("name", ""), self.texts(one, "label")) for one in closed.inner]
            self.draft.ask_matrix(source, label, rows, columns, **details)
        else:
            options = self.options(row.get("kobo--rank-items", ""))
            settings = {"allow_partial": True} if len(closed.inner) < len(options) else {}
            self.draft.ask(source, "ranking", label, options=options, settings=settings, **details)

    def pipe(self, text: str) -> tuple[str, list[str]]:
        """Return the text with ${name} as {{name}}, and what else it quotes."""
        unknown: list[str] = []

        def ours(match: re.Match[str]) -> str:
            asked = self.resolve(match[1].strip())
            if asked and asked.kind != "matrix":
                return f"{{{{{asked.key}}}}}"
            unknown.append(match[0])
            return "…"

        return PLACEHOLDER.sub(ours, text), unknown


def _condition(told: Verdict) -> Condition | None:
    return None if isinstance(told, bool) else told
