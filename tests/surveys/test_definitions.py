"""The native JSON: what it holds comes back as it was, and every fault is named with its place."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.interchange.native import DefinitionRefused, from_json, to_json
from surveys.kinds import KINDS
from tests.surveys.questionnaires import DEFINITIONS

LEAST = {"title": "T", "questions": [{"key": "nps", "kind": "nps", "text": "Likely?"}]}


@given(DEFINITIONS)
def test_a_definition_written_and_read_is_the_same(definition):
    document = json.loads(json.dumps(to_json(definition)))
    assert from_json(document) == definition
    assert to_json(from_json(document)) == document


def test_what_came_later_is_left_out_where_it_says_nothing():
    names = {"title", "intro", "thank_you", "closed", "language", "languages", "questions"}
    assert set(to_json(from_json(LEAST))) == names
    with_page = from_json({**LEAST, "pages": [{"number": 1}], "privacy": "identified", "layout": "page"})
    assert with_page == from_json(LEAST)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)
PARTS = ("pages", "endings", "layout", "theme", "hidden", "privacy")
NAMES = ("key", "kind", "text", "help", "page", "required", "settings", "choices", "show_if")


@given(
    st.fixed_dictionaries(
        {"title": JSON, "questions": st.lists(st.dictionaries(st.sampled_from(NAMES), JSON), max_size=3)},
        optional=dict.fromkeys(("language", "languages", "intro", *PARTS), JSON),
    )
    | JSON
)
def test_any_json_is_a_definition_or_refused(document):
    try:
        definition = from_json(document)
    except DefinitionRefused as refused:
        faults = refused.faults
    else:
        faults = None
        assert from_json(to_json(definition)) == definition
    assert faults != []


def test_the_least_survey_is_whole():
    definition = from_json(LEAST)
    (question,) = definition
    assert (str(definition.title), definition.language, definition.languages) == ("T", "en", ("en",))
    assert question.settings == {"low": 0, "high": 10, "detractor_max": 6, "passive_max": 8}
    assert definition.pages == ((question,),)


CHOICE = {"key": "a", "text": "A"}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"key": "NPS"}, "key must be"),
        ({"key": "_x"}, "key must be"),
        ({"key": None}, "key must be"),
        ({"kind": "mood"}, "there is no kind 'mood'"),
        ({"kind": []}, "there is no kind"),
        ({"kind": None}, "there is no kind"),
        ({"text": ""}, "has no text"),
        ({"text": "a\x00b"}, "printable"),
        ({"text": "\ud800"}, "printable"),
        ({"text": 5}, "must be a text"),
        ({"text": {"en": 5}}, "must be a text"),
        ({"page": 0}, "page must be"),
        ({"page": True}, "page must be"),
        ({"required": "yes"}, "required must be true or false"),
        ({"settings": {"speed": 1}}, "has no setting speed"),
        ({"settings": {"passive_max": 3}}, "passive_max must be"),
        ({"settings": []}, None),
        ({"settings": [1]}, "settings must be"),
        ({"choices": [CHOICE]}, "has no choices"),
        ({"kind": "single_choice"}, "has no choices"),
        ({"kind": "single_choice", "choices": [CHOICE, CHOICE]}, "repeats the key 'a'"),
        ({"kind": "single_choice", "choices": [{**CHOICE, "is_other": 1}]}, "is_other must be"),
        ({"kind": "single_choice", "choices": [CHOICE], "settings": {"random_order": 1}}, "random_order"),
        (
            {"kind": "multiple_choice", "choices": [CHOICE], "settings": {"min_picks": 2, "max_picks": 1}},
            "max",
        ),
        ({"kind": "csat", "settings": {"shape": "dots"}}, "shape must be one of"),
        ({"kind": "csat", "settings": {"points": 1}}, "points must be"),
        ({"kind": "long_text", "settings": {"max_length": 10**6}}, "max_length must be"),
        ({"show_if": {"answered": "later"}}, "there is no earlier question 'later'"),
        ({"show_if": {"eval": "1"}}, "there is no operator 'eval'"),
        ({"colour": "red"}, "unknown name 'colour'"),
        ({}, None),
    ],
)
def test_each_fault_is_named(change, fault):
    document = {**LEAST, "questions": [{**LEAST["questions"][0], **change}]}
    if fault is None:
        assert from_json(document)
        return
    with pytest.raises(DefinitionRefused) as refused:
        from_json(document)
    assert any(fault in words for _, words in refused.value.faults), refused.value.faults


WHY = {"key": "why", "kind": "long_text", "text": "Why?", "page": 2}
LOW = {"less": ["nps", 7]}
BYE = {"key": "bye", "text": "Bye!"}


@pytest.mark.parametrize(
    ("part", "fault"),
    [
        ({"pages": {}}, "must be a list of pages"),
        ({"pages": ["?"]}, "JSON objects"),
        ({"pages": [{"number": 0}]}, "number must be"),
        ({"pages": [{"number": 3, "title": "?"}]}, "has no question"),
        (
            {"pages": [{"number": 2, "title": "A"}, {"number": 1, "title": "B"}]},
            "must come once, in the order",
        ),
        ({"pages": [{"number": 1, "colour": "red"}]}, "unknown name 'colour'"),
        ({"pages": [{"number": 1, "show_if": LOW}]}, "there is no earlier question 'nps'"),
        ({"pages": [{"number": 2, "title": "Why", "show_if": LOW}]}, None),
        ({"endings": {}}, "must be a list"),
        ({"endings": [{"key": "?"}]}, "key must be"),
        ({"endings": [{"key": "bye"}]}, "neither a text nor an address"),
        ({"endings": [BYE, BYE]}, "same key"),
        ({"endings": [{**BYE, "ask": "money"}]}, "must be one of quote, call_back"),
        ({"endings": [{**BYE, "show_if": {"answered": "gone"}}]}, "there is no earlier question 'gone'"),
        ({"endings": [{**BYE, "show_if": LOW, "ask": "call_back"}]}, None),
        ({"layout": "carousel"}, "must be one of page, question, all"),
        ({"privacy": "secret"}, "must be one of identified, confidential, anonymous"),
        ({"hidden": "plan"}, "must be a list"),
        ({"hidden": ["Plan!"]}, "must be a list"),
        ({"hidden": ["plan", "plan"]}, None),
        ({"theme": []}, "must be a JSON object"),
        ({"theme": {"accent": "x" * 30_000}}, "accent must be a colour"),
    ],
)
def test_each_fault_around_the_questions_is_named(part, fault):
    document = {"title": "T", "questions": [LEAST["questions"][0], WHY], **part}
    if fault is None:
        assert from_json(document)
        return
    with pytest.raises(DefinitionRefused) as refused:
        from_json(document)
    assert any(fault in words for _, words in refused.value.faults), refused.value.faults


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "//example.com/",
        "javascript:alert(1)",
        "https://",
        "https://user@example.com/",
        "https://example.com\\@evil.example/",
        "https://example.com/\n",
        "https://example.com/{{nps}}",
        "https://example.com/%s" % ("x" * 2000),
        "https://example.com:99999/",
        " https://example.com/",
        5,
    ],
)
def test_a_visit_goes_on_to_plain_https_addresses_only(url):
    def with_url(address):
        return from_json({**LEAST, "endings": [{**BYE, "redirect_url": address}]})

    with pytest.raises(DefinitionRefused, match="redirect_url must be"):
        with_url(url)
    allowed = "https://www.example.com:8443/a/b?c=d%20e&f#g"
    assert with_url(allowed).endings[0].redirect_url == allowed


@pytest.mark.parametrize(("layout", "screens"), [("page", 2), ("question", 3), ("all", 1)])
def test_a_layout_spreads_questions_over_screens(layout, screens):
    other = {**LEAST["questions"][0], "key": "other"}
    definition = from_json({"title": "T", "questions": [LEAST["questions"][0], other, WHY], "layout": layout})
    assert len(definition.pages) == screens
    assert [question.key for page in definition.pages for question in page] == ["nps", "other", "why"]


def test_every_fault_is_named_at_once():
    with pytest.raises(DefinitionRefused) as refused:
        from_json({"title": "", "languages": ["?"], "questions": [{"key": "a", "kind": "x"}, "no object"]})
    assert [place for place, _ in refused.value.faults] == ["title", "question a", "question 2", "languages"]


def test_a_question_may_not_go_back_to_an_earlier_page_nor_repeat_a_key():
    first = LEAST["questions"][0]
    with pytest.raises(DefinitionRefused, match="on page 1, after a question on page 2"):
        from_json({**LEAST, "questions": [{**first, "page": 2}, {**first, "key": "b"}]})
    with pytest.raises(DefinitionRefused, match="same key"):
        from_json({**LEAST, "questions": [first, first]})


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_has_the_settings_it_names(kind):
    complete = KINDS[kind].complete_settings({})
    assert KINDS[kind].complete_settings(complete) == complete
    offered = {*KINDS[kind].defaults, *KINDS[kind].text_settings, *KINDS[kind].optional}
    assert set(KINDS[kind].labels) <= offered
