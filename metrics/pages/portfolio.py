"""The portfolio: every account with how it is, what it says, what it pays and whose it is."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib import admin
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, QueryDict, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from accounts.actions.owners import UNDONE_WITHIN, may_hand_over
from accounts.admin.visibility import user_of
from accounts.interchange.datasets import Column, Dataset, Type, Value
from accounts.interchange.writers import FORMATS
from accounts.models import Account, User
from metrics.actions.handed_out import record_portfolio
from metrics.formulas.health import Band
from metrics.formulas.money import to_cents
from metrics.measures.coverage import Hearing
from metrics.measures.portfolio import (
    OF_REVENUE,
    ORDERS,
    Entry,
    Portfolio,
    State,
    Wanted,
    entries,
    find_accounts,
)
from metrics.measures.scope import Scope
from metrics.models import SavedView
from metrics.pages.filters import Filters, read_filters
from metrics.pages.windows import MONTHS

NAME = "portfolio"
# What was handed over last, in the session.
HANDED_OVER = "handed_over"
NARROWED_BY = ("segment", "tier", "region", "country", "owner", "team", "product", "cohort")
A_PAGE = 50
CHUNK = 500
FILES = ("csv", "xlsx")
RENEWS_WITHIN = {"30": 30, "90": 90, "180": 180, "365": 365}
HEADS: Mapping[str, str] = {
    "name": "Account",
    "health": "Health",
    "nps": "NPS",
    "arr": "ARR",
    "renewal": "Renews",
    "heard": "Last heard",
    "owner": "Owner",
}
# Which way round a first click orders: the best paying first, the unhealthiest first.
BIGGEST_FIRST = frozenset({"arr"})
IN_FIGURES = frozenset({"health", "nps", "arr", "renewal", "heard"})
COLUMNS = (
    Column("external_id", label="External id"),
    Column("name", label="Account"),
    Column("segment", label="Segment"),
    Column("tier", label="Tier"),
    Column("region", label="Region"),
    Column("country", label="Country"),
    Column("owner", label="Owner"),
    Column("team", label="Team"),
    Column("health", Type.NUMBER, "Health, 0 to 100"),
    Column("health_band", label="Band"),
    Column("nps", Type.NUMBER, "NPS of twelve months"),
    Column("nps_answers", Type.INTEGER, "Answers behind it"),
    Column("last_heard", Type.DATE, "Day of the newest answer"),
    Column("hearing", label="Answered, silent or not asked in the days asked for"),
)
OF_MONEY = (
    Column("arr", Type.NUMBER, "Annual recurring revenue"),
    Column("currency", label="Currency of the revenue"),
    Column("renews_on", Type.DATE, "Next end of a term"),
)


class Head(NamedTuple):
    """The head of a column: what a click on it asks for, and how the list is ordered by it now."""

    name: str
    label: str
    sort: str
    ordered: str
    is_in_figures: bool


class Asked(NamedTuple):
    """What the address asks for: the filters, their scope, what is wanted, what was wrong.

    The days are those in which an account was asked or heard, twelve months unless others are named.
    """

    filters: Filters
    scope: Scope
    wanted: Wanted
    faults: tuple[str, ...]

    @property
    def told(self) -> list[str]:
        """What is asked for in words, as a printed page has no form that says it."""
        wanted = self.wanted
        said = {
            "Find": f"“{wanted.text}”" if wanted.text else "",
            "State": wanted.state.value,
            "Health": " or ".join(band.value for band in Band if band in wanted.bands),
            "Voice": wanted.hearing.value if wanted.hearing else "",
            "Renews within": f"{wanted.renews_within} days" if wanted.renews_within else "",
        }
        said |= {
            field.label: choice.label
            for field in self.filters.fields
            for choice in field.choices
            if field.chosen and choice.key == field.chosen
        }
        return [f"{name}: {value}" for name, value in said.items() if value]


def portfolio(request: HttpRequest) -> TemplateResponse:
    """Show the accounts that the user sees, as the address asks for them."""
    viewer = user_of(request)
    asked = read_asked(request)
    found = find_accounts(asked.scope, asked.wanted)
    page = Paginator(found.accounts, A_PAGE).get_page(request.GET.get("page"))
    query = _query_of(request)
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": "Portfolio",
        "asked": asked,
        "found": found,
        "bands": [(band, found.bands[band]) for band in Band],
        "page": page,
        "rows": entries(asked.scope, found, [*page.object_list]),
        "is_empty": not found.accounts and not Account.objects.visible_to(viewer).exists(),
        "heads": _heads(viewer, asked.wanted),
        "choices": _choices(viewer),
        "currency": settings.REPORTING_CURRENCY,
        "today": asked.scope.today,
        "views": SavedView.objects.filter(user=viewer, page=NAME),
        "query": query,
        "files": FILES,
        "may_hand_over": may_hand_over(viewer),
        "handed_over": _undoable(request),
    }
    return TemplateResponse(request, "metrics/portfolio.html", context)


def portfolio_file(request: HttpRequest, kind: str) -> StreamingHttpResponse:
    """Return the same accounts in the same order as a file, all of them, and put that on record."""
    if kind not in FILES:
        raise Http404
    asked = read_asked(request)
    found = find_accounts(asked.scope, asked.wanted)
    columns = [*COLUMNS, *(OF_MONEY if user_of(request).sees_revenue else ())]
    dataset = Dataset("Portfolio", columns, _file_rows(asked.scope, found))
    record_portfolio(by=user_of(request), accounts=len(found.accounts), kind=kind)
    name = f"portfolio-{asked.scope.today}.{kind}"
    return StreamingHttpResponse(
        FORMATS[kind].write(dataset),
        content_type=FORMATS[kind].media_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


def read_asked(request: HttpRequest) -> Asked:
    """Return what the address asks for; what its reader may not ask is said and left out (SECURITY T19)."""
    viewer, said = user_of(request), request.GET
    filters = read_filters(request, *NARROWED_BY, default="12m", windows=MONTHS)
    faults = list(filters.faults)
    sort = said.get("sort", "name")
    order = sort.removeprefix("-")
    if order not in _orders(viewer):
        faults.append(f"There is no order by “{order[:60]}” in what you see: left out.")
        sort = order = "name"
    renews = said.get("renews", "")
    if renews and not (viewer.sees_revenue and renews in RENEWS_WITHIN):
        faults.append(f"There is no renewal within “{renews[:60]}” days in what you see: left out.")
        renews = ""
    wanted = Wanted(
        text=said.get("q", "")[:200],
        state=_one_of(State, said.get("state")) or State.CUSTOMERS,
        bands=frozenset(band for band in Band if band.value in said.getlist("band")),
        hearing=_one_of(Hearing, said.get("hearing")),
        renews_within=RENEWS_WITHIN.get(renews),
        order=order,
        is_descending=sort.startswith("-"),
    )
    return Asked(filters, filters.scope, wanted, tuple(faults))


def _undoable(request: HttpRequest) -> str:
    """Return what the viewer has just handed over and may undo, in words; '' without."""
    last = request.session.get(HANDED_OVER)
    is_late = last and timezone.now().timestamp() - last["at"] >= UNDONE_WITHIN.total_seconds()
    return last["said"] if last and not is_late else ""


def _one_of(kind: Any, text: str | None) -> Any:
    return next((each for each in kind if each.value == text), None)


def _orders(viewer: User) -> list[str]:
    return [name for name in ORDERS if viewer.sees_revenue or name not in OF_REVENUE]


def _choices(viewer: User) -> dict[str, Sequence[str]]:
    return {
        "state": [*State],
        "band": [*Band],
        "hearing": [*Hearing],
        "renews": [*RENEWS_WITHIN] if viewer.sees_revenue else [],
    }


def _heads(viewer: User, wanted: Wanted) -> list[Head]:
    heads = []
    for name, label in HEADS.items():
        if name not in _orders(viewer):
            continue
        is_now = name == wanted.order
        descends = not wanted.is_descending if is_now else name in BIGGEST_FIRST
        direction = "descending" if wanted.is_descending else "ascending"
        heads.append(
            Head(
                name, label, f"-{name}" if descends else name, direction if is_now else "", name in IN_FIGURES
            )
        )
    return heads


def _query_of(request: HttpRequest) -> str:
    """Return the address's query without its page, as a view is saved by it."""
    query: QueryDict = request.GET.copy()
    query.pop("page", None)
    return query.urlencode()


def _file_rows(scope: Scope, found: Portfolio) -> Iterator[Sequence[Value]]:
    with_money = scope.viewer.sees_revenue
    for first in range(0, len(found.accounts), CHUNK):
        for row in entries(scope, found, found.accounts[first : first + CHUNK]):
            yield [*_cells(row), *(_money(row) if with_money else ())]


def _cells(row: Entry) -> list[Value]:
    account, standing = row.account, row.standing
    return [
        account.external_id,
        account.name,
        account.segment,
        account.tier,
        account.region,
        account.country,
        str(account.owner or ""),
        str(account.team or ""),
        standing.score if standing else None,
        standing.band.value if standing else Band.GREY.value,
        row.nps.value,
        row.nps.n,
        row.heard_at and timezone.localdate(row.heard_at),
        row.hearing.value,
    ]


def _money(row: Entry) -> list[Value]:
    return [to_cents(row.arr), settings.REPORTING_CURRENCY, row.renewal and row.renewal.ends_on]
