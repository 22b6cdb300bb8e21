"""Edits of a working copy: what they do, whom they refuse, and how they are undone."""

from datetime import timedelta

import pytest
from hypothesis import given

from surveys.actions.authoring import create_survey
from surveys.actions.drafts import draft_json
from surveys.actions.editing import (
    KEPT_STEPS,
    Change,
    DraftChanged,
    NothingToUndo,
    change_draft,
    last_step,
    undo_change,
    write_draft,
)
from surveys.drafting import (
    EditRefused,
    add_question,
    delete_question,
    duplicate_question,
    fingerprint,
    join_page,
    move_question,
    pages_in,
    part_of,
    put_page,
    put_parts,
    put_question,
    question_in,
    step_page,
    step_question,
)
from surveys.interchange.native import from_json, to_json
from surveys.new_questions import adopted, new_question
from surveys.sketches import previewable
from tests import factories
from tests.factories import NOON
from tests.surveys.questionnaires import DEFINITIONS

CHOICES = [{"key": "red", "text": {"en": "Red", "de": "Rot"}}, {"key": "blue", "text": "Blue"}]
DOCUMENT = {
    "title": {"en": "Draft", "de": "Entwurf"},
    "languages": ["en", "de"],
    "questions": [
        {**factories.NPS, "text": {"en": "Would you?", "de": "Würden Sie?"}},
        {"key": "colour", "kind": "single_choice", "text": "Which?", "choices": CHOICES},
        {**factories.WHY, "page": 2, "show_if": {"less": ["nps", 7]}},
        {**factories.CSAT, "page": 3},
    ],
    "pages": [{"number": 2, "title": "Why", "show_if": {"answered": "nps"}}],
    "endings": [{"key": "low", "text": "Sorry", "show_if": {"less": ["nps", 7]}}],
}


@pytest.fixture
def document():
    """A working copy as it is read from its rows, without a database."""
    made = to_json(from_json(DOCUMENT))
    return {
        "pages": [],
        "endings": [],
        "layout": "page",
        "theme": {},
        "hidden": [],
        "privacy": "identified",
        **made,
    }


def places(document):
    return [[question["key"] for question in page] for page in pages_in(document)]


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (step_question("colour", -1), [["colour", "nps"], ["why"], ["csat"]]),
        (step_question("colour", 1), [["nps"], ["colour", "why"], ["csat"]]),
        (step_question("why", -1), [["nps", "colour", "why"], ["csat"]]),
        (step_question("nps", -1), [["nps"], ["colour"], ["why"], ["csat"]]),
        (move_question("csat", page=1, place=1), [["nps", "csat", "colour"], ["why"]]),
        (move_question("nps", page=3, place=9), [["colour"], ["why"], ["csat", "nps"]]),
        (move_question("nps", page=4, place=0), [["colour"], ["why"], ["csat"], ["nps"]]),
        (delete_question("why"), [["nps", "colour"], ["csat"]]),
        (duplicate_question("nps", "nps_2"), [["nps", "nps_2", "colour"], ["why"], ["csat"]]),
        (step_page(2, -1), [["why"], ["nps", "colour"], ["csat"]]),
        (join_page(3), [["nps", "colour"], ["why", "csat"]]),
    ],
)
def test_questions_and_pages_are_put_in_another_order(document, edit, expected):
    before = fingerprint(document)
    after = edit(document)
    assert places(after) == expected
    assert [question["page"] for question in after["questions"]] == [
        number for number, page in enumerate(expected, start=1) for _ in page
    ]
    assert fingerprint(document) == before, "an edit leaves what it was given as it was"


def test_what_is_said_of_a_page_goes_with_its_questions(document):
    assert step_page(2, 1)(document)["pages"][0]["number"] == 3
    assert [page["number"] for page in delete_question("why")(document)["pages"]] == []
    assert step_question("nps", -1)(document)["pages"][0]["number"] == 3
    titled = put_page(1, title={"en": "First"}, show_if=None)(document)
    assert [page["number"] for page in titled["pages"]] == [1, 2]
    assert [page["number"] for page in put_page(1, title={}, show_if=None)(titled)["pages"]] == [2]


@pytest.mark.parametrize(
    "edit",
    [
        step_page(1, -1),
        step_page(3, 1),
        step_question("csat", 1),
        step_question("gone", 1),
        delete_question("gone"),
        move_question("gone", page=1, place=0),
        join_page(1),
        add_question({**DOCUMENT["questions"][0]}),
        put_question("colour", {**DOCUMENT["questions"][0], "show_if": None}),
    ],
)
def test_what_cannot_be_done_is_refused(document, edit):
    with pytest.raises(EditRefused):
        edit(document)


def test_a_question_is_added_behind_another_or_on_a_page_of_its_own(document):
    new = new_question(document, "csat")
    assert new["key"] == "csat_2"
    assert places(add_question(new, after="nps")(document))[0] == ["nps", "csat_2", "colour"]
    assert places(add_question(new)(document))[-1] == ["csat", "csat_2"]
    assert places(add_question(new, after="nps", on_new_page=True)(document))[1] == ["csat_2"]
    assert places(add_question(new, on_new_page=True)({**document, "questions": []})) == [["csat_2"]]


def test_a_new_key_goes_into_every_condition(document):
    renamed = put_question("nps", {**document["questions"][0], "key": "likely"})(document)
    assert question_in(renamed, "why")["show_if"] == {"less": ["likely", 7]}
    assert renamed["pages"][0]["show_if"] == {"answered": "likely"}
    assert renamed["endings"][0]["show_if"] == {"less": ["likely", 7]}
    assert from_json(renamed)


def test_a_question_of_the_library_speaks_the_surveys_languages(document):
    found = {
        **factories.NPS,
        "text": {"en": "Likely?", "fr": "Probable ?"},
        "settings": {"low_label": {"fr": "Non"}},
    }
    one = adopted({**document, "language": "fr", "languages": ["fr", "de"]}, found)
    assert (one["key"], one["text"], one["settings"]) == (
        "nps_2",
        {"fr": "Probable ?"},
        {"low_label": {"fr": "Non"}},
    )
    assert adopted({**document, "language": "ja", "languages": ["ja"]}, found)["text"] == {"ja": "Likely?"}


def test_a_draft_with_faults_is_shown_as_far_as_it_goes(document):
    document["questions"][0]["text"] = {}
    document["questions"][1]["choices"] = []
    document["questions"][2]["show_if"] = {"less": ["nowhere", 7]}
    shown = previewable(document)
    assert [str(question.text) for question in shown] == [
        "…",
        "What is the main reason?",
        "How satisfied are you?",
    ]
    assert previewable({**document, "questions": []}) is None


@given(DEFINITIONS)
def test_any_draft_without_faults_is_shown_whole(definition):
    assert previewable(to_json(definition)) == definition


@pytest.fixture
def survey(db):
    return create_survey(from_json(DOCUMENT), programme=factories.programme(), slug="draft")


def change(survey, edit, *, by, now=NOON, **more):
    return change_draft(survey, Change(edit, **{"what": "Changed", **more}), by=by, now=now)


def test_what_is_written_is_what_is_read_again(survey):
    anna = factories.user()
    for edit in (
        step_page(1, 1),
        duplicate_question("colour", "colour_2"),
        delete_question("nps"),
        add_question(new_question(DOCUMENT | {"language": "en"}, "csat")),
        put_parts(language="de", languages=["de", "en"]),
        put_parts(hidden=["ticket"], layout="question", privacy="anonymous", endings=[]),
    ):
        wanted = edit(draft_json(survey))
        assert said(change(survey, edit, by=anna)) == said(wanted)
        survey.refresh_from_db()
        assert said(draft_json(survey)) == said(wanted)
        assert last_step(survey, draft_json(survey)) is not None


def said(part):
    """The document without the texts that say nothing."""
    if isinstance(part, dict):
        return {
            name: said(value) for name, value in part.items() if value not in ("", {}, {"en": ""}, {"de": ""})
        }
    return [said(one) for one in part] if isinstance(part, list) else part


@given(first=DEFINITIONS, second=DEFINITIONS)
@pytest.mark.django_db
def test_any_draft_becomes_any_other(first, second):
    made = factories.programme()
    survey = create_survey(first, programme=made, slug=f"any-{next(factories.numbers)}")
    frame = {"pages": [], "endings": [], "layout": "page", "theme": {}, "hidden": [], "privacy": "identified"}
    write_draft(survey, draft_json(survey), {**frame, **to_json(second)})
    assert from_json(draft_json(survey)) == second


def test_steps_are_undone_one_after_the_other_and_leave_nothing_behind(survey):
    anna = factories.user()
    begun = draft_json(survey)
    moved = change(survey, step_question("colour", -1), by=anna, what="Moved")
    change(survey, delete_question("colour"), by=anna, what="Deleted")
    assert last_step(survey, draft_json(survey)).what == "Deleted"
    assert undo_change(survey, now=NOON)[0] == moved == draft_json(survey)
    assert undo_change(survey, now=NOON)[0] == begun == draft_json(survey)
    with pytest.raises(NothingToUndo):
        undo_change(survey, now=NOON)


def test_typing_is_one_step_and_a_pause_begins_another(survey):
    anna, ben = factories.user(), factories.user()

    def typed(words, by, now):
        question = {**draft_json(survey)["questions"][0], "text": {"en": words}}
        change(survey, put_question("nps", question), by=by, now=now, part="question nps")

    for seconds, (words, by) in enumerate([("W", anna), ("Wo", anna), ("Wou", ben), ("Woul", anna)]):
        typed(words, by, NOON + timedelta(seconds=seconds))
    typed("Would", anna, NOON + timedelta(minutes=2))
    texts = []
    while last_step(survey, draft_json(survey)):
        texts.append(undo_change(survey, now=NOON)[0]["questions"][0]["text"]["en"])
    assert texts == ["Woul", "Wou", "Wo", "Would you?"]


def test_a_change_from_elsewhere_is_not_undone_with_ours(survey):
    change(survey, step_question("colour", -1), by=factories.user())
    survey.questions.filter(key="nps").update(text="Written elsewhere")
    assert last_step(survey, draft_json(survey)) is None
    with pytest.raises(NothingToUndo):
        undo_change(survey, now=NOON)
    assert survey.questions.get(key="nps").text == "Written elsewhere"


def test_nothing_another_person_saved_is_overwritten(survey):
    anna, ben = factories.user(), factories.user()
    seen = fingerprint(part_of(draft_json(survey), "question nps"))
    other = fingerprint(part_of(draft_json(survey), "question why"))
    question = draft_json(survey)["questions"][0]
    ours = {**question, "text": {"en": "Ours"}}
    change(survey, put_question("nps", ours), by=anna, part="question nps", seen=seen)
    with pytest.raises(DraftChanged) as refused:
        change(survey, put_question("nps", question), by=ben, part="question nps", seen=seen)
    assert refused.value.by == anna
    assert survey.questions.get(key="nps").text == "Ours"
    # Another question, and a question that was only moved, are nobody's conflict.
    change(survey, step_question("why", -1), by=anna)
    change(survey, delete_question("why"), by=ben, part="question why", seen=other)


def test_only_the_latest_steps_are_kept(survey):
    anna = factories.user()
    for number in range(KEPT_STEPS + 3):
        change(survey, put_parts(hidden=[f"h{number}"]), by=anna, what=f"Step {number}")
    assert survey.steps.count() == KEPT_STEPS


def test_a_change_writes_only_what_differs(survey, django_assert_max_num_queries):
    with django_assert_max_num_queries(24):
        change(survey, step_question("colour", -1), by=factories.user())
    with django_assert_max_num_queries(9):
        change(survey, lambda document: document, by=factories.user())
