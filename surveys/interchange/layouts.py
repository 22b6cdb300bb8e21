"""Which column of another tool's response export holds which part of which question. Pure.

Importers make question and choice keys of the tool's own codes, so a column named by a code finds its
question again; a column named by a text is found by the question's words.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain

from accounts.interchange.cells import Cell, is_blank, plain
from surveys.definition import Choice, Definition, Question
from surveys.interchange.markup import plain_text
from surveys.keys import choice_key_of_code, key_of_code
from surveys.kinds import KINDS, Answer, AnswerRefused
from surveys.kinds.agreement import words_for
from surveys.kinds.kind import is_missing

WORD = re.compile(r"\w+")
NOT_IN_A_KEY = re.compile(r"[^a-z0-9]+")
LEADING_POINT = re.compile(r"(\d{1,2})\s*[-–—:.(]")
OTHER_PARTS = {"other", "othertext", "other_text", "text", "oth"}
OTHER_WORDS = ("other", "autre", "otro", "altro", "sonstige", "andere", "outro")
OPEN_CHOICE = "-oth-"


@dataclass(frozen=True, slots=True)
class Head:
    """One column as an export names it: by code, by the question's words, and by which part of it."""

    place: int
    code: str = ""
    text: str = ""
    part: str = ""
    second: str = ""


@dataclass(frozen=True, slots=True)
class Feed:
    """What one column feeds: a whole question, or a field of its form.

    With `tick` a filled cell picks that choice; with `rank` the cell names the choice of that rank.
    """

    place: int
    key: str
    field: str = ""
    tick: str = ""
    rank: int = 0


class Matcher:
    """Finds the questions of a definition again in an export of the tool it came from."""

    def __init__(self, definition: Definition, *, ranks_by_place: bool = False) -> None:
        self.questions = definition.question_by_key
        self.ranks_by_place = ranks_by_place
        self.by_words: dict[str, Question] = {}
        for question in definition:
            for text in question.text.by_language.values():
                self.by_words.setdefault(squeezed(text), question)

    def feeds(self, heads: Iterable[Head]) -> tuple[list[Feed], list[Head]]:
        """Return what the columns feed, and the columns that feed nothing."""
        found, left = [], []
        for head in heads:
            feed = self.feed(head)
            if feed:
                found.append(feed)
            else:
                left.append(head)
        # Where each choice has a column, the one that repeats them all says nothing more.
        ticked = {feed.key for feed in found if feed.tick}
        return [feed for feed in found if feed.field or feed.rank or feed.key not in ticked], left

    def feed(self, head: Head) -> Feed | None:
        """Return what a column feeds, None for nothing."""
        # A path of groups ends with the question, or with the question and a part of it.
        path = head.code.split("/") if head.code else []
        for start in range(len(path)):
            code = "_".join(path[start:])
            own = replace(head, code=code, part="") if len(path) > 1 else replace(head, code=code)
            if feed := self._by_code(own):
                return feed
        if head.text and (question := self.by_words.get(squeezed(head.text))):
            return self._part(head, question, head.part, head.part)
        return None

    def _by_code(self, head: Head) -> Feed | None:
        whole = key_of_code("_".join(filter(None, [head.code, head.part, head.second])))
        if whole in self.questions:
            return self._whole(head.place, self.questions[whole])
        own = key_of_code(head.code)
        if own in self.questions and head.part:
            part = "_".join(filter(None, [head.part, head.second]))
            return self._part(head, self.questions[own], part, head.text)
        # The longest key that the code begins with; the rest names a part of the question.
        words = NOT_IN_A_KEY.sub("_", head.code.lower()).strip("_").split("_")
        for length in range(len(words) - 1, 0, -1):
            key = key_of_code("_".join(words[:length]))
            if key in self.questions:
                rest = "_".join([*words[length:], *filter(None, [head.part, head.second])])
                return self._part(head, self.questions[key], rest, head.text)
        return None

    def _whole(self, place: int, question: Question) -> Feed | None:
        return Feed(place, question.key) if KINDS[question.kind].asks else None

    def _part(  # noqa: PLR0911 - one return a kind
        self, head: Head, question: Question, part: str, label: str
    ) -> Feed | None:
        key, code = question.key, choice_key_of_code(part, fallback="")
        if not part:
            return self._whole(head.place, question)
        if not KINDS[question.kind].has_choices:
            return self._whole(head.place, question) if code in OTHER_PARTS else None
        if question.kind == "matrix":
            return self._cell(head.place, question, code, part, label)
        choice = self._choice(question, code, label)
        if _is_other(code, part) and (choice is None or choice.is_other):
            return Feed(head.place, key, field=f"{key}.other") if _open_choice(question) else None
        if question.kind == "ranking":
            if self.ranks_by_place and code.isdigit():
                return Feed(head.place, key, rank=int(code))
            return Feed(head.place, key, field=f"{key}.{choice.key}") if choice else None
        return Feed(head.place, key, field=key, tick=choice.key) if choice else None

    def _cell(self, place: int, question: Question, code: str, part: str, label: str) -> Feed | None:
        """Return the row, or the row and column, of a matrix that a column is about."""
        if row := _named(question.rows, code, part):
            return Feed(place, question.key, field=f"{question.key}.{row.key}")
        words = code.split("_")
        for length in range(len(words) - 1, 0, -1):
            first, rest = "_".join(words[:length]), "_".join(words[length:])
            row, column = _named(question.rows, first, ""), _named(question.choices, rest, "")
            if row and column:
                return Feed(place, question.key, f"{question.key}.{row.key}", column.key)
        # "Row - Column" or "Question-Row" in words.
        for text in (part, label):
            squeezed_text = squeezed(text)
            for row in question.rows:
                name = squeezed(str(row.text))
                if squeezed_text.endswith(name):
                    return Feed(place, question.key, f"{question.key}.{row.key}")
                for column in question.choices:
                    if squeezed_text.endswith(name + squeezed(str(column.text))):
                        return Feed(place, question.key, f"{question.key}.{row.key}", column.key)
        return None

    def _choice(self, question: Question, code: str, label: str) -> Choice | None:
        """Return the choice that a column is about: by the words that its header ends with, or by code."""
        words = squeezed(label)
        by_label = [
            choice
            for choice in question.choices
            if (name := squeezed(str(choice.text))) and words.endswith(name)
        ]
        if by_label:
            return max(by_label, key=lambda choice: len(str(choice.text)))
        if code in question.choice_by_key:
            return question.choice_by_key[code]
        open_choice = _open_choice(question)
        return open_choice if open_choice and _is_other(code, label) else None


def read_cells(
    questions: Mapping[str, Question], feeds: Sequence[Feed], cells: Sequence[Cell]
) -> tuple[dict[str, Answer], list[tuple[str, Cell, AnswerRefused]]]:
    """Return the answers in one row of an export, and each cell that its question refuses."""
    forms: dict[str, dict[str, list[str]]] = {}
    answers: dict[str, Answer] = {}
    faults: list[tuple[str, Cell, AnswerRefused]] = []
    for feed in feeds:
        cell = cells[feed.place] if feed.place < len(cells) else ""
        if is_blank(cell) or is_missing(plain(cell)):
            continue
        question = questions[feed.key]
        try:
            if not feed.field and not feed.rank:
                answer = KINDS[question.kind].read_cell(question, _in_our_words(question, plain(cell)))
                if answer is not None:
                    answers[feed.key] = answer
            else:
                _fill(forms.setdefault(feed.key, {}), question, feed, plain(cell))
        except AnswerRefused as refused:
            faults.append((feed.key, cell, refused))
    for key, fields in forms.items():
        try:
            form = _with_whole(questions[key], answers, fields)
            answer = KINDS[questions[key].kind].read(questions[key], form)
            if answer is not None:
                answers[key] = answer
        except AnswerRefused as refused:
            faults.append((key, "; ".join(chain.from_iterable(fields.values())), refused))
    return answers, faults


def _with_whole(
    question: Question, answers: Mapping[str, Answer], fields: Mapping[str, list[str]]
) -> Mapping[str, Sequence[str]]:
    """Return the fields on top of what a column for the whole question said: "-oth-", words beside it."""
    answer = answers.get(question.key)
    whole = KINDS[question.kind].fields(question, answer) if answer is not None else {}
    return {**whole, **fields}


def _fill(fields: dict[str, list[str]], question: Question, feed: Feed, cell: str) -> None:
    if feed.rank:
        choice = _choice_named(question, cell)
        if choice is None:
            raise AnswerRefused("not_offered")
        fields[f"{question.key}.{choice.key}"] = [str(feed.rank)]
    elif feed.tick:
        if cell.casefold() not in words_for("no"):
            picks = fields.setdefault(feed.field, [])
            if feed.tick not in picks:
                picks.append(feed.tick)
    elif feed.field == f"{question.key}.other":
        open_choice = _open_choice(question)
        # A yes says that the open choice is picked; anything else is what was written there.
        if open_choice and cell.casefold() not in words_for("no"):
            picks = fields.setdefault(question.key, [])
            if open_choice.key not in picks:
                picks.append(open_choice.key)
            if cell.casefold() not in words_for("yes") and squeezed(cell) != squeezed(str(open_choice.text)):
                fields[feed.field] = [cell]
    elif question.kind == "matrix":
        choice = _choice_named(question, cell)
        if choice is None:
            raise AnswerRefused("not_offered")
        fields.setdefault(feed.field, []).append(choice.key)
    else:
        fields[feed.field] = [cell.removesuffix(".0")]


def _in_our_words(question: Question, cell: str) -> str:
    """Return a cell with a tool's code as the key made of it, and a point with its label as the point."""
    kind = KINDS[question.kind]
    if kind.is_scored and (match := LEADING_POINT.match(cell)):
        return match[1]
    if not question.choices:
        return cell
    if cell == OPEN_CHOICE and (choice := _open_choice(question)):
        return choice.key
    if choice := _choice_named(question, cell):
        return choice.key
    if question.kind == "multiple_choice":
        # Kobo parts codes by blanks, Qualtrics texts by commas.
        for parts in (cell.split(), cell.split(",")):
            named = [_choice_named(question, part) for part in parts]
            if all(named):
                return "; ".join(choice.key for choice in named if choice)
    return cell


def _choice_named(question: Question, cell: str) -> Choice | None:
    return _named(question.choices, choice_key_of_code(cell.removesuffix(".0"), fallback=""), cell)


def _named(choices: Sequence[Choice], code: str, text: str) -> Choice | None:
    """Return the choice with this text in any language, or with this key."""
    words = squeezed(text)
    if words:
        for choice in choices:
            if any(squeezed(one) == words for one in choice.text.by_language.values()):
                return choice
    return next((choice for choice in choices if code and choice.key == code), None)


def _open_choice(question: Question) -> Choice | None:
    return next((choice for choice in question.choices if choice.is_other), None)


def _is_other(code: str, part: str) -> bool:
    return code.rsplit("_", maxsplit=1)[-1] in OTHER_PARTS or part.strip().lower().startswith(OTHER_WORDS)


@lru_cache(maxsize=1 << 14)
def squeezed(text: str) -> str:
    """Return the words of a text alone, so that marks, blanks and letter case do not matter."""
    return "".join(WORD.findall(unicodedata.normalize("NFKC", plain_text(text)).casefold()))
