from typing import Self
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse

from accounts.models.people import OfAccount, Team, User, Viewer

CURRENCY = r"^[A-Z]{3}$"


def validate_time_zone(name: str) -> None:
    """Raise ValidationError unless it names a time zone."""
    if name not in available_timezones():
        raise ValidationError("No time zone is called “%(name)s”.", params={"name": name})


class Accounts(OfAccount):
    """Reads of accounts."""

    account_path = ""

    def active_on(self, day: object) -> Self:
        """Accounts that had not churned by the day."""
        return self.filter(models.Q(churned_on=None) | models.Q(churned_on__gt=day))

    def without_owner(self, viewer: Viewer) -> Self:
        """Accounts that are nobody's, or somebody's of whom the viewer is not told."""
        if not viewer.users_filter:
            return self.filter(owner=None)
        return self.exclude(owner__in=User.objects.visible_to(viewer).values("pk"))


class Account(models.Model):
    """One row is a customer company."""

    external_id = models.CharField(max_length=200, unique=True)
    name = models.CharField(max_length=200)
    domain = models.CharField(max_length=200, blank=True)
    segment = models.CharField(max_length=100, blank=True)
    industry = models.CharField(max_length=100, blank=True)
    country = models.CharField(max_length=100, blank=True)
    region = models.CharField(max_length=100, blank=True)
    tier = models.CharField(max_length=100, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="owned_accounts"
    )
    team = models.ForeignKey(Team, models.SET_NULL, null=True, blank=True, related_name="accounts")
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    currency = models.CharField(max_length=3, blank=True)
    attributes = models.JSONField(default=dict, blank=True)
    created_on = models.DateField(null=True, blank=True)
    churned_on = models.DateField(null=True, blank=True)

    objects = Accounts.as_manager()

    class Meta:
        ordering = ("name", "pk")
        permissions = (
            ("view_all_accounts", "Can see every account"),
            ("view_revenue", "Can see amounts of money"),
        )
        constraints = (
            models.CheckConstraint(
                condition=models.Q(currency="") | models.Q(currency__regex=CURRENCY),
                name="account_currency_is_iso",
            ),
            models.CheckConstraint(
                condition=~models.Q(parent=models.F("id")), name="account_not_its_own_parent"
            ),
            models.CheckConstraint(
                condition=models.Q(churned_on=None)
                | models.Q(created_on=None)
                | models.Q(churned_on__gte=models.F("created_on")),
                name="account_churns_after_creation",
            ),
        )
        indexes = (models.Index(fields=("segment",)), models.Index(fields=("name",)))

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the page on which everything about this account is shown."""
        return reverse("account", args=[self.pk])

    def clean(self) -> None:
        """Refuse a parent that this account is itself above; the database refuses it from everywhere else."""
        above, seen = self.parent, set()
        while above is not None and above.pk not in seen:
            if above.pk == self.pk:
                raise ValidationError({"parent": "This account is itself above that one."})
            seen.add(above.pk)
            above = above.parent


class Contacts(OfAccount):
    """Reads of contacts."""

    def askable(self) -> Self:
        """Contacts with an address who neither unsubscribed, bounced nor were erased."""
        return self.filter(unsubscribed_at=None, bounced_at=None, erased_at=None).exclude(email="")


class Contact(models.Model):
    """One row is a person at an account whom we may ask."""

    class Role(models.TextChoices):
        DECISION_MAKER = "decision_maker", "decision-maker"
        INFLUENCER = "influencer", "influencer"
        USER = "user", "user"

    account = models.ForeignKey(Account, models.PROTECT, related_name="contacts")
    external_id = models.CharField(max_length=200, unique=True)
    name = models.CharField(max_length=200, blank=True)
    email = models.EmailField(blank=True)
    title = models.CharField(max_length=200, blank=True)
    role = models.CharField(max_length=20, choices=Role, default=Role.USER)
    language = models.CharField(max_length=16, blank=True)
    time_zone = models.CharField(
        max_length=40, blank=True, validators=[validate_time_zone], help_text="Such as Europe/Berlin."
    )
    unsubscribed_at = models.DateTimeField(null=True, blank=True)
    bounced_at = models.DateTimeField(null=True, blank=True)
    erased_at = models.DateTimeField(null=True, blank=True)

    objects = Contacts.as_manager()

    class Meta:
        ordering = ("name", "pk")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(role__in=("decision_maker", "influencer", "user")),
                name="contact_role_is_known",
            ),
        )
        indexes = (models.Index(fields=("email",)),)

    def __str__(self) -> str:
        return self.name or self.email or self.external_id

    @property
    def zone(self) -> ZoneInfo:
        """The clock on which the contact lives, or the reporting one where none is known."""
        return ZoneInfo(self.time_zone) if self.time_zone else settings.REPORTING_ZONE
