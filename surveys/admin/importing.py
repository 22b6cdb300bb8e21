"""A survey from a file: uploaded, shown with every loss, and written only once that is confirmed."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from unfold.decorators import action
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from accounts.admin.visibility import VisibleAdmin
from surveys.actions.importing_surveys import GENERAL, import_survey
from surveys.definition import Definition, Question
from surveys.interchange.conversion import Conversion
from surveys.interchange.formats import FORMATS, MAX_FILE, format_of
from surveys.interchange.native import DefinitionRefused, from_json, to_json
from surveys.kinds import KINDS
from surveys.models import Programme

SALT = "surveys.admin.importing"
MAX_AGE = 24 * 60 * 60
SHOWN_CHOICES = 8


class FileForm(forms.Form):
    """Which file, and what the survey is to be called."""

    file = forms.FileField(widget=UnfoldAdminFileFieldWidget, max_length=255)
    format = forms.ChoiceField(
        required=False,
        choices=[("", "Told from the file"), *((name, one.label) for name, one in FORMATS.items())],
        widget=UnfoldAdminSelectWidget,
        help_text="Name the tool where the file does not tell.",
    )
    title = forms.CharField(
        required=False,
        max_length=200,
        widget=UnfoldAdminTextInputWidget,
        help_text="Left blank, the survey keeps its own.",
    )

    def clean(self) -> dict[str, Any]:
        """Read the file into `conversion`, or say what is wrong with it."""
        cleaned: dict[str, Any] = super().clean() or {}
        if file := cleaned.get("file"):
            cleaned["conversion"] = _convert(file, cleaned.get("format", ""), cleaned.get("title", ""))
        return cleaned


class ConfirmForm(forms.Form):
    """The definition that was shown, and the programme that it becomes a survey of."""

    definition = forms.CharField(widget=forms.HiddenInput)
    programme = forms.ModelChoiceField(
        Programme.objects.none(), required=False, widget=UnfoldAdminSelectWidget, empty_label="General"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["programme"].queryset = Programme.objects.exclude(slug=GENERAL).order_by("name")  # type: ignore[attr-defined]

    def clean_definition(self) -> Definition:
        """Return the definition, or refuse one that was tampered with or lay too long."""
        try:
            return from_json(signing.loads(self.cleaned_data["definition"], salt=SALT, max_age=MAX_AGE))
        except (signing.BadSignature, DefinitionRefused):
            raise ValidationError("This page is too old: upload the file again.") from None


class ImportViews(VisibleAdmin):
    """The page beside the list of surveys on which a file becomes one."""

    actions_list: Sequence[str] = ("import_file",)

    @action(description="Import from a file", url_path="import", permissions=["add"], icon="upload_file")
    def import_file(self, request: HttpRequest) -> HttpResponse:
        """Take a file, show what it becomes, and write it on confirmation."""
        if "definition" in request.POST:
            return self._write(request)
        form = FileForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            conversion: Conversion = form.cleaned_data["conversion"]
            signed = signing.dumps(to_json(conversion.definition), salt=SALT, compress=True)
            confirm = ConfirmForm(initial={"definition": signed})
            return self._import_page(
                request, conversion=conversion, confirm=confirm, **_shown(conversion.definition)
            )
        status = 400 if form.is_bound else 200
        return self._import_page(request, form=form, max_megabytes=MAX_FILE >> 20, status=status)

    def _write(self, request: HttpRequest) -> HttpResponse:
        confirm = ConfirmForm(request.POST)
        if not confirm.is_valid():
            messages.error(request, "Nothing was imported: upload the file again.")
            return HttpResponseRedirect(request.path)
        programme = confirm.cleaned_data["programme"]
        survey = import_survey(
            confirm.cleaned_data["definition"],
            programme=programme.slug if programme else GENERAL,
            is_published=False,
            now=timezone.now(),
        )
        self.log_addition(request, survey, "Imported from a file.")
        messages.success(request, f"“{survey.title}” is a draft now: look it over, then publish it.")
        return HttpResponseRedirect(reverse("admin:surveys_survey_build", args=[survey.pk]))

    def _import_page(self, request: HttpRequest, *, status: int = 200, **context: Any) -> TemplateResponse:
        return TemplateResponse(
            request,
            "admin/surveys/survey/import.html",
            {
                **self.admin_site.each_context(request),
                "title": "Import a survey",
                "opts": self.opts,
                **context,
            },
            status=status,
        )


def _convert(file: "UploadedFile[bytes]", name: str, title: str) -> Conversion:
    if (file.size or 0) > MAX_FILE:
        raise ValidationError({"file": f"The file is larger than {MAX_FILE >> 20} MB."})
    content, file_name = file.read(MAX_FILE + 1), str(file.name)
    format_ = FORMATS.get(name) or format_of(file_name, content)
    if format_ is None:
        raise ValidationError({"format": "The file does not tell which tool wrote it: name it."})
    try:
        return format_.read(content).named_after(file_name).titled(title)
    except DefinitionRefused as refused:
        raise ValidationError(
            {"file": [f"{place}: {fault}" for place, fault in refused.faults[:20]]}
        ) from None


def _shown(definition: Definition) -> Mapping[str, Any]:
    """Return what the page shows of a definition: its pages, with the questions as people read them."""
    titles = {page.number: str(page.title) for page in definition.pages_meta}
    numbers = sorted({question.page for question in definition})
    return {
        "survey_title": str(definition.title),
        "languages": ", ".join(definition.languages),
        "pages": [
            {
                "number": number,
                "title": titles.get(number, ""),
                "questions": [_question(one) for one in definition if one.page == number],
            }
            for number in numbers
        ],
    }


def _question(question: Question) -> dict[str, Any]:
    choices = [str(choice.text) for choice in question.choices]
    return {
        "text": str(question.text),
        "kind": KINDS[question.kind].label,
        "is_required": question.is_required,
        "is_conditional": question.show_if is not None,
        "rows": [str(row.text) for row in question.rows][:SHOWN_CHOICES],
        "choices": choices[:SHOWN_CHOICES],
        "more": max(0, len(choices) - SHOWN_CHOICES),
    }
