from django.conf import settings
from django.db import models


class HandOver(models.Model):
    """One row is accounts that one person gave another owner at once, with whose each was, to be undone by.

    `former` holds the key of the former owner, None for nobody, by that of the account; `to` is None where
    the accounts were left to nobody.
    """

    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    to = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    former = models.JSONField()
    made_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{len(self.former)} accounts to {self.to or 'nobody'}"
