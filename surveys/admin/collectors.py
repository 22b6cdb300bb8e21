"""Open channels: their link, its QR code and printable card, what a website pastes to show the survey."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from accounts.admin.filters import OfferedFilter
from accounts.admin.visibility import VisibleAdmin
from surveys.admin.cards import card_response
from surveys.codes import qr_png, qr_svg
from surveys.embedding import inline_snippet, popup_snippet
from surveys.models import Collector, Survey
from surveys.models.outreach import validate_origin

MAX_ORIGINS = 50


class OriginsField(forms.CharField):
    """Origins of web pages, one a line."""

    widget = UnfoldAdminTextareaWidget

    def prepare_value(self, value: Any) -> Any:
        """Return the origins as they are typed."""
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        """Return the origins in a list, or raise ValidationError."""
        origins = list(dict.fromkeys(line.rstrip("/").lower() for line in str(value or "").split()))
        for origin in origins:
            validate_origin(origin)
        if len(origins) > MAX_ORIGINS:
            raise ValidationError(f"At most {MAX_ORIGINS} websites.")
        return origins

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether other origins were typed."""
        return bool(super().has_changed(self.prepare_value(initial), data))


class CollectorForm(forms.ModelForm):  # type: ignore[type-arg]
    """An open link; its end is nobody else's, also not that of a survey still to be published."""

    allowed_origins = OriginsField(
        label="Websites that may show it",
        required=False,
        widget=UnfoldAdminTextareaWidget({"rows": 3, "placeholder": "https://www.example.com"}),
        help_text="One a line, without a path. Needed by the channel embed; no other page may frame it.",
    )

    def clean_slug(self) -> str:
        """Return the slug, or raise ValidationError."""
        slug: str = self.cleaned_data["slug"]
        survey = self.cleaned_data.get("survey")
        owners = Survey.objects.filter(slug=slug)
        if any(owner != survey for owner in owners):
            raise ValidationError("A survey's link ends like this.")
        return slug

    def clean(self) -> dict[str, Any]:
        """Return the fields, or raise ValidationError."""
        fields: dict[str, Any] = super().clean() or {}
        if fields.get("channel") == Collector.Channel.EMBED and not fields.get("allowed_origins"):
            self.add_error("allowed_origins", "Name the websites that may show it.")
        return fields


@admin.register(Collector)
class CollectorAdmin(VisibleAdmin):
    form = CollectorForm
    list_display = ("name", "survey", "channel", "address", "closed_at")
    list_select_related = ("survey",)
    list_filter = (("survey", OfferedFilter), "channel")
    search_fields = ("name", "slug", "survey__title")
    search_help_text = "Name, survey or end of the link"
    change_form_outer_before_template = "admin/surveys/collector/_ways.html"
    fieldsets = (
        (None, {"fields": ("survey", "name", ("channel", "slug"))}),
        ("Until when and for whom", {"fields": ("closed_at", "response_limit", "allowed_origins")}),
    )

    class Media:
        css = {"all": ("surveys/builder.css", "surveys/collectors.css")}
        js = ("surveys/links.js",)

    def get_urls(self) -> list[URLPattern]:
        """Return the codes and the card before the pages of the admin."""
        views: dict[str, Callable[..., HttpResponse]] = {
            "qr.svg": self.svg_view,
            "qr.png": self.png_view,
            "card": self.card_view,
        }
        pages = [
            path(
                f"<int:pk>/{name}{'' if '.' in name else '/'}",
                self.admin_site.admin_view(view),
                name=f"surveys_collector_{name.replace('.', '_')}",
            )
            for name, view in views.items()
        ]
        return pages + list(super().get_urls())

    def render_change_form(  # noqa: PLR0917 - Django passes these by place
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Collector | None = None,
    ) -> HttpResponse:
        """Show the ways in above the form."""
        if obj and obj.channel == Collector.Channel.EMBED:
            context |= {"inline_snippet": inline_snippet(obj), "popup_snippet": popup_snippet(obj)}
        response: HttpResponse = super().render_change_form(request, context, add, change, form_url, obj)
        return response

    def svg_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Return the link's QR code as SVG."""
        return self._file(self._collector(request, pk), qr_svg, "svg", "image/svg+xml")

    def png_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Return the link's QR code as PNG."""
        return self._file(self._collector(request, pk), qr_png, "png", "image/png")

    def card_view(self, request: HttpRequest, pk: int) -> TemplateResponse:
        """Show a card to print, in the language of the query or in the survey's own."""
        collector = self._collector(request, pk)
        return card_response(request, collector.survey, collector.link)

    def _collector(self, request: HttpRequest, pk: int) -> Collector:
        if not self.has_view_permission(request):
            raise PermissionDenied
        collector: Collector | None = self.get_object(request, str(pk))
        if collector is None:
            raise Http404
        return collector

    def _file(
        self, collector: Collector, draw: Callable[[str], bytes], ending: str, content_type: str
    ) -> HttpResponse:
        headers = {"Content-Disposition": f'inline; filename="{collector.slug}.{ending}"'}
        return HttpResponse(draw(collector.link), content_type=content_type, headers=headers)

    @display(description="link")
    def address(self, collector: Collector) -> SafeString:
        return format_html('<a href="{}" class="text-link">{}</a>', collector.link, collector.link)
