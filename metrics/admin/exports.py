"""Exports in the admin: a user's own, ordered, written in the background, fetched for three days."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.defaultfilters import filesizeformat
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
)

from accounts.actions.exports import ExportOutOfReach, TooManyExports, discard_exports, request_export
from accounts.admin.visibility import VisibleAdmin, user_of
from accounts.interchange.writers import FORMATS
from accounts.models import Export
from metrics.downloads import ExportGone, download
from metrics.exports import DATASETS, Order, OrderRefused, checked, may_export
from surveys.models import Survey

SECONDS_TO_LOOK_AGAIN = 3


class OrderForm(forms.ModelForm):  # type: ignore[type-arg]
    """What to export; the admin narrows the datasets to those that its user may read."""

    # Not "dataset": the admin theme reads a field of that name as one of its own.
    what = forms.ChoiceField(
        label="What",
        choices=[(name, label) for name, (label, _) in DATASETS.items()],
        widget=UnfoldAdminRadioSelectWidget,
        initial="responses",
    )
    survey = forms.ModelChoiceField(
        Survey.objects.published(),
        required=False,
        to_field_name="slug",
        widget=UnfoldAdminSelectWidget,
        help_text="Responses are of one survey; scores may be of all.",
    )
    format = forms.ChoiceField(
        choices=[(name, format_.label) for name, format_ in FORMATS.items()],
        widget=UnfoldAdminSelectWidget,
        initial="xlsx",
    )
    changed_after = forms.DateTimeField(
        label="Changed since",
        required=False,
        widget=UnfoldAdminSingleDateWidget,
        input_formats=["%Y-%m-%d"],
        help_text="Only what was said or changed since the beginning of this day.",
    )
    labels = forms.ChoiceField(
        label="Choices",
        choices=[("labels", "as their text"), ("keys", "as their key")],
        widget=UnfoldAdminSelectWidget,
        initial="labels",
    )

    class Meta:
        model = Export
        fields: tuple[str, ...] = ()

    def clean(self) -> dict[str, Any]:
        """Return the values, the order among them."""
        said: dict[str, Any] = super().clean() or {}
        if self.errors:
            return said
        survey = said["survey"]
        order = Order(
            dataset=said["what"],
            format=said["format"],
            survey=survey.slug if survey else "",
            changed_after=said["changed_after"],
            labels=said["labels"] == "labels",
        )
        try:
            said["order"] = checked(order)
        except OrderRefused as refused:
            self.add_error(refused.field, str(refused))
        return said


@admin.register(Export)
class ExportAdmin(VisibleAdmin):
    """A user's own exports: ordered, written in the background, fetched for three days."""

    form = OrderForm
    list_display = (
        "what",
        "format_name",
        "created_at",
        "state",
        "rows",
        "size_read",
        "file_link",
        "expires_at",
    )
    list_display_links = None
    # A page of one row shows no label, which is what the list makes of a state.
    _told = tuple("how_far" if name == "state" else name for name in list_display)
    actions = ("delete_selected",)
    fieldsets = (
        (
            None,
            {
                "fields": ("what", "survey", ("format", "labels"), "changed_after"),
                "description": "Your export is written in the background and kept for three days. "
                "It holds what you may see, and only you can fetch it.",
            },
        ),
    )

    def get_urls(self) -> list[URLPattern]:
        """Add the address of a file."""
        own = path("<str:token>/file/", self.admin_site.admin_view(self.file), name="accounts_export_file")
        return [own, *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the user's own exports."""
        return super().get_queryset(request).of(user_of(request))  # type: ignore[attr-defined, no-any-return]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Return the form with what this user may read."""
        form = super().get_form(request, obj, change=change, **kwargs)
        if obj is None:
            field: Any = form.base_fields["what"]
            field.choices = [(name, label) for name, (label, _) in DATASETS.items() if _may(request, name)]
        return form

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """Return what may be ordered, or of an export what the list says of it."""
        return super().get_fieldsets(request) if obj is None else ((None, {"fields": self._told}),)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """Return what is worked out of an export."""
        return () if obj is None else self._told

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whether the user may read anything that can be exported."""
        return any(_may(request, dataset) for dataset in DATASETS)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whether the user may read anything that can be exported."""
        return self.has_module_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whether the user may read anything that can be exported."""
        return self.has_module_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse: what was ordered is written."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whether the user may read anything that can be exported: the list holds their own only."""
        return self.has_module_permission(request)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Show the exports, and look again while one is being written."""
        response = super().changelist_view(request, extra_context)
        if request.method == "GET" and self.get_queryset(request).filter(finished_at=None).exists():
            response["Refresh"] = str(SECONDS_TO_LOOK_AGAIN)
        return response

    def save_model(self, request: HttpRequest, obj: Export, form: Any, change: bool) -> None:
        """Order the export."""
        order = form.cleaned_data["order"].document()
        made = request_export(user_of(request), order, now=timezone.now())
        obj.pk, obj.order = made.pk, made.order

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> Any:
        """Take an order, unless the user has too many waiting."""
        try:
            return super().add_view(request, form_url, extra_context)
        except TooManyExports:
            self.message_user(request, "Too many of your exports are waiting already.", messages.ERROR)
            return HttpResponseRedirect(reverse("admin:accounts_export_changelist"))

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Go to the list, which shows how far it is."""
        return HttpResponseRedirect(reverse("admin:accounts_export_changelist"))

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete the file too."""
        discard_exports([obj])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Delete the files too."""
        discard_exports(queryset)

    def file(self, request: HttpRequest, token: str) -> Any:
        """Return the file to who ordered it and may still see all of it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        export = get_object_or_404(self.get_queryset(request), token=token)
        try:
            return download(export, now=timezone.now())
        except ExportGone:
            raise Http404 from None
        except ExportOutOfReach:
            raise PermissionDenied from None

    @display(description="what")
    def what(self, export: Export) -> str:
        order = Order.from_document(export.order)
        label = DATASETS[order.dataset][0]
        return f"{label}: {order.survey}" if order.survey else label

    @display(description="format")
    def format_name(self, export: Export) -> str:
        return FORMATS[export.order["format"]].label if export.order["format"] in FORMATS else "–"

    @display(
        description="state",
        label={"waiting": "info", "being written": "info", "done": "success", "failed": "danger"},
    )
    def state(self, export: Export) -> Any:
        if export.status != "running":
            return export.status
        return "being written", f"{export.percent or 0}%"

    @display(description="state")
    def how_far(self, export: Export) -> str:
        state = self.state(export)
        return state if isinstance(state, str) else ", ".join(state)

    @display(description="rows")
    def rows(self, export: Export) -> str:
        if export.fault:
            return export.fault
        kept = f"{(export.rows_total or 0) - export.left_out:,}" if export.finished_at else "–"
        return f"{kept} ({export.left_out:,} unreadable left out)" if export.left_out else kept

    @display(description="size")
    def size_read(self, export: Export) -> str:
        return str(filesizeformat(export.size)) if export.file else "–"

    @display(description="file")
    def file_link(self, export: Export) -> SafeString | str:
        if not export.file:
            return "–"
        url = reverse("admin:accounts_export_file", args=[export.token])
        return format_html('<a href="{}" class="font-semibold text-link">Download</a>', url)


def _may(request: HttpRequest, dataset: str) -> bool:
    return request.user.is_authenticated and may_export(user_of(request), dataset)
