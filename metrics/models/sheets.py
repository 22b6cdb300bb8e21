from django.db import models

from surveys.models import Survey


class ScoreSheet(models.Model):
    """One row is every score of a question on one day, packed side by side, in no order.

    Which accounts are in question depends on what they are today, so no total can be made for it beforehand;
    of so many scores it is counted from these, a few bytes a score. `answers` holds four bytes of each, the
    highest first: the account, 0 without one, and in the last four bits the value. `slices` holds four more
    at the same places: the slice. A copy of rows of `Score`, never edited, written with the tallies.
    """

    survey = models.ForeignKey(Survey, models.CASCADE, related_name="+", db_index=False)
    question_key = models.CharField(max_length=60)
    kind = models.CharField(max_length=20)
    day = models.DateField()
    answers = models.BinaryField()
    slices = models.BinaryField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("survey", "day", "question_key"), name="one_sheet_a_question"),
        )

    def __str__(self) -> str:
        return f"{self.day} {self.question_key}: {len(self.answers) // 4} scores"
