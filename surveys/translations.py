"""The texts of a draft, each with its place, for people who translate: listed, missing, put back. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from surveys.drafting import Document
from surveys.interchange.native import MAX_CHOICE_TEXT
from surveys.interchange.native_reader import MAX_TEXT
from surveys.kinds import KINDS

SURVEY_TEXTS = {
    "title": "title",
    "intro": "introduction",
    "thank_you": "thank-you text",
    "closed": "text once closed",
}
MAX_TITLE = 200


@dataclass(frozen=True, slots=True)
class Phrase:
    """One text of a survey: its key is stable ("question.nps.text"), its place is for people."""

    key: str
    place: str
    limit: int
    texts: Mapping[str, str]


def phrases(document: Mapping[str, Any]) -> list[Phrase]:
    """Return every text that the survey's own language has, in the order of the survey."""
    own = document["language"]
    return [
        Phrase(key, place, limit, texts)
        for key, place, limit, texts in _texts(document)
        if texts.get(own, "").strip()
    ]


def missing_texts(document: Mapping[str, Any], language: str) -> list[Phrase]:
    """Return the texts that respondents in the language read in the survey's own one."""
    return [phrase for phrase in phrases(document) if not phrase.texts.get(language, "").strip()]


def put_texts(language: str, words: Mapping[str, str]) -> Callable[[Document], Document]:
    """Return the edit that sets texts of one language by their keys; blank ones fall back again."""

    def edit(document: Document) -> Document:
        document = deepcopy(document)
        for key, _, _, texts in _texts(document):
            if key in words:
                texts.pop(language, None)
                if words[key].strip():
                    texts[language] = words[key].strip()
        return document

    return edit


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a translator's file."""

    number: int
    key: str
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a line: taken ("new", "changed"), left ("same", "blank"), or refused with a reason."""

    row: Row
    outcome: str
    reason: str = ""


def judge(document: Document, language: str, rows: Sequence[Row]) -> list[Verdict]:
    """Return what becomes of each line of a translator's file, in the order of the file."""
    by_key = {phrase.key: phrase for phrase in phrases(document)}
    own = document["language"]
    seen: set[str] = set()
    verdicts = []
    for row in rows:
        phrase = by_key.get(row.key)
        if phrase is None:
            verdict = Verdict(row, "refused", f"there is no text “{row.key[:80]}” in this survey")
        elif row.key in seen:
            verdict = Verdict(row, "refused", "this text came in an earlier line already")
        elif _plain(row.source) != _plain(phrase.texts[own]):
            verdict = Verdict(
                row, "refused", "the source text has changed since the file was written: translate it anew"
            )
        elif len(row.target.strip()) > phrase.limit:
            verdict = Verdict(row, "refused", f"has more than {phrase.limit} characters")
        elif any(letter == "\x00" or "\ud800" <= letter <= "\udfff" for letter in row.target):
            verdict = Verdict(row, "refused", "holds a character that cannot be stored")
        else:
            verdict = Verdict(row, _outcome(row.target, phrase.texts.get(language, "")))
        seen.add(row.key)
        verdicts.append(verdict)
    return verdicts


def taken(verdicts: Sequence[Verdict]) -> dict[str, str]:
    """Return the texts by key that the verdicts let in."""
    return {one.row.key: one.row.target.strip() for one in verdicts if one.outcome in ("new", "changed")}


def language_part(document: Document, language: str) -> dict[str, str]:
    """Return the texts of one language by their keys."""
    return {key: texts[language] for key, _, _, texts in _texts(document) if texts.get(language)}


def _outcome(target: str, before: str) -> str:
    if not target.strip():
        return "blank"
    if _plain(target) == _plain(before):
        return "same"
    return "changed" if before.strip() else "new"


def _plain(text: str) -> str:
    """Return the text without what spreadsheets do to line ends and blanks."""
    return " ".join(text.split())


def _texts(document: Mapping[str, Any]) -> Iterator[tuple[str, str, int, dict[str, str]]]:
    for name, place in SURVEY_TEXTS.items():
        yield f"survey.{name}", f"Survey, {place}", MAX_TITLE if name == "title" else MAX_TEXT, document[name]
    for page in document.get("pages", []):
        yield f"page.{page['number']}.title", f"Page {page['number']}, title", MAX_TITLE, page["title"]
    for number, question in enumerate(document["questions"], start=1):
        yield from _question_texts(number, question)
    for ending in document.get("endings", []):
        yield f"ending.{ending['key']}.text", f"Ending {ending['key']}, text", MAX_TEXT, ending["text"]


def _question_texts(number: int, question: dict[str, Any]) -> Iterator[tuple[str, str, int, dict[str, str]]]:
    name, place = f"question.{question['key']}", f"Question {number}"
    kind = KINDS[question["kind"]]
    yield f"{name}.text", f"{place}, text", MAX_TEXT, question["text"]
    if question.get("help"):
        yield f"{name}.help", f"{place}, help", MAX_TEXT, question["help"]
    for setting in kind.text_settings:
        texts = question.get("settings", {}).get(setting)
        if isinstance(texts, dict):
            yield (
                f"{name}.{setting}",
                f"{place}, {kind.labels.get(setting, setting).lower()}",
                MAX_TEXT,
                texts,
            )
    for row in question.get("settings", {}).get("rows", []):
        yield f"{name}.row.{row['key']}", f"{place}, row", MAX_CHOICE_TEXT, row["text"]
    for choice in question.get("choices", []):
        yield f"{name}.choice.{choice['key']}", f"{place}, choice", MAX_CHOICE_TEXT, choice["text"]
