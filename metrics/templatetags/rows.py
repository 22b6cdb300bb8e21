"""Where a number on a page leads to: the rows that it is made of."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django import template
from django.urls import reverse

from metrics.measures.measure import Measure
from metrics.measures.query import METRICS
from metrics.models import Target
from metrics.pages.filters import KNOWN, WINDOW, Field

register = template.Library()


@register.simple_tag
def rows_of(measure: Measure, fields: Iterable[Field] = (), **part: object) -> str:
    """Return the address of the rows behind a measure: of its days, and narrowed as its page and part are.

    "" where no page has them: of what is no metric of its own, or without a first day.
    """
    start, end = measure.window
    if measure.metric not in METRICS or start is None:
        return ""
    narrowed = {field.name: field.chosen for field in fields if field.chosen}
    query = {"from": start, "to": end - timedelta(days=1), **narrowed, **part}
    return f"{reverse('metric_rows', args=[measure.metric])}?{urlencode(query)}"


@register.simple_tag(takes_context=True)
def accounts_like(context: Mapping[str, Any], **wanted: object) -> str:
    """Return the address of the portfolio narrowed as the page is, and by what is wanted beside that."""
    query = context["request"].GET.copy()
    for name in (*WINDOW, KNOWN):
        query.pop(name, None)
    query.update({name: str(value) for name, value in wanted.items()})
    return f"{reverse('portfolio')}?{query.urlencode()}"


@register.simple_tag
def rows_of_goal(measure: Measure, target: Target) -> str:
    """Return the address of the rows behind what a goal has reached."""
    programme = target.programme and target.programme.slug
    of = {"owner": target.account_owner_id, "team": target.team_id, "programme": programme}
    part = {"segment": target.segment, **of}
    return rows_of(measure, (), **{name: value for name, value in part.items() if value})
