"""What is done to questions: added, copied, moved, deleted, edited."""

from django.http import QueryDict

from surveys.actions.editing import Change
from surveys.admin.builder.acts.act import (
    Act,
    Acting,
    FormRefused,
    name_of,
    number_in,
    seen_change,
    shortened,
)
from surveys.admin.builder.conditions import is_sent, read_condition
from surveys.admin.builder.forms import own_text
from surveys.admin.builder.places import Place
from surveys.admin.builder.question_form import QuestionEditForm
from surveys.drafting import (
    Document,
    EditRefused,
    add_question,
    delete_question,
    duplicate_question,
    move_question,
    pages_in,
    put_question,
    question_in,
    step_question,
)
from surveys.keys import suggest_key
from surveys.kinds import KINDS
from surveys.library import question_at
from surveys.new_questions import adopted, new_question, taken_keys
from surveys.sketches import earlier_than, sketched


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
    return moved(change, question["key"], "added")


def duplicate(document: Document, data: QueryDict, place: Place) -> Act:
    """Put a copy of a question behind it."""
    key = data.get("key", "")
    copy = suggest_key(key, taken_keys(document), fallback="question")
    return moved(Change(duplicate_question(key, copy), f"Duplicated {name_of(document, key)}"), copy, "added")


def delete(document: Document, data: QueryDict, place: Place) -> Act:
    """Take a question away and open the one that takes its place."""
    key = data.get("key", "")
    keys = [question["key"] for question in document["questions"]]
    if key not in keys:
        raise EditRefused("This question is no longer there.")
    others = keys[keys.index(key) + 1 :] + keys[: keys.index(key)][::-1]
    there = Place("question", others[0]) if others else Place("add")
    name = name_of(document, key)
    return Act(
        Change(delete_question(key), f"Deleted {name}"),
        there,
        lambda _: f"{name} is deleted. Undo brings it back.",
    )


def step(direction: int) -> Acting:
    """Return the act that moves a question one place up (-1) or down (1)."""

    def act(document: Document, data: QueryDict, place: Place) -> Act:
        key = data.get("key", "")
        return moved(Change(step_question(key, direction), f"Moved {name_of(document, key)}"), key, "moved")

    return act


def move(document: Document, data: QueryDict, place: Place) -> Act:
    """Put a question where it was dropped, or at the end of a page."""
    key, page, at = data.get("key", ""), number_in(data.get("page")), number_in(data.get("place", "999"))
    if page is None or at is None:
        raise EditRefused("There is no such place.")
    edit = move_question(key, page=page, place=at)
    return moved(Change(edit, f"Moved {name_of(document, key)}"), key, "moved")


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
    change = seen_change(document, data, put_question(key, edited), f"Edited “{shortened(name)}”", place.part)
    return Act(change, Place("question", edited["key"]), group=group)


def moved(change: Change, key: str, verb: str) -> Act:
    def said(document: Document) -> str:
        for number, page in enumerate(pages_in(document), start=1):
            keys = [question["key"] for question in page]
            if key in keys:
                where = f"{keys.index(key) + 1} of {len(keys)} on page {number}"
                return f"{name_of(document, key)} is {verb}: now {where}."
        return ""

    return Act(change, Place("question", key), said)
