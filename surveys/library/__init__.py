"""Surveys to begin with, in the field's own wording and six languages: a JSON file a template. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Template:
    """One survey to begin with: what it is good for, whom to ask and when, and its programme."""

    slug: str
    name: str
    use: str
    audience: str
    timing: str
    programme: Mapping[str, str]
    survey: Mapping[str, Any]

    def question(self, key: str) -> Mapping[str, Any]:
        """Return the question with the key as native JSON. Raises KeyError."""
        for question in self.survey["questions"]:
            if question["key"] == key:
                found: Mapping[str, Any] = question
                return found
        raise KeyError(key)


@dataclass(frozen=True, slots=True)
class Shelf:
    """Questions of the library that belong together, each with its address "TEMPLATE/KEY"."""

    name: str
    questions: tuple[tuple[str, Mapping[str, Any]], ...]


@lru_cache(maxsize=1)
def templates() -> Mapping[str, Template]:
    """Return every template by its slug, in the order of their names."""
    read = [_template(path) for path in FOLDER.glob("*.json")]
    return {template.slug: template for template in sorted(read, key=lambda template: template.name)}


@lru_cache(maxsize=1)
def question_shelves() -> tuple[Shelf, ...]:
    """Return the questions of all templates, each text once."""
    seen: set[str] = set()
    shelves = []
    for template in templates().values():
        questions = []
        for question in template.survey["questions"]:
            if question["text"]["en"] not in seen:
                seen.add(question["text"]["en"])
                questions.append((f"{template.slug}/{question['key']}", question))
        shelves.append(Shelf(template.name, tuple(questions)))
    return tuple(shelves)


def question_at(address: str) -> Mapping[str, Any]:
    """Return the question at the address "TEMPLATE/KEY". Raises KeyError."""
    slug, _, key = address.partition("/")
    return templates()[slug].question(key)


def _template(path: Path) -> Template:
    document = json.loads(path.read_text("utf-8"))
    return Template(slug=path.stem, **document)
