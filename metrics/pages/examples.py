"""The formula of a metric worked with the numbers that one measure stands on."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from metrics.formulas.clusters import ROLES
from metrics.formulas.rounding import whole_steps
from metrics.measures.lifetime import ASSUMPTIONS
from metrics.measures.measure import Measure
from metrics.pages.wording import BRIDGE
from metrics.templatetags.figures import figure, money, number, percent, quantity

Lines = list[tuple[str, str]]


def worked_example(measure: Measure) -> Lines:
    """Return the steps from the counted rows to the value, as (what, how much); [] where it is unknown."""
    if measure.value is None:
        return []
    steps = WORKED[measure.metric](measure)
    result = [("gives", figure(measure))]
    if measure.interval:
        ends = " to ".join(quantity(end, measure.unit) for end in measure.interval)
        result.append(("95% interval", ends))
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


def _clustered(measure: Measure) -> Lines:
    error = _float(measure.beside["standard_error"])
    return [
        *_nps(measure),
        ("accounts that answered", number(_float(measure.beside["accounts"]))),
        ("standard error between accounts, in points", number(error, 2)),
    ]


def _finite(measure: Measure) -> Lines:
    of = measure.beside
    lines = [*_nps(measure), ("contacts invited", number(_float(of["invited"])))]
    if of["standard_error"] is None:
        return lines
    part = f"√(1 − {number(measure.n)} / {number(_float(of['invited']))})"
    return [*lines, (f"standard error in points, × {part}", number(_float(of["standard_error"]), 2))]


def _mean_of_accounts(measure: Measure) -> Lines:
    return [("answers", number(measure.n)), *_mean(measure, _float(measure.beside["accounts"]) or 0)]


def _waterfall(measure: Measure) -> Lines:
    by = {role: _float(measure.beside[f"by_{role}"]) or 0 for role in ROLES}
    roles = zip(
        ("accounts by their decision-makers", "else by influencers", "else by users"), by, strict=True
    )
    return [*((name, number(by[role])) for name, role in roles), *_mean(measure, sum(by.values()))]


def _mean(measure: Measure, accounts: float) -> Lines:
    whole = number((_float(measure.value) or 0) * accounts)
    return [
        ("scores of the accounts, added up", whole),
        ("for each account", f"{whole} / {number(accounts)}"),
    ]


def _by_revenue(measure: Measure) -> Lines:
    arr = measure.beside["arr"]
    whole = number((_float(measure.value) or 0) * (_float(arr) or 0))
    return [
        (f"ARR of the {_several(measure.beside['accounts'], 'account')} that answered", _money(arr)),
        ("ARR × score of each, added up", whole),
        ("for each of that ARR", f"{whole} / {_money(arr)}"),
    ]


def _weighted(measure: Measure) -> Lines:
    of = measure.beside
    promoters, detractors = (_float(of[f"percent_{each}"]) for each in ("promoters", "detractors"))
    return [
        ("promoters among the answers, weighted", percent(promoters, 1)),
        ("detractors among them", percent(detractors, 1)),
        ("in percent of all answers", f"{number(promoters, 1)} − {number(detractors, 1)}"),
        (
            f"effective n of the {_several(measure.n, 'answer')}",
            number(_float(of["effective_n"])),
        ),
    ]


def _survival(measure: Measure) -> Lines:
    return [
        ("customers watched", number(measure.n)),
        *(
            (f"still there after {name.split('_')[1]} months", percent(_float(left), 1))
            for name, left in measure.beside.items()
        ),
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
        (f"yearly revenue of {_several(measure.n, 'customer')} at the start", _money(of["start"])),
        ("less what those who left had paid", _money(of["churn"])),
        ("less what those who stayed pay less", _money(of["contraction"])),
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
        (f"for each of {_several(measure.n, 'customer')}", _money(of["arr_per_customer"])),
        (
            f"times what a customer is worth in years, at {percent(100 * ASSUMPTIONS.discount)} discount",
            f"{_money(of['arr_per_customer'])} × {number(_float(of['multiple']), 2)}",
        ),
    ]


def _sbg(measure: Measure) -> Lines:
    of = measure.beside
    return [
        (f"yearly revenue for each of {_several(measure.n, 'customer')}", _money(of["arr_per_customer"])),
        ("times the renewals to come", number(_float(of["multiple"]), 2)),
        ("left of the oldest cohort", percent(_float(of["oldest_cohort_left"]), 1)),
        ("left of it by the model", percent(_float(of["oldest_cohort_left_by_model"]), 1)),
    ]


def _arr(measure: Measure) -> Lines:
    if not measure.beside:
        return []
    # What it comes to is the value itself.
    names = {key: name for key, name in BRIDGE.items() if key != "closing"}
    steps = whole_steps(Decimal(measure.beside[key] or 0) for key in names)
    return [(name, money(step)) for name, step in zip(names.values(), steps, strict=True)]


def _margin(measure: Measure) -> Lines:
    revenue, cost = _money(measure.beside["revenue"]), _money(measure.beside["cost"])
    return [
        ("services revenue", revenue),
        ("cost of delivering them", cost),
        ("in percent", f"100 × ({revenue} − {cost}) / {revenue}"),
    ]


def _several(count: Any, one: str) -> str:
    return f"{number(_float(count))} {one}{'' if count == 1 else 's'}"


def _float(value: Any) -> float | None:
    return None if value is None else float(value)


def _money(value: Any) -> str:
    return money(None if value is None else Decimal(value))


WORKED: Mapping[str, Callable[[Measure], Lines]] = {
    "nps": _nps,
    "nps_clustered": _clustered,
    "nps_finite": _finite,
    "nps_accounts": _mean_of_accounts,
    "nps_revenue": _by_revenue,
    "nps_waterfall": _waterfall,
    "nps_weighted": _weighted,
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
    "renewal_rate": _ratio("kept", "due", "renewed, growth left out", "yearly value due"),
    "net_renewal_rate": _ratio("renewed", "due", "renewed, growth included", "yearly value due"),
    "clv": _clv,
    "clv_sbg": _sbg,
    "survival": _survival,
    "services_margin": _margin,
}
