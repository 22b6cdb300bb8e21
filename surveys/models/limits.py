from django.db import models

from surveys.models.design import Survey, validate_key


class Quota(models.Model):
    """One row is how many complete responses may give one answer; who comes later reads that it is full."""

    survey = models.ForeignKey(Survey, models.CASCADE, related_name="quotas")
    question_key = models.CharField("question", max_length=60, validators=[validate_key])
    # The key of a choice, or the point of a scale, as answers hold it.
    value = models.JSONField("answer")
    limit = models.PositiveIntegerField()
    ending = models.CharField(
        max_length=60,
        blank=True,
        help_text="Key of the ending to show once full. Blank: “the survey is full”.",
    )

    class Meta:
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(fields=("survey", "question_key", "value"), name="one_quota_an_answer"),
        )

    def __str__(self) -> str:
        return f"{self.question_key} = {self.value}: {self.limit}"


class Footprint(models.Model):
    """One row is one answer on an open link, for a day: by a keyed hash of address, link and day, no more.

    The table is unlogged: what a crash takes from it costs nothing but a flag.
    """

    visitor = models.BinaryField(max_length=16, db_index=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"footprint at {self.at}"
