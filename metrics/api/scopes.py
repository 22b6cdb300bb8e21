"""From a query to the scope of a metric, and to the parts that `by` splits it into."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, NamedTuple

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError

from accounts.api.people import known_users
from accounts.models import Account, ApiKey
from metrics.formulas.days import trailing
from metrics.measures.answers import By
from metrics.measures.scope import ATTRIBUTES, Scope
from metrics.measures.sentiment import PERIODS
from surveys.api.references import find
from surveys.models import Programme, Survey

GROUPS = ("country", *ATTRIBUTES)
DOCUMENTED = (
    OpenApiParameter("programme", str, description="Its id or slug."),
    OpenApiParameter("survey", str, description="Its id or slug."),
    OpenApiParameter("account", OpenApiTypes.INT64),
    OpenApiParameter("owner", str, description="The e-mail address of who owns the accounts."),
    *(OpenApiParameter(name, str, description="Of the accounts.") for name in GROUPS),
    OpenApiParameter("from", OpenApiTypes.DATE, description="Without it twelve months before `to`."),
    OpenApiParameter("to", OpenApiTypes.DATE, description="The day after the last; without it tomorrow."),
    OpenApiParameter("by", str, enum=[*PERIODS, *GROUPS]),
)
MAX_PARTS = 60
OLDEST, NEWEST = date(1990, 1, 1), date(2100, 1, 1)


class Part(NamedTuple):
    """One part of a scope: the first day of a period, or the value that its accounts share."""

    group: date | str
    scope: Scope


def scope_of(query: Mapping[str, str], key: ApiKey, today: date) -> Scope:
    """Return the scope that the query names, the last twelve months unless it says otherwise, or raise."""
    rest: dict[str, Any] = {"attributes": {name: query[name] for name in ATTRIBUTES if name in query}}
    if "survey" in query:
        rest["survey"] = _found(find(Survey.objects.all(), query["survey"]), "survey")
    if "programme" in query:
        rest["programme"] = _found(find(Programme.objects.all(), query["programme"]), "programme")
    if "account" in query:
        rest["account"] = _found(find(Account.objects.visible_to(key), query["account"]), "account")
    if "owner" in query:
        rest["owner"] = _found(known_users(key).filter(email__iexact=query["owner"]).first(), "owner")
    if "country" in query:
        rest["country"] = query["country"]
    end = _day(query, "to") or today + timedelta(days=1)
    start = _day(query, "from") or trailing(end).start
    if start >= end:
        raise ValidationError({"to": ["The window [from, to) is empty."]})
    return Scope(viewer=key, today=today, start=start, end=end, **rest)


def period_of(query: Mapping[str, str]) -> By | None:
    """Return the period that `by` names, None where it names an attribute or is not there, or raise."""
    by = query.get("by")
    if by is not None and by not in PERIODS and by not in GROUPS:
        raise ValidationError({"by": [f"One of {', '.join((*PERIODS, *GROUPS))}."]})
    return by if by in PERIODS else None


def periods(scope: Scope, by: By) -> list[Part]:
    """Return the months or quarters of the window, the first and the last cut to it, or raise."""
    parts = list(_periods(scope, by))
    if len(parts) > MAX_PARTS:
        raise ValidationError({"by": [f"At most {MAX_PARTS} periods at once."]})
    return parts


def groups(scope: Scope, by: str) -> list[Part]:
    """Return the accounts in question by what they have in an attribute, in its order, or raise."""
    named = scope.accounts.exclude(**{by: ""}).order_by(by).values_list(by, flat=True).distinct()
    values = list(named[: MAX_PARTS + 1])
    if len(values) > MAX_PARTS:
        raise ValidationError({"by": [f"There are more than {MAX_PARTS} of these."]})
    return [Part(value, replace(scope, **_narrowing(scope, by, value))) for value in values]


def _narrowing(scope: Scope, by: str, value: str) -> Mapping[str, Any]:
    return {"country": value} if by == "country" else {"attributes": {**scope.attributes, by: value}}


def _periods(scope: Scope, by: By) -> Iterator[Part]:
    assert scope.start is not None
    period = PERIODS[by](scope.start)
    while period.start < scope.end:
        yield Part(period.start, scope.between(max(period.start, scope.start), min(period.end, scope.end)))
        period = PERIODS[by](period.end)


def _found(row: Any, name: str) -> Any:
    if row is None:
        raise ValidationError({name: ["There is none."]})
    return row


def _day(query: Mapping[str, str], name: str) -> date | None:
    if name not in query:
        return None
    try:
        day = date.fromisoformat(query[name])
    except ValueError:
        raise ValidationError({name: ["A day such as 2025-01-31."]}) from None
    if not OLDEST <= day <= NEWEST:
        raise ValidationError({name: [f"A day from {OLDEST} to {NEWEST}."]})
    return day
