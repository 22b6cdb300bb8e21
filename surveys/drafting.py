"""Edits of a working copy: each takes its native JSON and returns the next one, faults and all. Pure.

A draft may be unfinished, so nothing here asks whether it could be published; what an edit cannot do at all
raises EditRefused in words for the person who builds.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from surveys.draft_conditions import renamed, with_key
from surveys.interchange.native import MAX_QUESTIONS

Document = dict[str, Any]
Edit = Callable[[Document], Document]
# What the builder edits apart, and conflicts are found in: these names of a document together.
FRAME = ("title", "intro", "thank_you", "closed", "language", "languages")
SETTINGS = ("layout", "theme", "hidden", "privacy")
ENDINGS = ("endings",)


class EditRefused(Exception):
    """An edit that the working copy cannot take."""


def fingerprint(part: object) -> str:
    """Return 16 hexadecimal digits that differ when the part of a document differs."""
    text = json.dumps(part, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def part_of(document: Document, part: str) -> object:
    """Return what a part holds: "question KEY", "page N", "survey", "endings"; None when it is gone."""
    noun, _, name = part.partition(" ")
    if noun == "question":
        found: list[dict[str, Any]] = [one for one in document["questions"] if one["key"] == name]
        # Where it stands is no part of it: another person may move it meanwhile.
        return [{key: value for key, value in one.items() if key != "page"} for one in found]
    if noun == "page":
        return page_meta(document, int(name))
    if noun == "endings":
        return document.get("endings", [])
    return {name: document.get(name) for name in (*FRAME, *SETTINGS)}


def question_in(document: Document, key: str) -> dict[str, Any]:
    """Return the question with the key. Raises EditRefused when another person has deleted it."""
    for question in document["questions"]:
        if question["key"] == key:
            return dict(question)
    raise EditRefused("This question is no longer there.")


def pages_in(document: Document) -> list[list[dict[str, Any]]]:
    """Return the questions of each page, first page first; no page is empty."""
    numbers = sorted({question["page"] for question in document["questions"]})
    return [[one for one in document["questions"] if one["page"] == number] for number in numbers]


def page_meta(document: Document, number: int) -> dict[str, Any]:
    """Return what is said of a page beyond its questions."""
    said: list[dict[str, Any]] = document.get("pages", [])
    found = next((page for page in said if page["number"] == number), {})
    return {"number": number, "title": found.get("title", {}), "show_if": found.get("show_if")}


def add_question(question: Mapping[str, Any], *, after: str | None = None, on_new_page: bool = False) -> Edit:
    """Return the edit that puts a question behind another one, or last, on a page of its own if wanted."""

    def edit(document: Document) -> Document:
        questions = deepcopy(document["questions"])
        if len(questions) >= MAX_QUESTIONS:
            raise EditRefused(f"A survey has at most {MAX_QUESTIONS} questions.")
        keys = [one["key"] for one in questions]
        if question["key"] in keys:
            raise EditRefused("Another question has this key.")
        place = keys.index(after) + 1 if after in keys else len(keys)
        page = questions[place - 1]["page"] if place else 1
        made = {**deepcopy(dict(question)), "page": page}
        if on_new_page:
            place = max((n for n, one in enumerate(questions) if one["page"] == page), default=-1) + 1
            made["page"] = page + 0.5 if questions else 1
        return _arranged(document, [*questions[:place], made, *questions[place:]])

    return edit


def duplicate_question(key: str, copy: str) -> Edit:
    """Return the edit that puts a copy of a question behind it, under the key of the copy."""

    def edit(document: Document) -> Document:
        return add_question({**question_in(document, key), "key": copy}, after=key)(document)

    return edit


def delete_question(key: str) -> Edit:
    """Return the edit that takes a question away; conditions on it stay and are named as faults."""

    def edit(document: Document) -> Document:
        question_in(document, key)
        return _arranged(document, [one for one in document["questions"] if one["key"] != key])

    return edit


def put_question(key: str, question: Mapping[str, Any]) -> Edit:
    """Return the edit that makes a question what is given; a new key goes into the conditions."""

    def edit(document: Document) -> Document:
        old = question_in(document, key)
        new = {**deepcopy(dict(question)), "page": old["page"]}
        if new["key"] != key:
            if any(one["key"] == new["key"] for one in document["questions"]):
                raise EditRefused("Another question has this key.")
            document = renamed(document, key, new["key"])
            new["show_if"] = with_key(new.get("show_if"), key, new["key"])
        questions = [new if one["key"] in (key, new["key"]) else one for one in document["questions"]]
        return {**document, "questions": questions}

    return edit


def step_question(key: str, step: int) -> Edit:
    """Return the edit that moves a question one place up (-1) or down (1); past the end of its page it joins
    the neighbouring one, and past the first or the last it begins a page of its own."""

    def edit(document: Document) -> Document:
        pages = deepcopy(pages_in(document))
        at = next(
            (number for number, page in enumerate(pages) if any(one["key"] == key for one in page)), None
        )
        if at is None:
            raise EditRefused("This question is no longer there.")
        place = next(number for number, one in enumerate(pages[at]) if one["key"] == key)
        if 0 <= place + step < len(pages[at]):
            pages[at].insert(place + step, pages[at].pop(place))
            return _arranged(document, [one for page in pages for one in page])
        question = pages[at][place]
        to = at + step
        if not 0 <= to < len(pages):
            if len(pages[at]) == 1:
                raise EditRefused("It is the first already." if step < 0 else "It is the last already.")
            question["page"] = pages[at][0]["page"] + step * 0.5
        else:
            question["page"] = pages[to][0]["page"]
            pages[to].insert(len(pages[to]) if step < 0 else 0, question)
            pages[at].pop(place)
        return _arranged(document, [one for page in pages for one in page])

    return edit


def move_question(key: str, *, page: int, place: int) -> Edit:
    """Return the edit that puts a question at a place (from 0) of a page (from 1; one more begins a page)."""

    def edit(document: Document) -> Document:
        question = question_in(document, key)
        others = [deepcopy(one) for one in document["questions"] if one["key"] != key]
        there = [number for number, one in enumerate(others) if one["page"] == page]
        before = sum(1 for one in others if one["page"] < page)
        index = before + min(max(place, 0), len(there))
        others.insert(index, {**question, "page": page})
        return _arranged(document, others)

    return edit


def put_page(number: int, *, title: Mapping[str, str], show_if: Mapping[str, Any] | None) -> Edit:
    """Return the edit that gives a page its title and its condition."""

    def edit(document: Document) -> Document:
        others = [page for page in document.get("pages", []) if page["number"] != number]
        said = {"number": number, "title": dict(title), "show_if": show_if}
        pages = [*others, said] if any(title.values()) or show_if else others
        return {**document, "pages": sorted(pages, key=lambda page: int(page["number"]))}

    return edit


def step_page(number: int, step: int) -> Edit:
    """Return the edit that swaps a page with the one before (-1) or behind it (1)."""

    def edit(document: Document) -> Document:
        count = len(pages_in(document))
        other = number + step
        if not (1 <= number <= count and 1 <= other <= count):
            raise EditRefused("It is the first already." if step < 0 else "It is the last already.")
        swap = {number: other, other: number}
        questions = [{**one, "page": swap.get(one["page"], one["page"])} for one in document["questions"]]
        pages = [
            {**page, "number": swap.get(page["number"], page["number"])} for page in document.get("pages", [])
        ]
        questions.sort(key=lambda one: int(one["page"]))
        return {
            **document,
            "questions": questions,
            "pages": sorted(pages, key=lambda page: int(page["number"])),
        }

    return edit


def join_page(number: int) -> Edit:
    """Return the edit that puts the questions of a page behind those of the page before."""

    def edit(document: Document) -> Document:
        if number < 2:
            raise EditRefused("There is no page before it.")
        questions = [
            {**one, "page": number - 1 if one["page"] == number else one["page"]}
            for one in document["questions"]
        ]
        kept = [page for page in document.get("pages", []) if page["number"] != number]
        return _arranged({**document, "pages": kept}, questions)

    return edit


def put_parts(**parts: Any) -> Edit:
    """Return the edit that replaces these names of the document."""
    return lambda document: {**document, **deepcopy(parts)}


def _arranged(document: Document, questions: list[dict[str, Any]]) -> Document:
    """Return the document with these questions, its pages numbered from 1 without a gap."""
    questions = sorted(questions, key=lambda one: float(one["page"]))
    numbers = {old: new for new, old in enumerate(dict.fromkeys(one["page"] for one in questions), start=1)}
    pages = [
        {**page, "number": numbers[page["number"]]}
        for page in document.get("pages", [])
        if page["number"] in numbers
    ]
    return {
        **document,
        "questions": [{**one, "page": numbers[one["page"]]} for one in questions],
        "pages": pages,
    }
