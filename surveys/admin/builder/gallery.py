"""The gallery: surveys to begin with, each with its programme, its timing and a preview; or a blank one."""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.clickjacking import xframe_options_sameorigin
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from surveys.actions.beginning import begin_blank, begin_from_template
from surveys.admin.publishing import PublishingViews
from surveys.admin.survey_form import free_slug
from surveys.interchange.native import from_json
from surveys.library import Template, templates
from surveys.models import Programme, Survey
from surveys.views import preview_page


class BlankForm(forms.Form):
    """A survey without questions."""

    title = forms.CharField(max_length=200, widget=UnfoldAdminTextInputWidget())
    programme = forms.ModelChoiceField(Programme.objects.all(), widget=UnfoldAdminSelectWidget())


class GalleryViews(PublishingViews):
    """Where a new survey begins."""

    def get_urls(self) -> list[URLPattern]:
        """Return the pages before those of the surveys."""
        wrap = self.admin_site.admin_view
        return [
            path("gallery/", wrap(self.gallery_view), name="surveys_survey_gallery"),
            path("gallery/blank/", wrap(self.blank_view), name="surveys_survey_blank"),
            path("gallery/<slug:slug>/", wrap(self.template_view), name="surveys_survey_template"),
            path(
                "gallery/<slug:slug>/preview/",
                xframe_options_sameorigin(wrap(self.template_preview_view)),
                name="surveys_survey_template_preview",
            ),
            *super().get_urls(),
        ]

    def gallery_view(self, request: HttpRequest) -> HttpResponse:
        """Show every template."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return self._gallery(request, BlankForm())

    def blank_view(self, request: HttpRequest) -> HttpResponse:
        """Create a survey without questions and open it in the builder."""
        self._refuse_readers(request)
        form = BlankForm(request.POST if request.method == "POST" else None)
        if not form.is_valid():
            return self._gallery(request, form)
        title = form.cleaned_data["title"]
        survey = begin_blank(title, programme=form.cleaned_data["programme"], slug=free_slug(title))
        return self._begun(request, survey)

    def template_view(self, request: HttpRequest, slug: str) -> HttpResponse:
        """Show one template with its questions; POST makes a survey of it, in its programme."""
        template = _template(slug)
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            self._refuse_readers(request)
            return self._begun(request, begin_from_template(template, slug=free_slug(template.name)))
        context = {
            **self._frame(request, template.name),
            "template": template,
            "definition": from_json(template.survey),
        }
        return TemplateResponse(request, "admin/surveys/survey/template.html", context)

    def template_preview_view(self, request: HttpRequest, slug: str) -> HttpResponse:
        """Show a template as respondents would see it."""
        template = _template(slug)
        if not self.has_view_permission(request):
            raise PermissionDenied
        definition = from_json(template.survey)
        return preview_page(request, definition, language=request.GET.get("language"))

    def _gallery(self, request: HttpRequest, form: BlankForm) -> HttpResponse:
        context = {
            **self._frame(request, "Start a survey"),
            "templates": templates().values(),
            "has_programmes": Programme.objects.exists(),
            "form": form,
        }
        status = 400 if form.is_bound else 200
        return TemplateResponse(request, "admin/surveys/survey/gallery.html", context, status=status)

    def _frame(self, request: HttpRequest, title: str) -> dict[str, object]:
        may_add = self.has_add_permission(request)
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            "may_add": may_add,
        }

    def _refuse_readers(self, request: HttpRequest) -> None:
        if not self.has_add_permission(request):
            raise PermissionDenied

    def _begun(self, request: HttpRequest, survey: Survey) -> HttpResponseRedirect:
        self.log_addition(request, survey, "Begun in the gallery.")
        messages.success(request, f"“{survey.title}” is yours to change. Nothing is live before you publish.")
        return HttpResponseRedirect(reverse("admin:surveys_survey_build", args=[survey.pk]))


def _template(slug: str) -> Template:
    try:
        return templates()[slug]
    except KeyError:
        raise Http404 from None
