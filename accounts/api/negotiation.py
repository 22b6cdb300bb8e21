from typing import Any

from rest_framework.negotiation import BaseContentNegotiation, DefaultContentNegotiation

JSON = frozenset({"*/*", "application/json"})


class JsonOnly(DefaultContentNegotiation):
    """JSON to whoever takes it; what programs commonly say of that is not taken apart for every call."""

    def select_renderer(self, request: Any, renderers: Any, format_suffix: Any = None) -> Any:
        """Return the renderer and its media type, or raise NotAcceptable."""
        if request.META.get("HTTP_ACCEPT", "*/*") in JSON:
            return renderers[0], renderers[0].media_type
        return super().select_renderer(request, renderers, format_suffix)


class AnyMediaType(BaseContentNegotiation):
    """The query names the format; `Accept` has no say in it."""

    def select_parser(self, request: Any, parsers: Any) -> Any:
        """Return the one parser."""
        return parsers[0]

    def select_renderer(self, request: Any, renderers: Any, format_suffix: Any = None) -> Any:
        """Return the renderer of refusals."""
        return renderers[0], renderers[0].media_type
