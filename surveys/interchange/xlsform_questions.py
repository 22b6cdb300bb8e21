"""From XLSForm's types of row to our kinds. Pure."""

import re
from collections.abc import Callable
from typing import Any

from surveys.interchange.asked import Asked, Condition, Option
from surveys.interchange.conditions import Verdict, all_of, show_if
from surveys.interchange.documents import number
from surveys.interchange.drafting import Draft
from surveys.interchange.expressions import ExpressionRefused, Node, parse
from surveys.interchange.sheets import Record

OTHER = re.compile(r"[ _]or[ _](?:other|specify[ _]other)$")
SELECT_ONE = re.compile(r"(?:select[ _]one|select1)(?:[ _]from)?\s+(\S+)")
SELECT_MANY = re.compile(r"(?:select[ _]multiple|select[ _]all[ _]that[ _]apply|select)(?:[ _]from)?\s+(\S+)")
RANK = re.compile(r"rank\s+(\S+)")
FROM_FILE = re.compile(r"select_(?:one|multiple)_(?:from_file|external)\b")
COLUMN = re.compile(r"(label|hint|guidance_hint)\s*::?\s*(.+)")
FILES = {
    "image",
    "photo",
    "audio",
    "video",
    "file",
    "add image prompt",
    "add audio prompt",
    "draw",
    "signature",
}
WORDS_INSTEAD = {
    **dict.fromkeys(("geopoint", "gps", "location", "geotrace", "geoshape"), "asked for a position by GPS"),
    "barcode": "read a barcode",
    "time": "asked for a time of day",
}
MEDIA = ("image", "audio", "video", "big-image")
SETTINGS = {
    "choice_filter": "the filter on its choices ({value}) was not taken over: all are offered.",
    "default": "its default answer ({value}) was not taken over: nothing is answered beforehand here.",
    "calculation": "its calculation ({value}) was not taken over.",
    "repeat_count": "how often it repeats ({value}) was not taken over.",
    "trigger": "what sets it off ({value}) was not taken over.",
}


class XlsFormQuestions:
    """What asks the rows of a form, one after the other."""

    draft: Draft
    lists: dict[str, list[Record]]
    names: dict[str, Asked]
    found: int

    @property
    def when(self) -> Verdict:
        """When what stands here is asked: always, outside of groups."""
        return True

    def texts(self, row: Record, name: str) -> dict[str, str]:
        """Return a text by language; a column without a language is in the form's own."""
        found: dict[str, str] = {}
        for column, cell in row.items():
            match = COLUMN.fullmatch(column)
            if column == name:
                found.setdefault(self.draft.language, cell)
            elif match and match[1] == name:
                found[match[2]] = cell
        return found

    @staticmethod
    def code(choice: Record) -> str:
        """Return the code of a choice."""
        return choice.get("name") or choice.get("value", "")

    def options(self, list_name: str) -> list[Option]:
        """Return the choices of a list, each code once."""
        by_code = {self.code(choice): choice for choice in reversed(self.lists.get(list_name, []))}
        return [Option(code, self.texts(by_code[code], "label") or code) for code in reversed(by_code)]

    def condition(self, place: str, row: Record) -> Condition | None:
        """Return the condition of a row, None when it always holds or cannot be said."""
        return show_if(self.draft, place, self.cell(row, "relevant", "relevance"), self.resolve)

    @staticmethod
    def cell(row: Record, *names: str) -> str:
        """Return the first cell of these columns, also under their old names with bind: before them."""
        return next(
            (row[c] for name in names for c in (name, f"bind:{name}", f"bind::{name}") if c in row), ""
        )

    def resolve(self, name: str) -> Asked | None:
        """Return the question that a name in an expression stands for."""
        return self.names.get(name.rpartition("/")[2])

    def ask(self, row: Record, kind: str, source: str) -> None:
        """Ask what a row asks, or lose it."""
        label = self.texts(row, "label")
        name = row.get("name", f"q{source}")
        place = self.draft.place(name, label)
        own = self.condition(place, row)
        told = all_of([self.when, own or True])
        put = self.putter(row, source, name, label, None if isinstance(told, bool) else told)
        asked = self.convert(row, kind, place, put)
        if asked:
            self.names[row.get("name", "")] = asked
            self.names[name] = asked
            self.report(row, place)

    def putter(
        self, row: Record, source: str, name: str, label: dict[str, str], when: Condition | None
    ) -> Callable[..., Asked | None]:
        """Return what asks one question for a row."""

        def put(kind: str, **details: Any) -> Asked | None:
            is_required = self.cell(row, "required").lower() in ("yes", "true", "true()", "1")
            return self.draft.ask(
                source,
                kind,
                label or name,
                name=name,
                help=self.texts(row, "hint"),
                is_required=is_required and kind != "statement",
                show_if=when,
                **details,
            )

        return put

    def convert(self, row: Record, kind: str, place: str, put: Callable[..., Asked | None]) -> Asked | None:
        """Ask the question that a row's type stands for."""
        lower, appearance = kind.lower(), row.get("appearance", "").lower()
        bare = OTHER.sub("", kind)
        if FROM_FILE.match(lower):
            self.draft.lose(place, "its choices lie in another file; now it asks for words.")
            return put("short_text", settings={"max_length": 500})
        if match := RANK.match(bare):
            return put("ranking", options=self.options(match[1]))
        one, many = SELECT_ONE.match(bare), SELECT_MANY.match(bare)
        if one or many:
            options = self.options((one or many)[1])  # type: ignore[index]
            if bare != kind:
                options.append(Option("other", "Other", is_other=True))
            ours = "multiple_choice" if not one else "single_choice"
            if one and any(word in appearance for word in ("minimal", "autocomplete", "search")):
                ours = "dropdown"
            is_random = "randomize=true" in row.get("parameters", "").replace(" ", "").lower()
            return put(ours, options=options, settings={"random_order": True} if is_random else {})
        if lower in FILES:
            asked = put("short_text", settings={"max_length": 500})
            self.draft.take_words_for_file(asked)
            return asked
        if lower in WORDS_INSTEAD:
            self.draft.lose(place, f"it {WORDS_INSTEAD[lower]}; now it asks for words.")
            return put("short_text", settings={"max_length": 500})
        return self.convert_simple(row, lower, place, put)

    def convert_simple(  # noqa: PLR0911 - one return a type
        self, row: Record, kind: str, place: str, put: Callable[..., Asked | None]
    ) -> Asked | None:
        """Ask a question without choices."""
        if kind in ("text", "string"):
            if "multiline" in row.get("appearance", "").lower():
                return put("long_text")
            return put("short_text", settings={"max_length": 500})
        if kind in ("integer", "int", "decimal", "phone number"):
            low, high = self.limits(row, place)
            return put("number", settings=self.draft.number_settings(low, high, is_whole=kind != "decimal"))
        if kind == "range":
            parameters = dict(re.findall(r"(\w+)\s*=\s*(-?[\d.]+)", row.get("parameters", "")))
            low, high = (number(parameters.get(name, word)) for name, word in (("start", "0"), ("end", "10")))
            ours, settings = self.draft.scale_settings(
                int(low or 0), int(high or 10), self.texts(row, "label")
            )
            return put(ours, settings=settings)
        if kind in ("date", "datetime", "dateTime"):
            if kind != "date":
                self.draft.lose(place, "it asked for a day and a time; now it asks for the day.")
            return put("date")
        if kind in ("acknowledge", "trigger"):
            return put("consent")
        if kind == "note":
            return put("statement")
        source, name = str(self.found), row.get("name", kind)
        why = f"XLSForm's type {kind[:40]!r} is not known here"
        self.draft.lose_question(source, name, self.texts(row, "label"), why)
        return None

    def limits(self, row: Record, place: str) -> tuple[float | None, float | None]:
        """Return the least and the greatest number that a constraint allows; other ones go to the losses."""
        constraint = self.cell(row, "constraint")
        if not constraint:
            return None, None
        try:
            is_whole = row.get("type", "").lower() != "decimal"
            low, high = _bounds(parse(constraint), {".", row.get("name", "")}, is_whole=is_whole)
        except (ExpressionRefused, ValueError):
            self.draft.lose(place, f"its constraint ({constraint[:80]}) was not taken over.")
            return None, None
        return low, high

    def report(self, row: Record, place: str) -> None:
        """Add what is lost of a row to the losses."""
        for name, sentence in SETTINGS.items():
            if value := row.get(name):
                self.draft.lose(place, sentence.format(value=value[:80]))
        constraint = self.cell(row, "constraint")
        is_number = row.get("type", "").lower() in ("integer", "int", "decimal")
        if constraint and not is_number:
            self.draft.lose(place, f"its constraint ({constraint[:80]}) was not taken over.")
        if any(column.split("::")[0].removeprefix("media").strip(": ") in MEDIA for column in row) or any(
            column.startswith("media") for column in row
        ):
            self.draft.lose(place, "its picture or sound was left out; texts here are plain.")
        if row.get("read_only", row.get("readonly", "")).lower() in ("yes", "true"):
            self.draft.lose(place, "it could not be changed by who answers; now it can.")


def _bounds(node: Node, names: set[str], *, is_whole: bool) -> tuple[float | None, float | None]:
    """Return the limits that a constraint on numbers says, or raise ValueError.

    On whole numbers "more than 0" is "at least 1"; the limit itself of a decimal one is let in.
    """
    if node[0] == "and":
        pairs = [_bounds(part, names, is_whole=is_whole) for part in node[1]]
        lows = [low for low, _ in pairs if low is not None]
        highs = [high for _, high in pairs if high is not None]
        return (max(lows) if lows else None), (min(highs) if highs else None)
    if node[0] != "compare" or node[2][0] != "name" or node[2][1] not in names or node[3][0] != "value":
        raise ValueError(node)
    limit = number(node[3][1])
    if limit is None:
        raise ValueError(node)
    beyond = 1 if is_whole and limit.is_integer() else 0
    limits: dict[str, tuple[float | None, float | None]] = {
        "at_least": (limit, None),
        "at_most": (None, limit),
        "greater": (limit + beyond, None),
        "less": (None, limit - beyond),
    }
    if node[1] not in limits:
        raise ValueError(node)
    return limits[node[1]]
