"""The answers behind NPS in all its views, CSAT and CES: how each counts, and how much."""

from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from typing import Any

from django.db.models import Q

from metrics.formulas.nps import nps, split
from metrics.formulas.satisfaction import percent_good
from metrics.measures.answers import Settings
from metrics.measures.confidentiality import HIDDEN
from metrics.measures.receipts.rows import Key, Receipt, Row, chunks
from metrics.measures.scope import Scope
from metrics.measures.sentiment import cut_offs, scale_of
from metrics.measures.splits import Asked, groups_of, likelihoods, questions
from metrics.measures.weights import VIEWS, Voice, Weigh, alike
from metrics.models import Score

COLUMNS = ("response", "survey", "question", "day", "account", "role", "value", "counts", "weight")
KEY = ("-day", "-response_id", "-question_key")
# What is read of a score, and used for what the columns say.
READ = (
    *("response__public_id", "survey", "survey__slug", "question_key", "day", "account", "contact_role"),
    *("slice__segment", "slice__tier", "slice__region", "value"),
)
ACCOUNT = READ.index("account")


def answers(name: str, part: str = "") -> Callable[[Scope], Receipt]:
    """Return the receipt of a metric of scored answers; of a part the promoters, say, or those of a value."""
    kind = "nps" if name in VIEWS else name

    def rows(scope: Scope) -> Receipt:
        of = likelihoods(scope) if kind == "nps" else questions(scope, kind)
        found: Any = Score.objects.filter(
            scope.days(), scope.answered, kind=kind, survey__in=of.surveys, **scope.sliced
        )
        if part:
            found = (
                found.filter(value=int(part)) if part.isdecimal() else found.filter(_group(of.asked, part))
            )
        if scope.without_flagged:
            found = found.filter(response__flags=[])
        weigh = partial(VIEWS.get(name, alike), scope, of)

        def shaped(after: Key | None) -> Iterator[tuple[Key, Row]]:
            for chunk in chunks(found, KEY, READ, after, is_by_survey=True):
                yield from _shaped(chunk, kind, of.asked, weigh)

        return Receipt("answers", COLUMNS, shaped, (HIDDEN,) if of.is_hidden else ())

    return rows


def _group(asked: Asked, name: str) -> Q:
    return groups_of(asked).get(name, Q(pk__in=()))


def _shaped(
    rows: Sequence[tuple[Key, Any]], kind: str, asked: Asked, weights: Callable[[Collection[int]], Weigh]
) -> Iterator[tuple[Key, Row]]:
    weigh = weights({row[ACCOUNT] for _, row in rows if row[ACCOUNT]})
    for key, row in rows:
        public_id, survey, slug, question, day, account, role, segment, tier, region, value = row
        counts = _counts(kind, asked[survey, question], value)
        weight = weigh(Voice(account, role, segment, tier, region))
        yield key, (str(public_id), slug, question, day, account, role, value, counts, weight)


def _counts(kind: str, settings: Settings, value: int) -> int:
    """Return +1 for a promoter, -1 for a detractor; of CSAT and CES 1 for a good answer; else 0."""
    if kind == "nps":
        low, detractor_max, passive_max, high = cut_offs(settings)
        groups = split({value: 1}, detractor_max, passive_max, scale_min=low, scale_max=high)
        return round((nps(groups) or 0) / 100)
    return round((percent_good({value: 1}, scale_of(kind, settings)) or 0) / 100)
