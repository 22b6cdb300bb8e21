from datetime import datetime, time
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from accounts.models import Contact
from surveys.asking.days import local_day
from surveys.asking.windows import WORKING_DAYS, Window
from surveys.models.design import Survey


class Audience(models.Model):
    """One row is a saved filter over contacts and their accounts; who is in it is asked anew each time."""

    name = models.CharField(max_length=120, unique=True)
    conditions = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class AudienceMember(models.Model):
    """One row says that a contact was on the list uploaded for an audience."""

    audience = models.ForeignKey(Audience, models.CASCADE, related_name="members")
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="+")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("audience", "contact"), name="one_member_an_audience"),
        )

    def __str__(self) -> str:
        return f"{self.contact_id} in {self.audience_id}"


def working_days() -> list[int]:
    """Return Monday to Friday, as weekdays from 0."""
    return sorted(WORKING_DAYS)


class Campaigns(models.QuerySet["Campaign"]):
    """Reads of campaigns."""

    def running(self, now: datetime) -> Self:
        """Campaigns that were approved, and neither paused, stopped nor begun or over on their days."""
        today = local_day(now)
        begun = self.exclude(approved_at=None).filter(paused_at=None, stopped_at=None, starts_on__lte=today)
        return begun.filter(models.Q(ends_on=None) | models.Q(ends_on__gte=today))

    def to_be_planned(self, now: datetime) -> Self:
        """Campaigns whose turns of today were not taken yet; those that wait for events always are."""
        today = local_day(now)
        is_open = models.Q(planned_on=None) | models.Q(planned_on__lt=today)
        return self.filter(is_open | models.Q(trigger__in=Campaign.AT_ANY_TIME))

    def sending(self) -> Self:
        """Campaigns whose planned mails may go out; one that is over still sends its reminders."""
        return self.exclude(approved_at=None).filter(paused_at=None, stopped_at=None)


class Campaign(models.Model):
    """One row is a planned sending of a survey to an audience, with its reminders."""

    class Trigger(models.TextChoices):
        ONCE = "once", "once, to everyone in the audience"
        RECURRING = "recurring", "each contact every N days, spread evenly"
        EVENT = "event", "when an event arrives by the API"
        AFTER_START = "after_start", "N days after a subscription starts"
        BEFORE_RENEWAL = "before_renewal", "N days before a subscription ends"
        AFTER_FOLLOW_UP = "after_follow_up", "when a follow-up was closed"

    AT_ANY_TIME = (Trigger.EVENT, Trigger.AFTER_FOLLOW_UP)

    class Status(models.TextChoices):
        DRAFT = "draft"
        SCHEDULED = "scheduled"
        RUNNING = "running"
        PAUSED = "paused"
        ENDED = "ended"
        STOPPED = "stopped"

    name = models.CharField(max_length=120, unique=True)
    survey = models.ForeignKey(Survey, models.PROTECT, related_name="campaigns")
    audience = models.ForeignKey(Audience, models.PROTECT, related_name="campaigns")
    trigger = models.CharField(max_length=20, choices=Trigger, default=Trigger.ONCE)
    days = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Every N days, N days after the start, or N days before the end."
    )
    event = models.CharField(
        "event name", max_length=100, blank=True, help_text="Such as ticket.closed, as the API receives it."
    )
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    opens = models.TimeField(default=time(9), help_text="On the clock of each contact.")
    closes = models.TimeField(default=time(17))
    weekdays = ArrayField(models.PositiveSmallIntegerField(), default=working_days)
    sample_percent = models.PositiveSmallIntegerField(
        default=100, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    per_hour = models.PositiveIntegerField("mails an hour at most", null=True, blank=True)
    reminder_days = ArrayField(
        models.PositiveSmallIntegerField(),
        default=list,
        blank=True,
        help_text="Days after the invitation, such as 4, 10: only to those who are silent.",
    )
    expires_after_days = models.PositiveSmallIntegerField(
        "links expire after days", default=60, validators=[MinValueValidator(1)]
    )
    sender = models.CharField(
        max_length=200, blank=True, help_text="Name <address>; empty: DEFAULT_FROM_EMAIL."
    )
    reply_to = models.EmailField("reply to", blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    planned_on = models.DateField(null=True, blank=True, editable=False)
    paused_at = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)

    objects = Campaigns.as_manager()

    class Meta:
        ordering = ("-created_at", "-pk")
        permissions = (("approve_campaign", "Can approve a campaign for sending"),)
        constraints = (
            models.CheckConstraint(
                condition=~models.Q(trigger__in=("recurring", "after_start", "before_renewal"))
                | models.Q(days__gte=1),
                name="campaign_has_its_days",
            ),
            models.CheckConstraint(
                condition=~models.Q(trigger="event") | ~models.Q(event=""), name="campaign_has_its_event"
            ),
            models.CheckConstraint(
                condition=models.Q(sample_percent__range=(1, 100)), name="campaign_sample_is_a_percentage"
            ),
            models.CheckConstraint(
                condition=models.Q(closes=time(0)) | models.Q(closes__gt=models.F("opens")),
                name="campaign_window_closes_after_it_opens",
            ),
            models.CheckConstraint(condition=~models.Q(weekdays=[]), name="campaign_has_weekdays"),
            models.CheckConstraint(
                condition=models.Q(ends_on=None) | models.Q(ends_on__gte=models.F("starts_on")),
                name="campaign_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=models.Q(per_hour=None) | models.Q(per_hour__gte=1), name="campaign_sends_at_all"
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def rhythm(self) -> str:
        """When contacts are asked, with its days: "90 days before a subscription ends"."""
        days = f"{self.days} day{'' if self.days == 1 else 's'}"
        return self.get_trigger_display().replace("N days", days)

    def status(self, now: datetime) -> "Campaign.Status":
        """Return where the campaign stands at the instant."""
        today = local_day(now)
        if self.stopped_at:
            return Campaign.Status.STOPPED
        if self.approved_at is None:
            return Campaign.Status.DRAFT
        if self.paused_at:
            return Campaign.Status.PAUSED
        if today < self.starts_on:
            return Campaign.Status.SCHEDULED
        return Campaign.Status.ENDED if self.ends_on and self.ends_on < today else Campaign.Status.RUNNING

    @property
    def window(self) -> Window:
        """When its mails may go out."""
        return Window(self.opens, self.closes, frozenset(self.weekdays))


class Message(models.Model):
    """One row is the words of a campaign's mail in one language; number 0 invites, the others remind."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="messages")
    number = models.PositiveSmallIntegerField(default=0)
    language = models.CharField(max_length=16)
    subject = models.CharField(max_length=200)
    subject_b = models.CharField(
        "subject for the other half", max_length=200, blank=True, help_text="To compare two subject lines."
    )
    body = models.TextField()

    class Meta:
        ordering = ("number", "language")
        constraints = (
            models.UniqueConstraint(
                fields=("campaign", "number", "language"), name="one_message_a_number_and_language"
            ),
        )

    def __str__(self) -> str:
        return f"{f'Reminder {self.number}' if self.number else 'Invitation'}, {self.language}"
