import gc
import os
from collections.abc import Iterable
from importlib import import_module
from typing import Any, cast

import django
import scipy.optimize  # noqa: TID253 -- else the first reader of a page would wait for them
import scipy.special  # noqa: F401, TID253
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import HttpResponse

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
SHORT_WAY = (*settings.RESPONDENT_PATHS, settings.API_PATH)


class EarshotHandler(WSGIHandler):
    """Django's handler, but respondents and programs are answered without signals.

    What listens to `request_started` and `request_finished` looks after the thread's connections, caches and
    queries, which is a sixth of the processor time of a response. These views use one connection and
    look after it themselves (accounts.prepared.once_more).
    """

    def __call__(  # type: ignore[override]
        self, environ: dict[str, Any], start_response: Any
    ) -> Iterable[bytes]:
        """Answer one request."""
        # Extended parameters (RFC 2231) of a content type make Django raise while it builds the request,
        # before anything of ours could answer; nothing that we take has any.
        if "*" in environ.get("CONTENT_TYPE", ""):
            start_response("400 Bad Request", [("Content-Length", "0")])
            return [b""]
        if not environ.get("PATH_INFO", "").startswith(SHORT_WAY):
            return super().__call__(environ, start_response)
        response = self.get_response(WSGIRequest(environ))
        cookies = [("Set-Cookie", cookie.OutputString()) for cookie in response.cookies.values()]
        start_response(
            f"{response.status_code} {response.reason_phrase}", [*response.headers.items(), *cookies]
        )
        # A file is streamed, and closed by the server.
        return response if response.streaming else [cast(HttpResponse, response).content]


django.setup(set_prefix=False)
application = EarshotHandler()
# Pages are loaded now instead of for their first reader, and what is loaded stays: the collector looked
# through all of it once in twenty pages, for a quarter of a second.
import_module(settings.ROOT_URLCONF)
gc.collect()
gc.freeze()
