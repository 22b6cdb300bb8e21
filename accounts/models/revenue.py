from datetime import date
from typing import Self

from django.db import models

from accounts.models.companies import CURRENCY, Account
from accounts.models.people import OfAccount


class Subscriptions(OfAccount):
    """Reads of subscriptions."""

    def in_force(self, day: date) -> Self:
        """Subscriptions that earn revenue on the day: begun, and not over.

        The term is half-open, `[starts_on, ends_on)`. `cancelled_on` is the day notice was given: with an end
        date the term runs out as agreed, without one the subscription is over on that day.
        """
        is_over = models.Q(ends_on__lte=day) | models.Q(ends_on=None, cancelled_on__lte=day)
        return self.filter(starts_on__lte=day).exclude(is_over)

    def due(self, start: date, end: date) -> Self:
        """Subscriptions whose term ends in `[start, end)`: those up for renewal."""
        return self.filter(ends_on__gte=start, ends_on__lt=end)


class Subscription(models.Model):
    """One row is what an account pays for, from when to when, and its yearly value."""

    account = models.ForeignKey(Account, models.PROTECT, related_name="subscriptions")
    external_id = models.CharField(max_length=200, unique=True)
    product = models.CharField(max_length=200, blank=True)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    annual_value = models.DecimalField(max_digits=14, decimal_places=2)
    currency = models.CharField(max_length=3)
    auto_renew = models.BooleanField(default=False)
    cancelled_on = models.DateField(null=True, blank=True)
    renews = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="renewals")

    objects = Subscriptions.as_manager()

    class Meta:
        ordering = ("starts_on", "pk")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(currency__regex=CURRENCY), name="subscription_currency_is_iso"
            ),
            models.CheckConstraint(
                condition=models.Q(annual_value__gte=0), name="subscription_value_not_negative"
            ),
            models.CheckConstraint(
                condition=models.Q(ends_on=None) | models.Q(ends_on__gte=models.F("starts_on")),
                name="subscription_ends_after_start",
            ),
            models.CheckConstraint(
                condition=models.Q(renews=None) | ~models.Q(renews=models.F("id")),
                name="subscription_does_not_renew_itself",
            ),
        )
        indexes = (
            models.Index(fields=("account", "starts_on")),
            models.Index(fields=("starts_on", "ends_on")),
            models.Index(fields=("ends_on",)),
        )

    def __str__(self) -> str:
        return f"{self.product or self.external_id} from {self.starts_on:%-d %b %Y}"

    def is_in_force(self, day: date) -> bool:
        """Whether it earns revenue on the day, as `Subscriptions.in_force` says."""
        last = self.ends_on or self.cancelled_on
        return self.starts_on <= day and (last is None or last > day)


class ServicesMonth(models.Model):
    """One row is what services for an account brought in and cost in one month (its first day)."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="services_months")
    month = models.DateField()
    revenue = models.DecimalField(max_digits=14, decimal_places=2)
    cost = models.DecimalField(max_digits=14, decimal_places=2)

    objects = OfAccount.as_manager()

    class Meta:
        ordering = ("-month",)
        constraints = (
            models.UniqueConstraint(fields=("account", "month"), name="one_services_row_a_month"),
            models.CheckConstraint(condition=models.Q(month__day=1), name="services_month_is_a_first"),
        )

    def __str__(self) -> str:
        return f"{self.month:%b %Y}"


class ExchangeRate(models.Model):
    """One row says what one unit of a currency was worth in the reporting currency in one month."""

    currency = models.CharField(max_length=3)
    month = models.DateField()
    rate = models.DecimalField(max_digits=18, decimal_places=8)

    class Meta:
        ordering = ("currency", "-month")
        constraints = (
            models.UniqueConstraint(fields=("currency", "month"), name="one_rate_a_month"),
            models.CheckConstraint(condition=models.Q(rate__gt=0), name="rate_is_positive"),
            models.CheckConstraint(condition=models.Q(month__day=1), name="rate_month_is_a_first"),
            models.CheckConstraint(condition=models.Q(currency__regex=CURRENCY), name="rate_currency_is_iso"),
        )

    def __str__(self) -> str:
        return f"{self.currency} {self.month:%b %Y}"
