from django.contrib.postgres.fields import ArrayField
from django.db import models

from surveys.models import Survey


class AskedDay(models.Model):
    """One row is how many invitations of a survey a day delivered, and how many of them were answered since.

    A sum of invitations, never edited. The newest days have none: they are counted when they are asked for.
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


class AskedAccounts(models.Model):
    """One row is how many invitations of a survey each account got on one day, or in one month, and answered.

    `delivered` and `completed` stand at the same places as `accounts`, those of today's contacts. Of the same
    days as `AskedDay`, which sums them up; a month is the sum of its days.
    """

    survey = models.ForeignKey(Survey, models.CASCADE, related_name="+", db_index=False)
    is_month = models.BooleanField()
    begins = models.DateField()
    accounts = ArrayField(models.BigIntegerField())
    delivered = ArrayField(models.IntegerField())
    completed = ArrayField(models.IntegerField())

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("survey", "is_month", "begins"), name="one_asked_accounts_a_survey"
            ),
        )

    def __str__(self) -> str:
        return f"{self.begins}: {len(self.accounts)} accounts"
