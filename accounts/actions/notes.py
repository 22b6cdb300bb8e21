"""Writes of notes: one's own are edited, nobody else's; erased ones keep no word."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import Account, Note, User
from accounts.models.notes import LONGEST_NOTE


class NoteRefused(ValueError):
    """A note without words, with too many, erased meanwhile, or somebody else's."""


def add_note(account: Account, *, text: str, author: User, now: datetime, key: UUID | None = None) -> Note:
    """Return a new note on an account, or the one that the form of this key made of the same words before.

    Other words sent from the same form, which one went back to, are a note of their own. Raises NoteRefused.
    """
    written = {"account": account, "text": _checked(text)}
    if key:
        note, _ = Note.objects.get_or_create(author=author, key=key, defaults=written | {"created_at": now})
        if {"account": note.account, "text": note.text} == written:
            return note
    return Note.objects.create(author=author, created_at=now, **written)


@transaction.atomic
def edit_note(note: Note, *, text: str, by: User, now: datetime) -> Note:
    """Put other words in the place of one's own. Raises NoteRefused."""
    note = _unerased(note)
    if note.author_id != by.pk:
        raise NoteRefused("Only who wrote a note edits it.")
    note.text, note.edited_at = _checked(text), now
    note.save(update_fields=("text", "edited_at"))
    return note


@transaction.atomic
def erase_note(note: Note, *, by: User, now: datetime) -> Note:
    """Take the words of a note away for good: one's own, or any with the right to. Raises NoteRefused."""
    note = _unerased(note)
    if note.author_id != by.pk and not by.has_perm("accounts.delete_note"):
        raise NoteRefused("Only who wrote a note erases it, or an administrator.")
    note.text, note.erased_at, note.erased_by = "", now, by
    note.save(update_fields=("text", "erased_at", "erased_by"))
    return note


def _unerased(note: Note) -> Note:
    # Whoever edits a note while somebody else erases it must not bring its words back.
    found: Note = Note.objects.select_for_update().get(pk=note.pk)
    if found.erased_at:
        raise NoteRefused("The note has been erased.")
    return found


def _checked(text: str) -> str:
    words = text.strip()
    if "\0" in words:
        raise NoteRefused("A note is text: a NUL has no place in it.")
    if not words:
        raise NoteRefused("A note needs words.")
    if len(words) > LONGEST_NOTE:
        raise NoteRefused(f"A note has at most {LONGEST_NOTE:,} characters.")
    return words
