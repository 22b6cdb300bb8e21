from django.db import models
from django.db.models import Q


class Recount(models.Model):
    """The one row is how many times what is derived from answers and invitations was counted again.

    Written in the transaction that counts, so that what is kept in memory may hang on it instead of on every
    row that was counted (`measures.memory`).
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    times = models.BigIntegerField()

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(id=1), name="one_recount"),)

    def __str__(self) -> str:
        return f"{self.times} times"
