"""Answers given elsewhere: a file uploaded, shown with what would become of it, and stored once confirmed."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from accounts.admin.visibility import user_of
from accounts.interchange.columns import MappingRefused
from accounts.interchange.dates import Dates
from accounts.interchange.delimited import EncodingUnknown
from accounts.interchange.rows import TableRefused
from surveys.actions.importing_responses import FLAT, Columns, Imported, Source, columns_in, import_file
from surveys.actions.kept_uploads import KEPT, UploadGone, discard_upload, keep_upload, kept_upload
from surveys.admin.publishing import PublishingViews
from surveys.definition import Definition
from surveys.interchange.responses import field_names, guessed_columns
from surveys.models import Survey, Version
from surveys.versions import published_definition

SALT = "surveys.admin.importing_responses"
MAX_BYTES = 20 << 20
SHOWN_REJECTIONS = 50
LABELS = {
    "qualtrics": "Qualtrics",
    "limesurvey": "LimeSurvey",
    "surveymonkey": "SurveyMonkey",
    "kobo": "Kobo",
    FLAT: "A table of past scores",
}
REFUSALS = (MappingRefused, EncodingUnknown, TableRefused)


class UploadForm(forms.Form):
    """Which file, and what it does not tell of itself."""

    file = forms.FileField(
        widget=UnfoldAdminFileFieldWidget, max_length=255, help_text="CSV, TSV, XLSX or LimeSurvey's .lsa."
    )
    format = forms.ChoiceField(
        required=False,
        choices=[("", "Told from the file"), *LABELS.items()],
        widget=UnfoldAdminSelectWidget,
    )
    date_format = forms.CharField(
        label="Dates look like",
        required=False,
        max_length=60,
        widget=UnfoldAdminTextInputWidget,
        help_text="DD.MM.YYYY or MM/DD/YYYY; left blank, 2026-06-15 or as the tool writes them.",
    )
    encoding = forms.CharField(
        required=False, max_length=40, widget=UnfoldAdminTextInputWidget, help_text="Left blank, UTF-8."
    )

    def clean_date_format(self) -> str:
        """Return the format, or raise ValidationError."""
        name: str = self.cleaned_data["date_format"]
        try:
            Dates.named(name)
        except ValueError as error:
            raise ValidationError(f"{error}.") from None
        return name

    def clean_file(self) -> Any:
        """Return the file, or refuse one that a page should not wait for."""
        file = self.cleaned_data["file"]
        if (file.size or 0) > MAX_BYTES:
            raise ValidationError(
                f"The file is larger than {MAX_BYTES >> 20} MB: use the command import_responses."
            )
        return file


class ResponseImportViews(PublishingViews):
    """The page on which a survey takes over answers, for who may change it and sees every account."""

    def get_urls(self) -> list[URLPattern]:
        """Return this page before those of the survey."""
        view = self.admin_site.admin_view(self.import_responses_view)
        return [
            path("<int:pk>/import-responses/", view, name="surveys_survey_import_responses"),
            *super().get_urls(),
        ]

    def may_import_responses(self, request: HttpRequest) -> bool:
        """Whether the user may tie answers to any account."""
        return bool(self.has_change_permission(request)) and user_of(request).sees_all_accounts

    def import_responses_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take a file, show what would become of its rows, and store them on confirmation."""
        survey = self._survey(request, pk, self.may_import_responses)
        version = survey.live_version
        if version is None:
            messages.error(request, "Answers belong to what is live: publish the survey, then import.")
            return HttpResponseRedirect(reverse("admin:surveys_survey_change", args=[pk]))
        if "upload" in request.POST:
            return self._look_or_store(request, survey, version)
        form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
        if not form.is_valid():
            return self._responses_page(request, survey, form=form, status=400 if form.is_bound else 200)
        upload = {
            "survey": pk,
            "name": keep_upload(form.cleaned_data["file"], now=timezone.now()),
            "file_name": Path(form.cleaned_data["file"].name).name,
            **{name: form.cleaned_data[name] for name in ("format", "date_format", "encoding")},
        }
        return self._look(request, survey, version, upload, chosen=None)

    def _look_or_store(self, request: HttpRequest, survey: Survey, version: Version) -> HttpResponse:
        try:
            upload = signing.loads(request.POST["upload"], salt=SALT, max_age=KEPT)
            if upload["survey"] != survey.pk:
                raise PermissionDenied
            chosen = request.POST.getlist("field")
            if "run" not in request.POST:
                return self._look(request, survey, version, upload, chosen=chosen)
            return self._store(request, survey, version, upload, chosen)
        except (signing.BadSignature, UploadGone):
            messages.error(request, "Nothing was imported: upload the file again.")
            return HttpResponseRedirect(request.path)

    def _look(
        self,
        request: HttpRequest,
        survey: Survey,
        version: Version,
        upload: Mapping[str, Any],
        *,
        chosen: Sequence[str] | None,
    ) -> HttpResponse:
        """Show the columns, and what would become of the rows."""
        definition = published_definition(version.pk)
        context: dict[str, Any] = {
            "upload": signing.dumps(upload, salt=SALT),
            "file_name": upload["file_name"],
        }
        with kept_upload(upload["name"]) as file:
            try:
                columns = columns_in(_source(file, upload))
                fields = chosen or guessed_columns(definition, columns.header)
                context |= {"tool": LABELS[columns.format], "rows": _rows(definition, columns, fields)}
                if columns.format == FLAT and not any(field_names(definition).get(name) for name in fields):
                    raise MappingRefused("Say which column answers which question of the survey.")
                source = _source(file, upload, _wishes(columns, fields))
                context |= _told(_imported(version, source, is_dry_run=True))
            except REFUSALS as refused:
                context["refusal"] = str(refused)
        return self._responses_page(request, survey, **context)

    def _store(
        self,
        request: HttpRequest,
        survey: Survey,
        version: Version,
        upload: Mapping[str, Any],
        chosen: Sequence[str],
    ) -> HttpResponse:
        with kept_upload(upload["name"]) as file:
            try:
                columns = columns_in(_source(file, upload))
                source = _source(file, upload, _wishes(columns, chosen))
                imported = _imported(version, source, is_dry_run=False)
            except REFUSALS:
                return self._look(request, survey, version, upload, chosen=chosen)
        discard_upload(upload["name"])
        summary = imported.report.summary()
        self.log_change(request, survey, f"Imported answers from {upload['file_name']}: {summary}.")
        return self._responses_page(request, survey, is_stored=True, **_told(imported))

    def _responses_page(
        self, request: HttpRequest, survey: Survey, *, status: int = 200, **context: Any
    ) -> TemplateResponse:
        frame = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": survey,
            "title": f"Import answers to “{survey.title}”",
        }
        template = "admin/surveys/survey/import_responses.html"
        return TemplateResponse(request, template, {**frame, **context}, status=status)


def _source(file: Path, upload: Mapping[str, Any], wishes: Sequence[str] = ()) -> Source:
    return Source(file, Dates.named(upload["date_format"]), upload["format"], wishes, upload["encoding"])


def _imported(version: Version, source: Source, *, is_dry_run: bool) -> Imported:
    return import_file(
        version, source, zone=settings.REPORTING_ZONE, clock=timezone.now, is_dry_run=is_dry_run
    )


def _wishes(columns: Columns, fields: Sequence[str]) -> list[str]:
    """Return what was chosen for the columns of a table; a tool's export says by itself what they are."""
    if columns.format != FLAT:
        return []
    pairs = zip(columns.header, fields, strict=False)
    return [f"{name}={field}" for name, field in pairs if name]


def _rows(definition: Definition, columns: Columns, fields: Sequence[str]) -> list[dict[str, Any]]:
    """Return the columns of a table with a few cells and what they may feed, none for a tool's export."""
    if columns.format != FLAT:
        return []
    offered = [("", "leave out")]
    for name, key in field_names(definition).items():
        text = str(definition.question_by_key[key].text) if key else ""
        offered.append((name, f"{name}: {text[:50]}" if text else name.replace("_", " ")))
    return [
        {
            "name": name,
            "samples": [row[place] for row in columns.samples if place < len(row)],
            "offered": [(value, label, value == chosen) for value, label in offered],
        }
        for place, (name, chosen) in enumerate(zip(columns.header, fields, strict=False))
    ]


def _told(imported: Imported) -> dict[str, Any]:
    rejections = imported.report.rejections()
    return {
        "report": imported.report,
        "rejections": rejections[:SHOWN_REJECTIONS],
        "more_rejections": max(0, len(rejections) - SHOWN_REJECTIONS),
        "left_out": imported.left_out,
    }
