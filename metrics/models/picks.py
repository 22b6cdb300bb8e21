from django.contrib.postgres.fields import ArrayField
from django.db import models

from metrics.models.scores import Slice
from surveys.models import Survey

# What a response counts for beside its answers, among the numbers of its picks: that it is there, that it
# came to its end, and that something speaks against it although it did.
CAME, COMPLETE, FLAGGED = 0, -1, -2


class Pick(models.Model):
    """One row is one answer that a question offers: a choice by its key, in a ranking at one place.

    A question, or the row `key.row` of a matrix, has one row more, without a key: that it was answered.
    """

    survey = models.ForeignKey(Survey, models.CASCADE, related_name="+", db_index=False)
    question_key = models.CharField(max_length=130)
    key = models.CharField(max_length=60, blank=True)
    place = models.PositiveSmallIntegerField(default=0, help_text="From 1, in a ranking; 0 elsewhere.")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("survey", "question_key", "key", "place"), name="one_pick_an_answer"
            ),
        )

    def __str__(self) -> str:
        return f"{self.question_key}={self.key}"


class PickTally(models.Model):
    """One row is how often each pick was given to a survey on one day, or in one month, in one slice.

    `picks` are numbers of `Pick`, or what a response counts for beside its answers; `counts` stand at the
    same places. A sum of what `Absorbed` notes of responses, never edited; a month is the sum of its days.
    """

    survey = models.ForeignKey(Survey, models.CASCADE, related_name="+", db_index=False)
    is_month = models.BooleanField()
    begins = models.DateField()
    slice = models.ForeignKey(Slice, models.PROTECT, related_name="+", db_index=False)
    picks = ArrayField(models.IntegerField())
    counts = ArrayField(models.IntegerField())

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("survey", "is_month", "begins", "slice"), name="one_pick_tally_a_cell"
            ),
        )

    def __str__(self) -> str:
        return f"{self.begins}: {len(self.picks)} picks"
