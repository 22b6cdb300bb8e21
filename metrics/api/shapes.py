"""What the API says of a number: everything it stands on, unrounded, and null where it is not known."""

from decimal import Decimal
from typing import Any

from metrics.measures.explanation import Line, explained
from metrics.measures.measure import Measure
from metrics.models import Health


def measure_json(measure: Measure) -> dict[str, Any]:
    """Return a measure: figures in its unit, the interval as [low, high], the window as [from, to)."""
    return {
        "metric": measure.metric,
        "value": _number(measure.value),
        "unit": measure.unit.value,
        "currency": measure.currency or None,
        "n": measure.n,
        "counted": measure.counted,
        "interval": None if measure.interval is None else [_number(end) for end in measure.interval],
        "window": list(measure.window),
        "definition": measure.definition,
        "as_of": measure.as_of,
        "notes": list(measure.notes),
        "beside": {name: _number(value) for name, value in measure.beside.items()},
    }


def health_json(health: Health, *, with_revenue: bool) -> dict[str, Any]:
    """Return a day's health (0..100): base plus the contributions of the parts is the score."""
    sum_ = explained(health, with_revenue=with_revenue)
    return {
        "day": sum_.day,
        "score": sum_.score,
        "band": sum_.band,
        "confidence": sum_.confidence,
        "base": sum_.base.hundredths / 100,
        "parts": [_part(line) for line in sum_.parts],
    }


def _part(line: Line) -> dict[str, Any]:
    return {
        "key": line.key,
        "name": line.name,
        "why": line.why,
        "contribution": line.hundredths / 100,
        "weight": line.weight,
        "score": line.score,
        "freshness": line.freshness,
    }


def _number(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value
