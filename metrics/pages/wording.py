"""What people call metrics, and values that are kept as codes, in one list for pages, forms and reports."""

from collections.abc import Mapping

from django.utils.translation import get_language_info

from surveys.models import Collector
from surveys.visits import PERSONAL

NAMES: Mapping[str, str] = {
    "nps": "Net Promoter Score",
    "nps_clustered": "NPS, interval by account",
    "nps_finite": "NPS, corrected for the people invited",
    "nps_accounts": "NPS, one voice per account",
    "nps_revenue": "NPS, weighted by revenue",
    "nps_waterfall": "NPS of those who decide",
    "nps_weighted": "NPS, weighted for who did not answer",
    "csat": "Satisfaction (CSAT)",
    "ces": "Ease (CES)",
    "response_rate": "Response rate",
    "completion_rate": "Completion rate",
    "contact_coverage": "Contact coverage",
    "account_coverage": "Account coverage",
    "decision_maker_coverage": "Decision-maker coverage",
    "revenue_coverage": "Revenue coverage",
    "health": "Customer health",
    "arr": "Annual recurring revenue",
    "grr": "Gross revenue retention",
    "nrr": "Net revenue retention",
    "logo_churn": "Logo churn",
    "renewal_rate": "Renewal rate",
    "net_renewal_rate": "Net renewal rate",
    "logo_renewal_rate": "Renewal rate of accounts",
    "survival": "Customers still there after a year",
    "clv": "Customer lifetime value",
    "clv_sbg": "Customer lifetime value, loyalty differing",
    "services_margin": "Services gross margin",
}

# What the number on a tile is of, where its name does not say so.
CAPTIONS: Mapping[str, str] = {
    "grr": "of the revenue at the start is still paid",
    "nrr": "of the revenue at the start, growth included",
    "renewal_rate": "of what fell due was renewed",
    "clv": "still to come from an average customer",
    "health": "of accounts are in green",
    "nps": "promoters less detractors, −100 to +100",
    "csat": "of answers are satisfied",
    "ces": "of answers found it easy",
}

# How recurring revenue got from one day to another.
BRIDGE: Mapping[str, str] = {
    "opening": "At the start",
    "new": "New",
    "reactivation": "Came back",
    "expansion": "Expansion",
    "contraction": "Contraction",
    "churn": "Churn",
    "currency": "Exchange rates",
    "closing": "At the end",
}


def name_of(metric: str) -> str:
    """Return what people call a metric; its own name in words where the list has none."""
    return NAMES.get(metric) or metric.replace("_", " ").capitalize()


# By which door an answer came.
CHANNELS: Mapping[str, str] = {
    PERSONAL: "Personal link",
    Collector.Channel.LINK: "Open link",
    Collector.Channel.EMBED: "Embedded",
    Collector.Channel.QR: "QR code",
    Collector.Channel.KIOSK: "Kiosk",
    Collector.Channel.API: "API",
}


def value_in_words(dimension: str, value: str) -> str:
    """Return how people read a value of a dimension: languages and channels are kept as codes."""
    if dimension == "channel":
        return CHANNELS.get(value, value)
    return language_in_words(value) if dimension == "language" else value


def language_in_words(code: str) -> str:
    """Return the English name of a language: "German"; an unknown one by its code."""
    try:
        return str(get_language_info(code)["name"])
    except KeyError:
        return code
