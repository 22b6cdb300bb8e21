"""The builder's form as a browser sends it."""

from collections.abc import Mapping, Sequence
from typing import Any

from surveys.models import Survey


def sent(questions: Sequence[Mapping[str, Any]], **survey: Any) -> dict[str, Any]:
    """The fields of a survey with these questions; one with an `id` is one that is saved already."""
    known = [question for question in questions if "id" in question]
    assert list(questions[: len(known)]) == known, "saved questions come first, as in a form"
    fields = {
        "title": "A survey",
        "language": "en",
        "questions-TOTAL_FORMS": len(questions),
        "questions-INITIAL_FORMS": len(known),
        "questions-MIN_NUM_FORMS": 0,
        "questions-MAX_NUM_FORMS": 1000,
        **survey,
    }
    for number, question in enumerate(questions):
        own = {"kind": "nps", "page": 1, "position": number, **question}
        fields |= {f"questions-{number}-{name}": value for name, value in own.items() if value is not None}
    return fields


def saved(survey: Survey) -> list[dict[str, Any]]:
    """The questions of a survey as its page would send them back unchanged."""
    return [
        {
            "id": question.pk,
            "survey": survey.pk,
            "key": question.key,
            "kind": question.kind,
            "text": question.text,
            "page": question.page,
            "position": question.position,
            "choices": "\n".join(f"{choice.key} | {choice.text}" for choice in question.choices.all()),
            **{f"setting_{name}": value for name, value in question.settings.items() if value is not None},
        }
        for question in survey.questions.order_by("page", "position", "pk")
    ]
