from django.conf import settings
from django.db import models

from surveys.models.design import Survey


class DraftStep(models.Model):
    """One row is one change of a survey's working copy in the builder, kept so that it can be undone."""

    survey = models.ForeignKey(Survey, models.CASCADE, related_name="steps")
    number = models.PositiveIntegerField()
    what = models.CharField(max_length=200)
    # Which part of the draft was changed, such as "question nps".
    part = models.CharField(max_length=80, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()
    before = models.JSONField()
    # The fingerprint of the working copy after it: undoing a step over other changes would lose those.
    result = models.CharField(max_length=16)

    class Meta:
        ordering = ("-number",)
        constraints = (models.UniqueConstraint(fields=("survey", "number"), name="one_draft_step_a_number"),)

    def __str__(self) -> str:
        return f"{self.number}: {self.what}"
