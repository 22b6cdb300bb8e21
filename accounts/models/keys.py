import hashlib
import secrets
from datetime import datetime
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models.people import Team

WRITABLE = (
    "accounts",
    "contacts",
    "subscriptions",
    "services",
    "signals",
    "events",
    "surveys",
    "campaigns",
    "invitations",
    "responses",
    "exports",
)
READ = tuple(f"{resource}:read" for resource in (*WRITABLE, "metrics"))
# `revenue` shows amounts of money, `personal` shows who a contact is.
SCOPES = (*READ, *(f"{resource}:write" for resource in WRITABLE), "revenue", "personal")
PREFIX_LENGTH = len("esk_12345678")


def new_secret() -> str:
    """Return a new key: `esk_`, eight digits that stay visible, and 192 secret bits."""
    return f"esk_{secrets.token_hex(4)}_{secrets.token_hex(24)}"


def hash_of(secret: str) -> bytes:
    """Return what is stored of a key and looked up by index; 192 random bits need no slow hash."""
    return hashlib.sha256(secret.encode()).digest()


class ApiKeys(models.QuerySet["ApiKey"]):
    """Reads of API keys."""

    def usable_at(self, now: datetime) -> Self:
        """Keys neither revoked nor expired, and not made by someone who may no longer log in."""
        is_over = models.Q(expires_at__lte=now) | models.Q(created_by__is_active=False)
        return self.filter(revoked_at=None).exclude(is_over)


class ApiKey(models.Model):
    """One row is a program's right to use the API: its scopes, perhaps one team's accounts only."""

    name = models.CharField(max_length=120)
    prefix = models.CharField(max_length=PREFIX_LENGTH, unique=True)
    secret_hash = models.BinaryField(max_length=32, unique=True)
    scopes = ArrayField(models.CharField(max_length=30))
    team = models.ForeignKey(Team, models.CASCADE, null=True, blank=True, related_name="api_keys")
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    objects = ApiKeys.as_manager()

    # A key is a viewer as a user is one (see `OfAccount.visible_to`), and who looks has authenticated it.
    is_active = True
    is_authenticated = True
    # Of the minute in which a call was admitted: how many there were, and the seconds that it has left.
    calls = 0
    seconds_left = 0

    class Meta:
        ordering = ("name", "pk")
        verbose_name = "API key"

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def sees_all_accounts(self) -> bool:
        """Whether the key is not limited to a team's accounts."""
        return self.team_id is None

    @property
    def sees_revenue(self) -> bool:
        """Whether amounts of money may be shown to this key."""
        return "revenue" in self.scopes

    @property
    def sees_people(self) -> bool:
        """Whether it may be shown to this key who a contact is."""
        return "personal" in self.scopes

    @property
    def users_filter(self) -> models.Q:
        """The condition on a user for being named to this key: a limited one knows its team alone."""
        return models.Q(teams=self.team_id) if self.team_id else models.Q()

    def accounts_filter(self, prefix: str) -> models.Q:
        """Return the condition on an account, found at the prefix, for being this key's: its team's."""
        return models.Q(**{f"{prefix}team": self.team_id})


class CallCount(models.Model):
    """One row is how often a key called in the minute in which it called last."""

    api_key = models.OneToOneField(ApiKey, models.CASCADE, primary_key=True, related_name="call_count")
    minute = models.DateTimeField()
    calls = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.calls} at {self.minute:%H:%M}"
