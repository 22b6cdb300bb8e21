"""`/embed.js`: the one script of ours that other websites load."""

import hashlib
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import condition, require_safe

SCRIPT = (Path(settings.BASE_DIR) / "static/surveys/embed.js").read_text("utf-8")
ETAG = f'"{hashlib.sha256(SCRIPT.encode()).hexdigest()[:16]}"'


@require_safe
@gzip_page
@condition(etag_func=lambda request: ETAG)
def embed_script(request: HttpRequest) -> HttpResponse:
    """Return the script; browsers ask again after an hour, so that a new release arrives."""
    headers = {"Cache-Control": "public, max-age=3600", "Cross-Origin-Resource-Policy": "cross-origin"}
    return HttpResponse(SCRIPT, content_type="text/javascript; charset=utf-8", headers=headers)
