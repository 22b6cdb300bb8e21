"""What was known when: accounts, people and contracts as each night found them, answers as they were."""

from collections.abc import Mapping

from django.db import models

from accounts.models import Account, Contact, ExchangeRate, ServicesMonth, Subscription
from metrics.models.scores import Slice
from surveys.models import Survey


def columns_of(table: type[models.Model]) -> list[str]:
    """Return the columns of a table."""
    return [field.column for field in table._meta.concrete_fields if field.column]


class Snapshot(models.Model):
    """One row says that all of which copies are kept was looked at, and what had changed was copied."""

    taken_at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ("-taken_at",)

    def __str__(self) -> str:
        return f"{self.taken_at:%Y-%m-%d %H:%M}"


class Copy(models.Model):
    """One row is what a row of another table said, from one look at it until the next that found another.

    `key` is that row's own. Never edited: what no longer holds is ended, and another row is written.
    """

    key = models.BigIntegerField()
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    class Meta:
        abstract = True
        constraints = (
            models.UniqueConstraint(
                fields=("key",), condition=models.Q(until=None), name="one_current_%(class)s"
            ),
        )
        indexes = (models.Index(fields=("key", "since")),)

    def __str__(self) -> str:
        return f"{self.key} from {self.since:%Y-%m-%d}"

    @classmethod
    def facts(cls) -> list[str]:
        """Return the columns that are copied."""
        own = {"id", "key", "since", "until"}
        return [column for column in columns_of(cls) if column not in own]


class KnownAccount(Copy):
    """One row is by what an account was found, whose it was and in which currency it paid, for a while."""

    segment = models.CharField(max_length=100, blank=True)
    industry = models.CharField(max_length=100, blank=True)
    country = models.CharField(max_length=100, blank=True)
    region = models.CharField(max_length=100, blank=True)
    tier = models.CharField(max_length=100, blank=True)
    owner_id = models.BigIntegerField(null=True)
    team_id = models.BigIntegerField(null=True)
    parent_id = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, blank=True)


class KnownContact(Copy):
    """One row is of which account a contact was, and in which role, for a while; nothing says who it is."""

    account_id = models.BigIntegerField()
    role = models.CharField(max_length=20)
    erased_at = models.DateTimeField(null=True)


class KnownSubscription(Copy):
    """One row is what a subscription said for a while."""

    account_id = models.BigIntegerField()
    product = models.CharField(max_length=200, blank=True)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    annual_value = models.DecimalField(max_digits=14, decimal_places=2)
    currency = models.CharField(max_length=3)
    cancelled_on = models.DateField(null=True)
    renews_id = models.BigIntegerField(null=True)


class KnownServices(Copy):
    """One row is what services for an account brought in and cost in one month, as known for a while."""

    account_id = models.BigIntegerField()
    month = models.DateField()
    revenue = models.DecimalField(max_digits=14, decimal_places=2)
    cost = models.DecimalField(max_digits=14, decimal_places=2)


class KnownRate(Copy):
    """One row is what a currency was worth in one month, as known for a while."""

    currency = models.CharField(max_length=3)
    month = models.DateField()
    rate = models.DecimalField(max_digits=18, decimal_places=8)


class KnownSurvey(Copy):
    """One row is to which programme a survey belonged for a while."""

    programme_id = models.BigIntegerField()


COPIES: Mapping[type[models.Model], type[Copy]] = {
    Account: KnownAccount,
    Contact: KnownContact,
    Subscription: KnownSubscription,
    ServicesMonth: KnownServices,
    ExchangeRate: KnownRate,
    Survey: KnownSurvey,
}


class FormerResponse(models.Model):
    """One row is how a response counted before it was changed or deleted, on the days in `[since, until)`.

    Written with the absorption that finds it otherwise, and only where a day had ended in between; so there
    are as many as late corrections. `scores` are [{"question_key", "kind", "value"}]. Of its words nothing
    is kept, and of what was said in confidence it holds no more than the response did: no contact.
    """

    response_id = models.BigIntegerField()
    invitation_id = models.BigIntegerField(null=True)
    survey = models.ForeignKey(
        Survey, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    account_id = models.BigIntegerField(null=True)
    contact_id = models.BigIntegerField(null=True)
    contact_role = models.CharField(max_length=20, blank=True)
    slice = models.ForeignKey(Slice, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False)
    day = models.DateField(null=True)
    is_complete = models.BooleanField()
    scores = models.JSONField(default=list)
    since = models.DateField()
    until = models.DateField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(since__lt=models.F("until")), name="former_response_lasted_a_day"
            ),
        )
        indexes = (models.Index(fields=("until", "since")),)

    def __str__(self) -> str:
        return f"from {self.since} until {self.until}"
