import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from unicodedata import category

from surveys.definition import Question
from surveys.kinds.kind import Answer, AnswerRefused, Kind, Sheet, clean_words, is_missing, whole_number


@dataclass(frozen=True, slots=True)
class Pattern:
    """What a line has to look like: to the server, to a browser, and for the keyboard of a phone."""

    allows: Callable[[str], object]
    expression: str
    inputmode: str


def same_everywhere(expression: str, inputmode: str) -> Pattern:
    """Return the pattern of an expression that means the same in Python and in a browser."""
    return Pattern(re.compile(expression).fullmatch, expression, inputmode)


def is_written_in_letters(line: str) -> bool:
    """Whether a line begins with a letter and holds but letters, their marks, and what stands in names."""
    return category(line[0])[0] == "L" and all(one in " .'’-" or category(one)[0] in "LM" for one in line)


# A fixed set, since an expression of one's own could keep a process busy for hours (SECURITY T10). None of
# these has a repetition within a repetition, and all are tried on a line whose length is checked already.
# A blank is what Python or a browser takes for one: they differ in two characters.
BLANK = r"\s\x85\ufeff"
HOST = rf"[^{BLANK}\/?#.]"
PATTERNS: Mapping[str, Pattern] = {
    "digits": same_everywhere("[0-9]+", "numeric"),
    "letters": Pattern(is_written_in_letters, r"\p{L}[\p{L}\p{M} .'’\-]*", "text"),
    "code": same_everywhere(r"[A-Za-z0-9][A-Za-z0-9._\/\-]*", "text"),
    "phone": same_everywhere(r"[+\(]?[0-9][0-9 \(\)\/.\-]{4,24}", "tel"),
    "url": same_everywhere(rf"https?:\/\/{HOST}+([.]{HOST}+)+([\/?#][^{BLANK}]*)?", "url"),
}
# What stands before and behind the @, as e-mail programs take it; quoted names are left to machines.
IN_ADDRESS = rf'{BLANK}@<>\(\)\[\],;:"\\'
ADDRESS = same_everywhere(rf"[^{IN_ADDRESS}]{{1,64}}@[^{IN_ADDRESS}.]+([.][^{IN_ADDRESS}.]+)+", "email")
LONGEST_ADDRESS = 254


class Words(Kind):
    """Words of the respondent's own, up to a limit."""

    limit: ClassVar[int]
    role = ""
    text_settings = ("placeholder",)
    optional: ClassVar[tuple[str, ...]] = ("min_length",)
    labels: ClassVar[Mapping[str, str]] = {
        "placeholder": "Hint inside the field",
        "min_length": "Characters at least",
        "max_length": "Characters at most",
    }

    def check_settings(self, settings: Mapping[str, Any]) -> None:
        """Refuse limits beyond what the kind can hold, and a lower one above the upper."""
        most = whole_number("max_length", settings["max_length"], 1, self.limit)
        if "min_length" in settings:
            whole_number("min_length", settings["min_length"], 1, most)

    def check(self, question: Question, answer: Answer) -> Answer | None:
        """Return the words, None when there are none, or raise AnswerRefused."""
        words = clean_words(answer, question.settings["max_length"])
        if words and len(words) < question.settings.get("min_length", 0):
            raise AnswerRefused("too_short", limit=question.settings["min_length"])
        return words or None

    def controls(self, question: Question, sheet: Sheet) -> dict[str, Any]:
        """Return the words typed so far, how many are allowed and the example shown while there are none."""
        return {
            "value": sheet.value(question.key),
            "max_length": question.settings["max_length"],
            "placeholder": sheet.text(question.settings.get("placeholder")),
        }

    def rule(self, question: Question) -> list[Any]:
        """Return how many characters are asked for, at least and at most."""
        return ["words", question.settings.get("min_length", 0), question.settings["max_length"]]

    def refusals(self, question: Question) -> tuple[str, ...]:
        """Return that it may be too short; no field takes more than the most."""
        return ("too_short",) if "min_length" in question.settings else ()


class ShortText(Words):
    """One line."""

    name = "short_text"
    label = "Short text"
    icon = "short_text"
    about = "A few words on one line, such as a name or a number plate."
    template = "surveys/kinds/short_text.html"
    limit = 500
    defaults: ClassVar[Mapping[str, Any]] = {"max_length": 200}
    optional = ("min_length", "pattern")
    options: ClassVar[Mapping[str, tuple[str, ...]]] = {"pattern": tuple(PATTERNS)}
    labels: ClassVar[Mapping[str, str]] = {**Words.labels, "pattern": "Looks like"}

    def check(self, question: Question, answer: Answer) -> Answer | None:
        """Return the line, its line ends turned into blanks, or raise AnswerRefused."""
        words = super().check(question, answer)
        line = " ".join(words.split("\n")) if words else None
        pattern = question.settings.get("pattern")
        if line and pattern and not PATTERNS[pattern].allows(line):
            raise AnswerRefused(f"pattern_{pattern}")
        return line

    def controls(self, question: Question, sheet: Sheet) -> dict[str, Any]:
        """Return which keys a phone is to show, besides."""
        pattern = PATTERNS.get(question.settings.get("pattern", ""))
        inputmode = pattern.inputmode if pattern else ""
        return {**super().controls(question, sheet), "inputmode": inputmode}

    def rule(self, question: Question) -> list[Any]:
        """Return how many characters are asked for, and what they have to look like."""
        pattern = question.settings.get("pattern")
        looks = [f"pattern_{pattern}", PATTERNS[pattern].expression] if pattern else []
        return [*super().rule(question), *looks]

    def refusals(self, question: Question) -> tuple[str, ...]:
        """Return that it may be too short, or look different."""
        pattern = question.settings.get("pattern")
        return (*super().refusals(question), *([f"pattern_{pattern}"] if pattern else []))


class Email(Kind):
    """An e-mail address: personal data, which is shown to who may see the response and never in bulk."""

    name = "email"
    label = "E-mail address"
    icon = "mail"
    about = "An address to write back to."
    template = "surveys/kinds/email.html"
    role = ""

    def check(self, question: Question, answer: Answer) -> Answer | None:
        """Return the address, None when there is none, or raise AnswerRefused."""
        address = clean_words(answer, LONGEST_ADDRESS)
        if address and not ADDRESS.allows(address):
            raise AnswerRefused("not_an_email")
        return address or None

    def read_cell(self, question: Question, cell: str) -> Answer | None:
        """Return the address in one cell of a table, None when blank or NA."""
        return None if is_missing(cell) else super().read_cell(question, cell)

    def controls(self, question: Question, sheet: Sheet) -> dict[str, Any]:
        """Return the address typed so far."""
        return {"value": sheet.value(question.key), "max_length": LONGEST_ADDRESS}

    def rule(self, question: Question) -> list[Any]:
        """Return what an address looks like."""
        return ["words", 0, LONGEST_ADDRESS, *self.refusals(question), ADDRESS.expression]

    def refusals(self, question: Question) -> tuple[str, ...]:
        """Return that it may be no address."""
        return ("not_an_email",)


class LongText(Words):
    """A comment: metrics read it for themes, people read it first."""

    name = "long_text"
    label = "Long text (comment)"
    icon = "notes"
    about = "Their own words: the reason behind a score."
    template = "surveys/kinds/long_text.html"
    limit = 10_000
    defaults: ClassVar[Mapping[str, Any]] = {"max_length": 2000}
    is_comment = True

    def read_cell(self, question: Question, cell: str) -> Answer | None:
        """Return the comment in one cell of a table, None when blank or NA."""
        return None if is_missing(cell) else super().read_cell(question, cell)
