from datetime import date, datetime
from typing import Any, Self

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q

from accounts.models import Account, User, Viewer
from accounts.models.people import OfAccount
from metrics.models import Health
from surveys.models import Survey


class Mailing(models.Model):
    """One row says who gets a kind of report by mail: everybody of some roles, less those who declined."""

    class Kind(models.TextChoices):
        MONTHLY = "monthly", "monthly report"
        DIGEST = "digest", "Monday digest"
        ALERTS = "alerts", "alerts"

    kind = models.CharField(max_length=10, choices=Kind, unique=True)
    is_on = models.BooleanField("on", default=True, help_text="Whether it goes out by mail at all.")
    roles = models.ManyToManyField(Group, related_name="mailings", blank=True)
    declined_by = models.ManyToManyField(
        settings.AUTH_USER_MODEL, related_name="declined_mailings", blank=True, verbose_name="declined by"
    )

    class Meta:
        ordering = ("kind",)
        constraints = (
            models.CheckConstraint(
                condition=Q(kind__in=("monthly", "digest", "alerts")), name="mailing_kind_is_known"
            ),
        )

    def __str__(self) -> str:
        return str(self.get_kind_display())

    @classmethod
    def digest_readers(cls) -> Any:
        """Return the keys of who may get a digest."""
        return User.objects.filter(groups__mailings__kind=cls.Kind.DIGEST).values("pk")

    def recipients(self) -> Any:
        """Return the users who get it, in the order of their addresses: active, with a role, not declined."""
        users = User.objects.filter(is_active=True, groups__in=self.roles.all()).exclude(email="")
        return users.exclude(pk__in=self.declined_by.values("pk")).distinct().order_by("email")


class Delivery(models.Model):
    """One row is one report by mail to one user for one period: the row is there before the mail goes out.

    Claimed and never heard of again, nobody knows whether it went: nothing sends it again by itself.
    """

    class State(models.TextChoices):
        CLAIMED = "claimed", "being sent"
        SENT = "sent"
        QUIET = "quiet", "nothing to say"
        FAILED = "failed"
        UNKNOWN = "unknown"

    kind = models.CharField(max_length=10, choices=Mailing.Kind)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="report_deliveries")
    period = models.CharField(max_length=40, help_text="The month, the Monday, or the instant of the alerts.")
    state = models.CharField(max_length=10, choices=State, default=State.CLAIMED)
    attempts = models.PositiveSmallIntegerField(default=1)
    claimed_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    fault = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("-claimed_at", "-pk")
        verbose_name_plural = "deliveries"
        constraints = (
            models.UniqueConstraint(fields=("kind", "user", "period"), name="one_report_a_period"),
            models.CheckConstraint(
                condition=Q(state__in=("claimed", "sent", "quiet", "failed", "unknown")),
                name="delivery_state_is_known",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.period}"

    @property
    def told_of(self) -> str:
        """What it is of, in words: "October 2026"; the period itself where nothing of ours wrote it."""
        try:
            if self.kind == Mailing.Kind.MONTHLY:
                return f"{date.fromisoformat(f'{self.period}-01'):%B %Y}"
            if self.kind == Mailing.Kind.DIGEST:
                return f"week before {date.fromisoformat(self.period):%-d %b %Y}"
            found_at = datetime.fromisoformat(self.period).astimezone(settings.REPORTING_ZONE)
            return f"{found_at:%-d %b %Y, %H:%M}".removesuffix(", 00:00")
        except ValueError:
            return self.period


class Alerts(OfAccount):
    """Reads of alerts. One about a survey is over all accounts, and seen by who sees them all."""

    def of(self, viewer: Viewer) -> Self:
        """Alerts that the viewer may see, with what they are about, the newest first."""
        return (
            self.visible_to(viewer).select_related("account", "survey").order_by("-found_at", "-day", "-pk")
        )

    def found_since(self, instant: datetime) -> Self:
        """Alerts found at the instant or later."""
        return self.filter(found_at__gte=instant)


class Alert(models.Model):
    """One row is one thing that really moved: an account's health band, or what a survey hears.

    A band has left its three points of slack and the three days behind it (METRICS §5.2); a score or a volume
    is out of what chance explains among all that was looked at (METRICS §2.8).
    """

    class About(models.TextChoices):
        BAND = "band", "health band"
        SCORE = "score"
        ANSWERS = "answers"
        INVITATIONS = "invitations"

    about = models.CharField(max_length=12, choices=About)
    account = models.ForeignKey(Account, models.CASCADE, null=True, blank=True, related_name="alerts")
    survey = models.ForeignKey(Survey, models.CASCADE, null=True, blank=True, related_name="alerts")
    question = models.CharField(max_length=64, blank=True)
    day = models.DateField()
    is_lower = models.BooleanField()
    before = models.FloatField(help_text="Health (0 to 100), or how the series usually is.")
    after = models.FloatField(help_text="Health (0 to 100), or how the series was lately.")
    band_before = models.CharField(max_length=6, choices=Health.Band, blank=True)
    band_after = models.CharField(max_length=6, choices=Health.Band, blank=True)
    chance = models.FloatField(null=True, blank=True, help_text="0 to 1, among all that was looked at.")
    found_at = models.DateTimeField()

    objects = Alerts.as_manager()

    class Meta:
        ordering = ("-found_at", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("account", "day"), condition=Q(about="band"), name="one_band_alert_a_day"
            ),
            models.UniqueConstraint(
                fields=("survey", "about", "question", "day"),
                condition=~Q(about="band"),
                name="one_survey_alert_a_day",
            ),
            models.CheckConstraint(
                condition=Q(about="band", account__isnull=False, survey=None)
                | Q(about__in=("score", "answers", "invitations"), account=None, survey__isnull=False),
                name="alert_is_about_one_thing",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_about_display()} of {self.account or self.survey}"
