from collections.abc import Mapping
from datetime import date
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Team, User
from surveys.models import Programme

# A target is of the whole company or of one value of one of these.
PARTS = ("segment", "team", "account_owner", "programme")
# Metrics that are called by their initials.
INITIALS = ("nps", "csat", "ces", "arr", "grr", "nrr", "clv")
NOTHING: Mapping[str, Any] = {"segment": "", "team": None, "account_owner": None, "programme": None}


class Targets(models.QuerySet["Target"]):
    """Reads of targets."""

    def visible_to(self, user: User) -> Self:
        """All with `view_all_accounts`; otherwise those of the user's own accounts and teams."""
        if not user.is_active:
            return self.none()
        if user.sees_all_accounts:
            return self
        return self.filter(Q(account_owner=user.pk) | Q(team__in=user.teams.values("pk")))

    def of(self, **part: Any) -> Self:
        """Targets of the part, of the whole company without one."""
        return self.filter(**{**NOTHING, **part})

    def ahead_on(self, day: date) -> Self:
        """Targets that are to be met on the day or later, the nearest first."""
        return self.filter(by__gte=day).order_by("by")


class Target(models.Model):
    """One row is the value that a metric is to have reached by a day, for the company or for one part of it.

    `start` is where it stood on `starts_on`, from which progress is measured; `responsible` answers for it.
    """

    metric = models.CharField(max_length=40)
    segment = models.CharField(max_length=100, blank=True, help_text="Empty for the whole company.")
    team = models.ForeignKey(Team, models.CASCADE, null=True, blank=True, related_name="targets")
    account_owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="targets",
        help_text="Of the accounts that this person owns.",
    )
    programme = models.ForeignKey(Programme, models.CASCADE, null=True, blank=True, related_name="targets")
    start = models.DecimalField("from", max_digits=14, decimal_places=2, null=True, blank=True)
    starts_on = models.DateField("since", null=True, blank=True)
    value = models.DecimalField("to", max_digits=14, decimal_places=2)
    by = models.DateField()
    responsible = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    note = models.CharField(max_length=300, blank=True)

    objects = Targets.as_manager()

    class Meta:
        verbose_name = "goal"
        ordering = ("metric", "segment", "by")
        constraints = (
            models.UniqueConstraint(
                fields=("metric", *PARTS, "by"),
                name="one_target_a_day",
                nulls_distinct=False,
                violation_error_message="There is a goal for this metric and part by that day.",
            ),
            models.CheckConstraint(
                condition=Q(starts_on=None) | Q(starts_on__lt=models.F("by")),
                name="target_starts_before_its_end",
                violation_error_message="It begins before the day by which it is to be reached.",
            ),
            models.CheckConstraint(
                condition=Q(start=None, starts_on=None) | Q(start__isnull=False, starts_on__isnull=False),
                name="target_start_has_a_day",
                violation_error_message="A value to start from and its day go together.",
            ),
            models.CheckConstraint(
                condition=Q(segment="", team=None, account_owner=None)
                | Q(segment="", team=None, programme=None)
                | Q(segment="", account_owner=None, programme=None)
                | Q(team=None, account_owner=None, programme=None),
                name="target_of_one_part",
                violation_error_message="Choose one: a segment, a team, an owner or a programme.",
            ),
        )

    def __str__(self) -> str:
        # No value, which may be money: the history and whatever a deletion takes along call it so.
        words = (word.upper() if word in INITIALS else word for word in self.metric.split("_"))
        return f"{' '.join(words)} by {self.by:%-d %b %Y}"

    @property
    def part(self) -> dict[str, Any]:
        """What the target is of, by name; empty for the whole company."""
        return {name: value for name in PARTS if (value := getattr(self, name))}
