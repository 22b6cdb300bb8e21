"""The formula of a metric worked with the numbers that one measure stands on."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from metrics.measures.lifetime import ASSUMPTIONS
from metrics.measures.measure import Measure
from metrics.templatetags.figures import figure, money, number, percent, quantity

Lines = list[tuple[str, str]]


def worked_example(measure: Measure) -> Lines:
    """Return the steps from the counted rows to the value, as (what, how much); [] where it is unknown."""
    if measure.value is None:
        return []
    work = WORKED.get(measure.metric)
    steps = work(measure) if work else [("counted", f"{number(measure.n)} {measure.counted}")]
    result = [("gives", figure(measure))]
    if measure.interval:
        ends = " to ".join(quantity(end, measure.unit) for end in measure.interval)
        result.append(("and, of all customers, in 95 of 100 cases", ends))
    return [*steps, *result]


def _nps(measure: Measure) -> Lines:
    of = measure.beside
    promoters, detractors = number(of["promoters"]), number(of["detractors"])  # type: ignore[arg-type]
    return [
        ("promoters", promoters),
        ("passives", number(of["passives"])),  # type: ignore[arg-type]
        ("detractors", detractors),
        ("in percent of all answers", f"100 × ({promoters} − {detractors}) / {number(measure.n)}"),
    ]


def _share(noun: str) -> Callable[[Measure], Lines]:
    def work(measure: Measure) -> Lines:
        assert measure.value is not None
        part = round(float(measure.value) * measure.n / 100)
        return [
            (noun, number(part)),
            (measure.counted, number(measure.n)),
            ("in percent", f"100 × {number(part)} / {number(measure.n)}"),
        ]

    return work


def _ratio(upper: str, lower: str, upper_name: str, lower_name: str) -> Callable[[Measure], Lines]:
    def work(measure: Measure) -> Lines:
        above, below = _money(measure.beside[upper]), _money(measure.beside[lower])
        return [(lower_name, below), (upper_name, above), ("in percent", f"100 × {above} / {below}")]

    return work


def _grr(measure: Measure) -> Lines:
    of = measure.beside
    return [
        (f"yearly revenue of {number(measure.n)} customers at the start", _money(of["start"])),
        ("less what those lost paid who left", _money(of["churn"])),
        ("less what those pay less who stayed", _money(of["contraction"])),
        ("is still there", _money(of["kept"])),
        ("in percent", f"100 × {_money(of['kept'])} / {_money(of['start'])}"),
    ]


def _nrr(measure: Measure) -> Lines:
    of = measure.beside
    return [
        *_grr(measure)[:-1],
        ("and growth of the same customers", _money(of["expansion"])),
        ("in percent", f"100 × {_money(of['end'])} / {_money(of['start'])}"),
    ]


def _clv(measure: Measure) -> Lines:
    of = measure.beside
    return [
        ("yearly revenue", _money(of["arr"])),
        (f"for each of {number(measure.n)} customers", _money(of["arr_per_customer"])),
        (
            f"times what a customer is worth in years, at {percent(100 * ASSUMPTIONS.discount)} discount",
            f"{_money(of['arr_per_customer'])} × {number(_float(of['multiple']), 2)}",
        ),
    ]


def _sbg(measure: Measure) -> Lines:
    of = measure.beside
    return [
        (f"yearly revenue for each of {number(measure.n)} customers", _money(of["arr_per_customer"])),
        ("times the renewals to come", number(_float(of["multiple"]), 2)),
        ("left of the oldest cohort", percent(_float(of["oldest_cohort_left"]), 1)),
        ("left of it by the model", percent(_float(of["oldest_cohort_left_by_model"]), 1)),
    ]


def _arr(measure: Measure) -> Lines:
    names = ("opening", "new", "reactivation", "expansion", "contraction", "churn", "currency")
    return [(name, _money(measure.beside[name])) for name in names if name in measure.beside]


def _margin(measure: Measure) -> Lines:
    revenue, cost = _money(measure.beside["revenue"]), _money(measure.beside["cost"])
    return [
        ("services revenue", revenue),
        ("cost of delivering them", cost),
        ("in percent", f"100 × ({revenue} − {cost}) / {revenue}"),
    ]


def _float(value: Any) -> float | None:
    return None if value is None else float(value)


def _money(value: Any) -> str:
    return money(None if value is None else Decimal(value))


WORKED: Mapping[str, Callable[[Measure], Lines]] = {
    "nps": _nps,
    "csat": _share("satisfied answers"),
    "ces": _share("easy answers"),
    "response_rate": _share("answered"),
    "completion_rate": _share("completed"),
    "health": _share("accounts in green"),
    "logo_churn": _share("customers lost"),
    "logo_renewal_rate": _share("accounts that renewed"),
    "contact_coverage": _share("contacts that answered"),
    "account_coverage": _share("accounts heard"),
    "decision_maker_coverage": _share("decision-makers that answered"),
    "revenue_coverage": _ratio("heard", "arr", "ARR of accounts heard", "ARR"),
    "arr": _arr,
    "grr": _grr,
    "nrr": _nrr,
    "renewal_rate": _ratio("kept", "due", "renewed, growth left out", "due a year"),
    "net_renewal_rate": _ratio("renewed", "due", "renewed, growth included", "due a year"),
    "clv": _clv,
    "clv_sbg": _sbg,
    "services_margin": _margin,
}
