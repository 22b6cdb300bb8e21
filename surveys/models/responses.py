import uuid
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import BooleanField, ExpressionWrapper, Q

from accounts.models import Account, Contact
from accounts.models.people import OfAccount
from surveys.models.design import Survey, Version
from surveys.models.outreach import Collector, Invitation

# The channel of what was answered elsewhere and taken over.
IMPORTED = "import"
# PostgreSQL has a year 10,000 and an infinity, Python has neither.
CALENDAR = (datetime(1900, 1, 1, tzinfo=UTC), datetime(9998, 12, 31, tzinfo=UTC))
IS_DATED = Q(
    Q(submitted_at=None) | Q(submitted_at__range=CALENDAR),
    started_at__range=CALENDAR,
    changed_at__range=CALENDAR,
)


class Responses(OfAccount):
    """Reads of responses. A response without an account is seen only by who sees all accounts."""

    def completed(self) -> Self:
        """Responses that were submitted."""
        return self.exclude(submitted_at=None)

    def counted(self) -> Self:
        """Responses that may enter a number: not tests."""
        return self.filter(is_test=False)

    def tests(self) -> Self:
        """Responses that staff gave to try a survey out."""
        return self.filter(is_test=True)

    def unflagged(self) -> Self:
        """Responses that nothing speaks against."""
        return self.filter(flags=[])

    def identified(self) -> Self:
        """Responses to surveys of which no version ever promised confidentiality, and tests of any."""
        return self.exclude(survey__in=Version.objects.promising().values("survey"), is_test=False)

    def shown_as_rows(self) -> Self:
        """Responses that may be listed one by one, each with `is_promised`: whether it may say no more than
        what was answered. What was said in confidence waits until it is revealed (SECURITY T22).
        """
        promising = Version.objects.promising().values("survey")
        is_promised = ExpressionWrapper(Q(survey__in=promising, is_test=False), BooleanField())
        rows = self.dated().annotate(is_promised=is_promised)
        return rows.exclude(is_promised=True, revealed_at=None)

    def waiting(self, promising: Collection[int]) -> Self:
        """Responses to these surveys, which promised confidentiality, that nothing may count or list yet."""
        return self.filter(survey__in=promising, revealed_at=None, is_test=False)

    def dated(self) -> Self:
        """Responses whose instants can be read, which all are that were not written past the application."""
        return self.filter(IS_DATED)

    def quotable(self) -> Self:
        """Responses whose author gave words of praise and consented to their being shown."""
        return self.filter(afterword__ask="quote")


class Response(models.Model):
    """One row is one visit's answers, partial (`submitted_at` null) or complete."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    survey = models.ForeignKey(Survey, models.PROTECT, related_name="responses")
    version = models.ForeignKey(Version, models.PROTECT, related_name="+")
    collector = models.ForeignKey(Collector, models.PROTECT, null=True, blank=True, related_name="responses")
    invitation = models.OneToOneField(
        Invitation, models.PROTECT, null=True, blank=True, related_name="response"
    )
    contact = models.ForeignKey(Contact, models.PROTECT, null=True, blank=True, related_name="responses")
    account = models.ForeignKey(Account, models.PROTECT, null=True, blank=True, related_name="responses")
    submission_key = models.CharField(max_length=255)
    started_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField(db_index=True)
    revision = models.PositiveIntegerField(default=1)
    language = models.CharField(max_length=16)
    channel = models.CharField(max_length=10)
    answers = models.JSONField(default=dict)
    hidden = models.JSONField(default=dict, blank=True)
    is_test = models.BooleanField(default=False)
    # What the end screen asked for: {"ask": "quote" or "call_back", "text", "consent": the sentence shown}.
    afterword = models.JSONField(null=True, blank=True)
    flags = ArrayField(models.CharField(max_length=30), default=list, blank=True)
    # Since when what was said in confidence is counted and listed, with at least four others.
    revealed_at = models.DateTimeField(null=True, editable=False)

    objects = Responses.as_manager()

    class Meta:
        ordering = ("-started_at", "-pk")
        constraints = (
            models.UniqueConstraint(fields=("survey", "submission_key"), name="one_response_a_submission"),
        )
        indexes = (
            models.Index(fields=("survey", "-submitted_at")),
            models.Index(fields=("account", "-submitted_at")),
            models.Index(fields=("contact", "-submitted_at")),
            # Few, and looked for among the many others.
            models.Index(
                fields=("survey", "-started_at"),
                condition=models.Q(submitted_at=None),
                name="unfinished_responses",
            ),
            models.Index(fields=("survey",), condition=~models.Q(flags=[]), name="flagged_responses"),
            models.Index(
                fields=("survey",), condition=models.Q(revealed_at=None), name="unrevealed_responses"
            ),
            models.Index(
                fields=("survey",),
                condition=models.Q(afterword__isnull=False),
                name="responses_with_afterword",
            ),
            models.Index(fields=("survey",), condition=models.Q(is_test=True), name="test_responses"),
        )

    def __str__(self) -> str:
        return f"response {str(self.public_id)[:8]}"
