"""From a query to the scope of a metric."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError

from accounts.api.people import known_teams, known_users
from accounts.models import Account, ApiKey
from metrics.formulas.days import trailing
from metrics.measures.dimensions import ALL, ANSWERED, ATTRIBUTES, COMPANY
from metrics.measures.scope import Scope
from surveys.api.references import find
from surveys.models import Programme, Survey

TEXTS = (*COMPANY, "product", *ANSWERED)
# Asked for empty: accounts without an owner, answers without an account.
UNSAID = (*COMPANY, *ANSWERED, "owner", "team", "account")
DOCUMENTED = (
    OpenApiParameter("programme", str, description="Its id or slug."),
    OpenApiParameter("survey", str, description="Its id or slug."),
    OpenApiParameter("account", OpenApiTypes.INT64),
    OpenApiParameter("owner", str, description="The e-mail address of who owns the accounts."),
    OpenApiParameter("team", str, description="The name of the team that the accounts belong to."),
    *(OpenApiParameter(name, str, description="Of the accounts.") for name in (*ATTRIBUTES, *COMPANY)),
    OpenApiParameter("product", str, description="That the accounts pay for."),
    OpenApiParameter("cohort", int, description="The year of the accounts' first subscription."),
    *(OpenApiParameter(name, str, description="Of the answers.") for name in ANSWERED),
    OpenApiParameter("level", str, enum=["account", "parent"], description="What one customer is."),
    OpenApiParameter("from", OpenApiTypes.DATE, description="Without it twelve months before `to`."),
    OpenApiParameter("to", OpenApiTypes.DATE, description="The day after the last; without it tomorrow."),
    OpenApiParameter("as_of", OpenApiTypes.DATE, description="The day on which it is asked; today at most."),
    OpenApiParameter(
        "as_known_on", OpenApiTypes.DATE, description="What was known when that day ended; asked on it."
    ),
    OpenApiParameter("by", str, enum=[*ALL]),
    OpenApiParameter("compare", str, enum=["former"], description="Beside the window as long before."),
)
OLDEST, NEWEST = date(1990, 1, 1), date(2100, 1, 1)


def scope_of(query: Mapping[str, str], key: ApiKey, today: date) -> Scope:
    """Return the scope that the query names, the last twelve months unless it says otherwise, or raise."""
    rest: dict[str, Any] = {"attributes": {name: query[name] for name in ATTRIBUTES if name in query}}
    rest |= {name: query[name] for name in TEXTS if name in query}
    if query.get("product") == "":
        raise ValidationError({"product": ["The name of a product."]})
    rest["unsaid"] = frozenset(name for name in UNSAID if query.get(name) == "")
    query = {name: value for name, value in query.items() if name not in rest["unsaid"]}
    if "survey" in query:
        rest["survey"] = _found(find(Survey.objects.all(), query["survey"]), "survey")
    if "programme" in query:
        rest["programme"] = _found(find(Programme.objects.all(), query["programme"]), "programme")
    if "account" in query:
        rest["account"] = _found(find(Account.objects.visible_to(key), query["account"]), "account")
    if "owner" in query:
        rest["owner"] = _found(known_users(key).filter(email__iexact=query["owner"]).first(), "owner")
    if "team" in query:
        rest["team"] = _found(known_teams(key).filter(name=query["team"]).first(), "team")
    if "cohort" in query:
        rest["cohort"] = _year(query["cohort"])
    if query.get("level", "account") not in ("account", "parent"):
        raise ValidationError({"level": ["One of account, parent."]})
    known_on = day_of(query, "as_known_on")
    today = min(day_of(query, "as_of") or today, known_on or today, today)
    end = day_of(query, "to") or today + timedelta(days=1)
    start = day_of(query, "from") or trailing(end).start
    if start >= end:
        raise ValidationError({"to": ["The window [from, to) is empty."]})
    return Scope(
        viewer=key,
        today=today,
        start=start,
        end=end,
        is_by_parent=query.get("level") == "parent",
        known_on=known_on,
        **rest,
    )


def _year(text: str) -> int:
    if not (len(text) == 4 and text.isascii() and text.isdigit() and OLDEST.year <= int(text) <= NEWEST.year):
        raise ValidationError({"cohort": ["A year such as 2024."]})
    return int(text)


def _found(row: Any, name: str) -> Any:
    if row is None:
        raise ValidationError({name: ["There is none."]})
    return row


def day_of(query: Mapping[str, str], name: str) -> date | None:
    """Return the day that the query names, None where it names none, or raise."""
    if name not in query:
        return None
    try:
        day = date.fromisoformat(query[name])
    except ValueError:
        raise ValidationError({name: ["A day such as 2025-01-31."]}) from None
    if not OLDEST <= day <= NEWEST:
        raise ValidationError({name: [f"A day from {OLDEST} to {NEWEST}."]})
    return day
