"""Translations: source and target side by side, what is missing, and files for translators."""

import json
from collections.abc import Callable
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    JsonResponse,
    StreamingHttpResponse,
)
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from accounts.admin.visibility import user_of
from accounts.interchange.cells import plain
from accounts.interchange.datasets import Column, Dataset
from accounts.interchange.rows import TableRefused
from accounts.interchange.tables import open_table
from accounts.interchange.writers import FORMATS
from accounts.posted import posted_from
from surveys.actions.drafts import draft_json
from surveys.actions.editing import Change, DraftChanged, change_draft
from surveys.admin.publishing import PublishingViews
from surveys.drafting import Document, fingerprint
from surveys.languages import direction
from surveys.models import Survey
from surveys.translations import Row, judge, language_part, missing_texts, phrases, put_texts, taken
from surveys.views.pages import language_name

MAX_FILE = 2 * 1024 * 1024
MAX_ROWS = 20_000
# The last column is never blank: spreadsheets leave out blank cells at the end of a line.
COLUMNS = ("key", "place", "source", "target", "language")
OFFERED = ("csv", "xlsx")


class LanguageViews(PublishingViews):
    """The pages of a survey's translations."""

    def get_urls(self) -> list[URLPattern]:
        """Return the pages before those of the survey."""
        posted = posted_from("admin:surveys_survey_language", "pk", "code")
        views: dict[str, tuple[str, Callable[..., HttpResponseBase]]] = {
            "languages/": ("languages", self.languages_view),
            "languages/<str:code>/": ("language", self.language_view),
            "languages/<str:code>/export/": ("language_export", self.export_view),
            "languages/<str:code>/import/": ("language_import", posted(self.import_view)),
        }
        return [
            *(
                path(f"<int:pk>/{route}", self.admin_site.admin_view(view), name=f"surveys_survey_{name}")
                for route, (name, view) in views.items()
            ),
            *super().get_urls(),
        ]

    def languages_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show each language of the survey with what it lacks."""
        survey = self._survey(request, pk, self.has_view_permission)
        document = draft_json(survey)
        count = len(phrases(document))
        languages = [
            {
                "code": code,
                "name": language_name(code),
                "missing": (missing := len(missing_texts(document, code))),
                "done": round(100 * (count - missing) / count) if count else 100,
            }
            for code in document["languages"][1:]
        ]
        context = {"languages": languages, "own": language_name(document["language"]), "count": count}
        title = f"Translations of “{survey.title}”"
        return self._page_of(request, survey, "languages", title, context)

    def language_view(self, request: HttpRequest, pk: int, code: str) -> HttpResponse:
        """Show source and target side by side; POST saves the texts that were sent."""
        survey, document = self._opened(request, pk, code)
        if request.method == "POST":
            return self._save(request, survey, document, code)
        return self._side_by_side(request, survey, document, code)

    def export_view(self, request: HttpRequest, pk: int, code: str) -> HttpResponse | StreamingHttpResponse:
        """Return the texts as a file for a translator; no cell of it is taken for a formula."""
        survey, document = self._opened(request, pk, code)
        name = request.GET.get("format", "csv")
        if name not in OFFERED:
            raise Http404
        own = document["language"]
        rows = [
            (phrase.key, phrase.place, phrase.texts[own], phrase.texts.get(code, ""), code)
            for phrase in phrases(document)
        ]
        dataset = Dataset("translation", [Column(column) for column in COLUMNS], rows)
        written = FORMATS[name]
        response = StreamingHttpResponse(written.write(dataset), content_type=written.media_type)
        response["Content-Disposition"] = f'attachment; filename="{survey.slug}-{code}.{name}"'
        return response

    def import_view(self, request: HttpRequest, pk: int, code: str) -> HttpResponse:
        """Report what a translator's file would change, line by line; only the confirmation writes."""
        survey, document = self._opened(request, pk, code)
        if not self.has_change_permission(request):
            raise PermissionDenied
        try:
            rows = _confirmed(request.POST["rows"]) if "rows" in request.POST else _uploaded(request, code)
        except TableRefused as refused:
            messages.error(request, f"Nothing was read: {refused}.")
            return HttpResponseRedirect(_address(survey, code))
        verdicts = judge(document, code, rows)
        words = taken(verdicts)
        count = "1 text" if len(words) == 1 else f"{len(words)} texts"
        if "rows" in request.POST:
            change = Change(put_texts(code, words), f"Imported {count} in {code}", f"language {code}")
            change_draft(survey, change, by=user_of(request), now=timezone.now())
            messages.success(request, f"Saved: {count} in {language_name(code)}.")
            return HttpResponseRedirect(_address(survey, code))
        context = {
            "code": code,
            "verdicts": verdicts,
            "count": len(words),
            "refused": sum(one.outcome == "refused" for one in verdicts),
            "rows": json.dumps(
                [[one.row.number, one.row.key, one.row.source, one.row.target] for one in verdicts]
            ),
            "direction": direction(code),
        }
        title = f"Import of {language_name(code)}: nothing is written yet"
        return self._page_of(request, survey, "language_import", title, context)

    def _side_by_side(
        self, request: HttpRequest, survey: Survey, document: Document, code: str
    ) -> HttpResponse:
        own = document["language"]
        only_missing = "missing" in request.GET
        shown = missing_texts(document, code) if only_missing else phrases(document)
        context = {
            "code": code,
            "own_code": own,
            "name": language_name(code),
            "own": language_name(own),
            "direction": direction(code),
            "own_direction": direction(own),
            "missing": len(missing_texts(document, code)),
            "only_missing": only_missing,
            "seen": fingerprint(language_part(document, code)),
            "may_edit": self.has_change_permission(request),
            "others": document["languages"][1:],
            "phrases": [
                {
                    "key": phrase.key,
                    "place": phrase.place,
                    "source": phrase.texts[own],
                    "target": phrase.texts.get(code, ""),
                    "limit": phrase.limit,
                }
                for phrase in shown
            ],
        }
        return self._page_of(request, survey, "language", f"{survey.title}: {language_name(code)}", context)

    def _save(self, request: HttpRequest, survey: Survey, document: Document, code: str) -> HttpResponse:
        if not self.has_change_permission(request):
            raise PermissionDenied
        words = {name[5:]: str(value) for name, value in request.POST.items() if name.startswith("text.")}
        limits = {phrase.key: phrase.limit for phrase in phrases(document)}
        errors = {
            f"text.{key}": f"At most {limits.get(key, 0)} characters."
            for key, text in words.items()
            if len(text.strip()) > limits.get(key, 0)
        }
        is_script = request.headers.get("Accept") == "application/json"
        if errors:
            return self._unsaved(request, survey, code, errors, " ".join(errors.values()), status=422)
        seen = request.POST.get("seen")
        change = Change(put_texts(code, words), f"Translated into {code}", f"language {code}", seen)
        try:
            document = change_draft(survey, change, by=user_of(request), now=timezone.now())
        except DraftChanged as changed:
            said = f"{changed.by or 'Another person'} changed this language meanwhile, so yours is not saved."
            return self._unsaved(request, survey, code, {}, said, status=409)
        if is_script:
            left = len(missing_texts(document, code))
            return JsonResponse({"seen": fingerprint(language_part(document, code)), "missing": left})
        messages.success(request, "Saved.")
        return HttpResponseRedirect(_address(survey, code))

    def _unsaved(
        self,
        request: HttpRequest,
        survey: Survey,
        code: str,
        errors: dict[str, str],
        said: str,
        *,
        status: int,
    ) -> HttpResponse:
        if request.headers.get("Accept") == "application/json":
            return JsonResponse({"errors": errors, "said": said}, status=status)
        messages.error(request, said)
        return HttpResponseRedirect(_address(survey, code))

    def _opened(self, request: HttpRequest, pk: int, code: str) -> tuple[Survey, Document]:
        survey = self._survey(request, pk, self.has_view_permission)
        document = draft_json(survey)
        if code not in document["languages"][1:]:
            raise Http404
        return survey, document

    def _page_of(
        self, request: HttpRequest, survey: Survey, name: str, title: str, context: dict[str, Any]
    ) -> TemplateResponse:
        frame = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": survey,
            "title": title,
            "is_fullwidth": True,
        }
        return TemplateResponse(request, f"admin/surveys/survey/{name}.html", {**frame, **context})


def _address(survey: Survey, code: str) -> str:
    return reverse("admin:surveys_survey_language", args=[survey.pk, code])


def _uploaded(request: HttpRequest, code: str) -> list[Row]:
    """Return the lines of the uploaded file. Raises TableRefused."""
    upload = request.FILES.get("file")
    if not isinstance(upload, UploadedFile):
        raise TableRefused("choose a CSV or XLSX file")
    if (upload.size or 0) > MAX_FILE:
        raise TableRefused("the file is larger than 2 MB")
    # What it is, its bytes say; openpyxl opens no workbook of another name.
    with NamedTemporaryFile(suffix=".xlsx") as file:
        file.write(upload.read())
        file.flush()
        with open_table(Path(file.name)) as table:
            header = [name.strip().lower() for name in table.header]
            if not {"key", "source", "target"} <= set(header):
                raise TableRefused("the columns key, source and target are needed: export the language first")
            at = {name: header.index(name) for name in COLUMNS if name in header}
            rows = []
            for row in table.rows:
                if row.fault:
                    raise TableRefused(f"line {row.line} {row.fault}")
                cells = {name: plain(row.cells[place]) for name, place in at.items()}
                if cells.get("language", code) != code:
                    raise TableRefused(f"line {row.line} is in {cells['language'][:20]}, not in {code}")
                rows.append(Row(row.line, cells["key"], cells["source"], cells["target"]))
                if len(rows) > MAX_ROWS:
                    raise TableRefused(f"the file has more than {MAX_ROWS:,} lines")
            return rows


def _confirmed(text: str) -> list[Row]:
    """Return the lines that the report held. Raises TableRefused."""
    try:
        lines = json.loads(text)
        return [Row(int(number), str(key), str(source), str(target)) for number, key, source, target in lines]
    except (TypeError, ValueError, RecursionError):
        raise TableRefused("the report is broken: upload the file again") from None
