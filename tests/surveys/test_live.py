"""The browser branches as the server does: the script’s own function, in Chromium, over generated surveys."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from surveys.answers import read_form
from surveys.branching import asked
from surveys.interchange.native import from_json
from surveys.kinds import KINDS
from surveys.live import live_questions
from tests.factories import NPS, WHY
from tests.surveys.questionnaires import DEFINITIONS

CASES = 400
LINES = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
TYPED = LINES | st.sampled_from(
    ["0", "3", "-1.5", "2,5", "1,000", "+7", " 9 ", "ß", "SS", "ΣΑΣ", "\ufeffa", "\x85b"]
)


def controls(draw, question):
    """What the controls of one question can send."""
    kind = KINDS[question.kind]
    if kind.has_rows or question.kind == "ranking":
        return {}
    if question.choices:
        keys = draw(st.lists(st.sampled_from([*question.choice_by_key]), unique=True))
        keys = keys if question.kind == "multiple_choice" else keys[:1]
        return {question.key: keys, f"{question.key}.other": [draw(TYPED)]}
    if question.kind in ("yes_no", "consent"):
        return {question.key: draw(st.sampled_from([[], ["yes"]]))}
    if kind.is_scored:
        return {question.key: draw(st.sampled_from([[], *([str(point)] for point in range(12))]))}
    return {question.key: [draw(TYPED)]}


@st.composite
def pages(draw):
    """A page of a survey with branches, what was answered before it, and what its form holds now."""
    definition = draw(DEFINITIONS.filter(lambda survey: survey.has_branches))
    number = draw(st.integers(0, len(definition.pages) - 1))
    here = definition.pages[number]
    before = {
        key: value
        for page in definition.pages[:number]
        for q in page
        for key, value in controls(draw, q).items()
    }
    kept = read_form(definition, before, is_complete=False, is_demanding=False).answers
    now = {key: value for question in here for key, value in controls(draw, question).items()}
    return definition, here, kept, now


def drawn(strategy, count):
    found = []

    @settings(
        max_examples=count, phases=[Phase.generate], database=None, suppress_health_check=[*HealthCheck]
    )
    @given(strategy)
    def collect(example):
        found.append(example)

    collect()
    return found


@pytest.mark.browser
@pytest.mark.django_db
def test_browser_and_server_agree_on_what_is_asked(page, live_server):
    cases, expected = [], []
    for definition, here, kept, now in drawn(pages(), CASES):
        live = live_questions(definition, kept, here)
        conditional = [rule["key"] for rule in live if "show_if" in rule]
        if not conditional:
            continue
        at_first = {question.key for question in asked(definition, kept)}
        on_paper = at_first.union(conditional)
        fields = {name: values for name, values in now.items() if name.partition(".")[0] in on_paper}
        sent = read_form(definition, fields, kept=kept, on_page=here, is_complete=False, is_demanding=False)
        shown = {question.key for question in asked(definition, sent.answers)}
        cases.append({"questions": live, "fields": fields, "conditional": conditional})
        expected.append([key for key in conditional if key in shown])
    assert len(cases) > CASES / 10
    page.goto(f"{live_server.url}/r/nobody/")
    found = page.evaluate(
        """async ([script, cases]) => {
            const { asked } = await import(script);
            return cases.map(({ questions, fields, conditional }) =>
                asked(questions, (name) => fields[name] ?? []).filter((key) => conditional.includes(key)));
        }""",
        [f"{live_server.url}/static/surveys/answer.js", cases],
    )
    for case, ours, theirs in zip(cases, expected, found, strict=True):
        assert theirs == ours, case


def survey_of(*questions, **more):
    return from_json({"title": "T", "questions": [*questions], **more})


def test_what_was_answered_before_is_settled_and_does_not_travel():
    low = {"less": ["nps", 7]}
    survey = survey_of(
        NPS,
        {**WHY, "key": "a", "page": 2},
        {**WHY, "key": "b", "page": 2, "show_if": {"all": [low, {"answered": "a"}]}},
        {**WHY, "key": "c", "page": 2, "show_if": {"any": [low, {"answered": "a"}]}},
    )
    here = survey.pages[1]
    rule = ["all", ["answered", "a"]]
    assert {q["key"]: q.get("show_if") for q in live_questions(survey, {"nps": 3}, here)} == {
        "a": None,
        "b": ["all", rule],
    }
    assert [q["key"] for q in live_questions(survey, {"nps": 9}, here)] == ["a", "c"]
    assert "nps" not in str(live_questions(survey, {"nps": 3}, here))


def test_a_condition_that_only_the_server_can_read_is_left_to_it():
    email = {"key": "mail", "kind": "email", "text": "?"}
    survey = survey_of(email, {**WHY, "show_if": {"answered": "mail"}})
    assert live_questions(survey, {}, survey.questions) == []
