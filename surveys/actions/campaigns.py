"""Writes of campaigns: approved by a person, paused, resumed, stopped; edited they need approval again."""

from collections.abc import Iterator, Mapping
from datetime import datetime, time
from email.utils import parseaddr
from typing import Any

from django.db import transaction

from accounts.models import User
from surveys.asking.audiences import AudienceRefused, read_conditions
from surveys.models import Campaign, Invitation, Mail, Survey
from surveys.piping import names_in

NEEDS_DAYS = (Campaign.Trigger.RECURRING, Campaign.Trigger.AFTER_START, Campaign.Trigger.BEFORE_RENEWAL)
# What the words of a mail may hold; `surveys.mail.letters` fills it in.
NAMES = ("contact.name", "contact.first_name", "contact.title", "account.name", "survey.title")


class CampaignNotReady(Exception):
    """The campaign cannot be approved; `faults` says all that is in its way."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__(" ".join(faults))
        self.faults = faults


def approve_campaign(campaign: Campaign, *, by: User | None, now: datetime) -> None:
    """Let a campaign out, or raise CampaignNotReady."""
    if faults := list(faults_of(campaign, now)):
        raise CampaignNotReady(faults)
    campaign.approved_at, campaign.approved_by, campaign.planned_on = now, by, None
    campaign.paused_at = None
    campaign.save(update_fields=["approved_at", "approved_by", "planned_on", "paused_at"])


def withdraw_approval(campaign: Campaign) -> bool:
    """Return whether an edited campaign now waits for approval again; what is planned waits with it."""
    changed = Campaign.objects.filter(pk=campaign.pk).exclude(approved_at=None)
    return bool(changed.update(approved_at=None, approved_by=None, planned_on=None))


def pause_campaign(campaign: Campaign, *, now: datetime) -> None:
    """Hold back every mail that the server has not got yet."""
    Campaign.objects.filter(pk=campaign.pk, paused_at=None).update(paused_at=now)


def resume_campaign(campaign: Campaign) -> None:
    """Go on: mails whose time has passed are due in the next hour of sending."""
    Campaign.objects.filter(pk=campaign.pk).update(paused_at=None, planned_on=None)


@transaction.atomic
def stop_campaign(campaign: Campaign, *, now: datetime) -> None:
    """End a campaign for good: nobody is asked any more, and links that nobody got are closed."""
    Campaign.objects.filter(pk=campaign.pk, stopped_at=None).update(stopped_at=now)
    waiting = Mail.objects.filter(
        invitation__campaign=campaign, state__in=(Mail.State.PLANNED, Mail.State.SOFT_FAILED)
    )
    Invitation.objects.filter(campaign=campaign, sent_at=None, mails__in=waiting).update(revoked_at=now)
    waiting.update(state=Mail.State.UNNEEDED, error="the campaign was stopped")


def misfits(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Return which fields of a campaign do not go with the others, and why, a sentence each."""
    if values.get("trigger") in NEEDS_DAYS and not values.get("days"):
        yield "days", "Say how many days."
    if values.get("trigger") == Campaign.Trigger.EVENT and not values.get("event"):
        yield "event", "Name the event."
    starts_on, ends_on = values.get("starts_on"), values.get("ends_on")
    if starts_on and ends_on and ends_on < starts_on:
        yield "ends_on", "It ends before it starts."
    opens, closes = values.get("opens"), values.get("closes")
    if opens is not None and closes is not None and closes != time(0) and closes <= opens:
        yield "closes", "The window closes before it opens; 00:00 is the end of the day."
    reminders = values.get("reminder_days") or []
    if len(reminders) != len(set(reminders)):
        yield "reminder_days", "Two reminders are due on one day."
    if values.get("sender") and "@" not in parseaddr(values["sender"])[1]:
        yield "sender", "Name <address>, with an address."


def faults_of(campaign: Campaign, now: datetime) -> Iterator[str]:
    """Return what keeps a campaign from being sent, a sentence each."""
    status = campaign.survey.status(now)
    if status != Survey.Status.LIVE:
        yield f"The survey is not live; it is {status}."
    if campaign.stopped_at:
        yield "The campaign was stopped."
    try:
        read_conditions(campaign.audience.conditions)
    except AudienceRefused as refused:
        yield f"The audience cannot be asked: {refused}"
    messages = list(campaign.messages.all())
    if not any(message.number == 0 for message in messages):
        yield "There is no message that invites."
    if any(message.number > len(campaign.reminder_days) for message in messages):
        yield "There is a message for a reminder that is not planned."
    for message in messages:
        for name in names_in(f"{message.subject} {message.subject_b} {message.body}"):
            if name not in NAMES:
                yield f"The message “{message.subject}” names {{{{{name}}}}}, which no mail can fill in."
