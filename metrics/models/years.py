from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models import Account
from accounts.models.people import OfAccount
from surveys.models import Survey

# A place in `counts` for each value that a scale can have.
VALUES = range(11)


class AccountYear(models.Model):
    """One row is how often those of an account in one role gave each value to a question within the twelve
    months up to a day, included.

    `counts` begin with that of the value 0. A sum of scores, never edited: counted again with every
    absorption and as soon as a day is over, all up to the same day. Scores without an account have none.
    """

    account = models.ForeignKey(
        Account, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    survey = models.ForeignKey(
        Survey, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    question_key = models.CharField(max_length=60)
    kind = models.CharField(max_length=20)
    contact_role = models.CharField(max_length=20, blank=True)
    day = models.DateField(db_index=True)
    counts = ArrayField(models.IntegerField())

    objects = OfAccount.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("account", "survey", "question_key", "kind", "contact_role"),
                name="one_account_year_a_role",
            ),
        )
        indexes = (models.Index(fields=("kind", "survey")),)

    def __str__(self) -> str:
        return f"{self.question_key} up to {self.day}: {self.counts}"
