from datetime import timedelta
from typing import Any, Self

from django.db import models
from django.db.models.functions import Now

from accounts.models.keys import ApiKey

KEPT_FOR = timedelta(hours=24)


class Replies(models.QuerySet[Any]):
    """Reads of replies."""

    def expired(self) -> Self:
        """Replies that are no longer repeated, by the database's clock."""
        return self.filter(created_at__lte=Now() - KEPT_FOR)


class Reply(models.Model):
    """One row is what the API answered to a POST with an Idempotency-Key; the same POST gets it again."""

    api_key = models.ForeignKey(ApiKey, models.CASCADE, related_name="replies")
    idempotency_key = models.CharField(max_length=200)
    request_hash = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField()
    body = models.TextField()
    created_at = models.DateTimeField(db_default=Now(), db_index=True)

    objects = Replies.as_manager()

    class Meta:
        verbose_name_plural = "replies"
        constraints = (
            models.UniqueConstraint(fields=("api_key", "idempotency_key"), name="one_reply_a_key"),
        )

    def __str__(self) -> str:
        return self.idempotency_key
