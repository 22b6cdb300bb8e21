from django.core.validators import RegexValidator
from django.db import models

from accounts.models.companies import Account, Contact
from accounts.models.people import OfAccount

EVENT_NAME = r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$"
validate_event_name = RegexValidator(EVENT_NAME, "Words of a-z, 0-9 and _, joined by points: ticket.closed.")


class Event(models.Model):
    """One row is something that happened to an account elsewhere: a ticket closed, an invoice overdue."""

    event_id = models.CharField(max_length=200, unique=True)
    name = models.CharField(max_length=100, validators=[validate_event_name])
    account = models.ForeignKey(Account, models.CASCADE, related_name="events")
    contact = models.ForeignKey(Contact, models.SET_NULL, null=True, blank=True, related_name="events")
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField(db_index=True)
    attributes = models.JSONField(default=dict, blank=True)

    objects = OfAccount.as_manager()

    class Meta:
        ordering = ("-occurred_at", "-pk")
        constraints = (
            models.CheckConstraint(condition=models.Q(name__regex=EVENT_NAME), name="event_name_is_of_words"),
        )
        indexes = (
            models.Index(fields=("account", "name", "occurred_at")),
            models.Index(fields=("name", "received_at")),
        )

    def __str__(self) -> str:
        return f"{self.name} {self.event_id}"


class SignalRule(models.Model):
    """One row makes a signal of events: what those of one name come to on one day of an account."""

    class Measure(models.TextChoices):
        COUNT = "count", "how many there were"
        SUM = "sum", "the sum of an attribute"
        LATEST = "latest", "an attribute of the latest"

    event_name = models.CharField(max_length=100, validators=[validate_event_name])
    measure = models.CharField(max_length=10, choices=Measure, default=Measure.COUNT)
    attribute = models.CharField(
        max_length=100, blank=True, help_text="Which one; nothing when they are counted."
    )
    signal_key = models.CharField(max_length=100, unique=True)

    class Meta:
        ordering = ("event_name", "signal_key")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(measure="count", attribute="")
                | models.Q(measure__in=("sum", "latest")) & ~models.Q(attribute=""),
                name="rule_names_what_it_measures",
            ),
        )

    def __str__(self) -> str:
        return f"{self.event_name} → {self.signal_key}"
