"""Reports by mail: to whom a role gives them, once each, however often and wherever this runs."""

import logging
from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from typing import NamedTuple

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import transaction
from django.db.models import F
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.models import User
from followups.models import Alert, Delivery, Mailing
from followups.reports.digest import Own, monday_of, weekly_digest
from followups.reports.monthly import monthly_report
from followups.reports.report import Report
from followups.reports.telling import LOOK_BACK, alert_report
from metrics.formulas.days import months_later
from surveys.actions.sending import Outcome
from surveys.mail.dispatch import outcome_of
from surveys.mail.smtp import EmailBackend

logger = logging.getLogger(__name__)

# After the nightly close and before the office opens.
FROM = time(7)
MONTHLY_DAYS = 7
DIGEST_DAYS = 2
ATTEMPTS = 5
LONGEST_FAULT = 300


class NothingToTell(Exception):
    """There is no news, so there is no mail."""


class Issue(NamedTuple):
    """One report that is due: its kind, the period that names it, and how it is written for a reader."""

    kind: str
    period: str
    path: str
    write: Callable[[User], Report]


def post_reports(*, now: datetime) -> int:
    """Send every report that is due to each of its readers, and return how many mails the server took.

    A reader who has it already, or whose mail may have gone out, is passed over.
    """
    sent = 0
    for mailing in Mailing.objects.filter(is_on=True):
        readers = list(mailing.recipients())
        for issue in due_issues(mailing.kind, now):
            sent += sum(post(issue, reader, now=now) for reader in readers)
    return sent


def due_issues(kind: str, now: datetime) -> Iterator[Issue]:
    """Yield the reports of a kind that are to go out now: in the first days of the month, from Monday on."""
    local = now.astimezone(settings.REPORTING_ZONE)
    today = local.date()
    if kind == Mailing.Kind.ALERTS:
        yield from _alerts(now)
    elif local.time() < FROM:
        return
    elif kind == Mailing.Kind.MONTHLY and today.day <= MONTHLY_DAYS:
        yield monthly_issue(months_later(today.replace(day=1), -1))
    elif kind == Mailing.Kind.DIGEST and today.weekday() < DIGEST_DAYS:
        yield digest_issue(monday_of(today))


def monthly_issue(month: date) -> Issue:
    """Return the report of the month that begins on the day."""
    path = reverse("monthly_report", args=[f"{month:%Y-%m}"])
    return Issue(Mailing.Kind.MONTHLY, f"{month:%Y-%m}", path, lambda user: monthly_report(user, month))


def digest_issue(monday: date) -> Issue:
    """Return the digest of the week before a Monday."""
    path = reverse("digest")
    return Issue(Mailing.Kind.DIGEST, monday.isoformat(), path, lambda user: weekly_digest(user, monday))


def _alerts(now: datetime) -> Iterator[Issue]:
    """Yield each batch of alerts found lately; a reader is told of what they may see."""
    found = Alert.objects.found_since(now - LOOK_BACK).order_by("found_at")
    for instant in found.values_list("found_at", flat=True).distinct():
        yield alerts_issue(instant)


def alerts_issue(instant: datetime) -> Issue:
    """Return what is told of the alerts found at one instant."""

    def write(user: User) -> Report:
        viewer = user if user.sees_all_accounts else Own(user)
        alerts = Alert.objects.of(viewer).filter(found_at=instant).select_related("account__owner")
        return alert_report(list(alerts), viewer, instant, user)

    return Issue(Mailing.Kind.ALERTS, instant.isoformat(), reverse("alerts"), write)


def post(issue: Issue, reader: User, *, now: datetime) -> bool:
    """Send one report to one reader unless it was sent; return whether the server took it.

    The row is committed before the mail goes out, so that whoever dies in between sends nothing twice.
    """
    delivery = _claimed(issue, reader, now)
    if delivery is None:
        return False
    try:
        report = issue.write(reader)
    except Exception as error:
        logger.exception("a report was not written: %s %s", issue.kind, issue.period)
        return _settled(delivery, Delivery.State.FAILED, fault=f"{type(error).__name__}: {error}")
    if report.is_quiet:
        return _settled(delivery, Delivery.State.QUIET)
    outcome, fault = _attempt(mail_of(report, reader, issue.path))
    if outcome == Outcome.SENT:
        return _settled(delivery, Delivery.State.SENT, sent_at=now)
    unknown = outcome == Outcome.UNKNOWN
    return _settled(delivery, Delivery.State.UNKNOWN if unknown else Delivery.State.FAILED, fault=fault)


def post_now(issue: Issue, reader: User) -> str:
    """Send one report to one reader who asked for it, sent before or not; return the fault, "" when sent.

    Raises NothingToTell instead of sending a mail without a word of news.
    """
    report = issue.write(reader)
    if report.is_quiet:
        raise NothingToTell
    outcome, fault = _attempt(mail_of(report, reader, issue.path))
    return "" if outcome == Outcome.SENT else fault


def mail_of(report: Report, reader: User, path: str) -> EmailMultiAlternatives:
    """Return the report as a mail in HTML and in plain text."""
    context = {"report": report, "site": settings.PUBLIC_BASE_URL, "path": path}
    text = render_to_string("followups/reports/mail.txt", context)
    message = EmailMultiAlternatives(report.title, text, to=[reader.email])
    message.attach_alternative(render_to_string("followups/reports/mail.html", context), "text/html")
    return message


def _claimed(issue: Issue, reader: User, now: datetime) -> Delivery | None:
    """Return the delivery that is now ours, None where it is done, or somebody else's.

    What the server refused before it had the words is tried again, five times in all.
    """
    row, is_new = Delivery.objects.get_or_create(
        kind=issue.kind, user=reader, period=issue.period, defaults={"claimed_at": now}
    )
    if is_new:
        return row
    again = Delivery.objects.filter(pk=row.pk, state=Delivery.State.FAILED, attempts__lt=ATTEMPTS)
    with transaction.atomic():
        taken = again.update(state=Delivery.State.CLAIMED, attempts=F("attempts") + 1, claimed_at=now)
    return row if taken else None


def _settled(delivery: Delivery, state: str, *, sent_at: datetime | None = None, fault: str = "") -> bool:
    Delivery.objects.filter(pk=delivery.pk).update(state=state, sent_at=sent_at, fault=fault[:LONGEST_FAULT])
    return state == Delivery.State.SENT


def _attempt(message: EmailMultiAlternatives) -> tuple[Outcome, str]:
    connection = get_connection()
    try:
        connection.send_messages([message])
    except Exception as error:
        has_words = connection.has_handed_over if isinstance(connection, EmailBackend) else True
        return outcome_of(error, has_words=has_words), f"{type(error).__name__}: {error}"
    finally:
        connection.close()
    return Outcome.SENT, ""
