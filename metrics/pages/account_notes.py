"""The notes on the page of an account, and the words of one that was refused."""

from typing import Any, NamedTuple
from uuid import uuid4

from django.http import HttpRequest

from accounts.admin.visibility import user_of
from accounts.models import Account
from accounts.models.notes import LONGEST_NOTE

SHOWN = 20
OF_NOTES = (
    *("account", "author", "text", "created_at", "edited_at", "erased_at"),
    *(f"{who}__{name}" for who in ("author", "erased_by") for name in ("first_name", "last_name", "email")),
)


class RefusedNote(NamedTuple):
    """The words of a note that was not kept, why, and of which note they were to be, None of a new one."""

    text: str
    fault: str
    note: int | None = None


def notes_of(request: HttpRequest, account: Account, refused: RefusedNote | None = None) -> dict[str, Any]:
    """Return what the page of an account shows of its notes, nothing without the right to read them."""
    viewer = user_of(request)
    if not viewer.has_perm("accounts.view_note"):
        return {}
    rows = list(account.notes.select_related("author", "erased_by").only(*OF_NOTES)[: SHOWN + 1])
    may_erase = viewer.has_perm("accounts.delete_note")
    may_change = viewer.has_perm("accounts.change_note")
    notes = [
        (note, is_own and may_change, may_erase or (is_own and may_change))
        for note in rows[:SHOWN]
        for is_own in [note.author_id == viewer.pk]
    ]
    editable = {note.pk for note, may_edit, _ in notes if may_edit and not note.erased_at}
    if refused and refused.note not in editable:
        # Erased meanwhile, say: its new words are offered as a note of their own.
        refused = refused._replace(note=None)
    return {
        "sees_notes": True,
        "notes": notes,
        "more_notes": len(rows) > SHOWN,
        "longest_note": LONGEST_NOTE,
        "note_key": uuid4(),
        "refused_note": refused,
    }
