"""Comments as people look for them: by their words, by theme, mood and account, the newest first.

Of confidential surveys only what tells nobody apart (SECURITY T22): by what the words themselves say, in
months that hold enough people, without day, account and answer.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any, NamedTuple

from django.db.models import Count, F, Func, IntegerField, Q, Value
from django.db.models.functions import TruncMonth

from accounts.models import Account, Contact
from metrics.formulas.days import month_of
from metrics.formulas.disclosure import blocks
from metrics.measures.answers import Settings
from metrics.measures.confidentiality import confidential_surveys, whole_months
from metrics.measures.hits import Part, hits_in, parts_of
from metrics.measures.scope import Scope
from metrics.measures.voices import NEWEST, Given, Voice, heard_in, scores_given
from metrics.models import Comment
from metrics.models.search import Sought
from surveys.models import Response

# With the largest accounts first, comments of so many accounts are read, then of a hundred times more.
ACCOUNTS_AT_ONCE = 20
# Where words are looked for, comments have to be found first.
MOST_FOUND = 2_000
# By what a comment may be narrowed that stands in its own words.
IN_THE_WORDS = frozenset({"survey", "programme", "language"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What comments are looked for besides the scope: words, a theme, a mood, a part of an account's name.

    Of those that were read, those `without_theme` name none, and `without_mood` none could be told. Who asks
    more than once for the same words reads once what is `sought` by them.
    """

    words: str = ""
    sought: Sought | None = None
    theme: str = ""
    mood: str = ""
    without_theme: bool = False
    without_mood: bool = False
    company: str = ""

    @property
    def of_any(self) -> "Wanted":
        """The same of any theme and mood."""
        return replace(self, theme="", mood="", without_theme=False, without_mood=False)


class Cursor(NamedTuple):
    """After which comment a page goes on; with the largest accounts first, also of which account it is."""

    day: date
    pk: int
    account: int = 0

    def __str__(self) -> str:
        return f"{self.day}.{self.pk}.{self.account}"

    @classmethod
    def read(cls, text: str) -> "Cursor | None":
        """Return the cursor that an address holds, None for anything else."""
        try:
            day, pk, account = text.split(".")
            cursor = cls(date.fromisoformat(day), int(pk), int(account))
        except ValueError:
            return None
        return cursor if 0 <= cursor.pk < 2**63 and 0 <= cursor.account < 2**63 else None


class Said(NamedTuple):
    """One comment with what its author also gave; of a confidential survey without whose it is."""

    comment: Comment
    response: Response
    parts: tuple[Part, ...]
    given: tuple[Given, ...]
    is_confidential: bool
    arr: Decimal | None = None

    @property
    def account(self) -> Account | None:
        """Whose customer wrote it; None where the survey promised not to say, or nobody knows."""
        return None if self.is_confidential else self.response.account

    @property
    def contact(self) -> Contact | None:
        """Who wrote it; None when anonymous, or since gone to another account."""
        contact = self.response.contact
        is_there = contact and contact.account_id == self.response.account_id
        return contact if is_there and not self.is_confidential else None


class Found(NamedTuple):
    """A page of comments, and after which one the next page goes on, None on the last page."""

    said: Sequence[Said]
    next: Cursor | None


def comments_of(
    scope: Scope,
    wanted: Wanted | None = None,
    *,
    with_promised: bool = True,
    promised: frozenset[int] | None = None,
    most: int = MOST_FOUND,
    names_accounts: bool = True,
) -> Any:
    """Return the comments in question as a QuerySet, in two queries more where surveys are confidential.

    `promised` are the surveys in question that promised confidentiality, read unless given; without them
    their comments are left out altogether. So many as `most` are read at once. A caller who names accounts of
    the scope has them not looked up again for every comment.
    """
    wanted = wanted or Wanted()
    rows: Any = Comment.objects.visible_to(scope.viewer).alias(said_on=F("day")).filter(scope.surveys())
    promised = confidential_surveys(scope) if promised is None else promised
    shown = scope.days() & ~Q(survey__in=promised)
    says_more = (
        scope.is_narrowed or scope.narrowings - IN_THE_WORDS or scope.without_flagged or wanted.company
    )
    if promised and with_promised and not says_more:
        shown |= _disclosed(scope, promised)
    rows = rows.filter(shown)
    if scope.is_narrowed and names_accounts:
        rows = rows.filter(account__in=scope.accounts)
    if scope.channel:
        rows = rows.filter(response__channel=scope.channel)
    if scope.without_flagged:
        rows = rows.filter(response__flags=[])
    if scope.language:
        rows = rows.filter(language=scope.language.partition("-")[0].lower())
    if wanted.company:
        # Of a pattern PostgreSQL can tell how many names it is in, of names in capitals it knows nothing.
        named = Account.objects.visible_to(scope.viewer).filter(name__iregex=re.escape(wanted.company))
        rows = rows.filter(account__in=named)
    if wanted.theme:
        # Words and their theme go together, which PostgreSQL takes for chance: it would look up both, gain
        # nothing by it, and leave the days to be looked at comment by comment.
        about = Func("themes", template="(%(expressions)s || '{}')") if wanted.words else F("themes")
        rows = rows.alias(about=about).filter(about__contains=[wanted.theme])
    if wanted.mood:
        rows = rows.filter(mood=wanted.mood)
    if wanted.without_theme or wanted.without_mood:
        rows = rows.exclude(read_at=None, corrected_at=None)
        rows = rows.filter(**({"themes": []} if wanted.without_theme else {}))
        rows = rows.filter(**({"mood": ""} if wanted.without_mood else {}))
    if not wanted.words:
        return rows
    # Of the newest that say it, hardly any may be what is looked for besides.
    is_narrowed = says_more or scope.narrowings or wanted != wanted.of_any
    return rows.saying(wanted.sought or Sought.of(wanted.words), MOST_FOUND if is_narrowed else most)


def newest_comments(
    scope: Scope,
    limit: int,
    *,
    promised: frozenset[int] | None = None,
    known: Mapping[tuple[int, str], Settings] = MappingProxyType({}),
) -> list[Voice]:
    """Return the newest responses with words; those of confidential surveys as `comments_of` shows them.

    These surveys and the settings of questions are not read again where they are known already.
    """
    promised = confidential_surveys(scope) if promised is None else promised
    rows = comments_of(scope, promised=promised).order_by("-day", "-pk")
    return heard_in(rows[: max(limit, NEWEST)], promised, known)[:limit]


def newest_first(rows: Any, after: Cursor | None, limit: int) -> tuple[list[Comment], Cursor | None]:
    """Return a page of comments, the newest first, and where the next one begins."""
    page, goes_on = _cut(list(_after(rows, after).order_by("-said_on", "-pk")[: limit + 1]), limit)
    # The address of the next page would tell the account of what was said in confidence.
    return page, goes_on and goes_on._replace(account=0)


def largest_first(
    rows: Any, ranked: Sequence[int], after: Cursor | None, limit: int
) -> tuple[list[Comment], Cursor | None]:
    """Return a page of comments of accounts in the order given, the newest of each account first.

    Of the rows only those of these accounts: which they are is for the caller to limit to what may be seen.
    """
    page: list[Comment] = []
    place = 0
    if after and after.account in ranked:
        place = ranked.index(after.account) + 1
        same = _after(rows.filter(account=after.account), after)
        page += same.order_by("-said_on", "-pk")[: limit + 1]
    step = ACCOUNTS_AT_ONCE
    while len(page) <= limit and place < len(ranked):
        some = list(ranked[place : place + step])
        rank = Func(Value(some), F("account"), function="array_position", output_field=IntegerField())
        page += rows.filter(account__in=some).order_by(rank, "-said_on", "-pk")[: limit + 1 - len(page)]
        place, step = place + step, 100 * step
    return _cut(page, limit)


def told(
    scope: Scope,
    comments: Sequence[Comment],
    words: str = "",
    arr: Mapping[int, Decimal | None] | None = None,
    promised: frozenset[int] | None = None,
    *,
    known: Mapping[tuple[int, str], Settings] = MappingProxyType({}),
) -> list[Said]:
    """Return comments with what was given beside them and what was looked for, in five queries at most.

    The surveys that promised confidentiality, and settings of questions, are read unless given.
    """
    heard = Response.objects.select_related("survey", "account", "contact").in_bulk(
        [each.response_id for each in comments]
    )
    given = scores_given(heard.values(), known)
    hits = hits_in(comments, words)
    promised = confidential_surveys(scope) if promised is None else promised
    return [
        Said(
            each,
            heard[each.response_id],
            parts_of(each.text, hits.get(each.pk, ())),
            given.get(each.response_id, ()),
            is_confidential := each.survey_id in promised,
            None if arr is None or is_confidential or not each.account_id else arr.get(each.account_id),
        )
        for each in comments
        if each.response_id in heard
    ]


def _after(rows: Any, after: Cursor | None) -> Any:
    if after is None:
        return rows
    return rows.filter(day__lte=after.day).filter(Q(day__lt=after.day) | Q(pk__lt=after.pk))


def _cut(page: list[Comment], limit: int) -> tuple[list[Comment], Cursor | None]:
    if len(page) <= limit:
        return page, None
    last = page[limit - 1]
    return page[:limit], Cursor(last.day, last.pk, last.account_id or 0)


def _disclosed(scope: Scope, surveys: Collection[int]) -> Q:
    """Return the condition on comments of confidential surveys to lie in blocks of months that may be shown.

    Blocks are those of all that was ever said, so that no two windows differ by fewer people.
    """
    people: dict[int, dict[date, int]] = defaultdict(dict)
    rows: Any = Comment.objects.filter(survey__in=surveys).order_by()
    months = rows.values_list("survey", TruncMonth("day")).annotate(people=Count("response", distinct=True))
    for survey, month, count in months:
        people[survey][month] = count
    wide, shown = whole_months(scope), Q(pk__in=())
    for survey, by_month in people.items():
        for block in blocks(by_month):
            end = month_of(block.last).end
            if (wide.start is None or wide.start <= block.first) and end <= wide.end:
                shown |= Q(survey=survey, day__gte=block.first, day__lt=end)
    return shown
