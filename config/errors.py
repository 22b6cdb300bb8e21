"""Errors that no view has answered: as problem documents below /api/, as pages elsewhere."""

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.views import defaults

from accounts.api.problems import problem_response

API = "/api/"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that Django could not read."""
    if request.path_info.startswith(API):
        return problem_response(400, "The request could not be read.")
    return cast(HttpResponse, defaults.bad_request(request, exception))


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a path that is not there."""
    if request.path_info.startswith(API):
        return problem_response(404, "There is nothing here.")
    return cast(HttpResponse, defaults.page_not_found(request, exception))


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer a request that failed through our own fault, without a word about how."""
    if request.path_info.startswith(API):
        return problem_response(500, "This is our fault; it has been logged.")
    return cast(HttpResponse, defaults.server_error(request))
