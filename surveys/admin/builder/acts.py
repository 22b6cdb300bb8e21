"""What the builder's buttons and forms do: each act reads what was sent and says which change it makes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from surveys.actions.editing import Change
from surveys.admin.builder.conditions import is_sent, read_condition
from surveys.admin.builder.forms import (
    DraftForm,
    EndingForm,
    FrameForm,
    PageForm,
    QuestionEditForm,
    ThemeForm,
    own_text,
    with_text,
)
from surveys.admin.builder.places import Place
from surveys.condition_rows import Group
from surveys.drafting import (
    Document,
    Edit,
    EditRefused,
    add_question,
    adopted,
    delete_question,
    duplicate_question,
    fingerprint,
    join_page,
    move_question,
    new_question,
    page_meta,
    pages_in,
    part_of,
    put_page,
    put_parts,
    put_question,
    question_in,
    step_page,
    step_question,
    taken_keys,
)
from surveys.keys import suggest_key
from surveys.kinds import KINDS
from surveys.library import question_at
from surveys.sketches import earlier_than, earlier_than_page, sketched


class FormRefused(Exception):
    """A form with faults; it and the condition as they were sent come back with the page."""

    def __init__(self, form: DraftForm, group: Group | None = None) -> None:
        super().__init__("; ".join(form.field_errors().values()))
        self.form, self.group = form, group


@dataclass(frozen=True, slots=True)
class Act:
    """A change, where the builder stands after it, and what is told of it to who cannot see it."""

    change: Change
    place: Place
    said: Callable[[Document], str] = field(default=lambda document: "")
    group: Group | None = None


Acting = Callable[[Document, QueryDict, Place], Act]


def add(document: Document, data: QueryDict, place: Place) -> Act:
    """Add a question of a kind, or one of the library, behind another."""
    if "library" in data:
        try:
            question = adopted(document, question_at(str(data["library"])))
        except KeyError:
            raise EditRefused("The library has no such question.") from None
    elif data.get("kind") in KINDS:
        question = new_question(document, str(data["kind"]))
    else:
        raise EditRefused("There is no such kind of question.")
    edit = add_question(question, after=data.get("after") or None, on_new_page=data.get("on") == "page")
    change = Change(edit, f"Added a question ({KINDS[question['kind']].label})")
    return _moved(change, question["key"], "added")


def duplicate(document: Document, data: QueryDict, place: Place) -> Act:
    """Put a copy of a question behind it."""
    key = data.get("key", "")
    copy = suggest_key(key, taken_keys(document), fallback="question")
    return _moved(Change(duplicate_question(key, copy), f"Duplicated {_name(document, key)}"), copy, "added")


def delete(document: Document, data: QueryDict, place: Place) -> Act:
    """Take a question away and open the one that takes its place."""
    key = data.get("key", "")
    keys = [question["key"] for question in document["questions"]]
    if key not in keys:
        raise EditRefused("This question is no longer there.")
    others = keys[keys.index(key) + 1 :] + keys[: keys.index(key)][::-1]
    there = Place("question", others[0]) if others else Place("add")
    name = _name(document, key)
    return Act(
        Change(delete_question(key), f"Deleted {name}"),
        there,
        lambda _: f"{name} is deleted. Undo brings it back.",
    )


def step(direction: int) -> Acting:
    """Return the act that moves a question one place up (-1) or down (1)."""

    def act(document: Document, data: QueryDict, place: Place) -> Act:
        key = data.get("key", "")
        return _moved(Change(step_question(key, direction), f"Moved {_name(document, key)}"), key, "moved")

    return act


def move(document: Document, data: QueryDict, place: Place) -> Act:
    """Put a question where it was dropped, or at the end of a page."""
    key, page, at = data.get("key", ""), _number(data.get("page")), _number(data.get("place", "999"))
    if page is None or at is None:
        raise EditRefused("There is no such place.")
    edit = move_question(key, page=page, place=at)
    return _moved(Change(edit, f"Moved {_name(document, key)}"), key, "moved")


def save_question(document: Document, data: QueryDict, place: Place) -> Act:
    """Save the question that is open, with its condition."""
    key, questions = place.name, sketched(document)
    question = question_in(document, key)
    form = QuestionEditForm(question, document["language"], data)
    group, condition = None, question["show_if"]
    if is_sent(data):
        group, condition = read_condition(data, earlier_than(questions, key))
    if not form.is_valid():
        raise FormRefused(form, group)
    edited = {**form.edited(), "show_if": condition}
    name = own_text(edited["text"], document["language"]) or key
    change = _seen(document, data, put_question(key, edited), f"Edited “{_short(name)}”", place.part)
    return Act(change, Place("question", edited["key"]), group=group)


def save_page(document: Document, data: QueryDict, place: Place) -> Act:
    """Save what is said of the page that is open."""
    number = int(place.name)
    meta = page_meta(document, number)
    form = PageForm(meta, document["language"], data)
    group, condition = None, meta["show_if"]
    if is_sent(data):
        group, condition = read_condition(data, earlier_than_page(sketched(document), number))
    if not form.is_valid():
        raise FormRefused(form, group)
    title = with_text(meta["title"], document["language"], form.cleaned_data["title"])
    edit = put_page(number, title=title, show_if=condition)
    return Act(_seen(document, data, edit, f"Edited page {number}", place.part), place, group=group)


def page_step(direction: int) -> Acting:
    """Return the act that moves a page one place up (-1) or down (1)."""

    def act(document: Document, data: QueryDict, place: Place) -> Act:
        number = _number(data.get("page")) or 0
        there = number + direction
        return Act(
            Change(step_page(number, direction), f"Moved page {number}"),
            Place("page", str(there)),
            lambda after: f"Page {number} is now page {there} of {len(pages_in(after))}.",
        )

    return act


def page_join(document: Document, data: QueryDict, place: Place) -> Act:
    """Put the questions of a page on the page before it."""
    number = _number(data.get("page")) or 0
    return Act(
        Change(join_page(number), f"Joined page {number} to the one before"),
        Place("page", str(max(number - 1, 1))),
        lambda _: f"The questions of page {number} are on page {number - 1} now.",
    )


def save_survey(document: Document, data: QueryDict, place: Place) -> Act:
    """Save the survey's own texts, languages and ways."""
    form = FrameForm(document, data)
    if not form.is_valid():
        raise FormRefused(form)
    return Act(
        _seen(document, data, put_parts(**form.parts()), "Edited the survey's settings", "survey"), place
    )


def save_theme(document: Document, data: QueryDict, place: Place) -> Act:
    """Save how the survey looks."""
    form = ThemeForm(document["theme"], data)
    if not form.is_valid():
        raise FormRefused(form)
    return Act(_seen(document, data, put_parts(theme=form.theme), "Edited the look", "survey"), place)


def ending_add(document: Document, data: QueryDict, place: Place) -> Act:
    """Add an ending behind the others."""
    key = suggest_key("ending", {ending["key"] for ending in document["endings"]}, fallback="ending")
    made = {
        "key": key,
        "text": {document["language"]: "Thank you."},
        "show_if": None,
        "redirect_url": "",
        "ask": "",
    }
    edit = put_parts(endings=[*document["endings"], made])
    return Act(
        _seen(document, data, edit, "Added an ending", "endings"),
        Place("endings"),
        lambda _: "An ending is added.",
    )


def ending_delete(document: Document, data: QueryDict, place: Place) -> Act:
    """Take an ending away."""
    kept = [ending for ending in document["endings"] if ending["key"] != data.get("key")]
    change = _seen(document, data, put_parts(endings=kept), "Deleted an ending", "endings")
    return Act(change, Place("endings"), lambda _: "The ending is deleted. Undo brings it back.")


def ending_step(direction: int) -> Acting:
    """Return the act that moves an ending before (-1) or behind (1) its neighbour."""

    def act(document: Document, data: QueryDict, place: Place) -> Act:
        endings = [*document["endings"]]
        at = next((n for n, ending in enumerate(endings) if ending["key"] == data.get("key")), None)
        if at is None or not 0 <= at + direction < len(endings):
            raise EditRefused("It cannot be moved further.")
        endings.insert(at + direction, endings.pop(at))
        change = _seen(document, data, put_parts(endings=endings), "Moved an ending", "endings")
        return Act(change, Place("endings"), lambda after: f"It is tried as number {at + direction + 1} now.")

    return act


def save_ending(document: Document, data: QueryDict, place: Place) -> Act:
    """Save one ending, with its condition."""
    key, own = data.get("key", ""), document["language"]
    before = next((ending for ending in document["endings"] if ending["key"] == key), None)
    if before is None:
        raise EditRefused("This ending is no longer there.")
    form = EndingForm(before, own, data)
    group, condition = None, before["show_if"]
    if is_sent(data):
        group, condition = read_condition(data, sketched(document))
    if not form.is_valid():
        raise FormRefused(form, group)
    cleaned = form.cleaned_data
    edited = {
        **before,
        "text": with_text(before["text"], own, cleaned["text"]),
        "redirect_url": cleaned["redirect_url"],
        "ask": cleaned["ask"],
        "show_if": condition,
    }
    endings = [edited if ending["key"] == key else ending for ending in document["endings"]]
    change = _seen(document, data, put_parts(endings=endings), "Edited an ending", "endings")
    return Act(change, Place("endings"), group=group)


ACTS: Mapping[str, Acting] = {
    "add": add,
    "duplicate": duplicate,
    "delete": delete,
    "up": step(-1),
    "down": step(1),
    "move": move,
    "question": save_question,
    "page": save_page,
    "page-up": page_step(-1),
    "page-down": page_step(1),
    "page-join": page_join,
    "survey": save_survey,
    "theme": save_theme,
    "ending": save_ending,
    "ending-add": ending_add,
    "ending-delete": ending_delete,
    "ending-up": ending_step(-1),
    "ending-down": ending_step(1),
}


def _seen(document: Document, data: QueryDict, edit: Edit, what: str, part: str) -> Change:
    """Return the change of a part, refused where it is no longer as the page showed it."""
    return Change(edit, what, part, data.get("seen") or fingerprint(part_of(document, part)))


def _moved(change: Change, key: str, verb: str) -> Act:
    def said(document: Document) -> str:
        for number, page in enumerate(pages_in(document), start=1):
            keys = [question["key"] for question in page]
            if key in keys:
                where = f"{keys.index(key) + 1} of {len(keys)} on page {number}"
                return f"{_name(document, key)} is {verb}: now {where}."
        return ""

    return Act(change, Place("question", key), said)


def _name(document: Document, key: str) -> str:
    text = own_text(question_in(document, key)["text"], document["language"])
    return f"“{_short(text)}”" if text else "The question"


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"


def _number(text: Any) -> int | None:
    return (
        int(text) if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) < 5 else None
    )
