from django.contrib.postgres.fields import ArrayField
from django.db import models

from metrics.models.scores import Slice
from surveys.models import Survey


class SliceTotal(models.Model):
    """One row is how often each value was given to a question on one day, or in one month, in one slice.

    `counts` begin with that of the value 0. A sum of rows of `Tally`, never edited, written with them; a
    month is the sum of its days.
    """

    survey = models.ForeignKey(Survey, models.CASCADE, related_name="+", db_index=False)
    question_key = models.CharField(max_length=60)
    kind = models.CharField(max_length=20)
    is_month = models.BooleanField()
    begins = models.DateField()
    slice = models.ForeignKey(Slice, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False)
    counts = ArrayField(models.IntegerField())

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("survey", "is_month", "begins", "question_key", "slice"),
                name="one_slice_total_a_question",
            ),
        )

    def __str__(self) -> str:
        return f"{self.begins} {self.question_key}: {self.counts}"


class Total(models.Model):
    """One row is how often each value was given to a question on one day, or in one month, by everybody.

    The sum of the rows of `SliceTotal` of the same days, never edited, written with them.
    """

    survey = models.ForeignKey(Survey, models.CASCADE, related_name="+", db_index=False)
    question_key = models.CharField(max_length=60)
    kind = models.CharField(max_length=20)
    is_month = models.BooleanField()
    begins = models.DateField()
    counts = ArrayField(models.IntegerField())

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("survey", "is_month", "begins", "question_key"), name="one_total_a_question"
            ),
        )

    def __str__(self) -> str:
        return f"{self.begins} {self.question_key}: {self.counts}"
