from datetime import datetime
from typing import Self

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models

from surveys.definition import ASKS, LAYOUTS, PRIVACY
from surveys.kinds import KINDS
from surveys.privacy import ANONYMOUS, CONFIDENTIAL

validate_key = RegexValidator(
    r"^[a-z][a-z0-9_]{0,59}$", "Lower-case letters, digits and _, beginning with a letter."
)
validate_choice_key = RegexValidator(r"^[a-z0-9][a-z0-9_]{0,59}$", "Lower-case letters, digits and _.")


class Programme(models.Model):
    """One row is a listening programme: the frame over one or more surveys in which metrics are defined."""

    class Mode(models.TextChoices):
        RELATIONSHIP = "relationship", "relationship: how they feel about us"
        TRANSACTIONAL = "transactional", "transactional: how one event went"

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    mode = models.CharField(max_length=20, choices=Mode, default=Mode.RELATIONSHIP)
    description = models.TextField(blank=True)
    priority = models.PositiveSmallIntegerField(
        default=5, help_text="Who asks first where the contact policy lets only one: 1 before 2."
    )

    class Meta:
        ordering = ("name",)
        constraints = (
            models.CheckConstraint(condition=models.Q(priority__gte=1), name="programme_priority_from_1"),
            models.CheckConstraint(
                condition=models.Q(mode__in=("relationship", "transactional")), name="programme_mode_is_known"
            ),
        )

    def __str__(self) -> str:
        return self.name


class Surveys(models.QuerySet["Survey"]):
    """Reads of surveys."""

    def published(self) -> Self:
        """Surveys that have a published version."""
        return self.exclude(live_version=None)

    def open_at(self, now: datetime) -> Self:
        """Surveys that take answers at the instant."""
        has_begun = models.Q(opens_at=None) | models.Q(opens_at__lte=now)
        return self.published().filter(has_begun, models.Q(closes_at=None) | models.Q(closes_at__gt=now))


class Survey(models.Model):
    """One row is a questionnaire: its working copy, and which published version is live."""

    class Status(models.TextChoices):
        DRAFT = "draft"
        LIVE = "live"
        CLOSED = "closed"

    class Layout(models.TextChoices):
        PAGE = "page", "one page a section"
        QUESTION = "question", "one question a screen"
        ALL = "all", "everything on one page"

    class Privacy(models.TextChoices):
        IDENTIFIED = "identified", "identified: answers carry who gave them"
        CONFIDENTIAL = "confidential", "confidential: answers carry the account, people see no names"
        ANONYMOUS = "anonymous", "anonymous: nothing says who answered"

    programme = models.ForeignKey(Programme, models.PROTECT, related_name="surveys")
    slug = models.SlugField(max_length=80, unique=True)
    title = models.CharField(max_length=200)
    intro = models.TextField(blank=True)
    thank_you = models.TextField("thank-you text", blank=True)
    closed = models.TextField("text once closed", blank=True)
    language = models.CharField(max_length=16, default="en")
    languages = models.JSONField(
        default=list, blank=True, help_text='Further languages, such as ["de", "fr"].'
    )
    translations = models.JSONField(default=dict, blank=True)
    layout = models.CharField(max_length=10, choices=Layout, default=Layout.PAGE)
    theme = models.JSONField(default=dict, blank=True)
    hidden_fields = models.JSONField(
        default=list, blank=True, help_text="Names of the fields that a link may carry."
    )
    privacy = models.CharField(max_length=15, choices=Privacy, default=Privacy.IDENTIFIED)
    live_version = models.ForeignKey(
        "Version", models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    opens_at = models.DateTimeField(null=True, blank=True)
    closes_at = models.DateTimeField(null=True, blank=True)
    response_limit = models.PositiveIntegerField(
        null=True, blank=True, help_text="Closes once so many complete responses count. Blank: no limit."
    )
    allows_changes = models.BooleanField(
        "answers may be changed", default=False, help_text="By who opens a personal link once more."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = Surveys.as_manager()

    class Meta:
        ordering = ("title", "pk")
        permissions = (("publish_survey", "Can publish a survey"),)
        constraints = (
            models.CheckConstraint(condition=models.Q(layout__in=LAYOUTS), name="survey_layout_is_known"),
            models.CheckConstraint(condition=models.Q(privacy__in=PRIVACY), name="survey_privacy_is_known"),
        )

    def __str__(self) -> str:
        return self.title

    def status(self, now: datetime) -> "Survey.Status":
        """Return whether the survey is a draft, live, or closed at the instant."""
        if self.live_version_id is None:
            return Survey.Status.DRAFT
        return Survey.Status.CLOSED if self.closes_at and self.closes_at <= now else Survey.Status.LIVE

    def is_open(self, now: datetime) -> bool:
        """Whether answers are taken at the instant."""
        has_begun = self.opens_at is None or self.opens_at <= now
        return has_begun and self.status(now) == Survey.Status.LIVE


class Page(models.Model):
    """One row is what the working copy says of one page: its title, and a condition on all it asks."""

    survey = models.ForeignKey(Survey, models.CASCADE, related_name="pages")
    number = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=200, blank=True)
    show_if = models.JSONField(null=True, blank=True)
    translations = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ("number",)
        constraints = (models.UniqueConstraint(fields=("survey", "number"), name="one_page_a_number"),)

    def __str__(self) -> str:
        return f"page {self.number}: {self.title}" if self.title else f"page {self.number}"


class Ending(models.Model):
    """One row is one way a visit may end, in the working copy; the first whose condition holds is shown."""

    class Ask(models.TextChoices):
        QUOTE = "quote", "may we quote you?"
        CALL_BACK = "call_back", "shall we call you back?"

    survey = models.ForeignKey(Survey, models.CASCADE, related_name="endings")
    key = models.CharField(max_length=60, validators=[validate_key])
    position = models.PositiveIntegerField(default=0, db_index=True)
    text = models.TextField(blank=True)
    show_if = models.JSONField(null=True, blank=True)
    redirect_url = models.CharField("go on to", max_length=2000, blank=True)
    ask = models.CharField("ask for", max_length=10, choices=Ask, blank=True)
    translations = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ("position", "pk")
        constraints = (
            models.UniqueConstraint(fields=("survey", "key"), name="one_ending_a_key"),
            models.CheckConstraint(condition=models.Q(ask__in=ASKS), name="ending_ask_is_known"),
            models.CheckConstraint(
                condition=models.Q(redirect_url="") | models.Q(redirect_url__startswith="https://"),
                name="ending_redirects_over_https",
            ),
        )

    def __str__(self) -> str:
        return self.key


class Question(models.Model):
    """One row is one thing asked, in the working copy; answers know it by its key."""

    survey = models.ForeignKey(Survey, models.CASCADE, related_name="questions")
    key = models.CharField(max_length=60, validators=[validate_key])
    kind = models.CharField(max_length=20, choices=[(kind.name, kind.label) for kind in KINDS.values()])
    page = models.PositiveSmallIntegerField(default=1)
    position = models.PositiveIntegerField(default=0, db_index=True)
    text = models.TextField()
    help = models.TextField(blank=True)
    is_required = models.BooleanField("required", default=False)
    settings = models.JSONField(default=dict, blank=True)
    show_if = models.JSONField(null=True, blank=True)
    translations = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ("position", "pk")
        constraints = (models.UniqueConstraint(fields=("survey", "key"), name="one_question_a_key"),)

    def __str__(self) -> str:
        return f"{self.key}: {self.text}"


class Choice(models.Model):
    """One row is one selectable answer of a question in the working copy."""

    question = models.ForeignKey(Question, models.CASCADE, related_name="choices")
    key = models.CharField(max_length=60, validators=[validate_choice_key])
    position = models.PositiveIntegerField(default=0, db_index=True)
    text = models.CharField(max_length=500)
    is_other = models.BooleanField("open", default=False)
    is_exclusive = models.BooleanField("exclusive", default=False)
    translations = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ("position", "pk")
        constraints = (models.UniqueConstraint(fields=("question", "key"), name="one_choice_a_key"),)

    def __str__(self) -> str:
        return self.text


class Logo(models.Model):
    """One row is an image that themes name: rewritten on arrival (surveys.images), named for its content."""

    name = models.CharField(max_length=40, unique=True)
    content = models.BinaryField()
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class PublishedVersions(models.Manager["Version"]):
    """Versions that were published: all that links, numbers and histories know."""

    def get_queryset(self) -> "models.QuerySet[Version]":
        """Leave out the drafts that were only tested."""
        return super().get_queryset().exclude(number=None)

    def promising(self) -> "models.QuerySet[Version]":
        """Versions that promised not to tell who answers: confidential and anonymous ones."""
        return self.filter(definition__privacy__in=(CONFIDENTIAL, ANONYMOUS))


class Version(models.Model):
    """One row is an immutable definition of a survey; answers belong to it for good.

    One without a number is a draft as staff tested it: it was never live, and only tests belong to it.
    """

    survey = models.ForeignKey(Survey, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(null=True)
    definition = models.JSONField()
    published_at = models.DateTimeField()
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    objects = PublishedVersions()
    tested_too = models.Manager["Version"]()

    class Meta:
        ordering = ("survey", "-number")
        constraints = (models.UniqueConstraint(fields=("survey", "number"), name="one_version_a_number"),)

    def __str__(self) -> str:
        return f"version {self.number}" if self.number else "draft"
