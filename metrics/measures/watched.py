"""What was unusual in a survey up to yesterday, as kept since this morning or worked out at once."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from metrics.measures.anomalies import Unusual, Watch, unusual_lately
from metrics.measures.dimensions import SURVEYS
from metrics.measures.scope import Scope
from metrics.models import Finding

NAME = "unusual"


def watched(scope: Scope) -> Watch:
    """Return what was unusual lately: that of all answers to one survey is worked out once a day."""
    if scope.survey and not scope.is_narrowed and not scope.narrowings - {*SURVEYS}:
        kept = Finding.objects.filter(name=NAME, asked=scope.survey.pk, as_of=scope.today).first()
        if kept:
            return from_document(kept.document)
    return unusual_lately(scope)


def to_document(watch: Watch) -> dict[str, Any]:
    """Return a watch as JSON, which `from_document` reads again."""
    return {"alarms": [asdict(each) for each in watch.alarms], "tested": watch.tested}


def from_document(document: Mapping[str, Any]) -> Watch:
    """Return the watch that a document holds."""
    return Watch([Unusual(**each) for each in document["alarms"]], document["tested"])
