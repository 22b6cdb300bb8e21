from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import Account
from accounts.models.people import OfAccount
from metrics.formulas.days import day_bounds

OVERRIDE_DAYS = 90
# For so many days after a day ended what comes late makes a new revision of it (METRICS §5.4).
REVISED_DAYS = 35


# Asked of thousands of snapshots that share a few hundred days.
@lru_cache(maxsize=1024)
def first_replay(day: date) -> datetime:
    """Return the instant from which a first snapshot of the day is a replay: nobody knew it then."""
    return day_bounds(day + timedelta(days=REVISED_DAYS), settings.REPORTING_ZONE)[1]


class Scorecard(models.Model):
    """One row is an immutable version of what decides a health: weights, neutral points, rules, bands.

    The database refuses to change or delete it (a trigger); only its author may be forgotten.
    """

    number = models.PositiveIntegerField(unique=True)
    weights = models.JSONField(help_text='{"relationship_sentiment": {"weight": 20, "neutral": 65}, …}')
    rules = models.JSONField(default=dict, help_text="Half-lives, maps, weights of roles, cut-offs of bands.")
    content_hash = models.CharField(max_length=64, blank=True)
    valid_from = models.DateField(help_text="The first day that is scored by it.")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
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
        return self.filter(day__lte=day).order_by("account_id", "-day", "-revision").distinct("account_id")

    def by_day(self) -> Self:
        """The newest revision of each day of each account, oldest day first."""
        return self.order_by("account_id", "day", "-revision").distinct("account_id", "day")


class Health(models.Model):
    """One row is an account's health on one day, with the parts that add up to it.

    `score`, `base` and every contribution are integer hundredths (0 to 10000): base plus contributions is the
    score exactly (METRICS §5.1). `confidence` is hundredths of a percent of the weight that has data.

    Revision 1 is what was known when the day ended and never changes afterwards; what came late makes further
    revisions for 35 days.
    """

    class Band(models.TextChoices):
        GREEN = "green"
        YELLOW = "yellow"
        RED = "red"
        GREY = "grey", "grey: too little is known"

    account = models.ForeignKey(Account, models.CASCADE, related_name="healths")
    scorecard = models.ForeignKey(Scorecard, models.PROTECT, related_name="+")
    day = models.DateField()
    revision = models.PositiveSmallIntegerField(default=1)
    score = models.PositiveSmallIntegerField()
    base = models.PositiveSmallIntegerField()
    confidence = models.PositiveSmallIntegerField()
    band = models.CharField(max_length=6, choices=Band)
    parts = models.JSONField()
    inputs_hash = models.UUIDField(null=True, help_text="Of the parts and the scorecard.")
    computed_at = models.DateTimeField()

    objects = Healths.as_manager()

    class Meta:
        ordering = ("-day", "-revision")
        constraints = (
            models.UniqueConstraint(
                fields=("account", "day", "revision"), name="one_health_a_day_and_revision"
            ),
            models.CheckConstraint(condition=models.Q(score__lte=10_000), name="health_at_most_100"),
            models.CheckConstraint(condition=models.Q(revision__gte=1), name="health_revision_from_1"),
            models.CheckConstraint(
                condition=models.Q(band__in=("green", "yellow", "red", "grey")), name="health_band_is_known"
            ),
        )
        # How many are in which band on a day is read off the index alone.
        indexes = (models.Index(fields=("day", "band"), include=("revision",), name="bands_of_days"),)

    def __str__(self) -> str:
        return f"{self.score / 100:.0f} on {self.day}"


class HealthOverrides(OfAccount):
    """Reads of overrides."""

    def acting_on(self, day: date) -> Self:
        """Overrides that set the health of the day."""
        return self.filter(starts_on__lte=day, ends_on__gt=day)


class HealthOverride(models.Model):
    """One row is a person's word on an account's health in `[starts_on, ends_on)`, with the reason for it.

    It is never edited: withdrawing it ends it early, so that what it did stays on record.
    """

    account = models.ForeignKey(Account, models.CASCADE, related_name="health_overrides")
    value = models.PositiveSmallIntegerField(help_text="0 to 100")
    reason = models.CharField(max_length=500)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()
    starts_on = models.DateField()
    ends_on = models.DateField(help_text="The first day on which it acts no more.")
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    objects = HealthOverrides.as_manager()

    class Meta:
        ordering = ("-starts_on", "-pk")
        constraints = (
            models.CheckConstraint(condition=Q(value__lte=100), name="override_at_most_100"),
            models.CheckConstraint(condition=~Q(reason=""), name="override_has_a_reason"),
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on"), ends_on__lte=F("starts_on") + OVERRIDE_DAYS),
                name="override_at_most_90_days",
            ),
        )
        indexes = (models.Index(fields=("account", "ends_on")),)

    def __str__(self) -> str:
        return f"{self.value} until {self.ends_on}"

    @property
    def last_day(self) -> date:
        """The last day on which it acts."""
        return self.ends_on - timedelta(days=1)
