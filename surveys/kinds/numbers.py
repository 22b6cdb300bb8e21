import re
from collections.abc import Mapping
from typing import Any, ClassVar

from surveys.definition import Question
from surveys.kinds.kind import Answer, AnswerRefused, Kind, SettingsRefused, Sheet, is_missing, whole_number

# A comma before exactly three digits may stand between thousands: 1,000 is not guessed at.
PLAIN = re.compile(r"[+-]?[0-9]{1,15}([.][0-9]{1,15}|,([0-9]{1,2}|[0-9]{4,15}))?")
NO_DECIMALS = re.compile(r"(?<=[0-9])[.]0+\Z")
# Within these a double holds every digit exactly.
MOST, MOST_DECIMALS = 10**11, 4


class Number(Kind):
    """A number within a range, whole unless decimals are allowed, with its unit beside it."""

    name = "number"
    label = "Number"
    icon = "pin"
    about = "An amount within limits, with its unit."
    template = "surveys/kinds/number.html"
    role = ""
    text_settings = ("unit",)
    defaults: ClassVar[Mapping[str, Any]] = {"min": None, "max": None, "decimals": 0}
    labels: ClassVar[Mapping[str, str]] = {
        "min": "At least",
        "max": "At most",
        "decimals": "Decimal places",
        "unit": "Unit",
    }
    holds: ClassVar[Mapping[str, str]] = {"min": "number", "max": "number"}

    def check_settings(self, settings: Mapping[str, Any]) -> None:
        """Refuse limits that are no numbers, and a highest one below the lowest."""
        whole_number("decimals", settings["decimals"], 0, MOST_DECIMALS)
        for name in ("min", "max"):
            value = settings[name]
            if value is not None and not _is_number(value):
                raise SettingsRefused(f"{name} must be a number from -{MOST} to {MOST}")
        if None not in (settings["min"], settings["max"]) and settings["min"] > settings["max"]:
            raise SettingsRefused("max must not be below the least")

    def parse(self, raw: str) -> Answer:
        """Return the number that a form's text stands for, written with a point or a comma."""
        raw = raw.strip()
        if not PLAIN.fullmatch(raw):
            raise AnswerRefused("not_a_number")
        plain = NO_DECIMALS.sub("", raw.replace(",", "."))
        return float(plain) if "." in plain else int(plain)

    def check(self, question: Question, answer: Answer) -> Answer | None:
        """Return the number, or raise AnswerRefused when it is out of range or too fine."""
        if not _is_number(answer):
            raise AnswerRefused("not_a_number")
        low, high, decimals = (question.settings[name] for name in ("min", "max", "decimals"))
        if low is not None and answer < low:
            raise AnswerRefused("number_too_low", low=_plain(low))
        if high is not None and answer > high:
            raise AnswerRefused("number_too_high", high=_plain(high))
        rounded = round(answer, decimals)
        if rounded != answer:
            raise (
                AnswerRefused("too_many_decimals", limit=decimals) if decimals else AnswerRefused("not_whole")
            )
        return float(rounded) if decimals else int(rounded)

    def read_cell(self, question: Question, cell: str) -> Answer | None:
        """Return the number in one cell of a table, None when blank or NA."""
        return None if is_missing(cell) else super().read_cell(question, cell)

    def fields(self, question: Question, answer: Answer) -> dict[str, list[str]]:
        """Return the number as its field holds it."""
        return {question.key: [_plain(answer)]}

    def controls(self, question: Question, sheet: Sheet) -> dict[str, Any]:
        """Return the number typed so far, its limits, its step and its unit."""
        settings = question.settings
        return {
            "value": sheet.value(question.key),
            "min": "" if settings["min"] is None else _plain(settings["min"]),
            "max": "" if settings["max"] is None else _plain(settings["max"]),
            "step": f"{10 ** -settings['decimals']:.{settings['decimals']}f}",
            "inputmode": "decimal" if settings["decimals"] else "numeric",
            "unit": sheet.text(settings.get("unit")),
        }

    def rule(self, question: Question) -> list[Any]:
        """Return the range and how fine the number may be."""
        return ["number", *(question.settings[name] for name in ("min", "max", "decimals"))]

    def refusals(self, question: Question) -> tuple[str, ...]:
        """Return that it may be no number, out of range or too fine."""
        too_fine = "too_many_decimals" if question.settings["decimals"] else "not_whole"
        return "not_a_number", "number_too_low", "number_too_high", too_fine

    def show(self, question: Question, answer: Answer, language: str) -> str:
        """Return the number with its unit."""
        units = question.settings.get("unit") or {}
        unit = units.get(language) or units.get(question.text.language, "")
        return f"{_plain(answer)} {unit}".strip()


def _is_number(value: object) -> bool:
    # Neither an infinity nor what is no number at all is within the bounds.
    return isinstance(value, int | float) and not isinstance(value, bool) and -MOST <= value <= MOST


def _plain(number: float) -> str:
    """Return the number without an exponent and without decimals that say nothing."""
    return f"{number:.{MOST_DECIMALS}f}".rstrip("0").rstrip(".") if isinstance(number, float) else str(number)
