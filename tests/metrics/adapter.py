"""Translate an oracle's inputs into the product's own formulas, and what they return into the oracle's words.

Nothing is computed here: one function per metric name, found in METRICS by the same name.
"""

import re
from calendar import month_abbr, month_name
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from itertools import accumulate
from typing import Any
from zoneinfo import ZoneInfo

from metrics.formulas import (
    anomalies,
    backtest,
    churn,
    clusters,
    comparisons,
    days,
    decay,
    drivers,
    health,
    histograms,
    intervals,
    lifetime,
    movements,
    nps,
    renewals,
    retention,
    rounding,
    sampling,
    satisfaction,
    services,
    shrinkage,
    weighting,
)
from metrics.words.sentiment import compound

Inputs = Mapping[str, Any]
METRICS: dict[str, Callable[[Inputs], Any]] = {}


def metric(function: Callable[[Inputs], Any]) -> Callable[[Inputs], Any]:
    METRICS[function.__name__] = function
    return function


# How oracles write the things that formulas take.


def histogram_of(inputs: Inputs) -> dict[int, int]:
    for raw in ("responses", "scores", "values"):
        if isinstance(inputs.get(raw), list):
            return dict(Counter(inputs[raw]))
    counts = inputs.get("histogram", inputs)
    return {int(value): count for value, count in counts.items()}


def groups_of(inputs: Any) -> nps.Split:
    if not isinstance(inputs, Mapping):
        return nps.Split(*inputs)
    if "promoters" in inputs:
        return nps.Split(inputs.get("detractors", 0), inputs.get("passives", 0), inputs["promoters"])
    return nps.split(histogram_of(inputs))


def money(amount: Any) -> Decimal:
    return Decimal(str(amount))


def confidence_of(inputs: Inputs) -> float:
    return inputs.get("confidence", inputs.get("level", 0.95))


def as_dict(result: Any) -> dict[str, Any] | None:
    return None if result is None else result._asdict()


def is_unbiased(inputs: Inputs) -> bool:
    return str(inputs.get("variance_divisor", "n")).replace(" ", "") == "n-1"


def accounts_of(inputs: Inputs) -> list[nps.Split]:
    return [nps.Split(*counts) for counts in inputs["accounts_detractor_passive_promoter"]]


def model_of(inputs: Inputs) -> lifetime.ShiftedBetaGeometric:
    return lifetime.ShiftedBetaGeometric(inputs["alpha"], inputs["beta"])


def scores_of(counts: Mapping[str, int]) -> dict[float, int]:
    return {float(score): count for score, count in counts.items()}


# Net Promoter Score.


METRICS["nps"] = lambda inputs: nps.nps(groups_of(inputs))


@metric
def nps_custom_cutoffs(inputs: Inputs) -> Any:
    groups = nps.split(
        histogram_of(inputs),
        inputs["detractor_max"],
        inputs["passive_max"],
        scale_min=inputs.get("scale_min", 0),
        scale_max=inputs.get("scale_max", 10),
    )
    return nps.nps(groups)


@metric
def nps_variance(inputs: Inputs) -> Any:
    return nps.variance(groups_of(inputs), unbiased=is_unbiased(inputs))


@metric
def nps_se(inputs: Inputs) -> Any:
    return nps.standard_error(groups_of(inputs), unbiased=is_unbiased(inputs))


@metric
def nps_se_fpc(inputs: Inputs) -> Any:
    return nps.standard_error(groups_of(inputs), population=inputs["population"])


@metric
def nps_ci_wald_half_width(inputs: Inputs) -> Any:
    return intervals.nps_wald_half_width(*groups_of(inputs), confidence_of(inputs))


@metric
def nps_ci_adjusted_wald(inputs: Inputs) -> Any:
    pseudo = intervals.PLUS_THREE
    if "pseudo_counts" in inputs:
        pseudo = intervals.PseudoCounts(**inputs["pseudo_counts"])
    return as_dict(intervals.nps_adjusted_wald_interval(*groups_of(inputs), confidence_of(inputs), pseudo))


@metric
def nps_ci_score(inputs: Inputs) -> Any:
    return as_dict(intervals.nps_score_interval(*groups_of(inputs), confidence_of(inputs)))


@metric
def nps_difference(inputs: Inputs) -> Any:
    method = re.sub(r"\W", "_", inputs.get("method", "mover"))
    a, b = groups_of(inputs["a"]), groups_of(inputs["b"])
    found = nps.difference(a, b, confidence_of(inputs), method)
    return found and {**found._asdict(), "p_two_sided": nps.p_value(a, b, method)}


@metric
def nps_required_n(inputs: Inputs) -> Any:
    formula = inputs.get("formula", "- 3").replace(" ", "")
    return sampling.required_answers(
        inputs["difference_points"],
        variance=inputs.get("variance_unit_scale", sampling.TYPICAL_VARIANCE),
        confidence=confidence_of(inputs),
        power=inputs.get("power"),
        tails=inputs.get("tails", 2),
        samples=2 if formula.startswith("2*") else 1,
        adjustment=3 if formula.endswith("-3") else 0,
    )


@metric
def nps_cluster_se(inputs: Inputs) -> Any:
    return clusters.standard_error(accounts_of(inputs))


@metric
def nps_account_level(inputs: Inputs) -> Any:
    accounts = accounts_of(inputs)
    return {
        "pooled": nps.nps(clusters.pooled(accounts)),
        "mean_of_accounts": clusters.mean_of_accounts(accounts),
    }


@metric
def nps_poststratified(inputs: Inputs) -> Any:
    strata = {name: nps.Split(*c) for name, c in inputs["strata_detractor_passive_promoter"].items()}
    result = weighting.poststratified(strata, inputs["population"])
    return result and {"nps": result.nps, "kish_effective_n": result.effective_n}


@metric
def nps_raked(inputs: Inputs) -> Any:
    named = inputs["cells_detractor_passive_promoter"]
    cells = {tuple(key.split("|")): nps.Split(*counts) for key, counts in named.items()}
    margins = inputs["margins"]
    margins = list(margins.values()) if isinstance(margins, Mapping) else margins
    # JSON objects have no order worth trusting: a margin belongs where its categories stand in the keys.
    categories = [{key[i] for key in cells} for i in range(len(margins))]
    if not all(names <= margin.keys() for names, margin in zip(categories, margins, strict=True)):
        margins = [next(margin for margin in margins if names <= margin.keys()) for names in categories]
    result = weighting.raked(cells, margins)
    return result and {"nps": result.nps, "kish_effective_n": result.effective_n}


@metric
def sample_size_finite_population(inputs: Inputs) -> Any:
    return sampling.finite_population_answers(
        inputs["population"], share=inputs["p"], margin=inputs["margin"], chi2=inputs["chi2"]
    )


# Satisfaction and effort.


@metric
def csat_top2(inputs: Inputs) -> Any:
    percent = satisfaction.top_box(histogram_of(inputs), inputs["satisfied_min"])
    return {"percent": percent, "displayed": rounding.displayed(percent)}


@metric
def csat_mean_and_index(inputs: Inputs) -> Any:
    histogram = histogram_of(inputs)
    low, high = scale_of(inputs.get("index"), histogram)
    return {
        "mean": histograms.mean(histogram),
        "index": satisfaction.index(histogram, low, high),
    }


def scale_of(index: Any, histogram: Mapping[int, int]) -> tuple[int, int]:
    """The ends of the scale, from [1, 5] or from the words of a formula such as (mean-1)/(5-1)*100."""
    if isinstance(index, list):
        return index[0], index[1]
    if isinstance(index, Mapping):
        return index["min"], index["max"]
    words = str(index).replace(" ", "")
    low = re.search(r"mean-(\d+)", words)
    width = re.search(r"/\(?(\d+)(?:-(\d+))?", words)
    if low and width:
        reach = int(width[1]) - int(width[2] or 0)
        return int(low[1]), int(low[1]) + reach
    return min(histogram), max(histogram)


@metric
def csat_ci_wilson(inputs: Inputs) -> Any:
    if "histogram" in inputs:
        interval = satisfaction.top_box_interval(
            histogram_of(inputs), inputs["satisfied_min"], confidence_of(inputs)
        )
    else:
        interval = intervals.wilson(inputs["satisfied"], inputs["responses"], confidence_of(inputs))
    return as_dict(interval)


@metric
def csat_difference_newcombe(inputs: Inputs) -> Any:
    return as_dict(intervals.share_difference(inputs["a"], inputs["b"], confidence_of(inputs)))


@metric
def two_proportion_z_pooled(inputs: Inputs) -> Any:
    return as_dict(comparisons.two_shares(inputs["a"], inputs["b"]))


@metric
def k_sample_proportion_chi2(inputs: Inputs) -> Any:
    return as_dict(comparisons.many_shares(inputs["successes"], inputs["n"]))


@metric
def ces_mean(inputs: Inputs) -> Any:
    return histograms.mean(histogram_of(inputs))


@metric
def ces2(inputs: Inputs) -> Any:
    low, high = inputs.get("scale", (1, 7))
    scale = satisfaction.Scale(low, high, inputs.get("easy_min", satisfaction.CES_2.good_from))
    return as_dict(satisfaction.effort(histogram_of(inputs), scale))


# Recurring revenue.


@metric
def grr_nrr(inputs: Inputs) -> Any:
    kinds = ("contraction", "churn", "expansion")
    start, *parts = (money(inputs.get(name, 0)) for name in ("starting_arr", *kinds))
    totals = retention.Retention(start, *parts, customers=0, customers_lost=0)
    return {"GRR": totals.grr, "NRR": totals.nrr}


@metric
def mrr_churn_rate(inputs: Inputs) -> Any:
    parts = {
        name: money(inputs.get(name, 0)) for name in ("churn", "contraction", "expansion", "reactivation")
    }
    return as_dict(churn.mrr_churn(money(inputs["start_mrr"]), **parts))


@metric
def net_mrr_churn_daily(inputs: Inputs) -> Any:
    columns = [inputs[name] for name in ("start_mrr", "end_mrr", "new_business")]
    listed = [column if isinstance(column, list) else [column] for column in columns]
    return churn.daily_net_churn(tuple(map(money, day)) for day in zip(*listed, strict=True))


@metric
def arr_churn_rate(inputs: Inputs) -> Any:
    return churn.revenue_churn(money(inputs["start_arr"]), money(inputs["churn_arr"]))


@metric
def revenue_churn(inputs: Inputs) -> Any:
    return churn.revenue_churn(money(inputs["start_mrr"]), money(inputs["churned_mrr"]))


@metric
def mrr_normalise(inputs: Inputs) -> Any:
    return movements.monthly_recurring(money(inputs["billed"]), inputs["months"])


@metric
def mrr_movements(inputs: Inputs) -> Any:
    levels = accumulate((money(event["mrr_change"]) for event in inputs["events"]), initial=Decimal(0))
    return [change.movement.value for change in movements.changes(list(levels))]


@metric
def annualise_multi_year_churn(inputs: Inputs) -> Any:
    return churn.annualised(inputs["atr_churn_rate"], inputs["term_years"])


@metric
def period_retention_compound(inputs: Inputs) -> Any:
    return churn.compounded_retention(inputs["monthly_churn"], inputs["months"])


@metric
def renewal_rate_in_period(inputs: Inputs) -> Any:
    return renewals.in_period_rate(
        money(inputs["due_in_period"]),
        money(inputs["booked_in_period"]),
        due_later=money(inputs.get("of_which_due_later", 0)),
        due_earlier=money(inputs.get("of_which_due_earlier", 0)),
    )


@metric
def dollar_renewal_rate(inputs: Inputs) -> Any:
    return renewals.dollar_rate(
        money(inputs["due"]),
        churned=money(inputs.get("churned", 0)),
        downgraded=money(inputs.get("downgraded", 0)),
    )


@metric
def logo_renewal_rate(inputs: Inputs) -> Any:
    return renewals.logo_rate(inputs["renewed"], inputs["due"])


@metric
def renewal_rate_booking_date(inputs: Inputs) -> Any:
    return by_period(
        terms_of(inputs), lambda terms, window: renewals.booked_rate(terms, window.start, window.end)
    )


@metric
def renewal_rate_cohort(inputs: Inputs) -> Any:
    is_lost = re.search("lost|churn", inputs.get("late_rule", ""))
    grace_days = inputs.get("grace_days", 0 if is_lost else renewals.GRACE_DAYS)
    return by_period(
        terms_of(inputs),
        lambda terms, window: (
            renewals.renewal_rate(
                terms, window.start, window.end, as_of=date.max, grace_days=grace_days
            ).gross
        ),
    )


def terms_of(inputs: Inputs) -> list[renewals.Term]:
    terms = []
    for account, contract in enumerate(inputs["contracts"]):
        is_named = isinstance(contract, Mapping)
        value, due, renewed_on = (
            (contract["value"], contract["due"], contract.get("renewed_on")) if is_named else contract
        )
        got = money(value) if renewed_on else Decimal(0)
        terms.append(
            renewals.Term(account, day_of(due), money(value), day_of(renewed_on) if renewed_on else None, got)
        )
    return terms


def day_of(words: str) -> date:
    """A day from 2024-01-31, 2024-01 or Jan."""
    if not words[0].isdigit():
        month = next(
            i for i, name in enumerate(month_abbr) if name and words.lower().startswith(name.lower())
        )
        return date(2001, month, 1)
    return date.fromisoformat(words if len(words) > 7 else f"{words}-01")


def by_period(terms: list[renewals.Term], rate: Callable[[list[renewals.Term], days.Window], Any]) -> Any:
    """The rate of every month and quarter with something due or renewed, under each usual name of it."""
    touched = {day for term in terms for day in (term.due_on, term.renewed_on) if day}
    rates = {}
    for window in {days.month_of(day) for day in touched}:
        name, month = f"{window.start:%Y-%m}", window.start.month
        for key in (name, month_abbr[month], month_name[month]):
            rates[key] = rates[key.lower()] = rate(terms, window)
    for window in {days.quarter_of(day) for day in touched}:
        quarter = f"Q{(window.start.month + 2) // 3}"
        for key in (f"{window.start.year}-{quarter}", quarter, "quarter"):
            rates[key] = rates[key.lower()] = rate(terms, window)
    return rates


@metric
def logo_churn(inputs: Inputs) -> Any:
    return churn.logo_churn(inputs["customers"], inputs["churned"])


@metric
def logo_survival_km(inputs: Inputs) -> Any:
    pairs = zip(inputs["durations"], map(bool, inputs["churned"]), strict=True)
    return {str(time): share for time, share in churn.kaplan_meier(pairs).items()}


@metric
def services_gross_margin(inputs: Inputs) -> Any:
    return services.gross_margin(money(inputs["services_revenue"]), money(inputs["services_cost"]))


# Lifetime value.


@metric
def clv_margin_multiple(inputs: Inputs) -> Any:
    formula = inputs.get("formula", "r/(1+d-r)").replace(" ", "").replace("*", "").split("/")[0].strip("(")
    timing = {"r": "gupta_lehmann", "1+d)": "new", "r(1+d)": "existing"}[formula]
    return lifetime.multiple(inputs["retention"], inputs["discount"], timing, inputs.get("growth", 0))


@metric
def sbg_fit(inputs: Inputs) -> Any:
    return as_dict(lifetime.fit(inputs["cohorts"]))


@metric
def sbg_loglik(inputs: Inputs) -> Any:
    return lifetime.log_likelihood(model_of(inputs), inputs["cohorts"])


@metric
def sbg_survival(inputs: Inputs) -> Any:
    return each(inputs["t"], lambda t: lifetime.survival(model_of(inputs), t))


@metric
def sbg_retention_rates(inputs: Inputs) -> Any:
    return each(inputs["t"], lambda t: lifetime.retention_rate(model_of(inputs), t))


def each(times: Any, value: Callable[[int], Any]) -> Any:
    return [value(t) for t in times] if isinstance(times, list) else value(times)


@metric
def sbg_expected_tenure(inputs: Inputs) -> Any:
    return lifetime.expected_tenure(model_of(inputs))


@metric
def sbg_derl(inputs: Inputs) -> Any:
    return lifetime.expected_residual_lifetime(model_of(inputs), inputs["discount"], inputs["renewals_made"])


@metric
def sbg_del(inputs: Inputs) -> Any:
    timing = inputs.get("timing", "")
    if "renewal" in timing:
        return lifetime.expected_residual_lifetime(model_of(inputs), inputs["discount"], renewals_made=0)
    is_later = re.search(r"\bend\b|arrears|exclud|after (the )?first|one period later", timing)
    return lifetime.expected_lifetime(model_of(inputs), inputs["discount"], first_payment_now=not is_later)


# Small groups, drivers, back-tests, time.


@metric
def beta_binomial_shrinkage(inputs: Inputs) -> Any:
    prior = shrinkage.BetaPrior(inputs["alpha0"], inputs["beta0"])
    return shrinkage.posterior_share(inputs["successes"], inputs["n"], prior)


@metric
def beta_binomial_credible_interval(inputs: Inputs) -> Any:
    prior = shrinkage.BetaPrior(inputs["alpha0"], inputs["beta0"])
    return as_dict(
        shrinkage.credible_interval(inputs["successes"], inputs["n"], prior, confidence_of(inputs))
    )


@metric
def beta_binomial_prior_mle(inputs: Inputs) -> Any:
    prior = shrinkage.fit_beta(inputs["successes"], inputs["n"])
    return {"mean": prior.mean, "rho": prior.rho, "alpha": prior.alpha, "beta": prior.beta}


@metric
def dirichlet_multinomial_prior_mle(inputs: Inputs) -> Any:
    counts = inputs["counts_detractor_passive_promoter"]
    prior = shrinkage.fit_dirichlet([nps.Split(*each_) for each_ in counts])
    return prior and {"share": list(prior.share), "prior_strength": prior.strength}


@metric
def johnson_relative_weights(inputs: Inputs) -> Any:
    return importance(drivers.johnson(inputs["correlation_outcome_first"]))


@metric
def shapley_lmg(inputs: Inputs) -> Any:
    return importance(drivers.shapley(inputs["correlation_outcome_first"]))


def importance(result: drivers.Importance) -> dict[str, Any]:
    return {"raw": result.raw, "r_squared": result.r_squared, "percent": result.shares}


@metric
def auc(inputs: Inputs) -> Any:
    return backtest.auc(scores_of(inputs["positive_scores"]), scores_of(inputs["negative_scores"]))


@metric
def brier(inputs: Inputs) -> Any:
    return backtest.brier(zip(inputs["p"], map(bool, inputs["y"]), strict=True))


@metric
def calibration_curve_uniform_bins(inputs: Inputs) -> Any:
    pairs = zip(inputs["p"], map(bool, inputs["y"]), strict=True)
    curve = backtest.reliability_by_width(pairs, inputs["bins"])
    return {
        "observed": [each_.observed for each_ in curve],
        "predicted": [each_.predicted for each_ in curve],
    }


@metric
def time_decayed_mean(inputs: Inputs) -> Any:
    dates = [date.fromisoformat(day) for day in inputs["dates"]]
    observations = list(zip(dates, inputs["values"], strict=True))
    if inputs.get("as_of", "each date") == "each date":
        return decay.decayed_means(observations, inputs["half_life_days"])
    return decay.decayed_mean(observations, date.fromisoformat(inputs["as_of"]), inputs["half_life_days"])


@metric
def ewma_chart(inputs: Inputs) -> Any:
    return as_dict(
        anomalies.ewma_chart(
            inputs["data"],
            target=inputs["target"],
            sd=inputs["sd"],
            smoothing=inputs["lambda"],
            limit=inputs.get("k", 3),
        )
    )


@metric
def p_chart(inputs: Inputs) -> Any:
    chart = anomalies.share_chart(inputs["fractions"], inputs["n_each"], inputs.get("k", 3))
    return chart and {
        "center": chart.center,
        "lcl": chart.lcl,
        "ucl": chart.ucl,
        "out_of_control_samples_1_based": chart.out_of_control,
    }


@metric
def reporting_day(inputs: Inputs) -> Any:
    instant = datetime.fromisoformat(inputs["instant_utc"])
    return days.reporting_day(instant, ZoneInfo(inputs["time_zone"])).isoformat()


@metric
def day_length_hours(inputs: Inputs) -> Any:
    return days.day_length_hours(date.fromisoformat(inputs["date"]), ZoneInfo(inputs["time_zone"]))


# Health.


@metric
def health_band_gainsight_ranges(inputs: Inputs) -> Any:
    return [health.band_above(score).value for score in inputs["scores"]]


@metric
def health_score(inputs: Inputs) -> Any:
    missing = {"score": None, "freshness": 0}
    parts = [
        health.Part(key, card["weight"], card["neutral"], measured["score"], measured["freshness"] or 0)
        for key, card in inputs["version"].items()
        for measured in [inputs["components"].get(key, missing)]
    ]
    result = health.assemble(parts)
    return {
        "score": result.score,
        "base": result.base,
        "contrib": result.contributions,
        "confidence": result.confidence,
    }


@metric
def weighted_points(inputs: Inputs) -> Any:
    points, most = (
        list(inputs[name].values()) if isinstance(inputs[name], Mapping) else inputs[name]
        for name in ("points", "max_points")
    )
    return health.weighted_points(points, most)


# Words.


@metric
def vader_compound(inputs: Inputs) -> Any:
    return compound(inputs["text"])
