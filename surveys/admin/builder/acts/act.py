"""What an act is: the change it makes, where it leads and what is said of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from surveys.actions.editing import Change
from surveys.admin.builder.forms import DraftForm, own_text
from surveys.admin.builder.places import Place
from surveys.condition_rows import Group
from surveys.drafting import Document, Edit, fingerprint, part_of, question_in


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


def seen_change(document: Document, data: QueryDict, edit: Edit, what: str, part: str) -> Change:
    """Return the change of a part, refused where it is no longer as the page showed it."""
    return Change(edit, what, part, data.get("seen") or fingerprint(part_of(document, part)))


def name_of(document: Document, key: str) -> str:
    """Return what a question is called where something is said of it."""
    text = own_text(question_in(document, key)["text"], document["language"])
    return f"“{shortened(text)}”" if text else "The question"


def shortened(text: str) -> str:
    """Return the text, cut to 60 characters."""
    return text if len(text) <= 60 else f"{text[:59]}…"


def number_in(text: Any) -> int | None:
    """Return the number below 10,000 that a field holds, None for anything else."""
    return (
        int(text) if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) < 5 else None
    )
