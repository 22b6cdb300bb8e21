"""Giving accounts of the portfolio another owner: shown first, then done to what was shown."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.actions.owners import HandOverRefused
from accounts.actions.owners import hand_over as hand_over_to
from accounts.admin.visibility import user_of
from accounts.models import Account, User
from metrics.measures.portfolio import find_accounts
from metrics.pages.portfolio import NAME, read_asked

NAMED = 50
NOBODY = "nobody"


@require_POST
def hand_over(request: HttpRequest) -> HttpResponse:
    """Show the chosen accounts and ask whose they are to be; once told, hand them over and lead back."""
    viewer, back = user_of(request), f"{reverse(NAME)}?{request.GET.urlencode()}"
    owners = _possible_owners()
    try:
        accounts = _accounts(request)
        if "to" in request.POST:
            to = _owner(request.POST["to"], owners)
            changed = hand_over_to(accounts, to=to, by=viewer)
            messages.success(request, f"{_counted(changed)} to {to or NOBODY} now.")
            return HttpResponseRedirect(back)
    except HandOverRefused as refused:
        messages.error(request, f"Nothing was changed. {refused}")
        return HttpResponseRedirect(back)
    rows: Any = Account.objects.visible_to(viewer).filter(pk__in=accounts)
    context = {
        **admin.site.each_context(request),
        "title": "Change the owner",
        "count": rows.count(),
        "rows": rows.select_related("owner").order_by("name", "pk")[:NAMED],
        "owners": owners,
        "nobody": NOBODY,
        "accounts": ",".join(map(str, accounts)),
        "back": back,
        "query": request.GET.urlencode(),
    }
    return TemplateResponse(request, "metrics/hand_over.html", context)


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
        return [*find_accounts(asked.scope, asked.wanted).accounts]
    said = ",".join(request.POST.getlist("account")).split(",")
    keys = [int(key) for key in said if key.isascii() and key.isdigit() and len(key) <= 18]
    if not keys:
        raise HandOverRefused("Tick the accounts that are to change hands.")
    return keys


def _counted(accounts: int) -> str:
    return "1 account belongs" if accounts == 1 else f"{accounts:,} accounts belong"
