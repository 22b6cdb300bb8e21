from django.conf import settings
from django.db import models

from accounts.models import Account
from accounts.models.people import OfAccount


class AccountNps(models.Model):
    """One row is how many of an account gave which likelihood in the twelve months up to a day, included.

    Of relationship programmes, confidential surveys left out. Lists of accounts are ordered by it, because
    counting every answer of every account each time would take ever longer. Written after answers of the
    account were absorbed, and every night; without answers there is no row.
    """

    account = models.OneToOneField(Account, models.CASCADE, related_name="+", primary_key=True)
    day = models.DateField()
    detractors = models.PositiveIntegerField()
    passives = models.PositiveIntegerField()
    promoters = models.PositiveIntegerField()

    objects = OfAccount.as_manager()

    def __str__(self) -> str:
        return f"{self.detractors}/{self.passives}/{self.promoters} on {self.day}"


class AccountHeard(models.Model):
    """One row is when an account last answered, to whichever survey; tests do not count.

    Lists are narrowed to the silent and ordered by it. Written with each absorption; who never answered has
    no row.
    """

    account = models.OneToOneField(Account, models.CASCADE, related_name="heard", primary_key=True)
    heard_at = models.DateTimeField()

    objects = OfAccount.as_manager()

    def __str__(self) -> str:
        return f"{self.heard_at}"


class SavedView(models.Model):
    """One row is a list as somebody wants to find it again: the query of its address, under a name."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views")
    page = models.CharField(max_length=40)
    name = models.CharField(max_length=80)
    query = models.CharField(max_length=2_000, blank=True)

    class Meta:
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(fields=("user", "page", "name"), name="one_saved_view_a_name"),
        )

    def __str__(self) -> str:
        return self.name
