"""Any questionnaire, any condition, any form: strategies for hypothesis."""

from hypothesis import strategies as st

from surveys.definition import ASKS, LAYOUTS, PRIVACY
from surveys.interchange.native import from_json
from surveys.kinds import KINDS
from surveys.kinds.texts import PATTERNS

WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=20).filter(str.strip)
LANGUAGES = ("en", "de", "ar")


def texts():
    return st.dictionaries(st.sampled_from(LANGUAGES), WORDS)


def one_text():
    return texts().map(lambda by_language: {"en": "Row", **by_language})


def given(**settings):
    return st.fixed_dictionaries({}, optional=settings)


FLAG = st.booleans()
ROWS = st.lists(
    st.fixed_dictionaries({"key": st.sampled_from("abc"), "text": WORDS | one_text()}),
    min_size=1,
    max_size=3,
    unique_by=lambda row: row["key"],
)
SETTINGS = {
    "nps": given(low=st.integers(0, 1), high_label=WORDS),
    "csat": given(points=st.integers(2, 10)),
    "ces": given(version=st.sampled_from(["1.0", "2.0"])),
    "rating": given(points=st.integers(2, 10), shape=st.sampled_from(["numbers", "stars", "hearts"])),
    "single_choice": given(random_order=FLAG),
    "multiple_choice": given(max_picks=st.integers(1, 3), random_order=FLAG),
    "dropdown": given(random_order=FLAG),
    "ranking": given(allow_partial=FLAG, random_order=FLAG),
    "matrix": st.fixed_dictionaries({"rows": ROWS}, optional={"many": FLAG}),
    "short_text": st.fixed_dictionaries(
        {"max_length": st.integers(3, 30)},
        optional={"min_length": st.integers(1, 3), "pattern": st.sampled_from(sorted(PATTERNS))},
    ),
    "long_text": st.fixed_dictionaries({"max_length": st.integers(1, 30)}),
    "number": given(
        min=st.none() | st.integers(-3, 3),
        max=st.none() | st.integers(4, 12) | st.floats(5, 9),
        decimals=st.integers(0, 4),
        unit=texts(),
    ),
    "date": given(min=st.none() | st.just("2026-01-02")),
    "email": given(),
    "yes_no": given(yes_label=texts()),
    "consent": given(statement=texts()),
    "statement": given(),
}


@st.composite
def choices(draw, kind):
    keys = draw(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=5, unique=True))
    other = draw(st.sampled_from([None, *keys])) if KINDS[kind].has_open_choice else None
    exclusive = draw(st.sampled_from([None, *keys]))
    return [
        {"key": key, "text": draw(WORDS), "is_other": key == other, "is_exclusive": key == exclusive}
        for key in keys
    ]


@st.composite
def conditions(draw, earlier, depth=0):
    question = draw(st.sampled_from(earlier))
    if depth < 3 and draw(st.integers(0, 3)) == 0:
        operator = draw(st.sampled_from(["all", "any", "not"]))
        parts = [draw(conditions(earlier, depth + 1)) for _ in range(1 if operator == "not" else 2)]
        return {operator: parts[0] if operator == "not" else parts}
    operator = draw(st.sampled_from(["answered", "equals", "one_of", "less", "greater", "contains"]))
    rows = question["settings"].get("rows", ())
    key = draw(st.sampled_from([question["key"], *(f"{question['key']}.{row['key']}" for row in rows)]))
    if operator == "answered":
        return {operator: key}
    number = st.integers(-1, 11) | st.floats(-1, 11)
    if operator in ("less", "greater"):
        days = st.dates().map(str)
        return {operator: [key, draw(days if question["kind"] == "date" else number)]}
    keys = [choice["key"] for choice in question["choices"]]
    value = st.sampled_from([*keys, "other"]) if keys else number | WORDS
    return {operator: [key, [draw(value)] if operator == "one_of" else draw(value)]}


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
            "settings": draw(SETTINGS[kind]),
            "choices": draw(choices(kind)) if KINDS[kind].has_choices else [],
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
    | st.sampled_from(
        ["a", "b", "c", "d", "other", "", " ", "\x00", "\ud800", "９", "yes", "no", "3.5", "-2,25"]
    )
    | st.sampled_from(
        ["2026-01-31", "2026-02-30", "me@example.com", "https://example.com/a", "+49 30 1234567"]
    )
)


def forms(definition):
    """Fields that a page of the definition may send, and some that it cannot."""
    fields = [KINDS[question.kind].names(question) for question in definition]
    names = [*definition.question_by_key, *(name for group in fields for name in group), "_x"]
    return st.dictionaries(st.sampled_from(names), st.lists(VALUES, max_size=4), max_size=12)


@st.composite
def sent_forms(draw):
    definition = draw(DEFINITIONS)
    return definition, draw(forms(definition))
