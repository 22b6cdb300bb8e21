"""Gathers a survey from another tool question by question, and remembers whatever cannot be kept. Pure.

Readers tell a `Draft` what they find in the tool's own codes; it makes the keys, cleans the texts, and
leaves out, with a sentence, what Earshot's own rules refuse.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from surveys.interchange.asked import Asked, Condition, Option, Texts
from surveys.interchange.conversion import Loss
from surveys.interchange.languages import language_code
from surveys.interchange.markup import left_out, plain_text
from surveys.interchange.native import (
    MAX_CHOICE_TEXT,
    MAX_CHOICES,
    MAX_LANGUAGES,
    MAX_QUESTIONS,
    TEXT_LIMITS,
)
from surveys.interchange.native_frame import MAX_ENDINGS, MAX_HIDDEN, is_redirect_url
from surveys.interchange.native_reader import KEY, MAX_TEXT
from surveys.keys import choice_key_of_code, key_of_code, suggest_key
from surveys.kinds import KINDS

SHORT = 60
# How the likelihood to recommend is asked for in the languages of most surveys.
RECOMMENDS = re.compile(
    r"recommend|empfehl|empfiehl|recomend|consigli|raccomand|aanbevel|poleca|推荐|推薦", re.I
)
MOST, DECIMALS = 10**11, 2


class Draft:
    """A survey on its way from another tool to a definition."""

    def __init__(self, languages: Sequence[str] = ("en",)) -> None:
        codes = [code for name in languages if (code := language_code(name))]
        self.language = codes[0] if codes else "en"
        self.languages = list(dict.fromkeys([self.language, *codes]))[:MAX_LANGUAGES]
        self.losses: list[Loss] = []
        self.texts: dict[str, dict[str, str]] = {}
        self.questions: list[dict[str, Any]] = []
        self.pages: dict[int, dict[str, Any]] = {}
        self.page = 1
        self.endings: list[dict[str, Any]] = []
        self.hidden: list[str] = []
        self.layout, self.privacy = "page", "identified"
        # Which of the tool's questions each key came from, and how the report calls it.
        self.source_of: dict[str, str] = {}
        self.place_of: dict[str, str] = {}
        # Where among the losses each of the tool's questions was (first) lost.
        self.lost: dict[str, int] = {}
        # How the tool's own placeholders become ours; set by readers whose tool has any.
        self.pipe: Callable[[str], tuple[str, list[str]]] = lambda text: (text, [])
        for name in languages:
            if not language_code(name):
                self.lose("survey", f"its texts in {name!r} were not taken over: no language is called so.")

    def lose(self, place: str, sentence: str) -> None:
        """Remember something that could not be kept."""
        loss = Loss(place, sentence)
        if loss not in self.losses:
            self.losses.append(loss)

    def lose_question(self, source: str, name: str, text: Texts, why: str) -> None:
        """Remember that (a part of) a question did not become one of ours; `why` is a clause."""
        self.lost.setdefault(source, len(self.losses))
        self.losses.append(Loss(self.place(name, text), f"the question was not taken over: {why}."))

    def place(self, name: str, text: Texts = "") -> str:
        """Return how the report calls a question: by its code and the beginning of its text."""
        words = text if isinstance(text, str) else text.get(self.language) or next(iter(text.values()), "")
        short = " ".join(plain_text(words).split())
        short = short if len(short) <= SHORT else f"{short[: SHORT - 1]}…"
        if not short or short == name:
            return name or "question"
        return f"{name} “{short}”" if name else f"“{short}”"

    def clean(self, place: str, texts: Texts, limit: int = MAX_TEXT) -> dict[str, str]:
        """Return the plain texts by language code; what markup is left out goes to the losses."""
        by_language = {self.language: texts} if isinstance(texts, str) else texts
        cleaned: dict[str, str] = {}
        for name, text in by_language.items():
            code = language_code(name)
            if code is None or code not in self.languages:
                continue
            for what in left_out(text):
                self.lose(place, f"{what} in its text was left out; texts here are plain.")
            piped, unknown = self.pipe(text)
            if unknown:
                more = f" and {len(unknown) - 2} more" if len(unknown) > 2 else ""
                quoted = ", ".join(
                    one if len(one) <= SHORT else f"{one[: SHORT - 1]}…" for one in unknown[:2]
                )
                self.lose(
                    place, f"its text quotes {quoted}{more}, which cannot be quoted here: … stands there."
                )
            words = plain_text(piped)
            if len(words) > limit:
                self.lose(place, f"its text was cut after {limit:,} characters.")
                words = words[: limit - 1] + "…"
            if words:
                cleaned.setdefault(code, words)
        return cleaned

    def say(self, name: str, texts: Texts) -> None:
        """Set one of the survey's own texts: title, intro, thank_you or closed."""
        cleaned = self.clean(name, texts, TEXT_LIMITS[name])
        if name == "title":
            cleaned = {code: " ".join(words.split()) for code, words in cleaned.items()}
        if cleaned:
            self.texts[name] = cleaned

    def turn_page(self, title: Texts = "", show_if: Condition | None = None) -> None:
        """Begin a page; a page without questions is none."""
        if self.questions and self.questions[-1]["page"] == self.page:
            self.page += 1
        self.pages.pop(self.page, None)
        meta: dict[str, Any] = {}
        if cleaned := self.clean(f"page {self.page}", title, TEXT_LIMITS["title"]):
            meta["title"] = {code: " ".join(words.split()) for code, words in cleaned.items()}
        if show_if:
            meta["show_if"] = show_if
        if meta:
            self.pages[self.page] = meta

    def end(self, text: Texts = "", *, url: str = "", show_if: Condition | None = None) -> None:
        """Add a way the survey may end; an address that is not a plain https one goes to the losses."""
        place = f"ending {len(self.endings) + 1}"
        if url and not is_redirect_url(url):
            self.lose(place, f"the address it goes on to ({url[:SHORT]}) was not taken over: only https is.")
            url = ""
        cleaned = self.clean(place, text)
        if (cleaned or url) and len(self.endings) < MAX_ENDINGS:
            key = f"end_{len(self.endings) + 1}"
            self.endings.append({"key": key, "text": cleaned, "redirect_url": url, "show_if": show_if})

    def hide(self, name: str) -> str:
        """Return the name of a hidden field that a link may carry, '' where there are too many."""
        key = key_of_code(name)
        if key not in self.hidden and (len(self.hidden) == MAX_HIDDEN or not KEY.fullmatch(key)):
            self.lose("survey", f"the hidden field {name[:SHORT]!r} was not taken over.")
            return ""
        self.hidden = list(dict.fromkeys([*self.hidden, key]))
        return key

    def remark(self, name: str, text: Texts) -> None:
        """Add a text between questions that the tool does not count as a question."""
        self.ask("", "statement", text, name=name)

    def ask(
        self,
        source: str,
        kind: str,
        text: Texts,
        *,
        name: str = "",
        help: Texts = "",  # noqa: A002 - the word of the definition
        is_required: bool = False,
        settings: Mapping[str, Any] | None = None,
        labels: Mapping[str, Texts] | None = None,
        options: Iterable[Option] = (),
        rows: Iterable[Option] = (),
        show_if: Condition | None = None,
    ) -> Asked | None:
        """Add a question and return it, or lose it and return None.

        `source` is the tool's question that it is (a part of), `name` its code, which makes the key; without
        a code the text does. `labels` are settings that hold texts.
        """
        place = self.place(name, text)
        cleaned = self.clean(place, text)
        if not cleaned.get(self.language):
            cleaned = {**cleaned, self.language: next(iter(cleaned.values()), "") or name or source}
        choices, by_code = self._choices(place, options)
        if KINDS[kind].has_choices and not choices:
            self.lose_question(source, name, text, "it offers no choices")
            return None
        if len(self.questions) >= MAX_QUESTIONS:
            self.lose_question(source, name, text, f"a survey holds at most {MAX_QUESTIONS} questions")
            return None
        key = (
            key_of_code(name, self.source_of)
            if name
            else suggest_key(cleaned[self.language], self.source_of, fallback="question")
        )
        complete = dict(settings or {})
        for label, texts in (labels or {}).items():
            if words := self.clean(place, texts, MAX_CHOICE_TEXT):
                complete[label] = words
        row_list, by_row = self._choices(place, rows)
        if row_list:
            complete["rows"] = [{"key": row["key"], "text": row["text"]} for row in row_list]
        self.questions.append(
            {
                "key": key,
                "kind": kind,
                "text": cleaned,
                "help": self.clean(place, help),
                "page": self.page,
                "required": is_required,
                "settings": complete,
                "choices": choices,
                "show_if": show_if,
            }
        )
        self.source_of[key], self.place_of[key] = source, place
        keys = tuple(choice["key"] for choice in choices)
        row_keys = tuple(row["key"] for row in row_list)
        return Asked(key, kind, place, by_code, by_row, keys, row_keys)

    def ask_matrix(
        self, source: str, text: Texts, rows: Sequence[Option], columns: Sequence[Option], **details: Any
    ) -> Asked | None:
        """Add a matrix of rows by picks and return it, or lose it and return None."""
        name = details.get("name", "")
        if not rows or not columns:
            self.lose_question(source, name, text, "it has no rows" if not rows else "it has no columns")
            return None
        settings = {"many": details.pop("is_many", False)}
        return self.ask(source, "matrix", text, rows=rows, options=columns, settings=settings, **details)

    def number_settings(
        self,
        low: float | None = None,
        high: float | None = None,
        *,
        is_whole: bool = False,
        unit: Texts = "",
    ) -> dict[str, Any]:
        """Return the settings of a number between two limits."""
        settings: dict[str, Any] = {"decimals": 0 if is_whole else DECIMALS}
        for name, limit in (("min", low), ("max", high)):
            if limit is not None and abs(limit) <= MOST:
                settings[name] = int(limit) if limit == int(limit) else limit
        if settings.get("min", -MOST) > settings.get("max", MOST):
            settings.pop("max")
        if words := self.clean("unit", unit, MAX_CHOICE_TEXT):
            settings["unit"] = words
        return settings

    def scale_settings(
        self, low: int, high: int, text: Texts, shape: str = "numbers"
    ) -> tuple[str, dict[str, Any]]:
        """Return the kind and settings for points from low to high: NPS where the words say so."""
        words = text if isinstance(text, str) else " ".join(text.values())
        if (low, high) == (0, 10) and RECOMMENDS.search(words):
            return "nps", {}
        if low == 1 and 2 <= high <= 10:
            return "rating", {"points": high, "shape": shape}
        return "number", self.number_settings(low, high, is_whole=True)

    def take_words_for_file(self, asked: Asked | None) -> None:
        """Say of a question that asked for a file that it asks for words now, and demand none."""
        if asked:
            question = next(one for one in self.questions if one["key"] == asked.key)
            question["required"] = False
            self.lose(
                asked.place, "it asked for a file; Earshot takes none, so it asks for words, a link say."
            )

    def _choices(self, place: str, options: Iterable[Option]) -> tuple[list[dict[str, Any]], dict[str, str]]:
        choices: list[dict[str, Any]] = []
        by_code: dict[str, str] = {}
        for option in options:
            if len(choices) == MAX_CHOICES:
                self.lose(place, f"only its first {MAX_CHOICES} choices were taken over.")
                break
            texts = self.clean(place, option.text, MAX_CHOICE_TEXT)
            if not texts.get(self.language):
                texts = {**texts, self.language: next(iter(texts.values()), "") or option.code}
            is_other = option.is_other and not any(choice["is_other"] for choice in choices)
            taken = {"other" if choice["is_other"] else choice["key"] for choice in choices}
            wanted = "other" if is_other else option.code
            key = choice_key_of_code(wanted, taken | set(by_code.values()))
            by_code.setdefault(option.code, key)
            by_code.setdefault(texts[self.language], key)
            flags = {"is_other": is_other, "is_exclusive": option.is_exclusive}
            choices.append({"key": key, "text": texts, **flags})
        return choices, by_code
