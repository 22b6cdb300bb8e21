"""The renewals behind a count of the back-test: whose, what was known before, and what came of them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import F
from django.http import HttpRequest, QueryDict
from django.template.response import TemplateResponse

from accounts.models import Account, Subscription
from metrics.formulas.money import total_known
from metrics.measures.backtest import BANDS, LEADS
from metrics.measures.exchange import rates_on
from metrics.measures.foretold import kept_of, of_months
from metrics.measures.scope import Scope
from metrics.measures.tested import SCORES, Decided, Part, decided_renewals, tenths_of, told_apart
from metrics.pages.basis import DEFAULT, WINDOWS
from metrics.pages.filters import read_filters
from metrics.pages.renewals import NARROWED_BY
from metrics.pages.windows import chosen_day

ROWS = 25
OUTCOMES = ("kept", "lost")
TENTHS = [str(number) for number in range(1, 11)]


class Wanted(NamedTuple):
    """Which renewals of a back-test are listed: of one part of it, all without one; "" for any.

    A tenth is one of those tested by how probable their loss was, "1" the least.
    """

    part: str = Part.TESTED
    band: str = ""
    outcome: str = ""
    tenth: str = ""

    def has(self, each: Decided) -> bool:
        """Whether a renewal is meant."""
        return (
            self.part in ("", each.part)
            and (not self.band or self.band == each.band)
            and (not self.outcome or (self.outcome == "kept") == each.outcome.is_kept)
        )


class Row(NamedTuple):
    """One renewal with its account; what was due a year is in the reporting currency, None without a rate."""

    account: Account
    decided: Decided
    due: Decimal | None

    @property
    def score(self) -> float | None:
        """The score before it as its page shows it: health 0..100, an answer 0..10."""
        return None if self.decided.score is None else self.decided.score / 100

    @property
    def renewed(self) -> float | None:
        """How many percent of what was due a year were renewed."""
        share = self.decided.outcome.renewed
        return None if share is None else 100 * share


def backtest_rows(request: HttpRequest) -> TemplateResponse:
    """List the renewals of the accounts that the user sees, as far as a back-test counts them so."""
    filters = read_filters(request, *NARROWED_BY)
    query, faults = request.GET, [*filters.faults]
    months = _chosen(query, "months", DEFAULT, WINDOWS, faults)
    lead = int(_chosen(query, "lead", str(LEADS[0]), [*map(str, LEADS)], faults))
    score = _chosen(query, "score", SCORES[0], SCORES, faults)
    with_replays = query.get("replays") == "1"
    today = filters.scope.today
    as_of = chosen_day(query, today, faults)
    scope = replace(filters.scope, **of_months(as_of, WINDOWS[months])._asdict(), today=as_of)
    known = decided_renewals(scope, score, lead, with_replays=with_replays)
    wanted = Wanted(
        _chosen(query, "part", Part.TESTED, ["all", *Part], faults).replace("all", ""),
        _chosen(query, "band", "", BANDS, faults),
        _chosen(query, "outcome", "", OUTCOMES, faults),
        _chosen(query, "tenth", "", TENTHS, faults),
    )
    among = [*known] if not wanted.tenth else _tenth(known, int(wanted.tenth))
    found = [each for each in among if wanted.has(each)]
    # The newest first.
    found.sort(key=lambda each: (-each.outcome.due_on.toordinal(), each.outcome.account))
    page = Paginator(found, ROWS).get_page(query.get("page"))
    kept = kept_of(replace(scope, today=today), WINDOWS[months], with_replays=with_replays)
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": "Back-test: renewals",
        "viewer": scope.viewer,
        "narrowed": [
            choice.label for field in filters.fields for choice in field.choices if choice.key == field.chosen
        ],
        "window": scope.window,
        "as_of": as_of,
        "months": months,
        "lead": lead,
        "is_nps": score == "nps",
        "with_replays": with_replays,
        "wanted": wanted,
        "faults": faults,
        "page": page,
        "rows": _rows(scope, [*page.object_list]),
        "accounts": len({each.outcome.account for each in found}),
        # Of a part of the test there is none.
        "test": told_apart(known) if wanted == Wanted() else None,
        "lost": sum(not each.outcome.is_kept for each in found),
        # The count that led here may be of contracts as they were, and of answers.
        "found": kept if kept and kept.as_of == as_of and kept.have_changed else None,
        "found_at": kept.found_at if kept and kept.as_of == as_of else None,
        "currency": settings.REPORTING_CURRENCY,
    }
    return TemplateResponse(request, "metrics/backtest_rows.html", context)


def _tenth(known: Sequence[Decided], number: int) -> list[Decided]:
    tenths = tenths_of(known)
    return tenths[number - 1] if number <= len(tenths) else []


def _chosen(query: QueryDict, name: str, default: str, known: Any, faults: list[str]) -> str:
    said = query.get(name, "")
    if said and said not in [*known]:
        faults.append(f"“{said[:60]}” cannot be chosen for {name}: left out.")
        return default
    return said or default


def _rows(scope: Scope, shown: Sequence[Decided]) -> list[Row]:
    accounts = scope.accounts.select_related("owner").in_bulk([each.outcome.account for each in shown])
    due = _due(scope, shown)
    return [
        Row(accounts[each.outcome.account], each, due.get((each.outcome.account, each.outcome.due_on)))
        for each in shown
    ]


def _due(scope: Scope, shown: Sequence[Decided]) -> Mapping[tuple[int, date], Decimal | None]:
    """Return the yearly value that each of the renewals was about, at the rates of the window's first day."""
    assert scope.start is not None
    rates, values = rates_on(scope.start), defaultdict(list)
    contracts = Subscription.objects.filter(
        account__in=[each.outcome.account for each in shown],
        ends_on__in={each.outcome.due_on for each in shown},
        ends_on__gt=F("starts_on"),
        annual_value__gt=0,
    )
    named = contracts.values_list("account", "ends_on", "annual_value", "currency")
    for account, ends_on, value, currency in named:
        values[account, ends_on].append(rates.convert(value, currency))
    return {key: total_known(each) for key, each in values.items()}
