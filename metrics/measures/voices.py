"""Responses as people read them: who said what, with the scores given beside the words."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from operator import attrgetter
from types import MappingProxyType
from typing import Any, NamedTuple

from django.db.models import Q

from accounts.models import Account, Contact
from metrics.formulas.satisfaction import Direction
from metrics.measures.answers import Settings, question_settings
from metrics.measures.asked import Asked
from metrics.measures.confidentiality import promising
from metrics.measures.scope import Scope
from metrics.measures.sentiment import MEASURED, name_of, scale_of
from metrics.models import Comment, Score
from surveys.kinds import KINDS, Scale
from surveys.models import Response

# So many of the newest comments are looked through for quotes.
NEWEST = 60
# Unhappy and happy ones are looked for among so many of the newest.
LOOKED_THROUGH = 80
# What a report tells of a comment's response.
TOLD = (
    "text",
    "response__survey",
    "response__public_id",
    "response__started_at",
    "response__account__name",
    "response__contact__name",
    "response__contact__account",
)


class Mood(StrEnum):
    """How somebody who gave a score feels about us."""

    UNHAPPY = "unhappy"
    NEUTRAL = "neutral"
    HAPPY = "happy"


class Given(NamedTuple):
    """One score as it was given: the name of its kind, the point and the highest point there is."""

    label: str
    value: int
    highest: int
    mood: Mood


class Voice(NamedTuple):
    """One response: its row with survey, account and contact, the scores and the words in it."""

    response: Response
    given: tuple[Given, ...]
    words: tuple[str, ...]
    is_confidential: bool = False

    @property
    def account(self) -> Account | None:
        """Whose customer answered; None where the survey promised not to say, or nobody knows."""
        return None if self.is_confidential else self.response.account

    @property
    def contact(self) -> Contact | None:
        """Who answered; None when anonymous, or since gone to an account that the reader may not see."""
        contact = self.response.contact
        if self.is_confidential:
            return None
        return contact if contact and contact.account_id == self.response.account_id else None

    @property
    def mood(self) -> Mood:
        """The mood of the unhappiest score; neutral without scores."""
        return _mood_behind(self.given)


def mood_of(kind: str, value: int, settings: Settings) -> Mood:
    """Return the mood behind a score: by the cut-offs of an NPS question, by its good points elsewhere.

    What is neither good nor on the worse half of the scale is neutral, and so is every plain rating, for it
    has no cut-off.
    """
    if kind == "rating":
        return Mood.NEUTRAL
    if kind == "nps":
        low, high = settings["detractor_max"], settings["passive_max"]
        return _mood(value, low, high + 1)
    scale = scale_of(kind, settings)
    worse_half = (scale.high - scale.low + 1) // 2
    if scale.direction is Direction.LOWER_IS_BETTER:
        return _mood(-value, -(scale.high - worse_half + 1), -scale.good_from)
    return _mood(value, scale.low + worse_half - 1, scale.good_from)


def newest_moods(
    scope: Scope,
    limit: int,
    confidential: frozenset[int],
    known: Mapping[tuple[int, str], Settings] | None = None,
) -> tuple[list[Voice], list[Voice]]:
    """Return the newest unhappy and the newest happy responses with words, in three queries or four.

    Of the last 80 comments; words of confidential surveys, those given, are left out. The settings of
    questions that are known already are not read again, and only what is shown is read whole.
    """
    rows: Any = Comment.objects.visible_to(scope.viewer).filter(scope.days(), scope.surveys())
    if scope.is_narrowed:
        rows = rows.filter(account__in=scope.accounts)
    rows = rows.exclude(survey__in=confidential).order_by("-day", "-pk")
    words: dict[int, list[str]] = defaultdict(list)
    started = {}
    for response, text, at in rows.values_list("response", "text", "response__started_at")[:LOOKED_THROUGH]:
        words[response].append(text)
        started[response] = at
    given = scores_given(words, known or {})
    chosen: dict[Mood, list[int]] = defaultdict(list)
    for response in sorted(started, key=lambda each: started[each], reverse=True):
        chosen[_mood_behind(given.get(response, ()))].append(response)
    unhappy, happy = chosen[Mood.UNHAPPY][:limit], chosen[Mood.HAPPY][:limit]
    whole = Response.objects.select_related("survey", "account", "contact").in_bulk([*unhappy, *happy])

    def heard(responses: Iterable[int]) -> list[Voice]:
        rows = (whole[each] for each in responses if each in whole)
        return [Voice(row, given[row.pk], tuple(words[row.pk])) for row in rows]

    return heard(unhappy), heard(happy)


def heard_in(
    comments: Any, confidential: Collection[int], known: Mapping[tuple[int, str], Settings]
) -> list[Voice]:
    """Return the responses of these comments, the newest first, in two queries or three.

    Of each row only who it was and when is read; the rest of it would take queries of its own.
    """
    words: dict[int, list[str]] = defaultdict(list)
    heard: dict[int, Response] = {}
    for row in comments.select_related("response__account", "response__contact").only(*TOLD):
        words[row.response_id].append(row.text)
        heard[row.response_id] = row.response
    given = scores_given(heard.values(), known)
    found = [
        Voice(each, given.get(pk, ()), tuple(words[pk]), each.survey_id in confidential)
        for pk, each in heard.items()
    ]
    return sorted(found, key=attrgetter("response.started_at"), reverse=True)


def voices(responses: Iterable[Response], asked: Asked | None = None) -> list[Voice]:
    """Return the responses in their order with their scores and words.

    In four queries, or in two where it was read already what was asked.
    """
    heard = list(responses)
    given = scores_given(heard, asked.settings if asked else {})
    words: Mapping[int, list[str]] = defaultdict(list)
    for response_id, text in Comment.objects.filter(response__in=heard).values_list("response", "text"):
        words[response_id].append(text)
    surveys = Q(survey__in={each.survey_id for each in heard})
    confidential = asked.confidential if asked else promising(surveys)
    return [
        Voice(each, given.get(each.pk, ()), tuple(words[each.pk]), each.survey_id in confidential)
        for each in heard
    ]


def scores_given(
    responses: Iterable[Response | int], known: Mapping[tuple[int, str], Settings] = MappingProxyType({})
) -> dict[int, tuple[Given, ...]]:
    """Return the scores of each response that gave any, those that say most first, in two queries."""
    rows: Any = Score.objects.filter(response__in=responses, kind__in=MEASURED)
    rows = rows.values_list("response_id", "survey_id", "question_key", "kind", "value", named=True)
    scores = sorted(rows, key=lambda row: (MEASURED.index(row.kind), row.question_key))
    asked = {(each.survey_id, each.question_key): each.kind for each in scores}
    settings = question_settings(asked, known)
    given: Mapping[int, list[Given]] = defaultdict(list)
    for score in scores:
        given[score.response_id].append(_given(score, settings[score.survey_id, score.question_key]))
    return {response: tuple(scores) for response, scores in given.items()}


def _given(score: Any, settings: Settings) -> Given:
    kind = KINDS[score.kind]
    if not isinstance(kind, Scale):
        raise TypeError(f"{score.kind} is not a scale")
    return Given(
        name_of(score.kind), score.value, kind.high(settings), mood_of(score.kind, score.value, settings)
    )


def _mood_behind(given: Iterable[Given]) -> Mood:
    moods = {each.mood for each in given}
    if Mood.UNHAPPY in moods:
        return Mood.UNHAPPY
    return Mood.HAPPY if moods == {Mood.HAPPY} else Mood.NEUTRAL


def _mood(value: int, unhappy_to: int, happy_from: int) -> Mood:
    if value >= happy_from:
        return Mood.HAPPY
    return Mood.UNHAPPY if value <= unhappy_to else Mood.NEUTRAL
