"""The turns of a form, decided without a browser, a request or a database."""

from hypothesis import given
from hypothesis import strategies as st

from surveys.answers import check_answers
from surveys.interchange.native import from_json
from surveys.paging import next_page, page_questions, resumed_page, turn_back, turn_page
from surveys.views.pages import FormPage, render_form
from surveys.wording import LANGUAGES
from tests.surveys.questionnaires import DEFINITIONS, forms, sent_forms

NPS = {"key": "nps", "kind": "nps", "text": "?", "required": True}
LOW = {"less": ["nps", 7]}


def definition(*questions):
    return from_json({"title": "T", "questions": [*questions]})


def words(key, **more):
    return {"key": key, "kind": "short_text", "text": "?", **more}


def codes(turn):
    return {key: error.code for key, error in turn.errors.items()}


@given(st.data())
def test_whoever_turns_pages_at_random_ends_with_what_may_be_stored(data):
    survey = data.draw(DEFINITIONS)
    kept, page = {}, next_page(survey, {}, -1) or 0
    for _ in range(12):
        fields = data.draw(forms(survey))
        shown = [question.key for question in page_questions(survey, kept, page)]
        if data.draw(st.booleans()):
            turn = turn_page(survey, fields, page=page, shown=shown, kept=kept)
        else:
            turn = turn_back(survey, fields, page=page, kept=kept)
            assert turn.page <= page
        assert check_answers(survey, turn.answers, is_complete=False).errors == {}
        if turn.errors:
            assert not turn.is_complete
            assert any(question.key in turn.errors for question in survey.pages[turn.page])
            continue
        kept, page = turn.answers, turn.page
        if turn.is_complete:
            assert check_answers(survey, kept, is_complete=True).errors == {}
            break


@given(sent_forms(), st.sampled_from(LANGUAGES))
def test_any_page_of_any_survey_can_be_drawn_with_anything_in_its_fields(sent, language):
    survey, fields = sent
    turn = turn_page(survey, fields, page=0, shown=[])
    page = FormPage(
        survey, turn.page, language, turn.answers, "/", "k", 0, 0, fields=fields, errors=turn.errors
    )
    html = render_form(page)
    assert html.count("<form") == html.count("</form>") == 1
    assert html.count("<fieldset") == html.count("</fieldset>")


def test_a_required_question_that_appears_is_new_before_it_is_missing():
    survey = definition(NPS, words("why", show_if=LOW, required=True))
    first = turn_page(survey, {"nps": ["3"]}, page=None, shown=["nps"])
    assert (codes(first), first.is_only_unseen) == ({"why": "unseen"}, True)
    second = turn_page(survey, {"nps": ["3"]}, page=None, shown=["nps", "why"])
    assert (codes(second), second.is_only_unseen) == ({"why": "required"}, False)


def test_what_appears_with_an_answer_already_is_taken():
    survey = definition(NPS, words("why", show_if=LOW))
    turn = turn_page(survey, {"nps": ["3"], "why": ["Slow."]}, page=None, shown=["nps"])
    assert (turn.is_complete, turn.answers) == (True, {"nps": 3, "why": "Slow."})


def test_a_fault_and_a_new_question_come_together_as_a_fault():
    survey = definition(NPS, words("why", show_if=LOW), words("line", settings={"max_length": 1}))
    turn = turn_page(survey, {"nps": ["3"], "line": ["ab"]}, page=None, shown=["nps", "line"])
    assert codes(turn) == {"why": "unseen", "line": "too_long"}
    assert not turn.is_only_unseen


def test_an_earlier_page_with_a_gap_comes_back_at_the_end():
    survey = definition(NPS, words("a", page=2))
    turn = turn_page(survey, {"a": ["x"]}, page=1, shown=["a"])
    assert (codes(turn), turn.page) == ({"nps": "required"}, 0)


def test_kept_answers_that_the_definition_no_longer_allows_are_left_out():
    survey = definition(NPS, words("a", page=2))
    turn = turn_page(survey, {"a": ["x"]}, page=1, shown=["a"], kept={"nps": 99, "gone": 1})
    assert codes(turn) == {"nps": "required"}
    assert turn_page(survey, {"a": ["x"]}, page=1, kept={"nps": 9}).answers == {"nps": 9, "a": "x"}


def test_a_visit_goes_on_after_its_last_answer_or_at_the_first_gap():
    survey = definition(
        NPS, words("why", page=2, show_if=LOW), words("must", page=3, required=True), words("end", page=4)
    )
    assert resumed_page(survey, {}) == 0
    assert resumed_page(survey, {"nps": 3}) == 1
    assert resumed_page(survey, {"nps": 9}) == 2
    assert resumed_page(survey, {"nps": 3, "end": "x"}) == 2
    assert resumed_page(survey, {"nps": 9, "must": "x"}) == 3
    assert resumed_page(survey, {"nps": 9, "must": "x", "end": "x"}) == 3


def test_a_visit_that_ended_in_the_middle_of_a_page_goes_on_there():
    note = {"key": "note", "kind": "statement", "text": "!"}
    survey = definition(NPS, words("why"), note, words("end", page=2))
    assert resumed_page(survey, {"nps": 9}) == 0
    assert resumed_page(survey, {"nps": 9, "why": "x"}) == 1
    assert resumed_page(survey, {"nps": 9, "end": "x"}) == 1


def test_back_passes_over_pages_that_ask_nothing():
    survey = definition(NPS, words("why", page=2, show_if=LOW), words("end", page=3))
    assert turn_back(survey, {}, page=2, kept={"nps": 9}).page == 0
    assert turn_back(survey, {}, page=2, kept={"nps": 3}).page == 1
    assert turn_back(survey, {"nps": ["3"]}, page=0).page == 0
