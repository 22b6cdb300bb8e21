"""The responses behind a count of a programme's drivers: who rated its outcome, or one driver beside it."""

from django.http import HttpRequest
from django.template.response import TemplateResponse

from metrics.measures.confidentiality import confidential_surveys
from metrics.measures.drivers import MOST_RESPONSES, rated
from metrics.measures.receipts.given import rated_together
from metrics.pages.listing import listing_of
from metrics.pages.programme import head_of, texts_of

# Drivers are told of fewer, so that nothing leads to more: these are not counted to their end.
MOST_COUNTED = 2 * MOST_RESPONSES


def programme_responses(request: HttpRequest, slug: str) -> TemplateResponse:
    """Show the responses to a programme that rated what the address names, over the accounts in sight."""
    context = head_of(request, slug, "drivers")
    scope = context["filters"].scope
    outcome, driver = request.GET.get("outcome", ""), request.GET.get("driver", "")
    is_promised = bool(confidential_surveys(scope))
    n = 0 if is_promised or not outcome else rated(scope, outcome, driver)[: MOST_COUNTED + 1].count()
    texts = texts_of(context["surveys"])
    context |= {
        "is_promised": is_promised,
        "n": min(n, MOST_COUNTED),
        "has_more": n > MOST_COUNTED,
        "outcome": texts.get(outcome, outcome),
        "driver": texts.get(driver, driver),
    }
    if n:
        context |= listing_of(request, rated_together(scope, outcome, driver))
    return TemplateResponse(request, "metrics/programme_responses.html", context)
