"""Giving accounts of the portfolio another owner: shown first, then done to what was shown, and undone."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from accounts.actions.owners import MOST, HandOverRefused, take_back
from accounts.actions.owners import hand_over as hand_over_to
from accounts.admin.visibility import user_of
from accounts.models import Account, HandOver, User
from accounts.posted import posted_from
from metrics.measures.portfolio import find_accounts
from metrics.pages.portfolio import HANDED_OVER, NAME, read_asked

NAMED = 50
NOBODY = "nobody"


@posted_from(NAME)
def hand_over(request: HttpRequest) -> HttpResponse:
    """Show the chosen accounts and ask whose they are to be; once told, hand them over and lead back."""
    viewer = user_of(request)
    if "undo" in request.POST:
        return _taken_back(request, viewer)
    try:
        accounts = _accounts(request)
    except HandOverRefused as refused:
        messages.error(request, f"Nothing was changed. {refused}")
        return _back(request)
    owners, fault = _possible_owners(), ""
    if "to" in request.POST:
        try:
            return _handed_over(request, accounts, _owner(request.POST["to"], owners), viewer)
        except HandOverRefused as refused:
            fault = str(refused)
    rows: Any = Account.objects.visible_to(viewer).filter(pk__in=accounts)
    context = {
        **admin.site.each_context(request),
        "title": "Change the owner",
        "count": rows.count(),
        "rows": rows.select_related("owner").order_by("name", "pk")[:NAMED],
        "owners": owners,
        "nobody": NOBODY,
        "accounts": ",".join(map(str, accounts)),
        "fault": fault,
        "back": _back(request).url,
        "query": request.GET.urlencode(),
    }
    return TemplateResponse(request, "metrics/hand_over.html", context)


def _handed_over(request: HttpRequest, accounts: list[int], to: User | None, viewer: User) -> HttpResponse:
    now = timezone.now()
    made = hand_over_to(accounts, to=to, by=viewer, now=now)
    if made:
        said = f"{_counted(len(made.former))} to {to or NOBODY} now."
        # The list offers to undo it for a while; what else happens in the session does not end that.
        request.session[HANDED_OVER] = {"pk": made.pk, "said": said, "at": now.timestamp()}
    else:
        messages.info(request, f"Nothing was changed: {to or NOBODY} has them already.")
    return _back(request)


def _taken_back(request: HttpRequest, viewer: User) -> HttpResponse:
    """Undo what the list offered to undo."""
    offered = request.session.pop(HANDED_OVER, None)
    made = HandOver.objects.filter(pk=offered["pk"], by=viewer).first() if offered else None
    try:
        if made is None:
            raise HandOverRefused("There is nothing to undo any more.")
        back = take_back(made, by=viewer, now=timezone.now())
    except HandOverRefused as refused:
        messages.error(request, f"Nothing was changed. {refused}")
        return _back(request)
    kept = len(made.former) - back
    rest = f" {kept:,} stayed: handed on since, or their owner has left." if kept else ""
    messages.success(request, f"{_counted(back)} to whom they did before.{rest}")
    return _back(request)


def _back(request: HttpRequest) -> HttpResponseRedirect:
    query = request.GET.urlencode()
    return HttpResponseRedirect(f"{reverse(NAME)}?{query}" if query else reverse(NAME))


def _possible_owners() -> list[User]:
    return sorted(User.objects.filter(is_active=True, is_staff=True), key=lambda user: str(user).casefold())


def _owner(key: str, owners: list[User]) -> User | None:
    found = next((user for user in owners if str(user.pk) == key), None)
    if found is None and key != NOBODY:
        raise HandOverRefused("Say whose they are to be.")
    return found


def _accounts(request: HttpRequest) -> list[int]:
    """Return the accounts that were ticked or confirmed, or all that the list's address finds."""
    if request.POST.get("which") == "all":
        asked = read_asked(request)
        found = [*find_accounts(asked.scope, asked.wanted).accounts]
    else:
        said = ",".join(request.POST.getlist("account")).split(",")
        found = [int(key) for key in said if key.isascii() and key.isdigit() and len(key) <= 18]
    if not found:
        raise HandOverRefused("Tick the accounts that are to change hands.")
    if len(found) > MOST:
        raise HandOverRefused(f"At most {MOST:,} accounts at once: narrow the list down.")
    return found


def _counted(accounts: int) -> str:
    return "1 account belongs" if accounts == 1 else f"{accounts:,} accounts belong"
