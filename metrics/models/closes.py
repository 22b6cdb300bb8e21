from datetime import date, timedelta
from typing import Any, Self
from zoneinfo import ZoneInfo

from django.db import models

from accounts.models import Account
from accounts.models.people import OfAccount
from metrics.formulas.days import day_bounds
from metrics.models.scores import Slice
from surveys.models import Survey


class Known(OfAccount):
    """Reads of what was known of a month, from one instant until another."""

    def of(self, month: date) -> Self:
        """Rows of the month that begins on the day."""
        return self.filter(month=month)

    def known_on(self, day: date | None, zone: ZoneInfo) -> Self:
        """Rows as they stood at the end of the day, as they stand now without one."""
        if day is None:
            return self.filter(until=None)
        moment = day_bounds(day + timedelta(days=1), zone)[0]
        return self.filter(since__lt=moment).filter(models.Q(until=None) | models.Q(until__gte=moment))


class Close(models.Model):
    """One row says that a month's books were closed, and restated at `since` where there is a later row.

    Until the next restatement, `until`, this is what was known of the month.
    """

    month = models.DateField()
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    is_behind = models.BooleanField(
        default=False, db_default=False, help_text="Answers of the month were counted again since."
    )
    added = models.PositiveIntegerField(help_text="Rows that this close wrote.")
    removed = models.PositiveIntegerField(help_text="Rows of the close before that no longer hold.")

    objects: "models.Manager[Any]" = Known.as_manager()

    class Meta:
        ordering = ("-month", "-since")
        constraints = (
            models.UniqueConstraint(
                fields=("month",), condition=models.Q(until=None), name="one_current_close_a_month"
            ),
            models.CheckConstraint(condition=models.Q(month__day=1), name="close_month_is_a_first"),
        )

    def __str__(self) -> str:
        return f"{self.month:%b %Y} as of {self.since:%-d %b %Y}"


class RevenueMonth(models.Model):
    """One row is what an account paid a year for one product when a month was over, as known for a while.

    In force on the first day after the month, with the account's attributes at the close. Never edited:
    a restatement ends the row and writes another.
    """

    month = models.DateField()
    account = models.ForeignKey(
        Account, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    product = models.CharField(max_length=200, blank=True)
    currency = models.CharField(max_length=3)
    annual_value = models.DecimalField(max_digits=16, decimal_places=2)
    segment = models.CharField(max_length=100, blank=True)
    tier = models.CharField(max_length=100, blank=True)
    region = models.CharField(max_length=100, blank=True)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    objects = Known.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("month", "account", "product", "currency"),
                condition=models.Q(until=None),
                name="one_current_revenue_a_month",
            ),
        )
        indexes = (models.Index(fields=("month", "since")),)

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.annual_value} {self.currency}"


class RateMonth(models.Model):
    """One row is what a currency was worth on the first day after a month, as known for a while."""

    month = models.DateField()
    currency = models.CharField(max_length=3)
    rate = models.DecimalField(max_digits=18, decimal_places=8)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    objects: "models.Manager[Any]" = Known.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("month", "currency"),
                condition=models.Q(until=None),
                name="one_current_rate_a_month",
            ),
        )
        indexes = (models.Index(fields=("month", "since")),)

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.currency} {self.rate}"


class TallyMonth(models.Model):
    """One row is how many answers of one value a month had in one slice, as known for a while."""

    month = models.DateField()
    survey = models.ForeignKey(
        Survey, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    question_key = models.CharField(max_length=60)
    kind = models.CharField(max_length=20)
    slice = models.ForeignKey(Slice, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False)
    value = models.SmallIntegerField()
    count = models.IntegerField()
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    objects = Known.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("month", "survey", "question_key", "slice", "value"),
                condition=models.Q(until=None),
                name="one_current_tally_a_month",
            ),
        )
        indexes = (models.Index(fields=("month", "since")),)

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.question_key}={self.value}: {self.count}"
