from datetime import date
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Account, Contact
from accounts.models.people import OfAccount
from surveys.models import Programme, Response


class Rule(models.Model):
    """One row says which answers of a programme are unhappy enough to open a follow-up."""

    class Kind(models.TextChoices):
        NPS = "nps", "NPS"
        CSAT = "csat", "CSAT"
        CES = "ces", "CES"

    programme = models.ForeignKey(Programme, models.CASCADE, related_name="follow_up_rules")
    kind = models.CharField("question", max_length=10, choices=Kind, default=Kind.NPS)
    at_most = models.PositiveSmallIntegerField(
        default=6, help_text="Opens on this point of the scale and below it: 6 for NPS means detractors."
    )
    due_in_days = models.PositiveSmallIntegerField(default=3)
    since = models.DateField(help_text="Answers of earlier days open nothing.")

    class Meta:
        ordering = ("programme", "kind")
        constraints = (models.UniqueConstraint(fields=("programme", "kind"), name="one_rule_a_kind"),)

    def __str__(self) -> str:
        return f"{self.programme}: {self.get_kind_display()} up to {self.at_most}"


class FollowUps(OfAccount):
    """Reads of follow-ups. One without an account is seen only by who sees all accounts."""

    def unfinished(self) -> Self:
        """Follow-ups that are not closed."""
        return self.exclude(state=FollowUp.State.CLOSED)

    def overdue_on(self, day: date) -> Self:
        """Unfinished follow-ups that were due before the day."""
        return self.unfinished().filter(due_on__lt=day)


class FollowUp(models.Model):
    """One row is a case: an unhappy answer, a wish to be called or a fall in health, and who sees to it."""

    class Reason(models.TextChoices):
        SCORE = "score", "unhappy answer"
        CALL_BACK = "call_back", "wants to be called"
        HEALTH = "health", "fall in health"
        MANUAL = "manual", "opened by hand"

    class State(models.TextChoices):
        OPEN = "open"
        IN_PROGRESS = "in_progress", "in progress"
        CLOSED = "closed"

    account = models.ForeignKey(Account, models.CASCADE, null=True, blank=True, related_name="follow_ups")
    contact = models.ForeignKey(Contact, models.SET_NULL, null=True, blank=True, related_name="follow_ups")
    response = models.OneToOneField(
        Response, models.SET_NULL, null=True, blank=True, related_name="follow_up"
    )
    reason = models.CharField(max_length=10, choices=Reason, default=Reason.MANUAL)
    about = models.CharField(max_length=300, help_text="What happened, in one line.")
    state = models.CharField(max_length=12, choices=State, default=State.OPEN)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="follow_ups"
    )
    due_on = models.DateField("due")
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    note = models.TextField(blank=True)

    objects = FollowUps.as_manager()

    class Meta:
        ordering = ("due_on", "pk")
        verbose_name = "follow-up"
        constraints = (
            models.UniqueConstraint(
                fields=("account",),
                condition=Q(reason="health") & ~Q(state="closed"),
                name="one_unfinished_health_case",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("open", "in_progress", "closed")), name="follow_up_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(state="closed", closed_at__isnull=False)
                | (~Q(state="closed") & Q(closed_at=None)),
                name="follow_up_is_closed_at_a_time",
            ),
        )
        indexes = (
            models.Index(fields=("state", "due_on")),
            models.Index(fields=("account", "-opened_at")),
        )

    def __str__(self) -> str:
        return self.about
