from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.admin.filters import OfferedFilter
from accounts.admin.visibility import VisibleAdmin
from surveys.actions.authoring import SurveyNotReady, compile_definition
from surveys.kinds import KINDS, AnswerRefused
from surveys.models import Quota


class QuotaForm(forms.ModelForm):  # type: ignore[type-arg]
    """How many may give one answer; the answer is one that the question offers."""

    value = forms.CharField(
        label="Answer",
        help_text="The key of a choice, or a point of the scale.",
        max_length=60,
        widget=UnfoldAdminTextInputWidget,
    )

    def clean(self) -> dict[str, Any]:
        """Return the fields with the answer as responses hold it, or raise ValidationError."""
        fields: dict[str, Any] = super().clean() or {}
        survey, key, typed = (fields.get(name) for name in ("survey", "question_key", "value"))
        if not (survey and key and typed):
            return fields
        try:
            definition = compile_definition(survey)
        except SurveyNotReady:
            raise ValidationError("The survey has faults: see to them first.") from None
        question = definition.question_by_key.get(key)
        if question is None:
            raise ValidationError({"question_key": "The survey asks no such question."})
        kind = KINDS[question.kind]
        # A matrix holds its answers by row, and a ranking holds every choice.
        choice = question.choice_by_key.get(typed) if kind.has_open_choice else None
        if not (kind.is_scored or (choice and not choice.is_other)):
            raise ValidationError({"value": "A choice that the question offers, or a point of its scale."})
        try:
            fields["value"] = kind.check(question, kind.parse(typed)) if kind.is_scored else typed
        except AnswerRefused:
            raise ValidationError({"value": "The scale has no such point."}) from None
        endings = {ending.key for ending in definition.endings}
        if fields.get("ending") and fields["ending"] not in endings:
            raise ValidationError({"ending": "The survey has no such ending."})
        return fields


@admin.register(Quota)
class QuotaAdmin(VisibleAdmin):
    form = QuotaForm
    list_display = ("survey", "question_key", "value", "limit", "ending")
    list_display_links = ("survey", "question_key")
    list_select_related = ("survey",)
    list_filter = (("survey", OfferedFilter),)
    search_fields = ("survey__title", "question_key")
    search_help_text = "Survey or question"
    help_texts = {"question_key": "Its key, as the builder shows it."}
    fieldsets = ((None, {"fields": ("survey", ("question_key", "value"), ("limit", "ending"))}),)
