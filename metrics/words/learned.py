"""A model of a company's own comments: weighted terms and a logistic regression, kept as plain numbers.

Fitting needs scikit-learn, reading needs nothing: the coefficients are JSON, never a pickle (METRICS §4).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from math import exp, log, sqrt
from typing import Any, NamedTuple, Self

from metrics.words.features import counted, terms
from metrics.words.quality import Quality, quality_of

MOST_TERMS = 20_000
FOLDS = 5


class Example(NamedTuple):
    """One text with what it says, and how much it counts in learning."""

    text: str
    label: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Learned:
    """Labels, and of each term its rarity and its weight for every label."""

    language: str
    labels: Sequence[str]
    intercepts: Sequence[float]
    weights: Mapping[str, Sequence[float]]

    def probabilities(self, text: str) -> dict[str, float]:
        """Return the probability (0..1) of each label; they add up to 1."""
        found = [
            (self.weights[term], 1 + log(count))
            for term, count in counted(text, self.language).items()
            if term in self.weights
        ]
        norm = sqrt(sum((tf * rarity) ** 2 for (rarity, *_), tf in found)) or 1.0
        logits = list(self.intercepts)
        for (rarity, *of_labels), tf in found:
            for place, weight in enumerate(of_labels):
                logits[place] += tf * rarity * weight / norm
        highest = max(logits)
        raised = [exp(logit - highest) for logit in logits]
        return {label: each / sum(raised) for label, each in zip(self.labels, raised, strict=True)}

    def document(self) -> dict[str, Any]:
        """Return the model as JSON."""
        return {
            "language": self.language,
            "labels": list(self.labels),
            "intercepts": list(self.intercepts),
            "weights": {term: list(numbers) for term, numbers in self.weights.items()},
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Return the model that a document holds."""
        return cls(
            document["language"], document["labels"], document["intercepts"], dict(document["weights"])
        )


def fit(examples: Sequence[Example], language: str) -> Learned:
    """Return the model of examples with two labels or more. Needs scikit-learn."""
    pipeline = _pipeline(language)
    pipeline.fit(
        [each.text for each in examples],
        [each.label for each in examples],
        logisticregression__sample_weight=[each.weight for each in examples],
    )
    vectorizer, model = pipeline[0], pipeline[1]
    rows, intercepts = model.coef_.tolist(), model.intercept_.tolist()
    if len(rows) == 1:
        rows, intercepts = [[0.0] * len(rows[0]), rows[0]], [0.0, intercepts[0]]
    rarities = vectorizer.idf_.tolist()
    weights = {
        term: (round(rarities[at], 4), *(round(row[at], 4) for row in rows))
        for term, at in sorted(vectorizer.vocabulary_.items())
    }
    return Learned(language, [str(label) for label in model.classes_], intercepts, weights)


def cross_validated(examples: Sequence[Example], language: str) -> Quality:
    """Return how well each fifth of the examples is told by a model of the others."""
    selection = import_module("sklearn.model_selection")
    labels = [each.label for each in examples]
    folds = selection.StratifiedKFold(min(FOLDS, *Counter(labels).values()), shuffle=True, random_state=1)
    guessed = selection.cross_val_predict(
        _pipeline(language), [each.text for each in examples], labels, cv=folds, method="predict_proba"
    )
    names = sorted(set(labels))
    return quality_of(labels, [dict(zip(names, row, strict=True)) for row in guessed.tolist()])


def _pipeline(language: str) -> Any:
    text, linear = import_module("sklearn.feature_extraction.text"), import_module("sklearn.linear_model")
    return import_module("sklearn.pipeline").make_pipeline(
        text.TfidfVectorizer(
            analyzer=partial(_terms, language=language),
            min_df=2,
            max_features=MOST_TERMS,
            sublinear_tf=True,
        ),
        linear.LogisticRegression(C=4.0, class_weight="balanced", solver="newton-cg", max_iter=200),
    )


def _terms(text: str, language: str) -> list[str]:
    return list(terms(text, language))
