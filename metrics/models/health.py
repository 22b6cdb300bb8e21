from datetime import date
from typing import Self

from django.db import models

from accounts.models import Account
from accounts.models.people import OfAccount


class Scorecard(models.Model):
    """One row is an immutable set of weights and neutral points that health is computed by."""

    number = models.PositiveIntegerField(unique=True)
    weights = models.JSONField(help_text='{"relationship_sentiment": {"weight": 20, "neutral": 65}, …}')
    created_at = models.DateTimeField()
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("-number",)

    def __str__(self) -> str:
        return f"scorecard {self.number}"


class Healths(OfAccount):
    """Reads of health."""

    def newest_on(self, day: date) -> Self:
        """The newest health of each account on or before the day."""
        return self.filter(day__lte=day).order_by("account_id", "-day").distinct("account_id")


class Health(models.Model):
    """One row is an account's health on one day, with the parts that add up to it.

    `score`, `base` and every contribution are integer hundredths (0 to 10000): base plus contributions is the
    score exactly (METRICS §5.1). `confidence` is hundredths of a percent of the weight that has data.
    """

    class Band(models.TextChoices):
        GREEN = "green"
        YELLOW = "yellow"
        RED = "red"
        GREY = "grey", "grey: too little is known"

    account = models.ForeignKey(Account, models.CASCADE, related_name="healths")
    scorecard = models.ForeignKey(Scorecard, models.PROTECT, related_name="+")
    day = models.DateField()
    score = models.PositiveSmallIntegerField()
    base = models.PositiveSmallIntegerField()
    confidence = models.PositiveSmallIntegerField()
    band = models.CharField(max_length=6, choices=Band)
    parts = models.JSONField()
    computed_at = models.DateTimeField()

    objects = Healths.as_manager()

    class Meta:
        ordering = ("-day",)
        constraints = (
            models.UniqueConstraint(fields=("account", "day"), name="one_health_a_day"),
            models.CheckConstraint(condition=models.Q(score__lte=10_000), name="health_at_most_100"),
            models.CheckConstraint(
                condition=models.Q(band__in=("green", "yellow", "red", "grey")), name="health_band_is_known"
            ),
        )
        indexes = (models.Index(fields=("day", "band")),)

    def __str__(self) -> str:
        return f"{self.score / 100:.0f} on {self.day}"
