from datetime import date
from typing import Self

from django.db import models


class Targets(models.QuerySet["Target"]):
    """Reads of targets."""

    def ahead_on(self, day: date) -> Self:
        """Targets that are to be met on the day or later, the nearest first."""
        return self.filter(by__gte=day).order_by("by")


class Target(models.Model):
    """One row is the value that a metric is to have reached by a day, for the company or for one segment."""

    metric = models.CharField(max_length=40)
    segment = models.CharField(max_length=100, blank=True, help_text="Empty for the whole company.")
    value = models.DecimalField(max_digits=14, decimal_places=2)
    by = models.DateField()

    objects = Targets.as_manager()

    class Meta:
        ordering = ("metric", "segment", "by")
        constraints = (models.UniqueConstraint(fields=("metric", "segment", "by"), name="one_target_a_day"),)

    def __str__(self) -> str:
        return f"{self.metric} {self.value} by {self.by}"
