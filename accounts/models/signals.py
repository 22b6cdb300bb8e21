from typing import Self

from django.db import models

from accounts.models.companies import Account
from accounts.models.people import OfAccount


class Signals(OfAccount):
    """Reads of signals."""

    def newest(self) -> Self:
        """The newest value of each key of each account."""
        return self.order_by("account_id", "key", "-observed_on").distinct("account_id", "key")


class Signal(models.Model):
    """One row is one imported measure of an account on one day: usage, support load, payment."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="signals")
    key = models.CharField(max_length=100)
    observed_on = models.DateField()
    value = models.DecimalField(max_digits=18, decimal_places=4)

    objects = Signals.as_manager()

    class Meta:
        ordering = ("key", "-observed_on")
        constraints = (
            models.UniqueConstraint(fields=("account", "key", "observed_on"), name="one_signal_a_day"),
        )
        # Whether anybody measures a thing at all is asked with every chunk of healths.
        indexes = (models.Index(fields=("key",)),)

    def __str__(self) -> str:
        return f"{self.key} {self.observed_on:%-d %b %Y}"
