"""The OpenAPI document of the API and the page that shows it; neither names anything but the code."""

from functools import cache

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer


@require_safe
@cache_control(public=True, max_age=300)
def schema(request: HttpRequest) -> HttpResponse:
    """Return the OpenAPI document, as docs/openapi.yaml has it."""
    return HttpResponse(document(), content_type="application/vnd.oai.openapi; charset=utf-8")


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """Return a page to read the document and try the API on; it loads nothing from elsewhere."""
    return render(request, "api/docs.html")


@cache
def document() -> bytes:
    """Return the document as YAML; it takes half a second to make and never changes while we run."""
    generated = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    rendered: bytes = OpenApiYamlRenderer().render(generated, renderer_context={})  # type: ignore[no-untyped-call]
    return rendered
