from django.db import models


class Finding(models.Model):
    """One row is what a calculation found that is too long for a page: kept once, until there is a newer one.

    `asked` says of what, `document` is the result, `as_of` the day it was worked out for. `stamp` is that of
    the rows that people change: once it is another one, the result is of rows that are gone.
    """

    name = models.CharField(max_length=40)
    asked = models.CharField(max_length=100)
    as_of = models.DateField()
    found_at = models.DateTimeField()
    stamp = models.CharField(max_length=100)
    document = models.JSONField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("name", "asked"), name="one_finding_a_question"),)

    def __str__(self) -> str:
        return f"{self.name} {self.asked} as of {self.as_of}"
