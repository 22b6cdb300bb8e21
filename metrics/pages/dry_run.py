"""The dry run of a campaign: whom it would ask in the days to come, whom it would leave alone, and why."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, QueryDict
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils import timezone

from accounts.models import Contact, User
from metrics.measures.memory import ASKING, seen_lately
from metrics.pages.audience import conditions_for
from metrics.pages.campaign import LISTED, read_day
from metrics.pages.filters import AGAIN
from metrics.pages.listing import ContactRow, read_known
from surveys.asking.audiences import AudienceRefused
from surveys.asking.days import local_day
from surveys.asking.forecast import Foreseen, counts_by_day, forecast
from surveys.models import Campaign, Programme

ASKED, LEFT, NEVER = "asked", "left", "never"


class Wanted(NamedTuple):
    """Which turns are listed: those of a day, or of all days those of who is asked or never is, or a reason.

    Of a day `who` may be those asked or those left alone, "" is both.
    """

    day: date | None
    who: str
    reason: str

    @property
    def is_of_days(self) -> bool:
        """Whether turns of several days are listed."""
        return self.day is None

    @property
    def are_free(self) -> bool:
        """Whether nothing stands against asking anyone who is listed."""
        return self.who == ASKED


def dry_run(request: HttpRequest, pk: int) -> TemplateResponse:
    """Show what a campaign would do in the next 90 days, beside all that run; nothing is stored."""
    viewer = request.user
    if not isinstance(viewer, User) or not viewer.has_perm("surveys.view_campaign"):
        raise PermissionDenied
    if not viewer.sees_all_accounts:
        raise PermissionDenied
    found = get_object_or_404(Campaign.objects.select_related("survey__programme", "audience"), pk=pk)
    now = timezone.now()
    context = {**admin.site.each_context(request), "title": f"{found.name}: dry run", "campaign": found}
    try:
        conditions_for(viewer, found.audience.conditions)
        context |= _foreseen(found, now, request.GET)
    except AudienceRefused as refused:
        context["refused"] = str(refused)
    return TemplateResponse(request, "metrics/dry_run.html", context)


class Play(NamedTuple):
    """What a campaign does in the days to come, beside so many others that run."""

    turns: Sequence[Foreseen]
    others: int


def _played(found: Campaign, now: datetime) -> Play:
    running = (
        Campaign.objects.running(now).exclude(pk=found.pk).select_related("survey__programme", "audience")
    )
    turns = (one for one in forecast([found, *running], now=now) if one.campaign == found.pk)
    return Play(_one_a_day(turns), len(running))


def _one_a_day(turns: Iterable[Foreseen]) -> Sequence[Foreseen]:
    """Return one turn of each contact on a day, that which asks them if any does.

    They have as many as contracts of theirs end, and are one person all the same.
    """
    kept: dict[tuple[date, int], Foreseen] = {}
    for one in turns:
        known = kept.setdefault((one.day, one.contact), one)
        if known.protected and one.protected is None:
            kept[one.day, one.contact] = one
    return [*kept.values()]


def _foreseen(found: Campaign, now: datetime, asked: QueryDict) -> dict[str, Any]:
    seen = seen_lately(
        lambda: _played(found, now),
        (*ASKING, Campaign, Programme),
        *("dry run", found.pk, local_day(now)),
        now=now,
        anew=AGAIN in asked,
    )
    foreseen = seen.found.turns
    counts = counts_by_day(foreseen)
    never, reasons = _never_asked(foreseen), _by_reason(foreseen)
    wanted, faults = _read_wanted(asked, counts, reasons)
    if wanted.reason:
        rows: Sequence[Foreseen] = reasons[wanted.reason]
    elif wanted.who == NEVER:
        rows = never
    else:
        rows = [one for one in foreseen if _is_listed(one, wanted)]
    return {
        "seen_at": seen.at,
        "days": sorted(counts.items()),
        "most": max((asked for asked, _ in counts.values()), default=0),
        "asked": sum(one.protected is None for one in foreseen),
        "never": len(never),
        "reasons": sorted(
            ((reason, len(turns)) for reason, turns in reasons.items()), key=lambda row: (-row[1], row[0])
        ),
        "wanted": wanted,
        "faults": faults,
        "page": _named(Paginator(rows, LISTED).get_page(asked.get("page"))),
        "others": seen.found.others,
    }


def _read_wanted(
    asked: QueryDict, days: Collection[date], reasons: Collection[str]
) -> tuple[Wanted, Sequence[str]]:
    """Return which turns the address asks for, the first day's where it names none, and what there is not."""
    known = {"day": {day.isoformat() for day in days}, "list": (ASKED, LEFT, NEVER), "reason": set(reasons)}
    kept, faults = read_known(asked, known)
    if kept["reason"]:
        return Wanted(None, "", kept["reason"]), faults
    if kept["list"] == NEVER or (kept["list"] == ASKED and not kept["day"]):
        return Wanted(None, kept["list"], ""), faults
    return Wanted(read_day(kept["day"]) or min(days, default=None), kept["list"], ""), faults


def _is_listed(one: Foreseen, wanted: Wanted) -> bool:
    is_of_those = wanted.who == "" or (one.protected is None) == (wanted.who == ASKED)
    return is_of_those and wanted.day in (None, one.day)


def _never_asked(foreseen: Iterable[Foreseen]) -> list[Foreseen]:
    """Return the first turn of each contact who is asked in none of theirs."""
    firsts: dict[int, Foreseen] = {}
    asked = set()
    for one in foreseen:
        firsts.setdefault(one.contact, one)
        if one.protected is None:
            asked.add(one.contact)
    return [one for contact, one in firsts.items() if contact not in asked]


def _by_reason(foreseen: Iterable[Foreseen]) -> dict[str, list[Foreseen]]:
    """Return for each reason the first turn of every contact for whom it held at some time."""
    firsts: dict[str, dict[int, Foreseen]] = {}
    for one in foreseen:
        if one.protected:
            firsts.setdefault(one.protected.reason, {}).setdefault(one.contact, one)
    return {reason: [*turns.values()] for reason, turns in firsts.items()}


def _named(page: Page[Any]) -> Page[Any]:
    """Return a page of turns with the contacts as they are shown."""
    shown = Contact.objects.select_related("account").in_bulk([one.contact for one in page])
    turns = ((one, shown.get(one.contact)) for one in page)
    page.object_list = [ContactRow(contact, one.protected, one.day) for one, contact in turns if contact]
    return page
