"""Notes on the page of an account: written, edited by their authors, erased."""

from uuid import UUID

from django.contrib import messages
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils import timezone

from accounts.actions.notes import NoteRefused, add_note, edit_note, erase_note
from accounts.admin.visibility import user_of
from accounts.models import Account, Note
from accounts.posted import posted_from
from metrics.pages.account import account as account_page
from metrics.pages.account_notes import RefusedNote


@posted_from("account", "pk")
def notes(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a note to an account that the user sees and lead back to its page, or say there what is wrong."""
    viewer = user_of(request)
    account = get_object_or_404(Account.objects.visible_to(viewer), pk=pk)
    text = request.POST.get("text", "")
    try:
        written = add_note(account, text=text, author=viewer, now=timezone.now(), key=_key(request))
    except NoteRefused as refused:
        return account_page(request, pk, refused_note=RefusedNote(text, str(refused)))
    return _done(request, written, ADDITION, "Noted.")


@posted_from("account", "pk")
def note(request: HttpRequest, pk: int, note_pk: int) -> HttpResponse:
    """Edit or erase a note of an account that the user sees, as `notes` adds one."""
    viewer, now = user_of(request), timezone.now()
    found = get_object_or_404(
        Note.objects.visible_to(viewer).select_related("account"), pk=note_pk, account=pk
    )
    is_erased, text = "erase" in request.POST, request.POST.get("text", "")
    may_change = viewer.has_perm("accounts.change_note")
    if not may_change and not (is_erased and viewer.has_perm("accounts.delete_note")):
        raise PermissionDenied
    try:
        if is_erased:
            return _done(request, erase_note(found, by=viewer, now=now), DELETION, "Erased.")
        return _done(request, edit_note(found, text=text, by=viewer, now=now), CHANGE, "Changed.")
    except NoteRefused as refused:
        return account_page(request, pk, refused_note=RefusedNote(text, str(refused), note_pk))


def _key(request: HttpRequest) -> UUID | None:
    try:
        return UUID(request.POST.get("key", ""))
    except ValueError:
        return None


def _done(request: HttpRequest, written: Note, deed: int, said: str) -> HttpResponse:
    """Keep on record who did it when, say so and lead back. No record holds a note's words."""
    LogEntry.objects.create(
        user=user_of(request),
        content_type=ContentType.objects.get_for_model(Note),
        object_id=str(written.pk),
        object_repr=str(written),
        action_flag=deed,
        change_message=said,
    )
    messages.success(request, said)
    return HttpResponseRedirect(f"{written.account.get_absolute_url()}#notes")
