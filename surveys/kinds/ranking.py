import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from surveys.definition import Question
from surveys.kinds.choices import choice_named, in_order
from surveys.kinds.kind import Answer, AnswerRefused, Kind, Sheet, is_missing, yes_or_no

RANK = re.compile(r"[0-9]{1,3}")
BETWEEN_RANKS = re.compile(r"[;|>]")
NUMBERED = re.compile(r"^[0-9]{1,3}[.)] *")


class Ranking(Kind):
    """The offered choices in an order of one's own, stored as their keys, the first one first."""

    name = "ranking"
    label = "Ranking"
    icon = "format_list_numbered"
    about = "Which comes first, which second? Four to six things rank well."
    template = "surveys/kinds/ranking.html"
    role = "group"
    has_choices = True
    defaults: ClassVar[Mapping[str, Any]] = {"allow_partial": False, "random_order": False}
    labels: ClassVar[Mapping[str, str]] = {
        "allow_partial": "Some may stay without a rank",
        "random_order": "Choices in random order",
    }

    def check_settings(self, settings: Mapping[str, Any]) -> None:
        """Refuse flags that are neither true nor false."""
        for name in self.defaults:
            yes_or_no(name, settings[name])

    def names(self, question: Question) -> tuple[str, ...]:
        """Return one field for the rank of each choice."""
        return tuple(f"{question.key}.{choice.key}" for choice in question.choices)

    def read(self, question: Question, fields: Mapping[str, Sequence[str]]) -> Answer | None:
        """Return the order that the ranks of a submitted form make, None when there are none."""
        key_by_rank: dict[int, str] = {}
        for choice in question.choices:
            raw = [value for value in fields.get(f"{question.key}.{choice.key}", ()) if value.strip()]
            if not raw:
                continue
            if len(raw) > 1 or not RANK.fullmatch(raw[0]):
                raise AnswerRefused("not_offered")
            rank = int(raw[0])
            if not 1 <= rank <= len(question.choices):
                raise AnswerRefused("not_offered")
            if rank in key_by_rank:
                raise AnswerRefused("rank_twice")
            key_by_rank[rank] = choice.key
        return self.check(question, [key_by_rank[rank] for rank in sorted(key_by_rank)])

    def check(self, question: Question, answer: Answer) -> Answer | None:
        """Return the keys in their order, None for none, or raise AnswerRefused."""
        if not isinstance(answer, list) or len(answer) > len(question.choices):
            raise AnswerRefused("not_offered")
        if not answer:
            return None
        if not all(isinstance(key, str) and key in question.choice_by_key for key in answer):
            raise AnswerRefused("not_offered")
        if len(set(answer)) != len(answer):
            raise AnswerRefused("rank_twice")
        if len(answer) < len(question.choices) and not question.settings["allow_partial"]:
            raise AnswerRefused("rank_all")
        return list(answer)

    def read_cell(self, question: Question, cell: str) -> Answer | None:
        """Return the order in one cell of a table: keys or texts between ; or |, the first one first."""
        if is_missing(cell):
            return None
        keys = []
        for part in filter(str.strip, BETWEEN_RANKS.split(cell)):
            choice = choice_named(question, part) or choice_named(question, NUMBERED.sub("", part.strip()))
            if choice is None:
                raise AnswerRefused("not_offered")
            keys.append(choice.key)
        return self.check(question, keys)

    def fields(self, question: Question, answer: Answer) -> dict[str, list[str]]:
        """Return the rank of each ranked choice in a field of its own."""
        return {f"{question.key}.{key}": [str(rank)] for rank, key in enumerate(answer, start=1)}

    def controls(self, question: Question, sheet: Sheet) -> dict[str, Any]:
        """Return the choices with the ranks that each may be given."""
        ranks = [str(rank) for rank in range(1, len(question.choices) + 1)]
        hint = "rank_some" if question.settings["allow_partial"] else "rank_hint"
        return {
            "choices": [
                {
                    "key": choice.key,
                    "text": choice.text.into(sheet.language),
                    "language": choice.text.stand_in(sheet.language),
                    "rank": sheet.value(f"{question.key}.{choice.key}"),
                }
                for choice in in_order(question, sheet.seed)
            ],
            "ranks": ranks,
            "hint": sheet.words[hint],
        }

    def picked(self, answer: Answer) -> tuple[str, ...]:
        """Return the keys ranked, the first one first."""
        return tuple(answer)

    def rule(self, question: Question) -> list[Any]:
        """Return what is ranked, and whether some may be left out."""
        return ["ranks", [*question.choice_by_key], question.settings["allow_partial"]]

    def refusals(self, question: Question) -> tuple[str, ...]:
        """Return that two may share a rank, or one may lack it."""
        return ("rank_twice",) if question.settings["allow_partial"] else ("rank_twice", "rank_all")

    def show(self, question: Question, answer: Answer, language: str) -> str:
        """Return the order as a person reads it."""
        texts = (question.choice_by_key.get(key) for key in answer)
        names = (choice.text.into(language) if choice else "?" for choice in texts)
        return "; ".join(f"{rank}. {name}" for rank, name in enumerate(names, start=1))
