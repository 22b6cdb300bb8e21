import secrets
from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.models.keys import ApiKey

KEPT_FOR = timedelta(days=3)
# Whoever writes an export says so every few seconds; one that was silent for longer has died.
SILENCE = timedelta(minutes=2)
MAX_ATTEMPTS = 3


def new_token() -> str:
    """Return a name of 192 random bits: whoever does not know it cannot ask for it."""
    return secrets.token_urlsafe(24)


class Exports(models.QuerySet["Export"]):
    """Reads of exports."""

    def of(self, viewer: Any) -> Self:
        """Return the exports that a user or a key has asked for."""
        return self.filter(api_key=viewer) if isinstance(viewer, ApiKey) else self.filter(user=viewer)

    def waiting_at(self, now: datetime) -> Self:
        """Exports that nobody writes: not begun, or begun by someone who has died."""
        return self.filter(finished_at=None).filter(Q(beat_at=None) | Q(beat_at__lt=now - SILENCE))

    def over_at(self, now: datetime) -> Self:
        """Exports whose file may be thrown away."""
        return self.filter(expires_at__lte=now)


class Export(models.Model):
    """One row is one file that someone asked for, and how far it is."""

    token = models.CharField(max_length=40, unique=True, default=new_token, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="exports"
    )
    api_key = models.ForeignKey(ApiKey, models.CASCADE, null=True, blank=True, related_name="exports")
    order = models.JSONField()
    created_at = models.DateTimeField(db_index=True)
    beat_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    rows_total = models.PositiveIntegerField(null=True, blank=True)
    rows_done = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    fault = models.CharField(max_length=300, blank=True)
    left_out = models.PositiveIntegerField(default=0, help_text="Rows that could not be read.")
    file = models.CharField(max_length=200, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    # What its maker could see when it was written: who sees less today may not have it any more.
    accounts_seen = ArrayField(models.BigIntegerField(), null=True, blank=True)
    saw_revenue = models.BooleanField(default=False)
    saw_people = models.BooleanField(default=False)

    objects = Exports.as_manager()

    class Meta:
        ordering = ("-created_at", "-pk")
        constraints = (
            models.CheckConstraint(
                condition=Q(user=None, api_key__isnull=False) | Q(user__isnull=False, api_key=None),
                name="export_is_of_a_user_or_a_key",
            ),
        )
        indexes = (
            models.Index(fields=("created_at",), condition=Q(finished_at=None), name="exports_to_write"),
        )

    def __str__(self) -> str:
        return f"{self.order['dataset']} as {self.order['format']}"

    @property
    def status(self) -> str:
        """One of waiting, running, done, failed."""
        if self.finished_at:
            return "failed" if self.fault else "done"
        return "running" if self.beat_at else "waiting"

    @property
    def percent(self) -> int | None:
        """How far it is, 0 to 100, None where that is not known."""
        if self.finished_at:
            return 100
        return min(99, self.rows_done * 100 // self.rows_total) if self.rows_total else None
