from typing import Any, ClassVar, cast

from django import forms
from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.paginator import InfinitePaginator
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextareaWidget

from accounts.admin.filters import OfferedFilter
from accounts.admin.forms import DocumentField
from accounts.admin.visibility import VisibleAdmin, user_of
from metrics.actions.reading import Readers, add_taxonomy, correct_comment
from metrics.admin.comment_filters import MoodFilter, WordsLanguageFilter
from metrics.measures.confidentiality import promising
from metrics.models import Comment, Taxonomy, WordModel
from metrics.pages.wording import language_in_words
from metrics.templatetags.figures import UNKNOWN, number, percent
from metrics.templatetags.names import theme_name
from metrics.words.themes import ThemesRefused, checked

# How those that read comments are called where a person reads their names.
WORD_LISTS = {"vader": "VADER’s list of words"}


class CommentForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a comment is about, of the themes there are and those it was read for before."""

    themes = forms.MultipleChoiceField(required=False, widget=UnfoldAdminCheckboxSelectMultipleWidget)

    class Meta:
        model = Comment
        fields = ("mood", "themes", "language")
        help_texts: ClassVar[dict[str, str]] = {"language": "A code such as en, de or pt-br."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Asked for when the boxes are drawn or read.
        cast("forms.MultipleChoiceField", self.fields["themes"]).choices = self._themes

    def _themes(self) -> list[tuple[str, str]]:
        known = sorted({*Readers.current().taxonomy.themes, *self.instance.themes})
        return [(name, theme_name(name)) for name in known]


@admin.register(Comment)
class CommentAdmin(VisibleAdmin):
    """Comments as read, for people to correct; whose they are is on the pages of accounts and surveys."""

    form = CommentForm
    list_display = ("text", "mood", "themes", "spoken", "reader", "is_corrected", "day")
    list_filter = (MoodFilter, WordsLanguageFilter, ("survey", OfferedFilter))
    search_fields = ("text",)
    search_help_text = "Words of a comment"
    # Counting every comment to number the pages would take longer than to show one.
    paginator = InfinitePaginator
    show_full_result_count = False
    fields = ("text", "survey", "day", "mood", "themes", "language", "reader", "sureness", "corrected_by")
    readonly_fields = ("text", "survey", "day", "reader", "sureness", "corrected_by")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the comments that the user sees; who sees some accounts sees no confidential ones (T22)."""
        rows = super().get_queryset(request).select_related("survey")
        return rows if user_of(request).sees_all_accounts else rows.exclude(survey__in=promising(Q()))

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Leave writing comments to respondents."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Leave erasing to the response that a comment belongs to."""
        return False

    def save_model(
        self, request: HttpRequest, obj: Comment, form: "forms.ModelForm[Any]", change: bool
    ) -> None:
        """Keep the correction, by whom and when."""
        correct_comment(
            obj,
            mood=obj.mood,
            themes=obj.themes,
            language=obj.language,
            by=user_of(request),
            now=timezone.now(),
        )

    @display(description="language", ordering="language")
    def spoken(self, comment: Comment) -> str | None:
        """Return the language of the comment by its name."""
        return language_in_words(comment.language) or None

    @display(description="read by", ordering="read_by")
    def reader(self, comment: Comment) -> str | None:
        """Return what told the mood: a list of English words, or what was learnt from comments."""
        return WORD_LISTS.get(comment.read_by, comment.read_by) or None

    @display(description="confidence")
    def sureness(self, comment: Comment) -> str:
        """Return how likely the mood read is the right one, in percent."""
        return percent(None if comment.confidence is None else 100 * comment.confidence)

    @display(description="corrected", boolean=True)
    def is_corrected(self, comment: Comment) -> bool:
        """Whether a person has said what it is about."""
        return comment.corrected_at is not None


class TaxonomyForm(forms.ModelForm):  # type: ignore[type-arg]
    """The next version of the themes."""

    themes = DocumentField(widget=UnfoldAdminTextareaWidget({"rows": 24}))

    class Meta:
        model = Taxonomy
        fields = ("themes", "note")

    def clean_themes(self) -> Any:
        """Return the themes, or raise ValidationError."""
        try:
            return checked(self.cleaned_data["themes"])
        except ThemesRefused as fault:
            raise forms.ValidationError(str(fault)) from None


@admin.register(Taxonomy)
class TaxonomyAdmin(ModelAdmin):
    """Versions of the themes: each is written once, and the newest is read by."""

    form = TaxonomyForm
    list_display = ("number", "note", "created_at")
    fields = ("themes", "note")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Begin with the themes in use."""
        return {"themes": Readers.current().taxonomy.themes}

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Keep versions as they were written."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Keep versions as they were written."""
        return False

    def save_model(
        self, request: HttpRequest, obj: Taxonomy, form: "forms.ModelForm[Any]", change: bool
    ) -> None:
        """Write the next version and have every comment read again."""
        written = add_taxonomy(obj.themes, note=obj.note, now=timezone.now())
        obj.pk, obj.number, obj.created_at = written.pk, written.number, written.created_at


@admin.register(WordModel)
class WordModelAdmin(ModelAdmin):
    """What was learnt from the company's own comments, and how well it tells them."""

    list_display = ("__str__", "is_used", "how_well", "fitted_at")
    fields = ("purpose", "language", "number", "is_used", "how_well", "fitted_at")
    readonly_fields = ("how_well",)

    @display(description="how well it tells them")
    def how_well(self, model: WordModel) -> str:
        """Return how many comments it was tried on, and how often it was right."""
        tried, right = model.quality.get("n"), model.quality.get("accuracy")
        if tried is None or right is None:
            return UNKNOWN
        return f"right about {percent(100 * right)} of {number(tried)} comments"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Leave learning to the schedule."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Keep models as they were learnt."""
        return False
