from django.db import models

from surveys.models import Survey


class AskedDay(models.Model):
    """One row is how many invitations of a survey a day delivered, and how many of them were answered since.

    A sum of invitations, never edited. The newest weeks have none: they are counted when they are asked for.
    """

    survey = models.ForeignKey(Survey, models.CASCADE, related_name="+", db_index=False)
    day = models.DateField()
    delivered = models.PositiveIntegerField()
    completed = models.PositiveIntegerField()
    counted_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("survey", "day"), name="one_asked_day_a_survey"),)

    def __str__(self) -> str:
        return f"{self.day}: {self.completed} of {self.delivered}"
