"""What comments are about, how they sound, and how much revenue the accounts that say it pay."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models.expressions import RawSQL

from metrics.measures.comments import Wanted, comments_of
from metrics.measures.revenue import Arr, arr_at_end
from metrics.measures.scope import Scope
from metrics.models import Comment
from metrics.words.extra import missing_in_words

# The newest so many are what a page may take the time for.
MOST_COMMENTS = 5_000
# Those that name the same themes in the same mood count as one row. The QuerySet writes what stands inside:
# who sees what is decided there alone.
COUNTS = """
SELECT themes, mood, count(*), array_agg(account_id) FROM ({found}) AS found GROUP BY themes, mood
"""
# An index has the newest comments of each survey; of those of a programme together they would be looked for
# among those of all.
OF_EACH_SURVEY = """
SELECT newest.* FROM surveys_survey AS asked CROSS JOIN LATERAL ({found}) AS newest
ORDER BY newest.day DESC, newest.pk DESC LIMIT {most}
"""


class Theme(NamedTuple):
    """One theme: how many comments name it in which mood, of how many accounts, and the ARR of these.

    `arr` is None for whoever may not see revenue, and where a rate is missing.
    """

    name: str
    comments: int
    negative: int
    neutral: int
    positive: int
    accounts: int
    arr: Decimal | None

    @property
    def without_mood(self) -> int:
        """How many of them sound as no reader could tell."""
        return self.comments - self.negative - self.neutral - self.positive


class Themes(NamedTuple):
    """The themes named most first, over how many comments, how many name none, and what is to be said.

    `moods` says how many comments sound how, where that can be told; `bare_moods` how many of those that name
    no theme, there under "" where it cannot.
    """

    themes: Sequence[Theme]
    comments: int
    without_theme: int
    without_mood: int
    notes: tuple[str, ...]
    moods: Mapping[str, int]
    bare_moods: Mapping[str, int]
    is_cut: bool = False


def themes(
    scope: Scope,
    wanted: Wanted | None = None,
    *,
    most: int | None = None,
    arr: Arr | None = None,
    promised: frozenset[int] | None = None,
) -> Themes:
    """Return the themes of the comments in question, or of the newest so many; confidential ones left out.

    In three queries, one without those that `arr` (of the accounts, where revenue may be seen) takes.
    """
    rows = comments_of(scope, wanted, with_promised=False, promised=promised)
    rows = rows.exclude(read_at=None, corrected_at=None)
    if scope.viewer.sees_revenue and arr is None:
        arr = arr_at_end(scope)
    total: Counter[str] = Counter()
    moods: dict[str, Counter[str]] = defaultdict(Counter)
    accounts: dict[str, set[int]] = defaultdict(set)
    bare: Counter[str] = Counter()
    is_by_survey = scope.programme is not None and not (wanted and wanted.words)
    for names, mood, count, of in _counts(rows, most, is_by_survey=is_by_survey):
        total[mood] += count
        bare[mood] += 0 if names else count
        for name in names:
            moods[name][mood] += count
            accounts[name].update(filter(None, of))
    found = [_theme(name, counts, accounts[name], arr) for name, counts in moods.items()]
    notes = tuple(filter(None, (missing_in_words(), *(arr.notes if arr else ()))))
    ranked = sorted(found, key=lambda each: (-each.comments, each.name))
    silent = total.pop("", 0)
    return Themes(
        ranked,
        total.total() + silent,
        bare.total(),
        silent,
        notes,
        dict(total),
        dict(bare),
        is_cut=total.total() + silent == most,
    )


def _theme(name: str, moods: Mapping[str, int], accounts: set[int], arr: Arr | None) -> Theme:
    amounts = [arr.of(account) for account in accounts] if arr else [None]
    return Theme(
        name,
        sum(moods.values()),
        negative=moods.get(Comment.Mood.NEGATIVE, 0),
        neutral=moods.get(Comment.Mood.NEUTRAL, 0),
        positive=moods.get(Comment.Mood.POSITIVE, 0),
        accounts=len(accounts),
        arr=None if None in amounts else sum((each for each in amounts if each), Decimal(0)),
    )


def _counts(rows: Any, most: int | None, *, is_by_survey: bool) -> list[tuple[Any, ...]]:
    """Return rows of themes, mood, how many comments, and the account of each."""
    if most and is_by_survey:
        rows = rows.filter(survey=RawSQL("asked.id", ()))
    found = rows.order_by("-said_on", "-pk").values_list("themes", "mood", "account_id", "day", "pk")[:most]
    try:
        sql, parameters = found.query.sql_with_params()
    except EmptyResultSet:
        return []
    if most and is_by_survey:
        sql = OF_EACH_SURVEY.format(found=sql, most=most)
    with connection.cursor() as cursor:
        cursor.execute(COUNTS.format(found=sql), parameters)
        counted: list[tuple[Any, ...]] = cursor.fetchall()
    return counted
