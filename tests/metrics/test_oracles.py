"""Worked examples from outside sources, computed by the product's own formulas (METRICS 3).

`--oracles FILE` takes any file of the same schema; each entry is one test, named by its id.
"""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from tests.metrics.adapter import METRICS

HERE = Path(__file__).resolve().parent
SHARED = HERE.parents[1].parent / "shared" / "oracles" / "metrics.json"
COPY = HERE / "oracles.json"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "entry" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("--oracles")
        path = Path(chosen) if chosen else SHARED if SHARED.exists() else COPY
        try:
            entries = json.loads(path.read_text(encoding="utf-8"))
            ids = [f"{entry['id']}" for entry in entries if entry.keys() >= {"metric", "inputs", "expected"}]
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as fault:
            raise pytest.UsageError(f"{path} holds no worked examples: {fault!r}") from None
        if len(ids) < len(entries):
            raise pytest.UsageError(f"{path}: every example has an id, a metric, inputs and what to expect")
        metafunc.parametrize("entry", entries, ids=ids)


def test_formula_agrees_with_outside_source(entry: dict[str, Any]) -> None:
    assert entry["metric"] in METRICS, f"no formula is known as {entry['metric']}"
    actual = METRICS[entry["metric"]](entry["inputs"])
    assert_agrees(actual, entry["expected"], entry.get("tolerance", 0))


def assert_agrees(actual: Any, expected: Any, tolerance: float, at: str = "value") -> None:
    """Absolute tolerance for numbers, equality for the rest; what the oracle does not name is free."""
    if actual is None and isinstance(expected, dict):
        # Without data there is no interval, which an oracle may write as two ends that are unknown.
        assert not any(value is not None for value in expected.values()), f"{at} is unknown, not {expected}"
    elif isinstance(expected, dict):
        for key, value in expected.items():
            assert key in (actual if isinstance(actual, dict) else ()), f"{at} has no {key}: {actual}"
            assert_agrees(actual[key], value, tolerance, f"{at}.{key}")
    elif isinstance(expected, list):
        assert len(actual) == len(expected), f"{at}: {actual} is not {expected}"
        for position, value in enumerate(expected):
            assert_agrees(actual[position], value, tolerance, f"{at}[{position}]")
    elif isinstance(expected, int | float) and not isinstance(expected, bool):
        assert actual is not None, f"{at} is unknown, not {expected}"
        # The last bit of a double is nobody's claim.
        close = math.isclose(actual, expected, rel_tol=1e-12, abs_tol=tolerance)
        assert close, f"{at}: {actual} is not {expected} within {tolerance}"
    else:
        assert actual == expected, f"{at}: {actual} is not {expected}"


def test_unknown_metric_is_refused():
    with pytest.raises(AssertionError, match="no formula is known as mystery"):
        test_formula_agrees_with_outside_source({"id": "x", "metric": "mystery", "inputs": {}})


def test_value_outside_its_tolerance_is_refused():
    assert_agrees({"low": 1.0}, {"low": 1.05}, 0.1)
    with pytest.raises(AssertionError, match=r"value\.low"):
        assert_agrees({"low": 1.0}, {"low": 1.2}, 0.1)
    with pytest.raises(AssertionError, match="unknown, not 0"):
        assert_agrees(None, 0, 0.1)
    assert_agrees(None, {"low": None, "high": None}, 0.1)
    with pytest.raises(AssertionError, match="is unknown"):
        assert_agrees(None, {"low": 0, "high": None}, 0.1)
