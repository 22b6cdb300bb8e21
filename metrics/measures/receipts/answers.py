"""The answers behind NPS in all its views, CSAT and CES: how each counts, and how much."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from metrics.formulas.nps import nps, split
from metrics.formulas.satisfaction import percent_good
from metrics.measures.answers import Settings, question_settings
from metrics.measures.confidentiality import HIDDEN, confidential_surveys
from metrics.measures.receipts.rows import Key, Receipt, Row, stored
from metrics.measures.scope import Scope
from metrics.measures.sentiment import cut_offs, scale_of
from metrics.measures.weights import VIEWS, Voice, alike
from metrics.models import Score

COLUMNS = ("response", "survey", "question", "day", "account", "role", "value", "counts", "weight")
KEY = ("response_id", "question_key")
# What is read of a score, and used for what the columns say.
READ = (
    *("response__public_id", "survey", "survey__slug", "question_key", "day", "account", "contact_role"),
    *("slice__segment", "slice__tier", "slice__region", "value"),
)


def answers(name: str) -> Callable[[Scope], Receipt]:
    """Return the receipt of a metric of scored answers."""
    kind = "nps" if name in VIEWS else name

    def rows(scope: Scope) -> Receipt:
        surveys = confidential_surveys(scope)
        found: Any = Score.objects.filter(
            scope.days(), scope.surveys(), scope.answered, kind=kind, **scope.sliced
        ).exclude(survey__in=surveys)
        if kind == "nps" and not (scope.survey or scope.programme):
            found = found.filter(survey__programme__mode=scope.mode)
        if scope.without_flagged:
            found = found.filter(response__flags=[])
        read = stored(found, KEY, READ)

        def shaped(after: Key | None) -> Iterator[tuple[Key, Row]]:
            return _shaped(read(after), scope, name, kind)

        return Receipt("answers", COLUMNS, shaped, (HIDDEN,) if surveys else ())

    return rows


def _shaped(rows: Iterable[tuple[Key, Row]], scope: Scope, name: str, kind: str) -> Iterator[tuple[Key, Row]]:
    weigh = VIEWS.get(name, alike)(scope)
    known: dict[tuple[int, str], Settings] = {}
    row: Any
    for key, row in rows:
        public_id, survey, slug, question, day, account, role, segment, tier, region, value = row
        if (survey, question) not in known:
            known |= question_settings({(survey, question): kind})
        counts = _counts(kind, known[survey, question], value)
        weight = weigh(Voice(account, role, segment, tier, region))
        yield key, (str(public_id), slug, question, day, account, role, value, counts, weight)


def _counts(kind: str, settings: Settings, value: int) -> int:
    """Return +1 for a promoter, -1 for a detractor; of CSAT and CES 1 for a good answer; else 0."""
    if kind == "nps":
        low, detractor_max, passive_max, high = cut_offs(settings)
        groups = split({value: 1}, detractor_max, passive_max, scale_min=low, scale_max=high)
        return round((nps(groups) or 0) / 100)
    return round((percent_good({value: 1}, scale_of(kind, settings)) or 0) / 100)
