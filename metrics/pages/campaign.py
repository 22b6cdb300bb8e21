"""One campaign: what it did, and what can be done to it."""

from dataclasses import asdict, replace
from datetime import date, timedelta
from functools import partial
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from accounts.models import User
from metrics.formulas.days import day_bounds
from metrics.measures import campaigns as measures
from metrics.pages.filters import UNSAID
from metrics.pages.listing import ContactRow
from metrics.templatetags.figures import day, number
from metrics.templatetags.rows import linked_count, listed_like
from surveys.actions.campaigns import faults_of
from surveys.asking.policy import Protected
from surveys.mail.samples import sample_reader, sample_subject
from surveys.mail.sender_records import Record, sender_records
from surveys.models import Campaign, Invitation, Mail, Skip
from surveys.models.outreach import Invitations

LISTED = 50
LAST_MONDAY = date.max - timedelta(days=7)
SILENT, SKIPPED = "silent", "skipped"
# What may be listed, and how its count is called.
LISTS = {
    **{name: name.capitalize() for name in (*measures.STEPS, *measures.LEAKS) if name != SKIPPED},
    "asked": "Asked",
    "answered": "Answered",
    SILENT: "Silent so far",
}


def campaign(request: HttpRequest, pk: int) -> TemplateResponse:
    """Show a campaign, over the contacts that the user sees."""
    viewer = request.user
    if not isinstance(viewer, User) or not viewer.has_perm("surveys.view_campaign"):
        raise PermissionDenied
    found = get_object_or_404(
        Campaign.objects.select_related("survey__programme", "audience", "approved_by"), pk=pk
    )
    now = timezone.now()
    status = found.status(now)
    listed = _listed(request.GET, found, viewer)
    is_skipped = request.GET.get("list") == SKIPPED
    page = request.GET.get("page")
    mails = Mail.objects.visible_to(viewer).filter(invitation__campaign=found)
    reached = measures.read_reached(found, viewer, settings.REPORTING_ZONE)
    funnel = measures.funnel(found, viewer, reached)
    # As the mails below show them, to the same reader.
    said = partial(sample_subject, found, sample_reader(viewer, ""))
    context = {
        **admin.site.each_context(request),
        "title": found.name,
        "campaign": found,
        "status": status,
        "faults": list(faults_of(found, now)) if found.approved_at is None else [],
        "messages_of": [(each, said(each.subject)) for each in found.messages.all()],
        "funnel": funnel,
        "rate": reached.rate,
        "by_segment": reached.by_segment,
        "is_by_week": reached.is_by_week,
        "time_rows": _time_rows(reached),
        "by_subject": [replace(rate, name=said(rate.name)) for rate in _by_subject(found, reached)],
        "reasons": measures.skip_reasons(found, viewer),
        "reason": request.GET.get("reason", "") if is_skipped else "",
        "skips": _left_alone(_skips(request.GET, found, viewer), page if is_skipped else None),
        "listed": listed,
        "page": _page(listed, None if is_skipped else page, funnel, reached.rate),
        "records": _records(request, viewer, found),
        "unknown": mails.filter(state=Mail.State.UNKNOWN).select_related("invitation__contact")[:LISTED],
    }
    return TemplateResponse(request, "metrics/campaign.html", context)


def _skips(asked: QueryDict, found: Campaign, viewer: User) -> QuerySet[Skip]:
    """Return who was left alone, for one reason where the address names one."""
    rows = measures.skips_of(found, viewer).select_related("contact__account").order_by("pk")
    reason = asked.get("reason", "")
    return rows.filter(reason=reason) if reason and asked.get("list") == SKIPPED else rows


def _left_alone(skips: QuerySet[Skip], number: str | None) -> Page[Any]:
    """Return a page of those who were left alone, as any list of contacts."""
    page: Page[Any] = Paginator(skips, LISTED).get_page(number)
    page.object_list = [ContactRow(skip.contact, Protected(skip.reason, skip.until)) for skip in page]
    return page


def _page(listed: "Listed", number: str | None, funnel: measures.Funnel, rate: measures.Rate) -> Page[Any]:
    """Return a page of invitations; of the others no more is read than their order, or how many they are."""
    keys = listed.rows.values_list("pk", flat=True)
    counted = {"asked": rate.delivered, "answered": rate.completed, SILENT: rate.delivered - rate.completed}
    if listed.part:
        paginator: Paginator[Any] = Paginator(list(keys), LISTED)
    else:
        paginator = Paginator(keys, LISTED)
        paginator.count = (asdict(funnel) | counted)[listed.name]
    page: Page[Any] = paginator.get_page(number)
    chosen = list(page.object_list)
    shown = Invitation.objects.select_related("contact__account").in_bulk(chosen)
    page.object_list = [shown[pk] for pk in chosen if pk in shown]
    return page


class Listed(NamedTuple):
    """The invitations behind one count: of which part, in words, and what the address names that is not."""

    name: str
    title: str
    part: str
    rows: Invitations
    fault: str = ""


def _listed(asked: QueryDict, found: Campaign, viewer: User) -> Listed:
    """Return the invitations that the address asks for, those silent where it names none."""
    name, fault = asked.get("list", SILENT), ""
    if name == SKIPPED:
        name = SILENT
    elif name not in LISTS:
        name, fault = (
            SILENT,
            f"There is no list “{name[:60]}” of this campaign: those who are silent are shown.",
        )
    rows, part = measures.listed(found, viewer, name), ""
    segment, subject = asked.get("segment", ""), asked.get("subject", "")
    on, monday = read_day(asked.get("day", "")), read_day(asked.get("week", ""))
    if segment:
        rows = rows.filter(contact__account__segment="" if segment == UNSAID else segment)
        part = "without a segment" if segment == UNSAID else segment
    elif subject:
        rows, part = (
            rows.filter(mails__number=0, mails__variant=subject[:1]),
            f"subject {subject[:1].upper()}",
        )
    elif on:
        rows, part = _asked_within(rows, on, on), f"asked {day(on)}"
    elif monday:
        sunday = min(monday, LAST_MONDAY) + timedelta(days=6)
        rows, part = _asked_within(rows, monday, sunday), f"asked {day(monday)} to {day(sunday)}"
    return Listed(name, LISTS[name], part, rows, fault)


def _asked_within(rows: Invitations, first: date, last: date) -> Invitations:
    """Return those of some invitations that were sent on these days or between them."""
    start, _ = day_bounds(first, settings.REPORTING_ZONE)
    _, end = day_bounds(last, settings.REPORTING_ZONE)
    return rows.filter(sent_at__gte=start, sent_at__lt=end)


def _time_rows(reached: measures.Reached) -> SafeString:
    """Return the rows of the table of days or weeks: as a template a quarter's took as long as all else."""
    by = "week" if reached.is_by_week else "day"
    row = '<tr><th scope="row">{}</th>' + 3 * '<td class="num">{}</td>' + "</tr>\n"
    shown = (
        (
            day(rate.name),
            linked_count(rate.delivered, listed_like("asked", **{by: rate.name})),
            linked_count(rate.completed, listed_like("answered", **{by: rate.name})),
            f"{number(rate.value, 1)}%",
        )
        for rate in reached.by_time
    )
    return format_html_join("", row, shown)


def _by_subject(found: Campaign, reached: measures.Reached) -> list[measures.Rate]:
    """Return the rates of the two halves, each under the subject that it got; one where all got the same."""
    own = found.survey.language
    letters = found.messages.filter(number=0).exclude(subject_b="")
    # In the survey's own language, if the campaign writes in it.
    first = min(letters, key=lambda letter: (letter.language != own, letter.language), default=None)
    rates = reached.by_subject if first else []
    subjects = {"a": first.subject, "b": first.subject_b} if first else {}
    return [replace(rate, name=subjects[rate.name], key=rate.name) for rate in rates]


def _records(request: HttpRequest, viewer: User, found: Campaign) -> list[Record] | None:
    """Return what the DNS says about the sender, when someone who may approve has asked."""
    if "records" not in request.GET or not viewer.has_perm("surveys.approve_campaign"):
        return None
    return sender_records(found.sender or settings.DEFAULT_FROM_EMAIL)


def read_day(raw: str) -> date | None:
    """Return the day that an address names, None where it names none."""
    try:
        found = date.fromisoformat(raw)
    except ValueError:
        return None
    # Of the calendar's first and last no whole day is known in every zone.
    return found if date.min < found < date.max else None
