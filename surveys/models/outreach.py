import re
from datetime import datetime
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Coalesce

from accounts.models import Contact
from accounts.models.people import OfAccount
from surveys.models.design import Survey

# The states of a mail that may have arrived, or may yet.
MIDWAY = ("claimed", "sending", "unknown")
# Of an invitation: it was sent, or handed over as a link, and did not bounce.
IS_DELIVERED = models.Q(sent_at__isnull=False, bounced_at=None)
ORIGIN = re.compile(r"https://[a-z0-9.-]{1,253}(:[0-9]{1,5})?|http://(localhost|127\.0\.0\.1)(:[0-9]{1,5})?")


def validate_origin(value: str) -> None:
    """Raise ValidationError unless the value is one web page's origin, such as https://www.example.com."""
    if not ORIGIN.fullmatch(value):
        raise ValidationError(f"“{value[:80]}” is no origin: write it like https://www.example.com.")


class Collector(models.Model):
    """One row is one open channel of a survey; its slug is the open link `/s/<slug>/`."""

    class Channel(models.TextChoices):
        LINK = "link"
        EMBED = "embed"
        QR = "qr", "QR code"
        KIOSK = "kiosk"
        API = "api", "API"

    survey = models.ForeignKey(Survey, models.CASCADE, related_name="collectors")
    name = models.CharField(max_length=120)
    channel = models.CharField(max_length=10, choices=Channel, default=Channel.LINK)
    slug = models.SlugField(max_length=80, unique=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    response_limit = models.PositiveIntegerField(
        null=True, blank=True, help_text="Closes once so many complete responses count. Blank: no limit."
    )
    # Pages that may show the survey in a frame; a channel that is no embed is framed nowhere.
    allowed_origins = ArrayField(
        models.CharField(max_length=270, validators=[validate_origin]), default=list, blank=True
    )

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.name

    @property
    def link(self) -> str:
        """The absolute open link."""
        return f"{settings.PUBLIC_BASE_URL}/s/{self.slug}/"


class Invitations(OfAccount):
    """Reads of invitations."""

    account_path = "contact__account"

    def delivered(self) -> Self:
        """Invitations that reached their contact."""
        return self.filter(IS_DELIVERED)

    def asked_between(self, start: datetime, end: datetime) -> Self:
        """Asks sent or planned in `[start, end)`, at `asked_at`; `is_binding`: it may have arrived."""
        # Looked up for each: as a join, tables grown since they were last analysed met row by row.
        on_its_way = Invitation.objects.order_by().filter(
            pk=models.OuterRef("pk"), mails__number=0, mails__state__in=MIDWAY
        )
        return (
            self.filter(
                models.Q(sent_at__isnull=False) | models.Q(revoked_at=None, planned_for__isnull=False)
            )
            .annotate(
                asked_at=Coalesce("sent_at", "planned_for"),
                is_binding=models.Case(
                    models.When(sent_at__isnull=False, then=True),
                    models.When(models.Exists(on_its_way), then=True),
                    default=False,
                ),
            )
            .filter(asked_at__gte=start, asked_at__lt=end)
        )

    def usable_at(self, now: datetime) -> Self:
        """Invitations whose link may still be answered."""
        return self.filter(revoked_at=None).filter(models.Q(expires_at=None) | models.Q(expires_at__gt=now))


class Invitation(models.Model):
    """One row is one ask to one contact. The link's secret is not in it: see surveys.links."""

    survey = models.ForeignKey(Survey, models.PROTECT, related_name="invitations")
    # Found by an index of the class.
    campaign = models.ForeignKey(
        "Campaign",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="invitations",
        db_index=False,
    )
    # Which turn of the contact this is in a campaign that asks again: nobody is asked twice in one.
    round = models.CharField(max_length=80, blank=True, editable=False)
    planned_for = models.DateTimeField(null=True, blank=True, editable=False)
    # Found by either index of the class.
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="invitations", db_index=False)
    nonce = models.BinaryField(max_length=16, unique=True)
    token_hash = models.BinaryField(max_length=32, unique=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    bounced_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    # Anonymous and confidential surveys: that it was answered, by day; which response it was, no row says.
    answered_on = models.DateField(null=True, blank=True)

    objects = Invitations.as_manager()

    class Meta:
        ordering = ("-created_at", "-pk")
        constraints = (
            models.UniqueConstraint(fields=("campaign", "contact", "round"), name="one_invitation_a_round"),
        )
        indexes = (
            models.Index(fields=("contact", "-created_at")),
            # When somebody was asked last, of whole audiences.
            models.Index(
                fields=("contact", "sent_at"),
                condition=models.Q(sent_at__isnull=False),
                name="asks_of_contact",
            ),
            models.Index(fields=("survey", "sent_at")),
            # Whom a campaign asked, in the order in which they are listed.
            models.Index(fields=("campaign", "sent_at"), name="asks_of_campaign"),
        )

    def __str__(self) -> str:
        return f"invitation {self.pk}"
