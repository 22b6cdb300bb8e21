"""What people call things: metrics, parts of the company, themes, languages, values of a dimension."""

from typing import Any

from django import template

from accounts.models import Contact
from metrics.measures.measure import Measure
from metrics.models import Target
from metrics.pages.meanings import MEANINGS
from metrics.pages.wording import language_in_words, name_of, value_in_words

register = template.Library()


@register.filter
def metric_name(metric: str) -> str:
    """Return what people call a metric."""
    return name_of(metric)


@register.filter
def why_unknown(measure: Measure) -> str:
    """Return why a value is unknown, "" of one that is known or whose notes say it already."""
    meaning = MEANINGS.get(measure.metric)
    return "" if measure.is_known or measure.notes or not meaning else f"Unknown {meaning.unknown}."


@register.simple_tag(takes_context=True)
def contact_name(context: Any, contact: Contact | None, number: int | str = "") -> str:
    """Return who a contact is, for a reader who may see that; for others "Contact 3", or "" without a number.

    "anonymous" where there is no contact.
    """
    if not context["user"].sees_people:
        return f"Contact {number}" if number else ""
    return str(contact) if contact else "anonymous"


@register.filter
def part_name(target: Target) -> str:
    """Return which part of the company a target is of: "segment Enterprise", "the whole company"."""
    names = {"account_owner": "accounts of"}
    parts = (f"{names.get(name, name)} {value}" for name, value in target.part.items())
    return ", ".join(parts) or "the whole company"


@register.filter
def theme_name(key: str) -> str:
    """Return the key of a theme as people read it: "ease of use"."""
    return key.replace("_", " ")


@register.filter
def mood_class(mood: str) -> str:
    """Return the style in which a comment of this mood is drawn."""
    return {"negative": "unhappy", "positive": "happy"}.get(mood, "neutral")


@register.filter
def language_name(code: str) -> str:
    """Return the English name of a language: "German"; an unknown one by its code, without one a dash."""
    return language_in_words(code) or "–"


@register.filter
def named(value: str, dimension: str) -> str:
    """Return how people read a value of a dimension: `qr` of a channel is "QR code"."""
    return value_in_words(dimension, value)


@register.filter
def coverage_name(measure: Measure) -> str:
    """Return the title of a coverage: "Decision-makers heard"."""
    names = {"decision_maker_coverage": "Decision-makers", "revenue_coverage": "Revenue"}
    return f"{names.get(measure.metric, measure.metric.removesuffix('_coverage').capitalize() + 's')} heard"
