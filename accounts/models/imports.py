from datetime import datetime
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.models.exports import SILENCE


class TableImports(models.QuerySet["TableImport"]):
    """Reads of imports."""

    def waiting_at(self, now: datetime) -> Self:
        """Imports to be run or undone that nobody is at: not begun, or begun by someone who has died."""
        is_idle = Q(beat_at=None) | Q(beat_at__lt=now - SILENCE)
        to_run = Q(confirmed_at__isnull=False, finished_at=None)
        to_undo = Q(undo_asked_at__isnull=False, undone_at=None)
        return self.filter(to_run | to_undo).filter(is_idle)


class TableImport(models.Model):
    """One row is one table that someone uploaded, how its columns were read, and what became of its rows."""

    class Kind(models.TextChoices):
        ACCOUNTS = "accounts"
        CONTACTS = "contacts"
        SUBSCRIPTIONS = "subscriptions"
        SERVICES = "services"
        SIGNALS = "signals"

    kind = models.CharField("what it holds", max_length=20, choices=Kind)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="imports")
    file = models.CharField(max_length=200)
    file_name = models.CharField("file", max_length=200)
    header = ArrayField(models.CharField(max_length=10_000))
    wishes = ArrayField(models.CharField(max_length=10_200), default=list)
    date_format = models.CharField(max_length=60, blank=True)
    encoding = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)
    beat_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    rejections = models.JSONField(default=list)
    finished_at = models.DateTimeField(null=True, blank=True)
    fault = models.CharField(max_length=300, blank=True)
    undo_asked_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone = models.PositiveIntegerField(default=0)
    kept = models.JSONField(default=list)

    objects = TableImports.as_manager()

    class Meta:
        ordering = ("-created_at", "-pk")
        verbose_name = "import"
        indexes = (models.Index(fields=("kind", "confirmed_at")),)

    def __str__(self) -> str:
        return f"{self.kind} from {self.file_name}"

    @property
    def status(self) -> str:
        """One of draft, waiting, running, done, failed, undoing, undone."""
        if self.undo_asked_at:
            return "undone" if self.undone_at else "undoing"
        if self.finished_at:
            return "failed" if self.fault else "done"
        if self.confirmed_at:
            return "running" if self.beat_at else "waiting"
        return "draft"


class ImportChange(models.Model):
    """One row is what an import changed of one row: how it was, null where it was new, how it is since."""

    table_import = models.ForeignKey(TableImport, models.CASCADE, related_name="changes")
    key = models.JSONField()
    before = models.JSONField(null=True)
    after = models.JSONField()

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.key}"
