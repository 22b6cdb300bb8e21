"""Notes on accounts: one's own are edited, erased ones keep no word."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.actions.notes import NoteRefused, add_note, edit_note, erase_note
from accounts.models import Note
from tests import factories as f
from tests.accounts.staff import superuser

pytestmark = pytest.mark.django_db

LATER = f.NOON + timedelta(hours=1)


@pytest.fixture
def author():
    return f.user()


@pytest.fixture
def note(author):
    return add_note(f.account(), text="  They want a second site.\n", author=author, now=f.NOON)


def test_a_note_has_its_author_and_time(note, author):
    assert (note.text, note.author, note.created_at) == ("They want a second site.", author, f.NOON)
    assert str(note) == f"note {note.pk} on account {note.account_id}"


def test_only_its_author_edits_it(note, author):
    with pytest.raises(NoteRefused, match="Only who wrote"):
        edit_note(note, text="Other words", by=superuser(), now=LATER)
    edited = edit_note(note, text="Two more sites.", by=author, now=LATER)
    assert (edited.text, edited.edited_at) == ("Two more sites.", LATER)


def test_erasing_takes_the_words_and_leaves_who_wrote_when(note, author):
    with pytest.raises(NoteRefused, match="Only who wrote"):
        erase_note(note, by=f.user(), now=LATER)
    erase_note(note, by=author, now=LATER)
    left = Note.objects.get()
    assert (left.text, left.author, left.created_at) == ("", author, f.NOON)
    assert (left.erased_by, left.erased_at) == (author, LATER)


def test_an_administrator_erases_any_note(note):
    administrator = superuser()
    assert erase_note(note, by=administrator, now=LATER).erased_by == administrator


def test_erased_words_do_not_come_back(note, author):
    erase_note(note, by=author, now=LATER)
    for again in (
        lambda: edit_note(note, text="They want", by=author, now=LATER),
        lambda: erase_note(note, by=author, now=LATER),
    ):
        with pytest.raises(NoteRefused, match="has been erased"):
            again()
    assert Note.objects.get().text == ""


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 4_001, "a\0b"])
def test_a_note_has_words_but_not_too_many(author, text):
    with pytest.raises(NoteRefused):
        add_note(f.account(), text=text, author=author, now=f.NOON)
    assert not Note.objects.exists()


def test_the_database_keeps_no_words_of_an_erased_note(note):
    for wrong in ({"erased_at": LATER}, {"text": ""}):
        with pytest.raises(IntegrityError, match="note_has_words_until_erased"), transaction.atomic():
            Note.objects.filter(pk=note.pk).update(**wrong)
