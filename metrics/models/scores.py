from datetime import date
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.text import Truncator

from accounts.models import Account, Contact
from accounts.models.people import OfAccount
from metrics.models.search import Findable, Sought, saying
from surveys.models import Response, Survey


class Slice(models.Model):
    """One row is one combination of the attributes pages break down by, as they were when answers came in."""

    segment = models.CharField(max_length=100, blank=True)
    tier = models.CharField(max_length=100, blank=True)
    region = models.CharField(max_length=100, blank=True)
    language = models.CharField(max_length=16, blank=True)
    channel = models.CharField(max_length=10, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("segment", "tier", "region", "language", "channel"), name="one_slice_a_combination"
            ),
        )

    def __str__(self) -> str:
        return " / ".join(filter(None, (self.segment, self.tier, self.region, self.language, self.channel)))


# Scores, comments and absorptions are derived from responses, and what they point to is protected by these.
# Checking that again took two thirds of the time of absorbing a million responses, so their foreign keys are
# not the database's: `verify_metrics` names what would hang in the air, the nightly sweep removes it.


class Scores(OfAccount):
    """Reads of scores."""

    def within(self, start: date, end: date) -> Self:
        """Scores of the days in `[start, end)`."""
        return self.filter(day__gte=start, day__lt=end)


class Score(models.Model):
    """One row is one scored answer, in the narrow table that metrics read.

    Written by `absorb_responses` only. `contact` is absent where the answer is anonymous; `contact_role` and
    `slice` are as they were when the answer came.
    """

    # Of a deleted response they stay until its absorption is forgotten: what was known is told from them.
    response = models.ForeignKey(
        Response, models.DO_NOTHING, related_name="scores", db_constraint=False, db_index=False
    )
    survey = models.ForeignKey(
        Survey, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    question_key = models.CharField(max_length=60)
    kind = models.CharField(max_length=20)
    account = models.ForeignKey(
        Account, models.DO_NOTHING, null=True, related_name="scores", db_constraint=False, db_index=False
    )
    contact = models.ForeignKey(
        Contact, models.DO_NOTHING, null=True, related_name="scores", db_constraint=False, db_index=False
    )
    contact_role = models.CharField(max_length=20, blank=True)
    slice = models.ForeignKey(Slice, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False)
    day = models.DateField()
    value = models.SmallIntegerField()

    objects = Scores.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("response", "question_key"), name="one_score_an_answer"),
        )
        indexes = (
            models.Index(fields=("account", "kind", "day")),
            models.Index(fields=("survey", "day")),
            # A year of likelihoods by account is read from here alone, without looking up a row.
            models.Index(
                fields=("survey", "day"),
                name="likelihoods_by_account",
                condition=Q(kind="nps"),
                include=("account", "contact_role", "question_key", "slice", "value"),
            ),
        )

    def __str__(self) -> str:
        return f"{self.question_key} {self.value}"


class Tallies(models.QuerySet["Tally"]):
    """Reads of tallies."""

    def within(self, start: date, end: date) -> Self:
        """Tallies of the days in `[start, end)`."""
        return self.filter(day__gte=start, day__lt=end)


class Tally(models.Model):
    """One row is how many gave one value to one question on one local day in one slice.

    A sum of rows of `Score`, never edited: `rebuild_metrics` makes it again from nothing.
    """

    survey = models.ForeignKey(Survey, models.CASCADE, related_name="tallies", db_index=False)
    question_key = models.CharField(max_length=60)
    kind = models.CharField(max_length=20)
    slice = models.ForeignKey(Slice, models.PROTECT, related_name="+", db_index=False)
    day = models.DateField()
    value = models.SmallIntegerField()
    count = models.IntegerField()

    objects = Tallies.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("survey", "question_key", "day", "slice", "value"), name="one_tally_a_cell"
            ),
        )
        indexes = (models.Index(fields=("kind", "day")), models.Index(fields=("survey", "day")))

    def __str__(self) -> str:
        return f"{self.day} {self.question_key}={self.value}: {self.count}"


class Comments(OfAccount):
    """Reads of comments."""

    def unread(self) -> Self:
        """Comments that nobody has read yet, neither a model nor a person."""
        return self.filter(read_at=None, corrected_at=None)

    def saying(self, sought: Sought, most: int) -> Self:
        """Comments that say these words, in any form that their language has for them, to read so many of.

        What is rare is looked for by its words first, since no index has `said_on` in order then: to go
        through the newest until enough are found would be to read them all.
        """
        rows = self.filter(saying(sought))
        return rows if sought.is_common(most) else rows.alias(said_on=F("day") + 0)


class Comment(models.Model):
    """One row is the words of one answer, beside what was found in them.

    `sentiment` runs from -1 (unhappy) to 1, `confidence` (0..1) is how sure `read_by` was: the name of a
    model or lexicon, empty where nothing could read the language. What a person corrected stays.
    """

    class Mood(models.TextChoices):
        NEGATIVE = "negative"
        NEUTRAL = "neutral"
        POSITIVE = "positive"

    response = models.ForeignKey(
        Response, models.CASCADE, related_name="comments", db_constraint=False, db_index=False
    )
    survey = models.ForeignKey(
        Survey, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    question_key = models.CharField(max_length=60)
    account = models.ForeignKey(
        Account, models.DO_NOTHING, null=True, related_name="comments", db_constraint=False, db_index=False
    )
    day = models.DateField()
    text = models.TextField()
    language = models.CharField(max_length=16, blank=True)
    sentiment = models.FloatField(null=True)
    mood = models.CharField(max_length=8, choices=Mood, blank=True, db_default="")
    confidence = models.FloatField(null=True)
    themes = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    read_by = models.CharField(max_length=40, blank=True, db_default="")
    read_at = models.DateTimeField(null=True)
    corrected_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    corrected_at = models.DateTimeField(null=True, blank=True)
    # Kept, since to find the words of a text takes thirty times as long as to look into them.
    searchable = models.GeneratedField(
        expression=Findable("language", "text"), output_field=SearchVectorField(), db_persist=True
    )

    objects = Comments.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("response", "question_key"), name="one_comment_an_answer"),
        )
        indexes = (
            models.Index(fields=("account", "-day")),
            # In the order of a page, so that one that keeps to some accounts stops at the newest of theirs.
            models.Index(fields=("survey", "-day", "-id"), name="newest_comments_of_surveys"),
            models.Index(fields=("id",), condition=models.Q(read_at=None), name="unread_comments"),
            models.Index(fields=("-day", "-id"), name="newest_comments"),
            GinIndex(fields=("searchable",), name="words_of_comments"),
            GinIndex(fields=("themes",), name="themes_of_comments"),
        )

    def __str__(self) -> str:
        return Truncator(self.text).words(9)


class Absorbed(models.Model):
    """One row says how a response was counted: at which revision, on which day, as whose answer.

    It keeps the account's segment, tier and region (in `slice`) and the contact's role as they were when the
    answer came, so that a rebuild finds them again. When the response is deleted the row stays behind with
    `response` null until the day has been counted again. `fault` says why a response that does not fit its
    version is left out.
    `picks` are the numbers of what it picked (`Pick`), none where it is left out or a test. `known_on` is the
    day since which it counts as it does: by day, so that a private answer has no time of day.
    """

    response = models.OneToOneField(
        Response, models.SET_NULL, null=True, related_name="absorbed", db_constraint=False
    )
    revision = models.PositiveIntegerField()
    changed_at = models.DateTimeField(db_index=True)
    survey = models.ForeignKey(
        Survey, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    account = models.ForeignKey(
        Account, models.DO_NOTHING, null=True, related_name="+", db_constraint=False, db_index=False
    )
    contact = models.ForeignKey(
        Contact, models.DO_NOTHING, null=True, related_name="+", db_constraint=False, db_index=False
    )
    contact_role = models.CharField(max_length=20, blank=True)
    slice = models.ForeignKey(Slice, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False)
    day = models.DateField(null=True, help_text="Null for a time that no calendar holds.")
    fault = models.CharField(max_length=100, blank=True)
    picks = ArrayField(models.IntegerField(), default=list, db_default=[], help_text="What it picked.")
    known_on = models.DateField(db_default=Now())
    invitation_id = models.BigIntegerField(null=True)
    is_complete = models.BooleanField(db_default=True)
    is_test = models.BooleanField(db_default=False)

    objects = OfAccount.as_manager()

    class Meta:
        indexes = (
            models.Index(fields=("survey", "day")),
            models.Index(fields=("changed_at",), condition=~models.Q(fault=""), name="absorbed_faults"),
        )

    def __str__(self) -> str:
        return f"revision {self.revision}"
