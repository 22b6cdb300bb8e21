"""Two answers against each other, and what of it confidential surveys show."""

from datetime import UTC, date, datetime, timedelta

import pytest

from metrics.actions.absorb import absorb_responses
from metrics.measures.crosstabs import cross_tab
from metrics.measures.samples import Answered, Sample
from metrics.measures.scope import Scope
from metrics.measures.sides import Side, dimension
from surveys.versions import published_definition
from tests import factories as f

pytestmark = pytest.mark.django_db

TODAY = date(2026, 6, 15)
CHOICES = [{"key": "free", "text": "Free"}, {"key": "paid", "text": "Paid"}]
PLAN = {"key": "plan", "kind": "single_choice", "text": "Which plan?", "choices": CHOICES}
USED = {"key": "used", "kind": "multiple_choice", "text": "Used?", "choices": CHOICES}
GRID = {
    "key": "grid",
    "kind": "matrix",
    "text": "How good?",
    "choices": CHOICES,
    "settings": {"rows": [{"key": "speed", "text": "Speed"}]},
}
QUESTIONS = [f.NPS, PLAN, USED, GRID, {"key": "sure", "kind": "yes_no", "text": "Sure?"}]


@pytest.fixture
def survey():
    return f.published_survey(QUESTIONS)


@pytest.fixture
def side(survey):
    definition = published_definition(survey.live_version_id)

    def of(key):
        question = definition.question_by_key[key.partition(".")[0]]
        return Side(key, str(question.text), question)

    return of


@pytest.fixture
def sample(survey):
    viewer = f.user(is_superuser=True)

    def make(version=None, answered=None, **rest):
        days = {"start": None, "end": date(2026, 6, 16), **rest}
        scope = Scope(viewer=viewer, today=TODAY, **{"survey": survey, **days})
        return Sample(scope=scope, version=version, answered=answered)

    return make


def give(survey, count, answers, at=f.NOON, **fields):
    for _ in range(count):
        f.respond(survey, answers, at=at, **fields)


def table(found):
    return {line.label: [cell.count for cell in line.cells] for line in found.lines}


def test_counts_totals_and_a_test_that_does_not_overstate(survey, sample, side):
    for plan, sure, count in (
        ("free", "yes", 10),
        ("free", "no", 30),
        ("paid", "yes", 25),
        ("paid", "no", 9),
    ):
        give(survey, count, {"plan": plan, "sure": sure})
    give(survey, 4, {"plan": "free"})
    found = cross_tab(sample(), side("plan"), side("sure"))
    assert table(found) == {"Free": [10, 30], "Paid": [25, 9]}
    assert (found.columns, found.totals, found.responses) == (("Yes", "No"), (35, 39), 74)
    assert [cell.percent for cell in found.lines[0].cells] == [25, 75]
    assert found.test.p < 0.001
    assert [[cell.mark for cell in line.cells] for line in found.lines] == [[-1, 1], [1, -1]]
    assert "That one causes the other is not said" in found.words
    assert (found.tested, found.marked) == (4, 4)


def test_what_goes_together_by_chance_is_said_to(survey, sample, side):
    for plan, sure in (("free", "yes"), ("free", "no"), ("paid", "yes"), ("paid", "no")):
        give(survey, 20, {"plan": plan, "sure": sure})
    found = cross_tab(sample(), side("plan"), side("sure"))
    assert found.words.startswith("The two may well have nothing to do")
    assert found.marked == 0


def test_few_answers_and_several_answers_a_person_get_no_test(survey, sample, side):
    give(survey, 2, {"plan": "free", "sure": "yes", "used": ["free", "paid"]})
    give(survey, 1, {"plan": "paid", "sure": "no", "used": ["paid"]})
    assert cross_tab(sample(), side("plan"), side("sure")).words.startswith("No test")
    many = cross_tab(sample(), side("used"), side("sure"))
    assert table(many) == {"Free": [2, 0], "Paid": [2, 1]}
    assert many.responses == 3
    assert many.test is None
    assert "several answers" in many.words


def test_an_empty_answer_is_none(survey, sample, side):
    give(survey, 2, {"plan": "free", "sure": "yes"})
    give(survey, 3, {"plan": None, "sure": "yes"})
    found = cross_tab(sample(), side("plan"), side("sure"))
    assert (table(found), found.responses) == ({"Free": [2]}, 2)


def test_a_row_of_a_matrix_and_what_a_response_is(survey, sample, side):
    account = f.account(segment="Large")
    give(survey, 3, {"grid": {"speed": "paid"}, "nps": 9}, account=account, language="de")
    give(survey, 2, {"grid": {"speed": "free"}, "nps": 0}, channel="qr")
    absorb_responses(now=f.NOON)
    assert table(cross_tab(sample(), side("grid.speed"), dimension("segment"))) == {
        "Free": [2, 0],
        "Paid": [0, 3],
    }
    assert cross_tab(sample(), side("grid.speed"), dimension("segment")).columns == ("none given", "Large")
    assert cross_tab(sample(), side("nps"), dimension("language")).columns == ("de", "en")
    assert cross_tab(sample(), side("nps"), dimension("channel")).columns == ("link", "qr")
    version = str(survey.live_version_id)
    assert cross_tab(sample(), side("nps"), dimension("version"), {version: "version 1"}).columns == (
        "version 1",
    )
    with pytest.raises(KeyError):
        dimension("account_id")


def test_filters_and_flags_narrow_it_down(survey, sample, side):
    give(survey, 2, {"plan": "free", "sure": "yes", "nps": 9})
    give(survey, 1, {"plan": "paid", "sure": "yes", "nps": 0}, flags=["fast"], language="de")
    of = side("plan"), side("sure")
    assert cross_tab(sample(answered=Answered("nps", ("0", "1"))), *of).responses == 1
    assert cross_tab(sample(without_flagged=True), *of).responses == 2
    assert cross_tab(sample(language="de"), *of).responses == 1
    assert cross_tab(sample(version=survey.live_version_id), *of).responses == 3
    assert cross_tab(sample(version=-1), *of).responses == 0


class TestConfidential:
    """No combination that fewer than five gave, no filter, and no window to take a difference of."""

    @pytest.fixture(params=["confidential", "anonymous"])
    def survey(self, request):
        return f.published_survey(QUESTIONS, privacy=request.param)

    def test_every_combination_was_given_by_enough_or_nothing_shows(self, survey, sample, side):
        give(survey, 9, {"plan": "free", "sure": "yes"})
        give(survey, 4, {"plan": "paid", "sure": "no"})
        of = side("plan"), side("sure")
        absorb_responses(now=f.NOON)
        assert cross_tab(sample(), *of).is_hidden
        give(survey, 5, {"plan": "paid", "sure": "no"})
        absorb_responses(now=f.NOON)
        assert table(cross_tab(sample(), *of)) == {"Free": [9, 0], "Paid": [0, 9]}

    def test_no_filter_and_no_window_tells_anybody_apart(self, survey, sample, side):
        may, june = (datetime(2026, month, 5, 12, tzinfo=UTC) for month in (5, 6))
        give(survey, 9, {"plan": "free", "sure": "yes", "nps": 9}, at=may)
        give(survey, 8, {"plan": "paid", "sure": "no", "nps": 0}, at=may)
        give(survey, 6, {"plan": "free", "sure": "yes", "nps": 9}, at=june)
        give(survey, 1, {"plan": "paid", "sure": "no", "nps": 0}, at=june)
        absorb_responses(now=f.NOON)
        of = side("plan"), side("sure")
        whole = table(cross_tab(sample(), *of))
        assert whole == {"Free": [15, 0], "Paid": [0, 9]}
        for start in range(0, 70, 7):
            for length in (1, 20, 40):
                begin = date(2026, 4, 20) + timedelta(days=start)
                found = cross_tab(sample(start=begin, end=begin + timedelta(days=length)), *of)
                assert found.is_hidden or table(found) == whole
        for narrowed in (
            {"language": "en"},
            {"channel": "link"},
            {"attributes": {"segment": "a"}},
            {"without_flagged": True},
            {"answered": Answered("nps", ("0",))},
            {"version": survey.live_version_id},
        ):
            assert cross_tab(sample(**narrowed), *of).is_hidden
