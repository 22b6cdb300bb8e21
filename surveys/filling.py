"""A definition with its placeholders filled for one visit. Pure.

The names are a flat list: an earlier question's key, `hidden.NAME`, `survey.title`, and of who holds a
personal link the four of PERSON. A value is put in once and never read again; templates escape it.
"""

from collections.abc import Mapping
from dataclasses import replace

from surveys.definition import Definition, Question, Text
from surveys.kinds import KINDS, Answer
from surveys.piping import fill

PERSON = ("contact.first_name", "contact.name", "contact.title", "account.name")
TITLE = "survey.title"
HIDDEN = "hidden."
LONGEST_VALUE = 200

Values = Mapping[str, str]


def filled_for(
    definition: Definition,
    answers: Mapping[str, Answer],
    *,
    language: str,
    hidden: Values | None = None,
    person: Values | None = None,
) -> Definition:
    """Return the definition as one visit reads it; the same one where it holds no placeholder."""
    if not definition.piped:
        return definition
    return filled(
        definition, values_for(definition, answers, language=language, hidden=hidden, person=person)
    )


def values_for(
    definition: Definition,
    answers: Mapping[str, Answer],
    *,
    language: str,
    hidden: Values | None = None,
    person: Values | None = None,
) -> dict[str, str]:
    """Return a value, '' where there is none, for each known name that the definition's texts hold."""
    values: dict[str, str] = {}
    for name in definition.piped:
        if name == TITLE:
            values[name] = definition.title.into(language)
        elif name in PERSON:
            values[name] = (person or {}).get(name, "")
        elif name.startswith(HIDDEN) and name.removeprefix(HIDDEN) in definition.hidden:
            values[name] = (hidden or {}).get(name.removeprefix(HIDDEN), "")
    for question in definition:
        if question.key in definition.piped:
            answer = answers.get(question.key)
            # A choice's text may repeat an earlier answer, while what was typed is never read again.
            asked = _question(question, values)
            shown = "" if answer is None else KINDS[question.kind].show(asked, answer, language)
            values[question.key] = " ".join(shown.split())[:LONGEST_VALUE]
    return values


def filled(definition: Definition, values: Values) -> Definition:
    """Return the definition with the values in its texts; a question without placeholders stays itself."""
    return replace(
        definition,
        intro=_text(definition.intro, values),
        thank_you=_text(definition.thank_you, values),
        questions=tuple(_question(question, values) for question in definition),
        pages_meta=tuple(replace(page, title=_text(page.title, values)) for page in definition.pages_meta),
        endings=tuple(replace(ending, text=_text(ending.text, values)) for ending in definition.endings),
    )


def _question(question: Question, values: Values) -> Question:
    if not question.piped:
        return question
    rows = [{"key": row.key, "text": _text(row.text, values).by_language} for row in question.rows]
    return replace(
        question,
        text=_text(question.text, values),
        help=_text(question.help, values),
        choices=tuple(replace(choice, text=_text(choice.text, values)) for choice in question.choices),
        settings={**question.settings, **({"rows": rows} if rows else {})},
    )


def _text(text: Text, values: Values) -> Text:
    return Text({code: fill(words, values) for code, words in text.by_language.items()}, text.language)
