"""The formula of a metric worked with the numbers that one measure stands on.

Who works the formula again with the printed numbers gets the printed result: each example says its numbers
with as few decimals as that takes.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from metrics.formulas.clusters import ROLES
from metrics.measures.measure import Measure
from metrics.pages.revenue_examples import (
    Lines,
    Work,
    Worked,
    amount,
    arr_bridge,
    clv,
    grr,
    known,
    margin,
    money,
    nrr,
    ratio,
    rounded,
    sbg,
    several,
)
from metrics.templatetags.figures import figure, number, percent, quantity

# More than a float holds of what is multiplied here.
FINEST = 8


def worked_example(measure: Measure) -> Lines:
    """Return the steps from the counted rows to the value, as (what, how much); [] where it is unknown."""
    if measure.value is None:
        return []
    steps = _least(WORKED[measure.metric], measure)
    result = [("gives", figure(measure))]
    if measure.interval:
        ends = " to ".join(quantity(end, measure.unit) for end in measure.interval)
        result.append(("95% interval", ends))
    return [*steps, *result]


def _least(work: Work, measure: Measure) -> Lines:
    """Return the lines with the fewest decimals that come to the value as it is shown."""
    lines: Lines = []
    for finer in range(FINEST):
        lines, comes_to = work(measure, finer)
        if comes_to is not None and quantity(comes_to, measure.unit) == figure(measure):
            break
    return lines


def _counts(steps: Callable[[Measure], Lines]) -> Work:
    """Work with whole numbers alone, which come to the value however they are printed."""

    def work(measure: Measure, finer: int) -> Worked:
        assert measure.value is not None
        return steps(measure), Decimal(measure.value)

    return work


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
    error, alone = known(measure.beside["standard_error"]), known(measure.beside["alone"])
    return [
        *_nps(measure),
        ("accounts that answered", number(known(measure.beside["accounts"]))),
        *([("answers of no known account, each by itself", number(alone))] if alone else []),
        ("standard error between accounts, in points", number(error, 2)),
    ]


def _finite(measure: Measure) -> Lines:
    of = measure.beside
    lines = [*_nps(measure), ("contacts invited", number(known(of["invited"])))]
    if of["standard_error"] is None:
        return lines
    part = f"√(1 − {number(measure.n)} / {number(known(of['invited']))})"
    return [*lines, (f"standard error in points, × {part}", number(known(of["standard_error"]), 2))]


def _mean_of_accounts(measure: Measure, finer: int) -> Worked:
    lines, mean = _mean(measure, measure.beside["accounts"], finer)
    return [("answers", number(measure.n)), *lines], mean


def _waterfall(measure: Measure, finer: int) -> Worked:
    by = {role: known(measure.beside[f"by_{role}"]) or 0 for role in ROLES}
    roles = zip(
        ("accounts by their decision-makers", "else by influencers", "else by users"), by, strict=True
    )
    lines, mean = _mean(measure, sum(by.values()), finer)
    return [*((name, number(by[role])) for name, role in roles), *lines], mean


def _mean(measure: Measure, accounts: Any, finer: int) -> Worked:
    count = rounded(accounts, 0)
    whole = rounded((known(measure.value) or 0) * float(count), finer)
    lines = [
        ("scores of the accounts, added up", number(float(whole), finer)),
        ("for each account", f"{number(float(whole), finer)} / {number(float(count))}"),
    ]
    return lines, whole / count if count else None


def _by_revenue(measure: Measure, finer: int) -> Worked:
    arr = amount(measure.beside["arr"], finer)
    whole = rounded((known(measure.value) or 0) * float(arr), finer)
    lines = [
        (f"ARR of the {several(measure.beside['accounts'], 'account')} that answered", money(arr)),
        ("ARR × score of each, added up", number(float(whole), finer)),
        ("for each of that ARR", f"{number(float(whole), finer)} / {money(arr)}"),
    ]
    return lines, whole / arr if arr else None


def _weighted(measure: Measure, finer: int) -> Worked:
    of, digits = measure.beside, 1 + finer
    promoters, detractors = (rounded(of[f"percent_{each}"], digits) for each in ("promoters", "detractors"))
    lines = [
        ("promoters among the answers, weighted", percent(float(promoters), digits)),
        ("detractors among them", percent(float(detractors), digits)),
        (
            "in percent of all answers",
            f"{number(float(promoters), digits)} − {number(float(detractors), digits)}",
        ),
        (
            f"effective n of the {several(measure.n, 'answer')}",
            number(known(of["effective_n"])),
        ),
    ]
    return lines, promoters - detractors


def _survival(measure: Measure) -> Lines:
    return [
        ("customers watched", number(measure.n)),
        *(
            (f"still there after {name.split('_')[1]} months", percent(known(left), 1))
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


WORKED: Mapping[str, Work] = {
    "nps": _counts(_nps),
    "nps_clustered": _counts(_clustered),
    "nps_finite": _counts(_finite),
    "nps_accounts": _mean_of_accounts,
    "nps_revenue": _by_revenue,
    "nps_waterfall": _waterfall,
    "nps_weighted": _weighted,
    "csat": _counts(_share("satisfied answers")),
    "ces": _counts(_share("easy answers")),
    "response_rate": _counts(_share("answered")),
    "completion_rate": _counts(_share("completed")),
    "health": _counts(_share("accounts in green")),
    "logo_churn": _counts(_share("customers lost")),
    "logo_renewal_rate": _counts(_share("accounts that renewed")),
    "contact_coverage": _counts(_share("contacts that answered")),
    "account_coverage": _counts(_share("accounts heard")),
    "decision_maker_coverage": _counts(_share("decision-makers that answered")),
    "revenue_coverage": ratio("heard", "arr", "ARR of accounts heard", "ARR"),
    "arr": arr_bridge,
    "grr": grr,
    "nrr": nrr,
    "renewal_rate": ratio("kept", "due", "renewed, growth left out", "yearly value due"),
    "net_renewal_rate": ratio("renewed", "due", "renewed, growth included", "yearly value due"),
    "clv": clv,
    "clv_sbg": sbg,
    "survival": _counts(_survival),
    "services_margin": margin,
}
