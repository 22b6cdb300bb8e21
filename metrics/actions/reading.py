"""Reading comments: language, mood and themes, by what this company's own comments taught, or by lexicons.

What a person corrected is never read again, and it is learnt from. Running twice, or on several workers at
once, reads every comment once.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Max

from accounts.models import User
from metrics.measures.answers import question_settings
from metrics.measures.sentiment import MEASURED
from metrics.measures.voices import Mood, mood_of
from metrics.models import Comment, Score, Taxonomy, WordModel
from metrics.words import learned, sentiment, themes
from metrics.words.extra import missing
from metrics.words.languages import language_of
from metrics.words.learned import Example, Learned
from metrics.words.quality import Quality, agreement
from metrics.words.sentiment import LEAST_PAIRS, Reader
from metrics.words.themes import Keywords

BATCH = 2_000
MOST_PAIRS = 20_000
# A person's word counts for more than the score beside a comment, which mixes opinion with use of the scale.
CORRECTION_WEIGHT = 3.0
LEAST_LABELLED, LEAST_OF_A_THEME = 300, 20
MOODS = {Mood.UNHAPPY: Comment.Mood.NEGATIVE, Mood.HAPPY: Comment.Mood.POSITIVE}

# One statement for a batch: an UPDATE built row by row took four times as long as the reading.
KEEP = """
UPDATE metrics_comment AS comment SET language = found.language, themes = found.themes, mood = found.mood,
    sentiment = found.sentiment, confidence = found.confidence, read_by = found.read_by, read_at = %(now)s
FROM jsonb_to_recordset(%(found)s::jsonb) AS found (
    id bigint, language text, themes text[], mood text, sentiment float8, confidence float8, read_by text)
WHERE comment.id = found.id
"""


@dataclass(frozen=True, slots=True)
class Readers:
    """What comments are read by: a reader of moods and one of themes per language, and the taxonomy."""

    moods: Mapping[str, Reader]
    themes: Mapping[str, Mapping[str, Learned]]
    taxonomy: Keywords

    @classmethod
    def current(cls) -> "Readers":
        """Return the newest models in use, and the newest taxonomy."""
        moods, of_themes = {}, {}
        for row in WordModel.objects.filter(is_used=True).order_by("number"):
            if row.purpose == WordModel.Purpose.SENTIMENT:
                moods[row.language] = Reader(row.language, row.coefficients, str(row))
            else:
                of_themes[row.language] = {
                    name: Learned.from_document(document) for name, document in row.coefficients.items()
                }
        newest = Taxonomy.objects.order_by("-number").first()
        return cls(moods, of_themes, Keywords(newest.themes if newest else themes.built_in()))

    def mood(self, text: str, language: str) -> sentiment.Reading | None:
        """Return the mood of a text, None where nothing can read its language."""
        return self.moods.get(language, Reader(language)).read(text)

    def themes_in(self, text: str, language: str) -> list[str]:
        """Return the themes of a text: as people labelled others, else by keywords."""
        taught = self.themes.get(language, {})
        by_words = [name for name in self.taxonomy.themes_in(text, language) if name not in taught]
        by_model = [name for name, model in taught.items() if model.probabilities(text)["yes"] > 0.5]
        return sorted([*by_words, *by_model])

    def read(self, text: str, prior: str) -> dict[str, Any]:
        """Return what a comment is found to be, by the names of its columns."""
        language = language_of(text, prior)[:16]
        found = self.mood(text, language)
        return {
            "language": language,
            "themes": self.themes_in(text, language),
            "sentiment": found and found.sentiment,
            "mood": found.mood if found else "",
            "confidence": found and found.confidence,
            "read_by": found.read_by if found else "",
        }


def read_comments(*, now: datetime, limit: int = BATCH) -> int:
    """Read at most so many comments that nobody has read; return how many."""
    with transaction.atomic():
        unread = Comment.objects.unread().select_for_update(skip_locked=True).order_by("pk")
        comments = list(unread[:limit])
        if comments:
            readers = Readers.current()
            found = [{"id": each.pk, **readers.read(each.text, each.language)} for each in comments]
            with connection.cursor() as cursor:
                cursor.execute(KEEP, {"found": json.dumps(found), "now": now})
    return len(comments)


def read_words(*, now: datetime) -> None:
    """Read all that nobody has read, and learn of languages that have enough of it at last.

    What was read before that of such a language is read again, by what was learnt.
    """
    while _read_all(now=now) and learn_new_languages(now=now):
        pass


def _read_all(*, now: datetime) -> int:
    """Read what nobody has read; return how many comments there were."""
    return sum(iter(partial(read_comments, now=now), 0))


def correct_comment(
    comment: Comment, *, mood: str, themes: Sequence[str], language: str, by: User, now: datetime
) -> None:
    """Keep what a person says of a comment: no model reads it again, and the next ones learn from it."""
    values = {Comment.Mood.NEGATIVE: -1.0, Comment.Mood.NEUTRAL: 0.0, Comment.Mood.POSITIVE: 1.0}
    Comment.objects.filter(pk=comment.pk).update(
        mood=mood,
        sentiment=values.get(Comment.Mood(mood)) if mood else None,
        confidence=1.0 if mood else None,
        themes=sorted(set(themes)),
        language=language,
        read_by="",
        corrected_by=by,
        corrected_at=now,
    )


def add_taxonomy(document: object, *, note: str, now: datetime) -> Taxonomy:
    """Write the next version of the themes and have every comment read again; raises ThemesRefused."""
    checked = themes.checked(document)
    with transaction.atomic():
        number = (Taxonomy.objects.aggregate(newest=Max("number"))["newest"] or 0) + 1
        taxonomy = Taxonomy.objects.create(number=number, themes=checked, note=note, created_at=now)
        read_again()
    return taxonomy


def read_again(language: str = "") -> int:
    """Have the comments (of one language) read again, but for those that a person corrected."""
    rows = Comment.objects.filter(corrected_at=None)
    return int((rows.filter(language=language) if language else rows).update(read_at=None))


def learn_words(*, now: datetime) -> list[WordModel]:
    """Fit models to the company's own comments of each language; return those that are new.

    Deterministic: without new comments or corrections there is nothing new.
    """
    return _learnt(Comment.objects.order_by().values_list("language", flat=True), now=now)


def learn_new_languages(*, now: datetime) -> list[WordModel]:
    """Fit models to languages that have come to enough comments for their first; return those that are new.

    Who loads two years of answers need not read for days what VADER makes of them.
    """
    known = WordModel.objects.filter(purpose=WordModel.Purpose.SENTIMENT).values("language")
    counted = (
        Comment.objects.order_by().exclude(language__in=known).values("language").annotate(n=Count("pk"))
    )
    return _learnt(counted.filter(n__gte=LEAST_PAIRS).values_list("language", flat=True), now=now)


def _learnt(languages: Iterable[str], *, now: datetime) -> list[WordModel]:
    found = []
    for language in sorted(set(languages) - {""}):
        fitted = sentiment.learn(own_pairs(language), language)
        if fitted:
            found.append(_kept(WordModel.Purpose.SENTIMENT, language, fitted, now))
        of_themes = _learn_themes(language)
        if of_themes:
            found.append(_kept(WordModel.Purpose.THEMES, language, of_themes, now))
    return [model for model in found if model]


def own_pairs(language: str) -> list[Example]:
    """Return the newest comments of a language with their mood: a person's word, else the score beside it.

    A score's mood is that of its question's cut-offs; comments between scores that disagree say nothing.
    """
    rows = list(Comment.objects.filter(language=language).order_by("-day", "-pk")[:MOST_PAIRS])
    scores = Score.objects.filter(response__in={row.response_id for row in rows}, kind__in=MEASURED)
    given: dict[int, set[Mood]] = {}
    known = list(scores)
    settings = question_settings({(each.survey_id, each.question_key): each.kind for each in known})
    for score in known:
        mood = mood_of(score.kind, score.value, settings[score.survey_id, score.question_key])
        if score.kind != "rating":
            given.setdefault(score.response_id, set()).add(mood)
    examples = []
    for row in rows:
        moods = given.get(row.response_id, set())
        if row.corrected_at and row.mood:
            examples.append(Example(row.text, row.mood, CORRECTION_WEIGHT))
        elif not row.corrected_at and len(moods) == 1 and (mood := next(iter(moods))) in MOODS:
            examples.append(Example(row.text, MOODS[mood]))
    return examples


def panel_quality(language: str) -> Quality | None:
    """Return how far what reads a language agrees with its newest hundred corrections, or None."""
    rows = Comment.objects.filter(language=language).exclude(corrected_at=None).exclude(mood="")
    corrected = list(rows.order_by("-corrected_at")[:100])
    readers = Readers.current() if corrected else None
    told = [(row.mood, readers.mood(row.text, language)) for row in corrected] if readers else []
    known = [(mood, reading.mood) for mood, reading in told if reading]
    return agreement(*map(list, zip(*known, strict=True))) if known else None


def _learn_themes(language: str) -> sentiment.Fitted | None:
    """Return a model for every theme that people labelled often, where it beats the keywords; or None."""
    rows = list(Comment.objects.filter(language=language).exclude(corrected_at=None).order_by("pk"))
    if len(rows) < LEAST_LABELLED or "scikit-learn" in missing():
        return None
    taxonomy = Readers.current().taxonomy
    documents, qualities = {}, []
    for name in sorted({theme for row in rows for theme in row.themes}):
        examples = [Example(row.text, "yes" if name in row.themes else "no") for row in rows]
        truth = [each.label for each in examples]
        if min(truth.count("yes"), truth.count("no")) < LEAST_OF_A_THEME:
            continue
        by_words = ["yes" if name in taxonomy.themes_in(row.text, language) else "no" for row in rows]
        quality = learned.cross_validated(examples, language)
        if quality.macro_f1 > agreement(truth, by_words).macro_f1:
            documents[name] = learned.fit(examples, language).document()
            qualities.append(quality)
    if not documents:
        return None
    f1 = sum(each.macro_f1 for each in qualities) / len(qualities)
    accuracy = sum(each.accuracy for each in qualities) / len(qualities)
    return sentiment.Fitted(documents, Quality(len(rows), accuracy, f1), is_used=True)


def _kept(purpose: str, language: str, fitted: sentiment.Fitted, now: datetime) -> WordModel | None:
    """Write a model unless the newest one is the same, and have the language read again by it."""
    rows = WordModel.objects.filter(purpose=purpose, language=language)
    newest = rows.order_by("-number").first()
    document, quality = dict(fitted.coefficients), fitted.quality._asdict()
    if newest and (newest.coefficients, newest.quality) == (document, quality):
        return None
    with transaction.atomic():
        model = WordModel.objects.create(
            purpose=purpose,
            language=language,
            number=newest.number + 1 if newest else 1,
            coefficients=document,
            quality=quality,
            is_used=fitted.is_used,
            fitted_at=now,
        )
        if fitted.is_used:
            read_again(language)
    return model
