from datetime import date
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models import Account, Contact
from accounts.models.people import OfAccount
from surveys.models import Response, Survey


class Slice(models.Model):
    """One row is one combination of the attributes pages break down by, as they were when answers came in."""

    segment = models.CharField(max_length=100, blank=True)
    tier = models.CharField(max_length=100, blank=True)
    region = models.CharField(max_length=100, blank=True)
    language = models.CharField(max_length=16, blank=True)
    channel = models.CharField(max_length=10, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("segment", "tier", "region", "language", "channel"), name="one_slice_a_combination"
            ),
        )

    def __str__(self) -> str:
        return " / ".join(filter(None, (self.segment, self.tier, self.region, self.language, self.channel)))


class Scores(OfAccount):
    """Reads of scores."""

    def within(self, start: date, end: date) -> Self:
        """Scores of the days in `[start, end)`."""
        return self.filter(day__gte=start, day__lt=end)


class Score(models.Model):
    """One row is one scored answer, in the narrow table that metrics read.

    Written by `absorb_responses` only. `contact` is absent where the answer is anonymous.
    """

    response = models.ForeignKey(Response, models.CASCADE, related_name="scores")
    survey = models.ForeignKey(Survey, models.CASCADE, related_name="+")
    question_key = models.CharField(max_length=60)
    kind = models.CharField(max_length=20)
    account = models.ForeignKey(Account, models.CASCADE, null=True, related_name="scores")
    contact = models.ForeignKey(Contact, models.CASCADE, null=True, related_name="scores")
    contact_role = models.CharField(max_length=20, blank=True)
    slice = models.ForeignKey(Slice, models.PROTECT, related_name="+")
    day = models.DateField()
    value = models.SmallIntegerField()

    objects = Scores.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("response", "question_key"), name="one_score_an_answer"),
        )
        indexes = (
            models.Index(fields=("account", "kind", "day")),
            models.Index(fields=("survey", "question_key", "day", "slice", "value")),
        )

    def __str__(self) -> str:
        return f"{self.question_key} {self.value}"


class Tallies(models.QuerySet["Tally"]):
    """Reads of tallies."""

    def within(self, start: date, end: date) -> Self:
        """Tallies of the days in `[start, end)`."""
        return self.filter(day__gte=start, day__lt=end)


class Tally(models.Model):
    """One row is how many gave one value to one question on one local day in one slice.

    A sum of rows of `Score`, never edited: `rebuild_metrics` makes it again from nothing.
    """

    survey = models.ForeignKey(Survey, models.CASCADE, related_name="tallies")
    question_key = models.CharField(max_length=60)
    kind = models.CharField(max_length=20)
    slice = models.ForeignKey(Slice, models.PROTECT, related_name="+")
    day = models.DateField()
    value = models.SmallIntegerField()
    count = models.IntegerField()

    objects = Tallies.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("survey", "question_key", "day", "slice", "value"), name="one_tally_a_cell"
            ),
        )
        indexes = (models.Index(fields=("kind", "day")),)

    def __str__(self) -> str:
        return f"{self.day} {self.question_key}={self.value}: {self.count}"


class Comment(models.Model):
    """One row is the words of one answer, beside what was found in them."""

    response = models.ForeignKey(Response, models.CASCADE, related_name="comments")
    survey = models.ForeignKey(Survey, models.CASCADE, related_name="+")
    question_key = models.CharField(max_length=60)
    account = models.ForeignKey(Account, models.CASCADE, null=True, related_name="comments")
    day = models.DateField()
    text = models.TextField()
    language = models.CharField(max_length=16, blank=True)
    sentiment = models.FloatField(null=True)
    themes = ArrayField(models.CharField(max_length=60), default=list)

    objects = OfAccount.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("response", "question_key"), name="one_comment_an_answer"),
        )
        indexes = (models.Index(fields=("account", "-day")), models.Index(fields=("survey", "-day")))

    def __str__(self) -> str:
        return self.text[:80]


class Absorbed(models.Model):
    """One row says which revision of a response the scores were last written from."""

    response = models.OneToOneField(Response, models.CASCADE, primary_key=True, related_name="absorbed")
    revision = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"revision {self.revision}"
