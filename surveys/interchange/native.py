"""The native JSON of a survey: what `import_survey` reads, `export_survey` writes and a Version stores. Pure.

The least survey is {"title": "T", "questions": [{"key": "nps", "kind": "nps", "text": "…"}]}. A text
is a string in the survey's language or an object of texts by language.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from surveys.branching import ConditionRefused, check_condition
from surveys.definition import Choice, Definition, Question, Text
from surveys.kinds import KINDS, SettingsRefused

KEY = re.compile(r"[a-z][a-z0-9_]{0,59}")
CHOICE_KEY = re.compile(r"[a-z0-9][a-z0-9_]{0,59}")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})?")
MAX_QUESTIONS, MAX_CHOICES, MAX_TEXT, MAX_LANGUAGES = 300, 500, 10_000, 60
MAX_CHOICE_TEXT = 500
TEXT_LIMITS = {"title": 200, "intro": MAX_TEXT, "thank_you": MAX_TEXT, "closed": MAX_TEXT}

SURVEY_NAMES = {"title", "intro", "thank_you", "closed", "language", "languages", "questions"}
QUESTION_NAMES = {"key", "kind", "text", "help", "page", "required", "settings", "choices", "show_if"}
CHOICE_NAMES = {"key", "text", "is_other", "is_exclusive"}


class DefinitionRefused(Exception):
    """A definition with faults; `faults` is a list of (place, what is wrong)."""

    def __init__(self, faults: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{place}: {fault}" for place, fault in faults))
        self.faults = faults


def from_json(document: object) -> Definition:
    """Return the definition that a JSON document describes, or raise DefinitionRefused naming every fault."""
    reader = _Reader()
    definition = reader.definition(document)
    if reader.faults or definition is None:
        raise DefinitionRefused(reader.faults)
    return definition


def to_json(definition: Definition) -> dict[str, Any]:
    """Return the whole definition as JSON; `from_json` of it is the same definition."""
    return {
        "title": dict(definition.title.by_language),
        "intro": dict(definition.intro.by_language),
        "thank_you": dict(definition.thank_you.by_language),
        "closed": dict(definition.closed.by_language),
        "language": definition.language,
        "languages": list(definition.languages),
        "questions": [_question_json(question) for question in definition],
    }


def _question_json(question: Question) -> dict[str, Any]:
    return {
        "key": question.key,
        "kind": question.kind,
        "text": dict(question.text.by_language),
        "help": dict(question.help.by_language),
        "page": question.page,
        "required": question.is_required,
        "settings": dict(question.settings),
        "choices": [
            {
                "key": choice.key,
                "text": dict(choice.text.by_language),
                "is_other": choice.is_other,
                "is_exclusive": choice.is_exclusive,
            }
            for choice in question.choices
        ],
        "show_if": question.show_if,
    }


class _Reader:
    """Reads one document and remembers every fault with its place."""

    def __init__(self) -> None:
        self.faults: list[tuple[str, str]] = []
        self.language = "en"

    def fault(self, place: str, what: str) -> None:
        self.faults.append((place, what))

    def names(self, place: str, value: Mapping[str, Any], allowed: set[str]) -> None:
        for name in sorted(set(map(str, value)) - allowed):
            self.fault(place, f"unknown name {name[:60]!r}")

    def definition(self, document: object) -> Definition | None:
        if not isinstance(document, Mapping):
            self.fault("survey", "must be a JSON object")
            return None
        self.names("survey", document, SURVEY_NAMES)
        language = document.get("language", "en")
        if not isinstance(language, str) or not LANGUAGE.fullmatch(language):
            self.fault("language", "must be a code such as en or pt-BR")
        else:
            self.language = language
        texts = {name: self.text(name, document.get(name), limit) for name, limit in TEXT_LIMITS.items()}
        if not texts["title"]:
            self.fault("title", "is missing")
        questions = tuple(self.questions(document.get("questions")))
        return Definition(
            **texts,
            language=self.language,
            languages=self.languages(document.get("languages")),
            questions=questions,
        )

    def languages(self, value: object) -> tuple[str, ...]:
        codes = [self.language] if value is None else value
        if (
            not isinstance(codes, list)
            or len(codes) > MAX_LANGUAGES
            or not all(isinstance(code, str) and LANGUAGE.fullmatch(code) for code in codes)
        ):
            self.fault("languages", "must be a list of codes such as en or pt-BR")
            return (self.language,)
        return tuple(dict.fromkeys([self.language, *codes]))

    def text(self, place: str, value: object, limit: int = MAX_TEXT) -> Text:
        by_language = {self.language: value} if isinstance(value, str) else value or {}
        if not isinstance(by_language, Mapping) or not all(
            isinstance(code, str) and LANGUAGE.fullmatch(code) and isinstance(words, str)
            for code, words in by_language.items()
        ):
            self.fault(place, "must be a text or texts by language")
            return Text({}, self.language)
        for words in by_language.values():
            if (
                len(words) > limit
                or "\x00" in words
                or any("\ud800" <= letter <= "\udfff" for letter in words)
            ):
                self.fault(place, f"must be at most {limit} printable characters")
                return Text({}, self.language)
        return Text(
            {code: words.strip() for code, words in by_language.items() if words.strip()}, self.language
        )

    def questions(self, value: object) -> Iterator[Question]:
        if not isinstance(value, list) or not value:
            self.fault("questions", "must be a list of at least one question")
            return
        if len(value) > MAX_QUESTIONS:
            self.fault("questions", f"must be at most {MAX_QUESTIONS}")
            return
        earlier: dict[str, Question] = {}
        page = 1
        for number, item in enumerate(value, start=1):
            question = self.question(f"question {number}", item, earlier)
            if question is None:
                continue
            if question.page < page:
                self.fault(
                    f"question {question.key}", f"is on page {question.page}, after a question on page {page}"
                )
            page = max(page, question.page)
            earlier[question.key] = question
            yield question

    def question(self, place: str, item: object, earlier: Mapping[str, Question]) -> Question | None:
        if not isinstance(item, Mapping):
            self.fault(place, "must be a JSON object")
            return None
        key = item.get("key")
        if not isinstance(key, str) or not KEY.fullmatch(key):
            self.fault(place, "key must be lower-case letters, digits and _, beginning with a letter")
            return None
        place = f"question {key}"
        self.names(place, item, QUESTION_NAMES)
        if key in earlier:
            self.fault(place, "has the same key as an earlier question")
        kind = item.get("kind")
        if not isinstance(kind, str) or kind not in KINDS:
            self.fault(place, f"there is no kind {str(kind)[:60]!r}")
            return None
        text = self.text(f"{place} text", item.get("text"))
        if not text:
            self.fault(place, "has no text")
        return Question(
            key=key,
            kind=kind,
            text=text,
            help=self.text(f"{place} help", item.get("help")),
            page=self.page(place, item.get("page", 1)),
            is_required=self.flag(place, "required", item.get("required", False)),
            settings=self.settings(place, kind, item.get("settings") or {}),
            choices=tuple(self.choices(place, kind, item.get("choices") or [])),
            show_if=self.show_if(place, item.get("show_if"), earlier),
        )

    def page(self, place: str, value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_QUESTIONS:
            self.fault(place, f"page must be a whole number from 1 to {MAX_QUESTIONS}")
            return 1
        return value

    def flag(self, place: str, name: str, value: object) -> bool:
        if not isinstance(value, bool):
            self.fault(place, f"{name} must be true or false")
        return value is True

    def settings(self, place: str, kind: str, value: object) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            self.fault(place, "settings must be a JSON object")
            return {}
        texts = {
            name: dict(self.text(f"{place} {name}", value[name]).by_language)
            for name in KINDS[kind].text_settings
            if name in value
        }
        try:
            return KINDS[kind].complete_settings({**value, **texts})
        except SettingsRefused as refused:
            self.fault(place, str(refused))
            return {}

    def choices(self, place: str, kind: str, value: object) -> Iterator[Choice]:
        if not isinstance(value, list) or len(value) > MAX_CHOICES:
            self.fault(place, f"choices must be a list of at most {MAX_CHOICES}")
            return
        if KINDS[kind].has_choices and not value:
            self.fault(place, "has no choices")
        if value and not KINDS[kind].has_choices:
            self.fault(place, f"a question of kind {kind} has no choices")
        seen: set[str] = set()
        for number, item in enumerate(value, start=1):
            choice = self.choice(f"{place} choice {number}", item)
            if choice is None:
                continue
            # An open answer is counted as "other", so that key belongs to the open choice.
            key = "other" if choice.is_other else choice.key
            if key in seen:
                self.fault(f"{place} choice {choice.key}", f"repeats the key {key!r}")
            seen.add(key)
            yield choice

    def choice(self, place: str, item: object) -> Choice | None:
        if not isinstance(item, Mapping):
            self.fault(place, "must be a JSON object")
            return None
        self.names(place, item, CHOICE_NAMES)
        key = item.get("key")
        if not isinstance(key, str) or not CHOICE_KEY.fullmatch(key):
            self.fault(place, "key must be lower-case letters, digits and _")
            return None
        text = self.text(f"{place} text", item.get("text"), MAX_CHOICE_TEXT)
        if not text:
            self.fault(place, "has no text")
        is_other = self.flag(place, "is_other", item.get("is_other", False))
        return Choice(key, text, is_other, self.flag(place, "is_exclusive", item.get("is_exclusive", False)))

    def show_if(self, place: str, value: object, earlier: Mapping[str, Question]) -> Mapping[str, Any] | None:
        if value is None or value == {}:
            return None
        try:
            check_condition(value, earlier)
        except ConditionRefused as refused:
            self.fault(place, f"show_if: {refused}")
            return None
        assert isinstance(value, Mapping)
        return value
