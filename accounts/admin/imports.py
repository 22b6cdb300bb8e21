"""Imports in the admin: upload, map, look, run in the background, read the report, undo."""

from collections.abc import Iterable
from datetime import datetime, time
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from accounts.actions.uploads import (
    SPECS,
    Preview,
    UploadRefused,
    ask_undo,
    confirm_import,
    fields_of,
    map_import,
    preview_import,
    take_upload,
)
from accounts.admin.visibility import VisibleAdmin, user_of
from accounts.models import TableImport
from accounts.rights import rights_of

SECONDS_TO_LOOK_AGAIN = 3
UNDER_WAY = ("waiting", "running", "undoing")
DATE_FORMATS = ("YYYY-MM-DD", "DD.MM.YYYY", "DD/MM/YYYY", "MM/DD/YYYY", "DD-MM-YYYY")
OF_REVENUE = ("subscriptions", "services")


def kinds_within(request: HttpRequest) -> list[str]:
    """Return what the user may import: rows that they may add, change and delete, of every account."""
    user = user_of(request)
    if not user.is_authenticated or not user.sees_all_accounts:
        return []
    return [
        kind
        for kind in SPECS
        if user.has_perms(rights_of(f"{kind}:write")) and (user.sees_revenue or kind not in OF_REVENUE)
    ]


class UploadForm(forms.ModelForm):  # type: ignore[type-arg]
    """A table to import; the admin narrows the kinds to those that its user may write."""

    upload = forms.FileField(label="File", widget=UnfoldAdminFileFieldWidget, help_text="CSV, TSV or XLSX.")
    date_format = forms.CharField(
        label="Dates look like",
        required=False,
        max_length=60,
        widget=UnfoldAdminTextInputWidget,
        help_text="Such as DD.MM.YYYY or MM/DD/YYYY. Left blank: as in the last file with these columns, "
        "or else 2026-06-15. It can be changed in the next step.",
    )
    encoding = forms.CharField(
        required=False,
        max_length=40,
        widget=UnfoldAdminTextInputWidget,
        help_text="Of a text file. Left blank: UTF-8, or UTF-16 where the file says so. "
        "What Excel saved as CSV is often cp1252.",
    )

    class Meta:
        model = TableImport
        fields = ("kind",)
        widgets = {"kind": UnfoldAdminSelectWidget}

    user: Any = None

    def clean(self) -> dict[str, Any]:
        """Keep the file, or say why it cannot be read."""
        said: dict[str, Any] = super().clean() or {}
        if not self.errors:
            try:
                said["taken"] = take_upload(
                    said["kind"],
                    said["upload"],
                    encoding=said["encoding"],
                    date_format=said["date_format"],
                    by=self.user,
                    now=timezone.now(),
                )
            except UploadRefused as refused:
                self.add_error("upload", str(refused))
        return said


@admin.register(TableImport)
class TableImportAdmin(VisibleAdmin):
    """Tables that were uploaded, and what became of their rows."""

    form = UploadForm
    list_display = ("__str__", "created_at", "user", "state", "made", "changed", "refused")
    list_select_related = ("user",)
    fieldsets = (
        (
            None,
            {
                "fields": ("kind", "upload", "date_format", "encoding"),
                "description": "Nothing is stored yet: next you say which column is what.",
            },
        ),
    )

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Return the form with the kinds that this user may write."""
        form = super().get_form(request, obj, change=change, **kwargs)
        field: Any = form.base_fields["kind"]
        field.choices = [(kind, kind.capitalize()) for kind in kinds_within(request)]
        form.user = user_of(request)
        return form

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whether the user may import anything."""
        return bool(kinds_within(request))

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whether the user may import this."""
        kinds = kinds_within(request)
        return bool(kinds) if obj is None else getattr(obj, "kind", "") in kinds

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whether the user may import anything."""
        return bool(kinds_within(request))

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whether the user may import this."""
        return self.has_view_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse: an import says where rows came from."""
        return False

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the imports of what the user may write; any column of another's file may hold amounts."""
        rows = super().get_queryset(request).filter(kind__in=kinds_within(request))
        user = user_of(request)
        return rows if user.sees_revenue else rows.filter(user=user)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the form with the one button that leads on to the columns."""
        other_ways = {"show_save_and_add_another": False, "show_save_and_continue": False}
        page: HttpResponse = super().add_view(request, form_url, {**(extra_context or {}), **other_ways})
        return page

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        """Return the import that the form has made."""
        return form.cleaned_data["taken"]

    def save_model(self, request: HttpRequest, obj: TableImport, form: Any, change: bool) -> None:
        """Leave it: the form has kept the file and its import."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Leave it: nothing hangs on an import that was just uploaded."""

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Go on to the columns."""
        return _to(obj)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show the columns of a draft, how far it is, or what became of it; take what is to be done."""
        table_import = get_object_or_404(self.get_queryset(request), pk=object_id)
        if not self.has_change_permission(request, table_import):
            raise PermissionDenied
        faults: list[str] = []
        if request.method == "POST":
            try:
                self._act(request, table_import)
            except UploadRefused as refused:
                faults = [str(refused)]
            else:
                return _to(table_import)
        response = TemplateResponse(
            request,
            "admin/accounts/tableimport/page.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": f"Import of {table_import}",
                "import": table_import,
                "faults": faults,
                "is_stored": table_import.changes.exists(),
                **(self._draft(table_import, request) if table_import.status == "draft" else {}),
            },
        )
        if table_import.status in UNDER_WAY:
            response["Refresh"] = str(SECONDS_TO_LOOK_AGAIN)
        return response

    def _act(self, request: HttpRequest, table_import: TableImport) -> None:
        """Do what the button says that was pressed."""
        now = timezone.now()
        if "undo" in request.POST and table_import.finished_at:
            ask_undo(table_import, now=now)
            self.log_change(request, table_import, "Undone.")
        elif table_import.status == "draft":
            map_import(
                table_import,
                request.POST.getlist("field")[: len(table_import.header)],
                date_format=request.POST.get("date_format", table_import.date_format).strip(),
            )
            if "run" in request.POST:
                confirm_import(table_import, now=now)
                self.log_change(request, table_import, "Run.")
            else:
                messages.info(request, "Nothing is stored yet.")

    def _draft(self, table_import: TableImport, request: HttpRequest) -> dict[str, Any]:
        """Return the columns with samples and the fields they may feed, and what would become of the rows."""
        chosen = request.POST.getlist("field") or fields_of(table_import)
        try:
            seen = preview_import(table_import)
        except UploadRefused as refused:
            seen = Preview([], refusal=str(refused))
        spec = SPECS[table_import.kind]
        rest = [("*", "keep as an attribute")] if spec.keeps_others_in else []
        fields = [("", "leave out"), *rest, *((name, name.replace("_", " ")) for name in spec.fields)]
        columns = [
            {"name": name, "samples": _shown(row[n] for row in seen.samples), "field": field}
            for n, (name, field) in enumerate(zip(table_import.header, chosen, strict=False))
        ]
        return {
            "columns": columns,
            "fields": fields,
            "needed": ", ".join(spec.key).replace("_", " "),
            "date_format": request.POST.get("date_format", table_import.date_format),
            "date_formats": DATE_FORMATS,
            "refusal": seen.refusal,
            "preview": seen.report,
            "rejections": seen.report.rejections()[:50] if seen.report else [],
        }

    @display(
        description="state",
        label={
            "done": "success",
            "failed": "danger",
            "undone": "warning",
            "draft": "info",
            "running": "info",
        },
    )
    def state(self, table_import: TableImport) -> str:
        return table_import.status

    @display(description="created", ordering="created")
    def made(self, table_import: TableImport) -> str:
        return f"{table_import.created:,}"

    @display(description="updated", ordering="updated")
    def changed(self, table_import: TableImport) -> str:
        return f"{table_import.updated:,}"

    @display(description="rejected", ordering="rejected")
    def refused(self, table_import: TableImport) -> str:
        return f"{table_import.rejected:,}"


def _shown(cells: Iterable[Any]) -> list[str]:
    """Return what the cells of a sample say, each once; a day of a workbook without its midnight."""
    said = (cell.date() if isinstance(cell, datetime) and cell.time() == time() else cell for cell in cells)
    return list(dict.fromkeys(str(cell) for cell in said if cell not in (None, "")))


def _to(table_import: Any) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("admin:accounts_tableimport_change", args=[table_import.pk]))
