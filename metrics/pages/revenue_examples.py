"""Worked examples of what is money: revenue and how it came about, what customers are worth, services."""

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.conf import settings

from metrics.formulas.money import ZERO
from metrics.measures.lifetime import ASSUMPTIONS
from metrics.measures.measure import Measure
from metrics.pages.wording import BRIDGE
from metrics.templatetags.figures import number, percent

Lines = list[tuple[str, str]]
# The steps, and what their numbers come to as they are printed; None where the steps in between do not fit.
Worked = tuple[Lines, Decimal | None]
# Works with so many decimals more than the fewest.
Work = Callable[[Measure, int], Worked]


def ratio(upper: str, lower: str, upper_name: str, lower_name: str) -> Work:
    """Return how a ratio of two amounts is worked, in percent."""

    def work(measure: Measure, finer: int) -> Worked:
        above, below = (amount(measure.beside[each], finer) for each in (upper, lower))
        lines = [
            (lower_name, money(below)),
            (upper_name, money(above)),
            ("in percent", f"100 × {money(above)} / {money(below)}"),
        ]
        return lines, 100 * above / below if below else None

    return work


def grr(measure: Measure, finer: int) -> Worked:
    """Work gross retention: start, less churn, less contraction."""
    lines, start, kept = _kept(measure, finer)
    lines.append(("in percent", f"100 × {money(kept)} / {money(start)}"))
    fits = finer or kept == amount(measure.beside["kept"], 0)
    return lines, 100 * kept / start if start and fits else None


def nrr(measure: Measure, finer: int) -> Worked:
    """Work net retention: gross retention and growth."""
    lines, start, kept = _kept(measure, finer)
    growth = amount(measure.beside["expansion"], finer)
    end = kept + growth
    fits = finer or (kept, end) == tuple(amount(measure.beside[each], 0) for each in ("kept", "end"))
    lines += [
        ("and growth of the same customers", money(growth)),
        ("is what they pay", money(end)),
        ("in percent", f"100 × {money(end)} / {money(start)}"),
    ]
    return lines, 100 * end / start if start and fits else None


def _kept(measure: Measure, finer: int) -> tuple[Lines, Decimal, Decimal]:
    """Return the lines down to what is still there, what there was at the start, and what is still there."""
    start, churn, less = (amount(measure.beside[each], finer) for each in ("start", "churn", "contraction"))
    kept = start - churn - less
    lines = [
        (f"yearly revenue of {several(measure.n, 'customer')} at the start", money(start)),
        ("less what those who left had paid", money(churn)),
        ("less what those who stayed pay less", money(less)),
        ("is still there", money(kept)),
    ]
    return lines, start, kept


def clv(measure: Measure, finer: int) -> Worked:
    """Work the lifetime value at one retention for all."""
    arr, (each, times, product) = amount(measure.beside["arr"], finer), _lifetime(measure, finer)
    lines = [
        ("yearly revenue", money(arr)),
        (f"for each of {several(measure.n, 'customer')}", money(each)),
        (
            f"times what a customer is worth in years, at {percent(100 * ASSUMPTIONS.discount)} discount",
            times,
        ),
    ]
    fits = each == rounded(arr / measure.n, _decimals(finer))
    return lines, product if fits else None


def sbg(measure: Measure, finer: int) -> Worked:
    """Work the lifetime value at a retention for each."""
    of, (each, times, product) = measure.beside, _lifetime(measure, finer)
    lines = [
        (
            f"of the oldest cohort, {several(int(of['oldest_cohort'] or 0), 'customer')}, still there",
            percent(known(of["oldest_cohort_left"]), 1),
        ),
        ("of it, still there by the model", percent(known(of["oldest_cohort_left_by_model"]), 1)),
        (f"yearly revenue for each of {several(measure.n, 'customer')}", money(each)),
        ("times the renewals to come", times),
    ]
    return lines, product


def _lifetime(measure: Measure, finer: int) -> tuple[Decimal, str, Decimal]:
    """Return the revenue of each customer, the multiplication as it is printed, and what that comes to."""
    each = amount(measure.beside["arr_per_customer"], finer)
    digits = 2 + finer
    multiple = rounded(measure.beside["multiple"], digits)
    return each, f"{money(each)} × {number(float(multiple), digits)}", each * multiple


def arr_bridge(measure: Measure, finer: int) -> Worked:
    """Work the way from one day's ARR to another's; no steps where a rate of the first day is missing."""
    assert measure.value is not None
    if not measure.beside:
        return [], Decimal(measure.value)
    # What it comes to is the value itself.
    names = {key: name for key, name in BRIDGE.items() if key != "closing"}
    steps = [amount(measure.beside[key] or 0, finer) for key in names]
    return [(name, money(step)) for name, step in zip(names.values(), steps, strict=True)], sum(steps, ZERO)


def margin(measure: Measure, finer: int) -> Worked:
    """Work the margin of services."""
    revenue, cost = (amount(measure.beside[each], finer) for each in ("revenue", "cost"))
    lines = [
        ("services revenue", money(revenue)),
        ("cost of delivering them", money(cost)),
        ("in percent", f"100 × ({money(revenue)} − {money(cost)}) / {money(revenue)}"),
    ]
    return lines, 100 * (revenue - cost) / revenue if revenue else None


def several(count: Any, one: str) -> str:
    """Return a count with its noun: "1 customer"."""
    return f"{number(known(count))} {one}{'' if count == 1 else 's'}"


def known(value: Any) -> float | None:
    """Return a number as float, None as it is."""
    return None if value is None else float(value)


def rounded(value: Any, digits: int) -> Decimal:
    """Return a number as it is printed, halves away from zero."""
    return Decimal(str(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def amount(value: Any, finer: int) -> Decimal:
    """Return money as it is printed: in whole units, where those do not suffice to the cent, then finer."""
    return rounded(value, _decimals(finer))


def _decimals(finer: int) -> int:
    return max(2, finer - 3) if finer else 0


def money(shown: Decimal) -> str:
    """Return money with as many decimals as it has: "USD 1,234", "−USD 12.50"."""
    return f"{'−' if shown < 0 else ''}{settings.REPORTING_CURRENCY} {abs(shown):,}"
