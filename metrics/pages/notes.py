"""Notes on the page of an account: written, edited by their authors, erased."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.actions.notes import NoteRefused, add_note, edit_note, erase_note
from accounts.admin.visibility import user_of
from accounts.models import Account, Note
from accounts.models.notes import LONGEST_NOTE

SHOWN = 20
OF_NOTES = (
    *("account", "author", "text", "created_at", "edited_at", "erased_at"),
    *(f"{who}__{name}" for who in ("author", "erased_by") for name in ("first_name", "last_name", "email")),
)


def notes_of(request: HttpRequest, account: Account) -> dict[str, Any]:
    """Return what the page of an account shows of its notes, nothing without the right to read them."""
    viewer = user_of(request)
    if not viewer.has_perm("accounts.view_note"):
        return {}
    rows = list(account.notes.select_related("author", "erased_by").only(*OF_NOTES)[: SHOWN + 1])
    may_erase = viewer.has_perm("accounts.delete_note")
    may_change = viewer.has_perm("accounts.change_note")
    return {
        "sees_notes": True,
        "notes": [
            (note, is_own and may_change, may_erase or (is_own and may_change))
            for note in rows[:SHOWN]
            for is_own in [note.author_id == viewer.pk]
        ],
        "more_notes": len(rows) > SHOWN,
        "longest_note": LONGEST_NOTE,
    }


@require_POST
def notes(request: HttpRequest, pk: int) -> HttpResponseRedirect:
    """Add a note to an account that the user sees, and lead back to its page."""
    viewer = user_of(request)
    account = get_object_or_404(Account.objects.visible_to(viewer), pk=pk)
    text = request.POST.get("text", "")
    _done(
        request, lambda: add_note(account, text=text, author=viewer, now=timezone.now()), ADDITION, "Noted."
    )
    return HttpResponseRedirect(f"{account.get_absolute_url()}#notes")


@require_POST
def note(request: HttpRequest, pk: int, note_pk: int) -> HttpResponseRedirect:
    """Edit or erase a note of an account that the user sees, and lead back to the account's page."""
    viewer, now = user_of(request), timezone.now()
    found = get_object_or_404(
        Note.objects.visible_to(viewer).select_related("account"), pk=note_pk, account=pk
    )
    if "erase" in request.POST:
        if not viewer.has_perm("accounts.change_note") and not viewer.has_perm("accounts.delete_note"):
            raise PermissionDenied
        _done(request, lambda: erase_note(found, by=viewer, now=now), DELETION, "Erased.")
    else:
        if not viewer.has_perm("accounts.change_note"):
            raise PermissionDenied
        text = request.POST.get("text", "")
        _done(request, lambda: edit_note(found, text=text, by=viewer, now=now), CHANGE, "Changed.")
    return HttpResponseRedirect(f"{found.account.get_absolute_url()}#notes")


def _done(request: HttpRequest, write: Callable[[], Note], deed: int, said: str) -> None:
    """Do it, keep on record who did it when, and say so; or say why not. No record holds a note's words."""
    try:
        written = write()
    except NoteRefused as refused:
        messages.error(request, str(refused))
        return
    LogEntry.objects.create(
        user=user_of(request),
        content_type=ContentType.objects.get_for_model(Note),
        object_id=str(written.pk),
        object_repr=str(written),
        action_flag=deed,
        change_message=said,
    )
    messages.success(request, said)
