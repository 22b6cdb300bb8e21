import random
import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from surveys.definition import Choice, Question
from surveys.kinds.kind import (
    Answer,
    AnswerRefused,
    Kind,
    Sheet,
    clean_words,
    fold,
    is_missing,
    whole_number,
    yes_or_no,
)

OTHER_LENGTH = 300
BETWEEN_PICKS = re.compile("[;|]")


def choice_named(question: Question, name: str) -> Choice | None:
    """Return the choice with this key, or with this text in any language and letter case."""
    name = name.strip()
    if name in question.choice_by_key:
        return question.choice_by_key[name]
    name = fold(name)
    return next(
        (choice for choice in question.choices if name in map(fold, choice.text.by_language.values())), None
    )


def in_order(question: Question, seed: str) -> tuple[Choice, ...]:
    """Return the choices as shown: a random order lasts a visit, open and exclusive ones are last."""
    if not question.settings["random_order"]:
        return question.choices
    last = [choice for choice in question.choices if choice.is_other or choice.is_exclusive]
    mixed = [choice for choice in question.choices if choice not in last]
    random.Random(f"{seed} {question.key}").shuffle(mixed)  # noqa: S311 - an order, not a secret
    return (*mixed, *last)


class Choosing(Kind):
    """Picks among offered choices. One pick is stored as its key, the open one as {"other": "words"}."""

    has_choices = True
    has_open_choice = True
    template = "surveys/kinds/choices.html"
    input: ClassVar[str] = "radio"

    def names(self, question: Question) -> tuple[str, ...]:
        """Return the field of the picks and that of the words for the open choice."""
        return question.key, f"{question.key}.other"

    def check_pick(self, question: Question, pick: object) -> str | dict[str, str]:
        """Return one pick as it is stored, or raise AnswerRefused when it is not offered."""
        if isinstance(pick, str):
            choice = question.choice_by_key.get(pick)
            if choice is None:
                raise AnswerRefused("not_offered")
            return {"other": ""} if choice.is_other else pick
        if not isinstance(pick, Mapping) or set(pick) != {"other"}:
            raise AnswerRefused("not_offered")
        if self.open_choice(question) is None:
            raise AnswerRefused("not_offered")
        return {"other": clean_words(pick["other"], OTHER_LENGTH)}

    def read_picks(self, question: Question, fields: Mapping[str, Sequence[str]]) -> list[object]:
        """Return the picks of a submitted form; words for the open choice come in the field `<key>.other`."""
        words = self.read_words(question, fields)
        picks: list[object] = []
        for key in fields.get(question.key, ()):
            choice = question.choice_by_key.get(key)
            if key:
                picks.append({"other": words} if choice and choice.is_other else key)
        return picks

    def read_words(self, question: Question, fields: Mapping[str, Sequence[str]]) -> str:
        """Return the words for the open choice, '' when there are none."""
        return next(iter(fields.get(f"{question.key}.other", ())), "")

    def read_cell(self, question: Question, cell: str) -> Answer | None:
        """Return the pick in one cell of a table, which names choices by key or by text in any language."""
        if choice_named(question, cell) is None and is_missing(cell):
            return None
        fields: dict[str, list[str]] = {question.key: []}
        for part in self.cut_cell(question, cell):
            choice = choice_named(question, part)
            if choice is None:
                choice = next((choice for choice in question.choices if choice.is_other), None)
                fields[f"{question.key}.other"] = [part]
            if choice is None:
                raise AnswerRefused("not_offered")
            fields[question.key].append(choice.key)
        return self.read(question, fields)

    def cut_cell(self, question: Question, cell: str) -> Sequence[str]:
        """Return the picks that a cell holds, as they are named there."""
        return [cell.strip()]

    def pick_key(self, question: Question, pick: str | Mapping[str, str]) -> str:
        """Return the key of the choice that one stored pick stands for."""
        if isinstance(pick, str):
            return pick
        choice = self.open_choice(question)
        return choice.key if choice else "other"

    def open_choice(self, question: Question) -> Choice | None:
        """Return the choice that asks for words, None when there is none."""
        return next((choice for choice in question.choices if choice.is_other), None)

    def _open_key(self, question: Question) -> str:
        choice = self.open_choice(question)
        return choice.key if choice else ""

    def check_settings(self, settings: Mapping[str, Any]) -> None:
        """Refuse an order that is neither random nor not."""
        yes_or_no("random_order", settings["random_order"])

    def fields(self, question: Question, answer: Answer) -> dict[str, list[str]]:
        """Return the ticked keys, and the words for the open choice in a field of their own."""
        picks = answer if isinstance(answer, list) else [answer]
        words = [pick["other"] for pick in picks if not isinstance(pick, str)]
        keys = {question.key: [self.pick_key(question, pick) for pick in picks]}
        return {**keys, f"{question.key}.other": words} if words else keys

    def controls(self, question: Question, sheet: Sheet) -> dict[str, Any]:
        """Return the choices in the order shown, which are picked, and the words for the open one."""
        picked = sheet.values(question.key)
        return {
            "choices": [
                {
                    "key": choice.key,
                    "text": choice.text.into(sheet.language),
                    "language": choice.text.stand_in(sheet.language),
                    "is_other": choice.is_other,
                    "is_picked": choice.key in picked,
                }
                for choice in in_order(question, sheet.seed)
            ],
            "words": sheet.value(f"{question.key}.other"),
            "words_length": OTHER_LENGTH,
            "input": self.input,
            "hint": self.hint(question, sheet),
        }

    def hint(self, question: Question, sheet: Sheet) -> str:
        """Return how many may be picked, '' where one may."""
        return ""

    def show_pick(self, question: Question, pick: str | Mapping[str, str], language: str) -> str:
        """Return one stored pick as a person reads it."""
        choice = question.choice_by_key.get(self.pick_key(question, pick))
        text = choice.text.into(language) if choice else "other"
        words = "" if isinstance(pick, str) else pick["other"]
        return f"{text}: {words}" if words else text


class SingleChoice(Choosing):
    """One of the offered choices."""

    name = "single_choice"
    label = "Single choice"
    icon = "radio_button_checked"
    about = "One of a few answers, all of them in view."
    defaults: ClassVar[Mapping[str, Any]] = {"random_order": False}
    labels: ClassVar[Mapping[str, str]] = {"random_order": "Choices in random order"}

    def read(self, question: Question, fields: Mapping[str, Sequence[str]]) -> Answer | None:
        """Return the pick that a submitted form holds, None when there is none."""
        picks = self.read_picks(question, fields)
        # A radio button cannot be taken back: who wrote words and pressed none meant the open choice.
        words = self.read_words(question, fields)
        if not picks and words.strip() and self.open_choice(question):
            picks = [{"other": words}]
        if not picks:
            return None
        if len(picks) > 1:
            raise AnswerRefused("one_answer")
        return self.check(question, picks[0])

    def check(self, question: Question, answer: Answer) -> Answer | None:
        """Return the pick, or raise AnswerRefused when it is not offered."""
        return self.check_pick(question, answer)

    def picked(self, answer: Answer) -> tuple[str, ...]:
        """Return the one key picked; the open choice counts as "other"."""
        return (answer if isinstance(answer, str) else "other",)

    def show(self, question: Question, answer: Answer, language: str) -> str:
        """Return the pick as a person reads it."""
        return self.show_pick(question, answer, language)

    def rule(self, question: Question) -> list[Any]:
        """Return that one pick is taken, and which choice is the open one."""
        return ["pick", self._open_key(question)]


class MultipleChoice(Choosing):
    """Several of the offered choices, at least and at most so many."""

    name = "multiple_choice"
    label = "Multiple choice"
    icon = "check_box"
    about = "Several of the answers, with a least and a most if you like."
    role = "group"
    input = "checkbox"
    defaults: ClassVar[Mapping[str, Any]] = {"min_picks": 0, "max_picks": None, "random_order": False}
    labels: ClassVar[Mapping[str, str]] = {
        "min_picks": "Picks at least",
        "max_picks": "Picks at most",
        "random_order": "Choices in random order",
    }

    def check_settings(self, settings: Mapping[str, Any]) -> None:
        """Refuse a maximum below the minimum."""
        super().check_settings(settings)
        least = whole_number("min_picks", settings["min_picks"], 0, 100)
        if settings["max_picks"] is not None:
            whole_number("max_picks", settings["max_picks"], max(1, least), 100)

    def read(self, question: Question, fields: Mapping[str, Sequence[str]]) -> Answer | None:
        """Return the picks that a submitted form holds, None when there are none."""
        return self.check(question, self.read_picks(question, fields))

    def check(self, question: Question, answer: Answer) -> Answer | None:
        """Return the picks in the order offered, or raise AnswerRefused."""
        if not isinstance(answer, list):
            raise AnswerRefused("not_offered")
        if not answer:
            return None
        if len(answer) > len(question.choices):
            raise AnswerRefused("not_offered")
        picks = [self.check_pick(question, pick) for pick in answer]
        keys = [self.pick_key(question, pick) for pick in picks]
        if len(set(keys)) != len(keys):
            raise AnswerRefused("picked_twice")
        is_exclusive = any(question.choice_by_key[key].is_exclusive for key in keys)
        if len(keys) > 1 and is_exclusive:
            raise AnswerRefused("exclusive")
        # "None of these" alone is a whole answer, however many picks are asked for.
        if not is_exclusive and len(keys) < question.settings["min_picks"]:
            raise AnswerRefused("too_few_picks", limit=question.settings["min_picks"])
        if question.settings["max_picks"] is not None and len(keys) > question.settings["max_picks"]:
            raise AnswerRefused("too_many_picks", limit=question.settings["max_picks"])
        pick_by_key = dict(zip(keys, picks, strict=True))
        return [pick_by_key[choice.key] for choice in question.choices if choice.key in pick_by_key]

    def hint(self, question: Question, sheet: Sheet) -> str:
        """Return how many may be picked."""
        least, most = question.settings["min_picks"], question.settings["max_picks"]
        if least > 1 and most is not None:
            return sheet.words.say("pick_between", most=most, least=least)
        if least > 1:
            return sheet.words.say("pick_at_least", limit=least)
        if most is not None:
            return sheet.words.say("pick_at_most", limit=most)
        return sheet.words["pick_any"]

    def cut_cell(self, question: Question, cell: str) -> Sequence[str]:
        """Return the picks in a cell, between ; or |, unless the whole cell is one choice."""
        if choice_named(question, cell):
            return [cell.strip()]
        return [part.strip() for part in BETWEEN_PICKS.split(cell) if part.strip()]

    def picked(self, answer: Answer) -> tuple[str, ...]:
        """Return the keys picked; the open choice counts as "other"."""
        return tuple(pick if isinstance(pick, str) else "other" for pick in answer)

    def show(self, question: Question, answer: Answer, language: str) -> str:
        """Return the picks as a person reads them."""
        return ", ".join(self.show_pick(question, pick, language) for pick in answer)

    def rule(self, question: Question) -> list[Any]:
        """Return how many picks are taken, which choice is the open one and which stand alone."""
        least, most = question.settings["min_picks"], question.settings["max_picks"]
        alone = [
            "other" if choice.is_other else choice.key for choice in question.choices if choice.is_exclusive
        ]
        return ["picks", self._open_key(question), least, most, alone]

    def refusals(self, question: Question) -> tuple[str, ...]:
        """Return that it may be too few, too many, or one that stands alone."""
        may_be = {
            "too_few_picks": question.settings["min_picks"] > 1,
            "too_many_picks": question.settings["max_picks"] is not None,
            "exclusive": any(choice.is_exclusive for choice in question.choices),
        }
        return tuple(code for code, is_so in may_be.items() if is_so)
