from collections.abc import Callable
from functools import lru_cache
from urllib.parse import unquote

from csp.middleware import CSPMiddleware
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseBase
from django.http.request import split_domain_port, validate_host
from django.middleware.gzip import GZipMiddleware
from django.template.response import SimpleTemplateResponse
from django.urls import Resolver404, get_resolver

from accounts.api.problems import problem_response
from config.errors import API

NUL = "\x00"
# No browser is to make anything of what a program is answered.
NOTHING = "default-src 'none'; frame-ancestors 'none'"
POLICIES = {
    "/admin/": settings.ADMIN_CONTENT_SECURITY_POLICY,
    "/api/docs/": settings.DOCS_CONTENT_SECURITY_POLICY,
}


class ContentSecurityPolicy(CSPMiddleware):
    """Send the strict policy everywhere and an own one where a package's pages need it."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Choose the policy by path, unless the view chose one, and let django-csp write the header."""
        for path, policy in POLICIES.items():
            if request.path_info.startswith(path) and not hasattr(response, "_csp_replace"):
                response._csp_replace = policy  # type: ignore[attr-defined]
        return super().process_response(request, response)


class CompressStaffPages(GZipMiddleware):
    """Send the pages of the admin compressed; files that are streamed go out as they are.

    Guessing a secret by the length of a compressed page (BREACH) needs a secret that stays the same beside
    words of the attacker. The one secret in these pages, the CSRF token, is masked anew for each; the
    session's cookie is in no body, and SameSite keeps it from what other sites ask for.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Return the response, compressed where it is a page of the admin."""
        if response.streaming or not request.path_info.startswith("/admin/"):
            return response
        return super().process_response(request, response)


def serve_respondents_first(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Hand a respondent's request straight to its view, past everything that is there for who logs in.

    Sessions, messages, log-in and CSRF cookies cost more than the response itself, and respondents have none
    of them: the views set their own headers, and see to NUL and to other sites' forms themselves.
    """
    patterns = get_resolver("surveys.urls").url_patterns

    def middleware(request: HttpRequest) -> HttpResponse:
        path = request.path_info
        if path.startswith(settings.RESPONDENT_PATHS):
            for pattern in patterns:
                match = pattern.resolve(path[1:])
                if match and getattr(match.func, "is_for_respondents", False):
                    if not is_our_host(request.META.get("HTTP_HOST", ""), tuple(settings.ALLOWED_HOSTS)):
                        request.get_host()  # raises DisallowedHost, or finds the host elsewhere
                    response: HttpResponse = match.func(request, *match.args, **match.kwargs)
                    return response
        return get_response(request)

    return middleware


def serve_programs_early(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Answer the API before anything that is there for people who log in: it has no session and no cookie.

    A path that is none of the API's goes on, to be refused like every other.
    """
    match_of = lru_cache(maxsize=256)(get_resolver("config.api").resolve)

    def middleware(request: HttpRequest) -> HttpResponseBase:
        path = request.path_info
        if not path.startswith(settings.API_PATH) or _has_nul(request):
            return get_response(request)
        try:
            match = match_of(path[len(settings.API_PATH) - 1 :])
        except Resolver404:
            return get_response(request)
        if not is_our_host(request.META.get("HTTP_HOST", ""), tuple(settings.ALLOWED_HOSTS)):
            request.get_host()  # raises DisallowedHost, or finds the host elsewhere
        request.resolver_match = match
        response: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
        if isinstance(response, SimpleTemplateResponse):
            response.render()
        if isinstance(response, HttpResponse):
            response.headers["Content-Length"] = str(len(response.content))
        response.headers["Content-Security-Policy"] = NOTHING
        return response

    return middleware


@lru_cache(maxsize=64)
def is_our_host(host: str, allowed: tuple[str, ...]) -> bool:
    """Return whether a Host header names one of the allowed hosts; asked once for each header."""
    return validate_host(split_domain_port(host)[0], allowed)


def refuse_nul(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Answer 400 to a NUL in the path or the query: PostgreSQL takes none, and no browser sends one."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if _has_nul(request):
            if request.path_info.startswith(API):
                return problem_response(400, "A NUL has no place in a URL.")
            return HttpResponseBadRequest("Bad request: NUL.\n", content_type="text/plain")
        return get_response(request)

    return middleware


def _has_nul(request: HttpRequest) -> bool:
    return NUL in request.path_info or NUL in unquote(request.META.get("QUERY_STRING", ""))
