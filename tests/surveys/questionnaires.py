"""Any questionnaire, any condition, any form: strategies for hypothesis."""

from hypothesis import strategies as st

from surveys.definition import ASKS, LAYOUTS, PRIVACY
from surveys.interchange.native import from_json
from surveys.kinds import KINDS

WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=20).filter(str.strip)
LANGUAGES = ("en", "de", "ar")


@st.composite
def choices(draw):
    keys = draw(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=5, unique=True))
    other = draw(st.sampled_from([None, *keys]))
    exclusive = draw(st.sampled_from([None, *keys]))
    return [
        {"key": key, "text": draw(WORDS), "is_other": key == other, "is_exclusive": key == exclusive}
        for key in keys
    ]


def settings(kind):
    if kind == "nps":
        return st.fixed_dictionaries({}, optional={"low": st.integers(0, 1), "high_label": WORDS})
    if kind == "csat":
        return st.fixed_dictionaries({}, optional={"points": st.integers(2, 10)})
    if kind == "rating":
        shapes = st.sampled_from(["numbers", "stars", "hearts"])
        return st.fixed_dictionaries({}, optional={"points": st.integers(2, 10), "shape": shapes})
    if kind in ("short_text", "long_text"):
        return st.fixed_dictionaries({"max_length": st.integers(1, 30)})
    if kind == "multiple_choice":
        limits = {"max_picks": st.integers(1, 3), "random_order": st.booleans()}
        return st.fixed_dictionaries({}, optional=limits)
    return st.just({})


@st.composite
def conditions(draw, earlier, depth=0):
    question = draw(st.sampled_from(earlier))
    if depth < 3 and draw(st.integers(0, 3)) == 0:
        operator = draw(st.sampled_from(["all", "any", "not"]))
        parts = [draw(conditions(earlier, depth + 1)) for _ in range(1 if operator == "not" else 2)]
        return {operator: parts[0] if operator == "not" else parts}
    operator = draw(st.sampled_from(["answered", "equals", "one_of", "less", "greater", "contains"]))
    if operator == "answered":
        return {operator: question["key"]}
    number = st.integers(-1, 11)
    if operator in ("less", "greater"):
        return {operator: [question["key"], draw(number)]}
    keys = [choice["key"] for choice in question["choices"]]
    value = st.sampled_from([*keys, "other"]) if keys else number | WORDS
    return {operator: [question["key"], [draw(value)] if operator == "one_of" else draw(value)]}


def texts():
    return st.dictionaries(st.sampled_from(LANGUAGES), WORDS)


@st.composite
def pages(draw, questions):
    made = []
    for number in sorted({question["page"] for question in questions}):
        earlier = [question for question in questions if question["page"] < number]
        condition = draw(conditions(earlier)) if earlier and draw(st.booleans()) else None
        made.append({"number": number, "title": draw(texts()), "show_if": condition})
    return made


def endings(questions):
    ending = st.fixed_dictionaries(
        {
            "key": st.sampled_from(["happy", "unhappy", "away"]),
            "text": texts().map(lambda by_language: {"en": "Bye", **by_language}),
            "show_if": st.none() | conditions(questions),
            "redirect_url": st.sampled_from(["", "https://example.com/thanks?from=us#top"]),
            "ask": st.sampled_from(ASKS),
        }
    )
    return st.lists(ending, unique_by=lambda one: one["key"], max_size=3)


@st.composite
def documents(draw):
    questions = []
    page = 1
    for number in range(draw(st.integers(1, 6))):
        kind = draw(st.sampled_from(sorted(KINDS)))
        page += draw(st.integers(0, 1))
        languages = draw(st.sets(st.sampled_from(LANGUAGES))) | {"en"}
        question = {
            "key": f"q{number}",
            "kind": kind,
            "text": {language: draw(WORDS) for language in sorted(languages)},
            "page": page,
            "required": draw(st.booleans()),
            "settings": draw(settings(kind)),
            "choices": draw(choices()) if KINDS[kind].has_choices else [],
        }
        if questions and draw(st.booleans()):
            question["show_if"] = draw(conditions(questions))
        questions.append(question)
    return {
        "title": draw(WORDS),
        "languages": list(LANGUAGES),
        "questions": questions,
        "pages": draw(pages(questions)),
        "endings": draw(endings(questions)),
        "layout": draw(st.sampled_from(LAYOUTS)),
        "theme": draw(st.sampled_from([{}, {"accent": "#7c3aed"}, {"radius": "none", "font": "serif"}])),
        "hidden": draw(st.lists(st.sampled_from(["plan", "source"]), unique=True)),
        "privacy": draw(st.sampled_from(PRIVACY)),
    }


DEFINITIONS = documents().map(from_json)

VALUES = (
    st.text(max_size=40)
    | st.integers(-3, 13).map(str)
    | st.sampled_from(["a", "b", "c", "d", "other", "", " ", "\x00", "\ud800", "９"])
)


def forms(definition):
    """Fields that a page of the definition may send, and some that it cannot."""
    names = [*definition.question_by_key, *(f"{key}.other" for key in definition.question_by_key), "_x"]
    return st.dictionaries(st.sampled_from(names), st.lists(VALUES, max_size=4), max_size=12)


@st.composite
def sent_forms(draw):
    definition = draw(DEFINITIONS)
    return definition, draw(forms(definition))
