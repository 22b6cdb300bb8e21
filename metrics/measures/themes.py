"""What comments are about, how they sound, and how much revenue the accounts that say it pay."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from metrics.measures.confidentiality import confidential_surveys
from metrics.measures.exchange import rates_on
from metrics.measures.revenue import arr_on
from metrics.measures.scope import Scope
from metrics.models import Comment
from metrics.words.extra import missing_in_words


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


class Themes(NamedTuple):
    """The themes named most first, over how many comments, how many name none, and what is to be said."""

    themes: Sequence[Theme]
    comments: int
    without_theme: int
    without_mood: int
    notes: tuple[str, ...]


def themes(scope: Scope) -> Themes:
    """Return the themes of the comments in question, in three queries; confidential surveys are left out."""
    rows: Any = Comment.objects.visible_to(scope.viewer).filter(scope.days(), scope.surveys())
    rows = rows.exclude(survey__in=confidential_surveys(scope)).exclude(read_at=None, corrected_at=None)
    if scope.is_narrowed:
        rows = rows.filter(account__in=scope.accounts)
    if scope.language:
        rows = rows.filter(language=scope.language)
    moods: dict[str, Counter[str]] = defaultdict(Counter)
    accounts: dict[str, set[int]] = defaultdict(set)
    total = bare = silent = 0
    for named, mood, account in rows.values_list("themes", "mood", "account").iterator():
        total, bare, silent = total + 1, bare + (not named), silent + (not mood)
        for name in named:
            moods[name][mood] += 1
            if account:
                accounts[name].add(account)
    sees = scope.viewer.sees_revenue
    arr = arr_on(scope.end, scope.accounts, rates_on(scope.end)) if sees else None
    found = []
    for name, counts in moods.items():
        amounts = [arr.of(account) for account in accounts[name]] if arr else [None]
        value = None if None in amounts else sum((each for each in amounts if each), Decimal(0))
        found.append(
            Theme(
                name,
                counts.total(),
                negative=counts[Comment.Mood.NEGATIVE],
                neutral=counts[Comment.Mood.NEUTRAL],
                positive=counts[Comment.Mood.POSITIVE],
                accounts=len(accounts[name]),
                arr=value,
            )
        )
    notes = tuple(filter(None, (missing_in_words(), *(arr.notes if arr else ()))))
    ranked = sorted(found, key=lambda each: (-each.comments, each.name))
    return Themes(ranked, total, bare, silent, notes)
