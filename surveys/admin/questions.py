"""The questions of a survey as the builder edits them: one form each, and the form of them all."""

from collections.abc import Iterator
from typing import Any, cast

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.forms.formsets import DELETION_FIELD_NAME
from django.forms.models import BaseInlineFormSet
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextareaWidget

from accounts.admin.forms import DocumentField, ObjectField
from surveys.admin.settings_fields import PREFIX, blame, read_settings, settings_fields
from surveys.admin.translations import check_translations
from surveys.branching import ConditionRefused, check_condition
from surveys.choice_lines import ChoiceLine, LinesRefused, read_lines, write_lines
from surveys.definition import Choice, Text
from surveys.definition import Question as Defined
from surveys.interchange.native import MAX_QUESTIONS
from surveys.keys import suggest_key
from surveys.kinds import KINDS, Kind, SettingsRefused
from surveys.models import Question

# Where a row stands and how its scale looks does not make it a question.
PLACE = {"position", "page"}
ADVANCED = {"key", "show_if", "translations"}
FIRST_KIND = next(iter(KINDS))
NO_TEXT = Text({}, "")


class QuestionForm(forms.ModelForm):  # type: ignore[type-arg]
    """One question with its choices as lines and its settings as fields of their own."""

    page = forms.IntegerField(
        min_value=1, max_value=MAX_QUESTIONS, initial=1, widget=UnfoldAdminIntegerFieldWidget()
    )
    position = forms.IntegerField(min_value=0, max_value=10**6, required=False, widget=forms.HiddenInput())
    choices = forms.CharField(
        required=False,
        max_length=100_000,
        widget=UnfoldAdminTextareaWidget({"rows": 5}),
        help_text="One a line. Behind a text, “| open” asks for words, “| exclusive” rules the others out.",
    )
    show_if = DocumentField(
        label="Asked only if",
        required=False,
        widget=UnfoldAdminTextareaWidget({"rows": 2}),
        help_text='A condition on earlier questions, such as {"less": ["nps", 7]}.',
    )
    translations = ObjectField(
        required=False,
        widget=UnfoldAdminTextareaWidget({"rows": 2}),
        help_text='By language, such as {"de": {"text": "…", "choices": {"red": "Rot"}}}.',
    )

    class Meta:
        model = Question
        fields = (
            "text",
            "help",
            "kind",
            "is_required",
            "page",
            "position",
            "key",
            "show_if",
            "translations",
        )
        error_messages = {
            NON_FIELD_ERRORS: {"unique_together": "Another question of this survey has this key."}
        }

    def __init__(self, *args: Any, language: str = "en", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choice_lines: list[ChoiceLine] = []
        self.choice_translations: dict[str, dict[str, str]] = {}
        rows = list(self.instance.choices.all()) if self.instance.pk else []
        self._texts_by_key = {row.key: row.text for row in rows}
        self.initial["kind"] = self.initial.get("kind") or FIRST_KIND
        self.initial["choices"] = write_lines(
            ChoiceLine(row.key, row.text, row.is_other, row.is_exclusive) for row in rows
        )
        self.initial["translations"] = _with_choices(
            self.instance.translations, {row.key: row.translations for row in rows}
        )
        if not self.instance.pk:
            self.initial["position"] = None
        for name in {"text", "help"} & set(self.fields):
            self.fields[name].widget.attrs["rows"] = 2
        if "key" in self.fields:
            self.fields["key"].required = False
            self.fields[
                "key"
            ].help_text = "Names the question in exports and trends: keep it when you reword the text."
        is_same_kind = self.chosen_kind.name == self.instance.kind
        self._settings_before = self.instance.settings if is_same_kind else {}
        self.fields.update(settings_fields(self.chosen_kind, self._settings_before, language))

    @property
    def chosen_kind(self) -> Kind:
        """The kind chosen; the first one as long as none is known."""
        chosen = self.data.get(self.add_prefix("kind")) if self.is_bound else self.initial["kind"]
        return KINDS.get(str(chosen), KINDS[FIRST_KIND])

    @property
    def changed_data(self) -> list[str]:
        """The fields that differ from before; none for an added row in which nothing was written."""
        changed = super().changed_data
        written = {name for name in changed if name not in PLACE and not name.startswith(PREFIX)}
        return changed if self.instance.pk or written else []

    def setting_fields(self) -> Iterator[forms.BoundField]:
        """Yield the fields of the settings, in the kind's own order."""
        return (field for field in self if field.name.startswith(PREFIX))

    def has_advanced_errors(self) -> bool:
        """Whether an error stands in the part that is folded away."""
        return bool(ADVANCED & set(self.errors))

    def clean_choices(self) -> str:
        """Return the lines; what they list is in `choice_lines`."""
        lines: str = self.cleaned_data["choices"]
        if self.chosen_kind.has_choices:
            try:
                self.choice_lines = read_lines(lines, self._texts_by_key)
            except LinesRefused as refused:
                raise ValidationError(str(refused)) from None
        return lines

    def clean_translations(self) -> dict[str, Any]:
        """Return the question's own translations; those of its choices are in `choice_translations`."""
        names = {"text", "help", *self.chosen_kind.text_settings}
        document = check_translations(self.cleaned_data["translations"], names, has_choices=True)
        self.choice_translations = {code: texts.pop("choices", {}) for code, texts in document.items()}
        return {code: texts for code, texts in document.items() if texts}

    def clean(self) -> dict[str, Any]:
        """Return the cleaned fields, after giving the settings to the question."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        self.instance.settings = read_settings(self.chosen_kind, cleaned, self._settings_before)
        try:
            self.chosen_kind.complete_settings(self.instance.settings)
        except SettingsRefused as refused:
            self.add_error(*blame(self.chosen_kind, refused))
        return cleaned

    def defined(self) -> Defined:
        """Return the question as conditions on it see it."""
        choices = tuple(
            Choice(line.key, NO_TEXT, line.is_other, line.is_exclusive) for line in self.choice_lines
        )
        return Defined(self.instance.key, self.chosen_kind.name, NO_TEXT, NO_TEXT, choices=choices)


class QuestionFormSet(BaseInlineFormSet):  # type: ignore[type-arg]
    """All questions of a survey: their order, their keys, and conditions that look back only."""

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        """Return what each form is made with: the language in which its texts are written."""
        return {**super().get_form_kwargs(index), "language": self.instance.language}

    def in_order(self) -> list[QuestionForm]:
        """Return the forms as they were arranged, also when they come back with errors."""
        end = 10**6

        def place(form: QuestionForm) -> tuple[int, int]:
            return _number(form["page"].value(), 1), _number(form["position"].value(), end)

        return sorted(cast(list[QuestionForm], self.forms), key=place)

    def forms_by_kind(self) -> Iterator[QuestionForm]:
        """Yield a blank form of each kind: what a row shows when its kind is changed."""
        for name in KINDS:
            make: Any = self.form
            form = make(
                auto_id=self.auto_id,
                prefix=self.add_prefix("__prefix__"),
                empty_permitted=True,
                use_required_attribute=False,
                initial={"kind": name},
                language=self.instance.language,
            )
            yield cast(QuestionForm, form)

    def clean(self) -> None:
        """Give new questions a place and a key; refuse a key used twice and conditions that look ahead."""
        kept = [
            form
            for form in self.in_order()
            if (form.has_changed() or form.instance.pk) and not form.cleaned_data.get(DELETION_FIELD_NAME)
        ]
        self._give_places(kept)
        self._give_keys(kept)
        self._check_conditions(kept)

    def _give_places(self, kept: list[QuestionForm]) -> None:
        end = max((form.cleaned_data.get("position") or 0 for form in kept), default=0)
        for form in kept:
            if form.cleaned_data.get("position") is None:
                end += 1
                form.instance.position = end

    def _give_keys(self, kept: list[QuestionForm]) -> None:
        given: set[str] = set()
        for form in kept:
            if form.instance.key and form.instance.key in given:
                form.add_error("key", "Another question has this key.")
            given.add(form.instance.key)
        # Also the keys of questions on their way out: a new one must not inherit their trend.
        taken = given | {form.initial.get("key", "") for form in self.forms}
        for form in kept:
            if not form.instance.key and "key" not in form.errors:
                form.instance.key = suggest_key(form.instance.text, taken, fallback="question")
                taken.add(form.instance.key)

    def _check_conditions(self, kept: list[QuestionForm]) -> None:
        earlier: dict[str, Defined] = {}
        for form in kept:
            if condition := form.cleaned_data.get("show_if"):
                try:
                    check_condition(condition, earlier)
                except ConditionRefused as refused:
                    form.add_error("show_if", f"{str(refused)[:1].upper()}{str(refused)[1:]}.")
            earlier[form.instance.key] = form.defined()


def _with_choices(own: dict[str, Any], by_key: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return a question's translations together with those of its choices."""
    document = {code: dict(texts) for code, texts in own.items()}
    for key, translations in by_key.items():
        for code, texts in translations.items():
            if texts.get("text"):
                document.setdefault(code, {}).setdefault("choices", {})[key] = texts["text"]
    return document


def _number(value: object, otherwise: int) -> int:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() else otherwise
