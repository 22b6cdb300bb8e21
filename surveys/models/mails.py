from datetime import datetime
from typing import Self

from django.db import models

from accounts.models import Contact
from accounts.models.people import OfAccount
from surveys.models.campaigns import Campaign
from surveys.models.outreach import MIDWAY, Invitation


class Mails(OfAccount):
    """Reads of mails."""

    account_path = "invitation__contact__account"

    def due(self, now: datetime) -> Self:
        """Mails that wait and whose time has come."""
        return self.filter(state__in=(Mail.State.PLANNED, Mail.State.SOFT_FAILED), due_at__lte=now)

    def midway(self) -> Self:
        """First mails that may have arrived, or may yet."""
        return self.filter(number=0, state__in=MIDWAY)

    def overdue(self, now: datetime) -> Self:
        """Mails that a worker claimed and did not settle within its lease."""
        return self.filter(claimed_until__lte=now)


class Mail(models.Model):
    """One row is one mail to one contact: an invitation (number 0) or a reminder of it."""

    class State(models.TextChoices):
        PLANNED = "planned", "planned"
        CLAIMED = "claimed", "claimed: a worker has it"
        SENDING = "sending", "sending: on its way to the mail server"
        SENT = "sent", "sent"
        SOFT_FAILED = "soft_failed", "failed, tried again later"
        HARD_FAILED = "hard_failed", "failed"
        SUPPRESSED = "suppressed", "suppressed: not wanted"
        UNNEEDED = "unneeded", "not needed any more"
        UNKNOWN = "unknown", "unknown: it may have arrived"

    invitation = models.ForeignKey(Invitation, models.PROTECT, related_name="mails")
    number = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(max_length=12, choices=State, default=State.PLANNED)
    due_at = models.DateTimeField()
    variant = models.CharField(max_length=1, default="a")
    # Of the address that it goes to: what suppression is decided by, in the statement that sends.
    address_hash = models.BinaryField(max_length=32, default=b"")
    claim = models.UUIDField(null=True, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    provider_id = models.CharField(max_length=200, blank=True, db_index=True)
    error = models.CharField(max_length=300, blank=True)
    # When the server got the words; `sent_at` is when it had taken them.
    handed_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    bounced_at = models.DateTimeField(null=True, blank=True)
    complained_at = models.DateTimeField(null=True, blank=True)

    objects = Mails.as_manager()

    class Meta:
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(fields=("invitation", "number"), name="one_mail_a_number"),
            models.CheckConstraint(
                condition=models.Q(state__in=("claimed", "sending"), claimed_until__isnull=False)
                | (~models.Q(state__in=("claimed", "sending")) & models.Q(claimed_until=None)),
                name="mail_has_a_lease_while_claimed",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="sent") | models.Q(sent_at__isnull=False),
                name="mail_sent_at_some_time",
            ),
        )
        indexes = (
            models.Index(
                fields=("due_at",),
                condition=models.Q(state__in=("planned", "soft_failed")),
                name="mail_due",
            ),
            models.Index(
                fields=("claimed_until",), condition=models.Q(claimed_until__isnull=False), name="mail_leased"
            ),
            models.Index(fields=("sent_at",)),
            models.Index(
                fields=("invitation",),
                condition=models.Q(number=0, state__in=MIDWAY),
                name="mail_midway",
            ),
        )

    def __str__(self) -> str:
        return (
            f"{f'reminder {self.number}' if self.number else 'first mail'} of invitation {self.invitation_id}"
        )


class MailEvent(models.Model):
    """One row is what a mail provider said about a mail; its id makes a second delivery harmless."""

    event_id = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=30)
    mail = models.ForeignKey(Mail, models.CASCADE, null=True, blank=True, related_name="events")
    occurred_at = models.DateTimeField()

    class Meta:
        ordering = ("-occurred_at",)

    def __str__(self) -> str:
        return self.kind


class Skips(OfAccount):
    """Reads of skips."""

    account_path = "contact__account"


class Skip(models.Model):
    """One row says why a contact was not asked by a campaign when it was their turn, and until when."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="skips")
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="+")
    round = models.CharField(max_length=80)
    reason = models.CharField(max_length=120)
    until = models.DateField("next eligible on", null=True, blank=True)
    noted_on = models.DateField()

    objects = Skips.as_manager()

    class Meta:
        ordering = ("-noted_on", "pk")
        constraints = (
            models.UniqueConstraint(fields=("campaign", "contact", "round"), name="one_skip_a_round"),
        )
        indexes = (models.Index(fields=("contact", "-noted_on")),)

    def __str__(self) -> str:
        return self.reason
