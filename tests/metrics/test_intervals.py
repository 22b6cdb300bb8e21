"""Intervals keep what they promise: they hold their estimate, stay on the scale and cover the truth."""

import subprocess
import sys
from itertools import product
from math import comb, sqrt

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from metrics.formulas import intervals, means, nps

counts = st.integers(0, 400)
splits = st.builds(nps.Split, counts, counts, counts)
answered = splits.filter(lambda groups: groups.n > 0)

# Mixes of detractors, passives and promoters as companies see them.
REALISTIC = [
    (d / 20, 1 - d / 20 - p / 20, p / 20) for d, p in product(range(1, 9), range(5, 15)) if 16 <= d + p < 20
]


def outcomes(n: int) -> list[nps.Split]:
    return [nps.Split(d, n - d - p, p) for d in range(n + 1) for p in range(n + 1 - d)]


def probability(groups: nps.Split, mix: tuple[float, float, float]) -> float:
    ways = comb(groups.n, groups.detractors) * comb(groups.n - groups.detractors, groups.promoters)
    return ways * mix[0] ** groups.detractors * mix[1] ** groups.passives * mix[2] ** groups.promoters


def wald(groups: nps.Split) -> intervals.Interval:
    estimate, half_width = nps.nps(groups), intervals.nps_wald_half_width(*groups)
    return intervals.Interval(estimate - half_width, estimate + half_width)


def coverages(interval_of, n: int) -> list[float]:
    known = {groups: interval_of(groups) for groups in outcomes(n)}
    return [
        sum(
            probability(groups, mix)
            for groups, (low, high) in known.items()
            if low - 1e-9 <= 100 * (mix[2] - mix[0]) <= high + 1e-9
        )
        for mix in REALISTIC
    ]


@given(answered)
def test_score_interval_holds_the_score_and_stays_on_the_scale(groups):
    interval = intervals.nps_score_interval(*groups)
    assert -100 <= interval.low <= nps.nps(groups) <= interval.high <= 100
    assert interval.low < interval.high


@given(answered)
def test_score_interval_mirrors_when_promoters_and_detractors_change_places(groups):
    low, high = intervals.nps_score_interval(*groups)
    mirrored = intervals.nps_score_interval(*reversed(groups))
    assert mirrored == pytest.approx((-high, -low), abs=1e-6)


@given(answered, st.floats(0.5, 0.9), st.floats(0.91, 0.999))
def test_more_confidence_is_never_narrower(groups, less, more):
    narrow = intervals.nps_score_interval(*groups, less)
    wide = intervals.nps_score_interval(*groups, more)
    assert wide.low <= narrow.low + 1e-9
    assert wide.high >= narrow.high - 1e-9


@given(answered)
def test_ten_times_the_answers_narrow_the_interval(groups):
    few = intervals.nps_score_interval(*groups)
    many = intervals.nps_score_interval(*(10 * count for count in groups))
    assert many.high - many.low < few.high - few.low


def test_score_interval_never_collapses_when_all_agree():
    assert intervals.nps_score_interval(0, 0, 5) == pytest.approx((13.1035, 100), abs=1e-3)
    assert intervals.nps_score_interval(5, 0, 0) == pytest.approx((-100, -13.1035), abs=1e-3)
    assert intervals.nps_wald_half_width(0, 0, 5) == 0


def test_no_answers_have_no_interval():
    assert intervals.nps_score_interval(0, 0, 0) is None
    assert intervals.nps_adjusted_wald_interval(0, 0, 0) is None
    assert intervals.nps_wald_half_width(0, 0, 0) is None
    assert intervals.wilson(0, 0) is None
    assert intervals.share_difference((1, 2), (0, 0)) is None
    assert means.mean_interval({5: 1}) is None


def test_impossible_counts_are_refused():
    with pytest.raises(ValueError, match="negative"):
        intervals.wilson(3, 2)
    with pytest.raises(ValueError, match="negative"):
        intervals.nps_score_interval(-1, 2, 3)
    with pytest.raises(ValueError, match="confidence"):
        intervals.wilson(1, 2, confidence=95)


@given(st.integers(0, 300), st.integers(1, 300))
def test_wilson_holds_the_share_and_stays_a_share(successes, n):
    assume(successes <= n)
    low, high = intervals.wilson(successes, n)
    assert 0 <= low <= successes / n <= high <= 1


@given(answered, answered)
def test_mover_holds_the_difference(a, b):
    found = nps.difference(a, b)
    assert found.low <= found.difference <= found.high
    assert found.low >= -200
    assert found.high <= 200


@pytest.mark.parametrize(
    ("interval_of", "least_mean", "least_worst"),
    [
        (lambda groups: intervals.nps_score_interval(*groups), 0.95, 0.92),
        (lambda groups: intervals.nps_adjusted_wald_interval(*groups), 0.92, 0.80),
    ],
    ids=["score", "adjusted wald"],
)
@pytest.mark.parametrize("n", [5, 10])
def test_coverage_by_enumeration_of_every_outcome(interval_of, least_mean, least_worst, n):
    covered = coverages(interval_of, n)
    assert sum(covered) / len(covered) >= least_mean
    assert min(covered) >= least_worst


def test_plain_wald_covers_too_little_at_five_answers():
    """METRICS 2.1 has .805 on average where 95 percent were promised."""
    covered = coverages(wald, 5)
    assert sum(covered) / len(covered) < 0.85


@pytest.mark.parametrize("mix", [(0.2, 0.3, 0.5), (0.3, 0.3, 0.4), (0.1, 0.3, 0.6)])
def test_mover_cries_wolf_rarely_and_wald_often_at_five_against_five(mix):
    alarms = {"mover": 0.0, "wald": 0.0}
    for a, b in product(outcomes(5), repeat=2):
        chance = probability(a, mix) * probability(b, mix)
        for method in alarms:
            alarms[method] += chance * nps.difference(a, b, method=method).is_significant
    assert alarms["mover"] <= 0.05
    assert alarms["wald"] > 0.07


def test_mean_interval_is_students():
    """Answers 3, 4, 5: mean 4, standard error 1/sqrt(3), t of two degrees of freedom 4.3027."""
    half_width = 4.302653 / sqrt(3)
    assert means.mean_interval({3: 1, 4: 1, 5: 1}) == pytest.approx((4 - half_width, 4 + half_width))


@pytest.mark.parametrize("module", ["nps", "intervals", "satisfaction", "retention", "health", "renewals"])
def test_what_a_web_process_needs_loads_neither_scipy_nor_django(module):
    heavy = "{'scipy', 'numpy', 'django'} & set(sys.modules)"
    code = f"import sys, metrics.formulas.{module}; print(sorted({heavy}))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
