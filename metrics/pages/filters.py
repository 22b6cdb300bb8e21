"""What a page is narrowed to by its address: days, and values that its reader may see.

The whole state of a page is its address: a link shows what its sender saw, as far as its reader may see it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, NamedTuple

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Exists, Min
from django.db.models.functions import ExtractYear
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import Account, Subscription, Team, User, Viewer
from metrics.measures.dimensions import ANSWERED, ATTRIBUTES, COMPANY, CONTRACTS, PEOPLE
from metrics.measures.measure import Days
from metrics.measures.scope import Scope
from metrics.models import Score, Slice
from metrics.pages.windows import DAYS, NAMES, Chosen, chosen_window
from metrics.pages.wording import value_in_words
from surveys.models import Programme, Survey

LABELS = {"cohort": "Customer since"}
WINDOW = ("last", "from", "to")
# The day as of which a page is asked.
KNOWN = "known"
# What has a page look again that may show what it saw some minutes ago.
AGAIN = "again"
# How the address names those of which a dimension says nothing.
UNSAID = "(none)"


class Choice(NamedTuple):
    """One value to narrow down to: in the address, in words, and what the scope takes.

    Of those that say nothing of the dimension the value is None.
    """

    key: str
    label: str
    value: Any


NONE_GIVEN = Choice(UNSAID, "none given", None)
NOBODYS = Choice(UNSAID, "nobody", None)
NO_TEAMS = Choice(UNSAID, "no team", None)


class Field(NamedTuple):
    """One way to narrow down: its name in the address, its choices and the one that is chosen, '' for all."""

    name: str
    label: str
    choices: tuple[Choice, ...]
    chosen: str


@dataclass(frozen=True, slots=True)
class Filters:
    """What the address asks for as a scope, the fields to ask otherwise, and what could not be understood."""

    scope: Scope
    chosen: Chosen
    windows: tuple[tuple[str, str], ...]
    fields: tuple[Field, ...]
    faults: tuple[str, ...]
    kept: tuple[tuple[str, str], ...]
    replays: bool = False

    @property
    def has_choices(self) -> bool:
        """Whether there is anything to narrow by."""
        return len(self.windows) > 1 or any(field.choices for field in self.fields)

    @property
    def is_narrowed(self) -> bool:
        """Whether any field has a value."""
        return bool(self.scope.known_on) or any(field.chosen for field in self.fields)


def read_filters(
    request: HttpRequest,
    *names: str,
    default: str = "365",
    windows: Sequence[str] = DAYS,
    replays: bool = False,
    besides: Sequence[str] = (),
    **fixed: Any,
) -> Filters:
    """Return the filters of a page that may be narrowed by the named dimensions.

    `default` and `windows` name the days as `metrics.pages.windows` does. `fixed` goes to the scope as it is,
    such as the survey that the page is about. A page that `replays` may be asked as of a past day, `known`.
    `besides` are names in the address for which the page adds fields of its own to the form.
    A value that there is none of is said and not applied; one that
    the viewer may not see is none (SECURITY T17, T19). Reads one query for the attributes of accounts, one
    for those of answers and one for each other dimension.
    """
    viewer = request.user
    if not isinstance(viewer, User):
        raise TypeError("pages are behind the login")
    today = timezone.localdate()
    chosen = chosen_window(request.GET, today, default, windows)
    offered = _offered(viewer, names)
    faults = [chosen.error] if chosen.error else []
    fields, values = [], {}
    for name, choices in offered.items():
        said = request.GET.get(name, "")
        found = next((choice for choice in choices if choice.key == said), None)
        if said and found is None:
            faults.append(f"There is no {_label(name).lower()} “{said[:60]}” in what you see: left out.")
        elif found:
            values[name] = found.value
        fields.append(Field(name, _label(name), choices, found.key if found else ""))
    if replays:
        fixed["known_on"] = _known_on(request.GET.get(KNOWN, ""), today, faults)
    own = {*WINDOW, *offered, *besides, KNOWN, "page", "after"}
    return Filters(
        scope=_scope(viewer, chosen.days, values, fixed),
        chosen=chosen,
        windows=tuple((name, NAMES[name]) for name in windows),
        fields=tuple(fields),
        faults=tuple(faults),
        kept=tuple((name, value) for name, value in request.GET.dict().items() if name not in own),
        replays=replays,
    )


def account_named(viewer: Viewer, key: str) -> Account | None:
    """Return the account whose number the address names, None where the viewer sees no such account."""
    if not key.isascii() or not key.isdigit() or len(key) > 18:
        return None
    found: Account | None = Account.objects.visible_to(viewer).filter(pk=int(key)).first()
    return found


def of_account(filters: Filters, key: str) -> Filters:
    """Return the filters narrowed to the account whose number is asked for, which is said where none is seen.

    Accounts are too many to choose from: the field has this one alone.
    """
    account = account_named(filters.scope.viewer, key)
    if account is None:
        fault = f"There is no account “{key[:60]}” in what you see: left out."
        return replace(filters, faults=(*filters.faults, fault)) if key else filters
    choice = Choice(str(account.pk), account.name, account)
    field = Field("account", _label("account"), (choice,), choice.key)
    return replace(filters, scope=replace(filters.scope, account=account), fields=(*filters.fields, field))


def _known_on(said: str, today: date, faults: list[str]) -> date | None:
    """Return the past day as of which is asked, None for now; what is none is said among the faults."""
    if not said:
        return None
    try:
        day = date.fromisoformat(said)
    except ValueError:
        faults.append(f"“{said[:60]}” is no day such as 2025-01-31: shown as known now.")
        return None
    if day >= today:
        faults.append("That day is not over yet: shown as known now.")
        return None
    return day


def _scope(viewer: User, days: Days, values: Mapping[str, Any], fixed: Mapping[str, Any]) -> Scope:
    attributes = {name: value for name, value in values.items() if name in ATTRIBUTES}
    rest = {name: value for name, value in values.items() if name not in ATTRIBUTES and value is not None}
    unsaid = frozenset(values) - frozenset({*attributes, *rest})
    return Scope(
        viewer=viewer,
        today=timezone.localdate(),
        start=days.start,
        end=days.end,
        attributes={name: value or "" for name, value in attributes.items()},
        unsaid=unsaid,
        # Who asks for what is nobody's asks for accounts.
        is_of_accounts=not unsaid.isdisjoint(PEOPLE),
        **{**rest, **fixed},
    )


def _offered(viewer: User, names: Iterable[str]) -> dict[str, tuple[Choice, ...]]:
    """Return the choices of each dimension, in the order of the names, without those out of sight."""
    asked = [name for name in names if name not in CONTRACTS or viewer.sees_revenue]
    of_answers = [name for name in asked if name in ANSWERED]
    # Answers without an account have none of its attributes, whatever accounts have.
    with_none = ATTRIBUTES if of_answers and viewer.sees_all_accounts else ()
    texts = _attributes(viewer, [name for name in asked if name in (*ATTRIBUTES, *COMPANY)], with_none)
    texts |= _answered(viewer, of_answers)
    return {name: texts[name] if name in texts else CHOICES[name](viewer) for name in asked}


def _attributes(
    viewer: User, names: Sequence[str], with_none: Sequence[str]
) -> dict[str, tuple[Choice, ...]]:
    """Return the values of attributes among the accounts that the viewer sees, in one query."""
    if not names:
        return {}
    each = {f"all_{name}": ArrayAgg(name, distinct=True) for name in names}
    found = Account.objects.visible_to(viewer).aggregate(**each)
    return {
        name: _texts({*(found[f"all_{name}"] or ()), *([""] if name in with_none else ())}) for name in names
    }


def _texts(values: Iterable[str]) -> tuple[Choice, ...]:
    """Return a choice for each value, and for none where some have none and others one."""
    known = sorted(values)
    said = [Choice(value, value, value) for value in known if value]
    return (*said, *([NONE_GIVEN] if said and "" in known else ()))


def _owners(viewer: User) -> tuple[Choice, ...]:
    accounts = Account.objects.visible_to(viewer)
    rows: Any = User.objects.filter(pk__in=accounts.exclude(owner=None).order_by().values("owner"))
    rows = rows.annotate(are_others_nobodys=Exists(accounts.filter(owner=None)))
    owners = [Choice(str(row.pk), str(row), row) for row in sorted(rows, key=str)]
    return (*owners, *([NOBODYS] if any(row.are_others_nobodys for row in rows) else ()))


def _teams(viewer: User) -> tuple[Choice, ...]:
    accounts = Account.objects.visible_to(viewer)
    rows: Any = Team.objects.filter(pk__in=accounts.exclude(team=None).order_by().values("team"))
    rows = rows.annotate(are_others_nobodys=Exists(accounts.filter(team=None)))
    teams = [Choice(str(row.pk), row.name, row) for row in rows]
    return (*teams, *([NO_TEAMS] if any(row.are_others_nobodys for row in rows) else ()))


def _products(viewer: User) -> tuple[Choice, ...]:
    paid = Subscription.objects.visible_to(viewer).filter(annual_value__gt=0)
    return _texts(paid.exclude(product="").order_by().values_list("product", flat=True).distinct())


def _cohorts(viewer: User) -> tuple[Choice, ...]:
    paid = Subscription.objects.visible_to(viewer).filter(annual_value__gt=0).order_by()
    firsts = paid.values("account").annotate(year=ExtractYear(Min("starts_on")))
    years = firsts.values_list("year", flat=True).distinct()
    return tuple(Choice(str(year), str(year), year) for year in sorted(years))


def _programmes(viewer: User) -> tuple[Choice, ...]:
    return tuple(Choice(row.slug, row.name, row) for row in Programme.objects.order_by("name"))


def _surveys(viewer: User) -> tuple[Choice, ...]:
    rows = Survey.objects.published().select_related("programme").order_by("title")
    return tuple(Choice(row.slug, row.title, row) for row in rows)


def _answered(viewer: User, names: Sequence[str]) -> dict[str, tuple[Choice, ...]]:
    """Return the values of what answers bring along among those that the viewer sees, in one query."""
    if not names:
        return {}
    rows: Any = Slice.objects.all()
    if not viewer.sees_all_accounts:
        rows = rows.filter(pk__in=Score.objects.visible_to(viewer).values("slice"))
    found = list(rows.order_by().values_list(*names).distinct())
    return {
        name: tuple(
            choice._replace(label=value_in_words(name, choice.key)) if choice.value else choice
            for choice in _texts({each[place] for each in found})
        )
        for place, name in enumerate(names)
    }


def _label(name: str) -> str:
    return LABELS.get(name, name.capitalize())


CHOICES: Mapping[str, Callable[[User], tuple[Choice, ...]]] = {
    "owner": _owners,
    "team": _teams,
    "product": _products,
    "cohort": _cohorts,
    "programme": _programmes,
    "survey": _surveys,
}
