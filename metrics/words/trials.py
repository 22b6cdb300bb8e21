"""How well words are read on public sets of labelled comments: the figures of docs/metrics.md."""

import csv
import gzip
import io
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from metrics.words.languages import language_of
from metrics.words.learned import Example, cross_validated
from metrics.words.quality import Quality, agreement
from metrics.words.sentiment import Reader
from metrics.words.themes import Keywords, built_in

MOODS = ("negative", "neutral", "positive")
TWEETS = ("arabic", "english", "french", "german", "hindi", "italian", "portuguese", "spanish")
CODES = dict(zip(TWEETS, ("ar", "en", "fr", "de", "hi", "it", "pt", "es"), strict=True))
# Our themes for the reasons that people gave airline tweets; "Can't Tell" and flights' own have none.
AIRLINE = {
    "Customer Service Issue": "support",
    "Late Flight": "reliability",
    "Cancelled Flight": "reliability",
    "Lost Luggage": "delivery",
    "Damaged Luggage": "delivery",
    "Flight Booking Problems": "usability",
    "Flight Attendant Complaints": "people",
    "Bad Flight": "quality",
    "longlines": "speed",
}


Read = Callable[[Path], Iterator[Example]]


class Trial(NamedTuple):
    """One set read in one way."""

    name: str
    way: str
    quality: Quality


def trials(folder: Path) -> Iterator[Trial]:
    """Yield how well every set in the folder is read, those that are missing left out."""
    for name, language, read in SETS:
        examples = list(read(folder))
        if not examples:
            continue
        reader = Reader(language)
        if reader.is_able:
            yield Trial(name, "VADER", _by_reader(reader, examples))
        yield Trial(name, "own model, 5-fold", cross_validated(_shuffled(examples), language))
    yield from _themes(folder)
    yield from _languages(folder)


def _by_reader(reader: Reader, examples: Sequence[Example]) -> Quality:
    """Return how well moods are told; of sets without a neutral label by the sign alone."""
    truth = [each.label for each in examples]
    told = []
    for each in examples:
        reading = reader.read(each.text)
        assert reading
        has_neutral = "neutral" in truth
        sign = "positive" if reading.sentiment > 0 else "negative"
        told.append(reading.mood if has_neutral else sign)
    return agreement(truth, told)


def _themes(folder: Path) -> Iterator[Trial]:
    rows = [
        row for row in _rows(folder / "twitter_us_airline/Tweets.csv.gz") if row["negativereason"] in AIRLINE
    ]
    if not rows:
        return
    keywords = Keywords(built_in())
    truth = [AIRLINE[row["negativereason"]] for row in rows]
    found = [keywords.themes_in(row["text"], "en") for row in rows]
    hits = ["hit" if label in names else "miss" for label, names in zip(truth, found, strict=True)]
    covered = [hit for hit, names in zip(hits, found, strict=True) if names]
    yield Trial("airline tweets: the true theme is among those found", "keywords", _share(hits))
    yield Trial("the same, where any was found", "keywords", _share(covered))
    examples = [Example(row["text"], label) for row, label in zip(rows, truth, strict=True)]
    yield Trial("airline tweets: theme", "own model, 5-fold", cross_validated(_shuffled(examples), "en"))


def _share(hits: Sequence[str]) -> Quality:
    share = hits.count("hit") / len(hits)
    return Quality(len(hits), share, share)


def _languages(folder: Path) -> Iterator[Trial]:
    truth, told = [], []
    for language in TWEETS:
        if language == "hindi":
            continue  # romanised here, which no identifier knows
        for text in _lines(folder / f"xlm_t_tweets/{language}_train_text.txt"):
            truth.append(CODES[language])
            told.append(language_of(text, "", among=set(CODES.values())) or "?")
    if truth:
        yield Trial("tweets of seven languages: language", "py3langid", agreement(truth, told))


def _shuffled(examples: Sequence[Example]) -> list[Example]:
    mixed = list(examples)
    random.Random(1).shuffle(mixed)  # noqa: S311 - an order, not a secret
    return mixed


def _rows(path: Path) -> list[Mapping[str, str]]:
    if not path.exists():
        return []
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return list(csv.DictReader(io.StringIO(content.decode("utf-8"), newline="")))


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").split("\n")[:-1] if path.exists() else []


def _labelled(
    path: str, text: str, label: str, moods: Mapping[str, str]
) -> Callable[[Path], Iterator[Example]]:
    def read(folder: Path) -> Iterator[Example]:
        for row in _rows(folder / path):
            if row[label] in moods and row[text].strip():
                yield Example(row[text], moods[row[label]])

    return read


def _tweets(language: str) -> Read:
    def read(folder: Path) -> Iterator[Example]:
        texts = _lines(folder / f"xlm_t_tweets/{language}_train_text.txt")
        labels = _lines(folder / f"xlm_t_tweets/{language}_train_labels.txt")
        for text, label in zip(texts, labels, strict=True):
            yield Example(text, MOODS[int(label)])

    return read


def _snippets(folder: Path) -> Iterator[Example]:
    path = folder / "vader_ground_truth/amazonReviewSnippets_GroundTruth.txt"
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        parts = line.split("\t")
        if len(parts) == 3:
            mean = float(parts[1])
            yield Example(parts[2], MOODS[1 + (mean > 0.5) - (mean < -0.5)])


STARS = {"1": "negative", "2": "negative", "4": "positive", "5": "positive"}
SIGNS = {"-1.0": "negative", "1.0": "positive"}
SAME = dict(zip(MOODS, MOODS, strict=True))
SETS: Sequence[tuple[str, str, Read]] = (
    (
        "airline tweets",
        "en",
        _labelled("twitter_us_airline/Tweets.csv.gz", "text", "airline_sentiment", SAME),
    ),
    ("Amazon snippets", "en", _snippets),
    (
        "Amazon phones",
        "en",
        _labelled("english_labelled/kotzias_reviews_amazon_cells.csv", "text", "sentiment", SIGNS),
    ),
    ("Yelp", "en", _labelled("english_labelled/kotzias_reviews_yelp.csv", "text", "sentiment", SIGNS)),
    (
        "clothing, by stars",
        "en",
        _labelled("womens_clothing/womens_clothing_reviews.csv", "Review Text", "Rating", STARS),
    ),
    (
        "Spanish hotels, by stars",
        "es",
        _labelled("spanish_hotels_cuba/cuba_hotels_sample.csv.gz", "Opinion", "Class", STARS),
    ),
    (
        "Chinese hotels",
        "zh",
        _labelled(
            "chinese/ChnSentiCorp_htl_all_sample.csv", "review", "label", {"0": "negative", "1": "positive"}
        ),
    ),
    *(
        (f"NusaX {name}", code, _labelled(f"nusax/{name}_train.csv", "text", "label", SAME))
        for name, code in (("english", "en"), ("indonesian", "id"))
    ),
    *((f"tweets in {language}", CODES[language], _tweets(language)) for language in TWEETS),
)
