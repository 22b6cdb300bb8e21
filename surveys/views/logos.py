from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from surveys.images import CONTENT_TYPES
from surveys.models import Logo

# A name stands for one content for good, so whoever has it need not ask again.
HEADERS = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@require_safe
def show_logo(request: HttpRequest, name: str) -> HttpResponse:
    """Return a stored image under the type that it was read as, and nothing but an image."""
    content = Logo.objects.filter(name=name).values_list("content", flat=True).first()
    if content is None:
        raise Http404
    content_type = CONTENT_TYPES[name.rpartition(".")[2]]
    return HttpResponse(bytes(content), content_type=content_type, headers=HEADERS)
