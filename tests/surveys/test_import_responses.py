"""What `import_responses` does with good and bad rows."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from accounts.models.people import OPERATOR
from metrics.actions.absorb import absorb_responses
from metrics.models import Score, Slice
from surveys.exports import responses_dataset
from surveys.models import Response
from tests import factories
from tests.accounts.tables import csv_file, run, workbook

pytestmark = pytest.mark.django_db

REASON = {
    "key": "reason",
    "kind": "single_choice",
    "text": "Main reason?",
    "choices": [
        {"key": "price", "text": {"en": "The price", "de": "Der Preis"}},
        {"key": "na", "text": "N/A"},
        {"key": "else", "text": "Something else", "is_other": True},
    ],
}
USED = {
    "key": "used",
    "kind": "multiple_choice",
    "text": "What do you use?",
    "settings": {"max_picks": 2},
    "choices": [
        {"key": "app", "text": "App; mobile"},
        {"key": "api", "text": "API"},
        {"key": "none", "text": "Nothing", "is_exclusive": True},
    ],
}
QUESTIONS = [factories.NPS, factories.CSAT, REASON, USED, factories.WHY]


@pytest.fixture
def survey():
    return factories.published_survey(QUESTIONS, languages=["en", "de"])


@pytest.fixture
def ada():
    return factories.contact(factories.account(external_id="A1"), external_id="C1")


def answers(survey):
    return {
        response.submission_key.removeprefix("import:"): response.answers
        for response in survey.responses.order_by("pk")
    }


def test_it_keeps_dates_and_ties_answers_to_account_and_contact(tmp_path, survey, ada):
    path = csv_file(
        tmp_path,
        "id,who,when,nps,CSAT,why,lang",
        "1,C1,16-10-2024,9,5,Great,DE",
        "2,,16-10-2024 09:30,0,,,",
    )
    said = run(
        *("import_responses", survey.slug, path, "--map", "id=external_id", "--map", "who=contact"),
        *("--map", "when=submitted_at", "--map", "lang=language", "--date-format", "DD-MM-YYYY"),
    )
    assert said.out == "2 created, 0 updated, 0 unchanged, 0 rejected"
    first, second = survey.responses.order_by("submission_key")
    assert first.submission_key == "import:1"
    assert (first.contact, first.account) == (ada, ada.account)
    assert first.submitted_at == first.started_at == datetime(2024, 10, 16, 12, tzinfo=UTC)
    assert (first.language, first.channel, first.revision) == ("de", "import", 1)
    assert (first.version_id, first.is_test) == (survey.live_version_id, False)
    assert first.answers == {"nps": 9, "csat": 5, "why": "Great"}
    assert (second.contact, second.account, second.language) == (None, None, "en")
    assert second.submitted_at == datetime(2024, 10, 16, 9, 30, tzinfo=UTC)
    assert second.answers == {"nps": 0}


def test_a_day_is_that_day_in_the_reporting_zone(tmp_path, survey, settings):
    settings.REPORTING_ZONE = zone = ZoneInfo("Pacific/Auckland")
    path = csv_file(tmp_path, "submitted_at,nps", "2024-10-16,9")
    run("import_responses", survey.slug, path)
    assert survey.responses.get().submitted_at == datetime(2024, 10, 16, 12, tzinfo=zone)


def test_a_second_run_changes_nothing_and_a_changed_answer_is_the_next_revision(tmp_path, survey):
    lines = ["external_id,submitted_at,nps", "1,2024-10-16,9", "2,2024-10-16,3"]
    run("import_responses", survey.slug, csv_file(tmp_path, *lines))
    Response.objects.update(changed_at=factories.NOON)
    said = run("import_responses", survey.slug, csv_file(tmp_path, *lines))
    assert said.out == "0 created, 0 updated, 2 unchanged, 0 rejected"
    said = run("import_responses", survey.slug, csv_file(tmp_path, *lines[:-1], "2,2024-10-16,4"))
    assert said.out == "0 created, 1 updated, 1 unchanged, 0 rejected"
    same, changed = survey.responses.order_by("submission_key")
    assert (same.revision, same.changed_at) == (1, factories.NOON)
    assert (changed.revision, changed.answers) == (2, {"nps": 4})
    assert changed.changed_at > factories.NOON


def test_an_account_found_later_is_the_next_revision_too(tmp_path, survey, ada):
    run("import_responses", survey.slug, csv_file(tmp_path, "external_id,nps", "1,9"))
    stored = survey.responses.get()
    said = run("import_responses", survey.slug, csv_file(tmp_path, "external_id,nps,account", "1,9,A1"))
    assert said.out == "0 created, 1 updated, 0 unchanged, 0 rejected"
    found = survey.responses.get()
    assert (found.account, found.revision) == (ada.account, 2)
    assert found.submitted_at == stored.submitted_at


def test_rows_without_an_id_are_known_by_line_and_content(tmp_path, survey):
    path = csv_file(tmp_path, "nps", "9", "9", "3")
    assert run("import_responses", survey.slug, path).out == "3 created, 0 updated, 0 unchanged, 0 rejected"
    assert run("import_responses", survey.slug, path).out == "0 created, 0 updated, 3 unchanged, 0 rejected"


def test_a_dry_run_stores_nothing(tmp_path, survey):
    said = run("import_responses", survey.slug, csv_file(tmp_path, "nps", "9", "11"), dry_run=True)
    assert said.out == "Dry run: 1 created, 0 updated, 0 unchanged, 1 rejected"
    assert not survey.responses.exists()


@pytest.mark.parametrize(
    ("cell", "stored"),
    [("0", 0), (" 10 ", 10), ("7.0", 7), ("", None), ("NA", None), ("n/a", None)],
)
def test_it_reads_points(tmp_path, survey, cell, stored):
    run("import_responses", survey.slug, csv_file(tmp_path, "external_id,nps,why", f"1,{cell},because"))
    assert answers(survey)["1"].get("nps") == stored


@pytest.mark.parametrize("cell", ["11", "-1", "9.5", "9,0", "nine", "９", "TRUE", "1e1", "NaN"])
def test_it_rejects_what_is_no_point_of_the_scale(tmp_path, survey, cell):
    said = run("import_responses", survey.slug, csv_file(tmp_path, "nps;why", f"{cell};because", "9;x"))
    assert said.out == "1 created, 0 updated, 0 unchanged, 1 rejected"
    assert said.rejections[0].startswith(f"line 2: nps: '{cell}': ")


@pytest.mark.parametrize(
    ("cell", "stored"),
    [
        ("price", "price"),
        ("the PRICE", "price"),
        ("Der Preis", "price"),
        ("N/A", "na"),
        ("else", {"other": ""}),
        ("Speed; mostly", {"other": "Speed; mostly"}),
        ("", None),
    ],
)
def test_it_knows_a_choice_by_key_or_text(tmp_path, survey, cell, stored):
    run("import_responses", survey.slug, csv_file(tmp_path, "external_id,nps,reason", f"1,9,{cell}"))
    assert answers(survey)["1"].get("reason") == stored


@pytest.mark.parametrize(
    ("cell", "stored"),
    [
        ("API", ["api"]),
        ("api; app", ["app", "api"]),
        ("API | App; mobile", None),
        ("App; mobile", ["app"]),
        ("NA", []),
    ],
)
def test_several_picks_stand_in_one_cell(tmp_path, survey, cell, stored):
    said = run("import_responses", survey.slug, csv_file(tmp_path, "external_id,nps,used", f"1,9,{cell}"))
    if stored is None:
        assert said.rejections == [f"line 2: used: '{cell}': is none of the choices"]
    else:
        assert answers(survey)["1"].get("used", []) == stored


def test_each_bad_row_is_rejected_whole_with_every_reason(tmp_path, survey, ada):
    factories.account(external_id="A2")
    path = csv_file(
        tmp_path,
        "external_id,account,contact,submitted_at,nps,reason,used,language",
        "1,A1,C1,2024-01-01,9,price,,",
        "2,A9,C9,2024-01-01,9,,,",
        "3,A2,C1,2024-01-01,9,,,",
        "4,,,01.01.2024,11,,api;api,klingon!",
        "5,,,,9,,,",
        ",,,2024-01-01,9,,,",
        "1,,,2024-01-01,8,,,",
        "8,,,2024-01-01,,,,",
        "9,,,2024-01-01,9,,none;api,",
    )
    said = run("import_responses", survey.slug, path)
    assert said.out == "1 created, 0 updated, 0 unchanged, 8 rejected"
    assert said.rejections == [
        "line 3: account: there is no account 'A9'; contact: there is no contact 'C9'",
        "line 4: contact: belongs to another account",
        "line 5: submitted_at: '01.01.2024' is not a date like 2024-12-31; "
        "language: 'klingon!' is not a language code such as en or pt-BR; "
        "nps: '11': the scale goes from 0 to 10; used: 'api;api': names a choice twice",
        "line 6: submitted_at: is empty",
        "line 7: external_id: is empty",
        "line 8: external_id: the same as in line 2",
        "line 9: holds no answer",
        "line 10: used: 'none;api': joins others with a choice that stands alone",
    ]
    assert said.status == 1


def test_what_the_survey_demands_or_does_not_ask_is_rejected(tmp_path):
    only_unhappy = {**factories.WHY, "show_if": {"less": ["nps", 7]}}
    survey = factories.published_survey([{**factories.NPS, "required": True}, only_unhappy])
    said = run(
        "import_responses", survey.slug, csv_file(tmp_path, "nps,why", "3,Slow", "9,Fast", ",Hm", "9,")
    )
    assert said.out == "2 created, 0 updated, 0 unchanged, 2 rejected"
    assert said.rejections == [
        "line 3: why: is not asked of who answers like this",
        "line 4: nps: is missing, and the survey demands it; why: is not asked of who answers like this",
    ]


def test_a_question_called_like_a_field_is_named_as_an_answer(tmp_path):
    survey = factories.published_survey([factories.NPS, {**factories.WHY, "key": "language"}])
    path = csv_file(tmp_path, "nps,language,spoken", "9,de,Python")
    run("import_responses", survey.slug, path, "--map", "spoken=answers.language")
    response = survey.responses.get()
    assert (response.language, response.answers) == ("de", {"nps": 9, "language": "Python"})


def test_a_workbook_is_read_with_its_dates(tmp_path, survey):
    day = datetime(2024, 10, 16)  # noqa: DTZ001
    run("import_responses", survey.slug, workbook(tmp_path, ["submitted_at", "nps"], [day, 9.0]))
    response = survey.responses.get()
    assert (response.submitted_at, response.answers) == (datetime(2024, 10, 16, 12, tzinfo=UTC), {"nps": 9})


def test_a_guarded_comment_is_stored_as_it_was_given(tmp_path, survey):
    run("import_responses", survey.slug, csv_file(tmp_path, "external_id,why", "1,'=SUM(A1)", "2,'-"))
    assert answers(survey) == {"1": {"why": "=SUM(A1)"}, "2": {"why": "-"}}


def test_a_draft_takes_no_responses(tmp_path, survey):
    survey.live_version = None
    survey.save()
    said = run("import_responses", survey.slug, csv_file(tmp_path, "nps", "9"))
    assert (said.status, said.words) == (
        1,
        f"the survey '{survey.slug}' is a draft: publish it, then import",
    )


def test_wrong_use_is_explained(tmp_path, survey):
    path = csv_file(tmp_path, "external_id,score", "1,9")
    said = run("import_responses", "nowhere", path)
    assert (said.status, said.words) == (2, "there is no survey 'nowhere'")
    said = run("import_responses", survey.slug, path)
    assert said.status == 2
    assert said.words == (
        "no column feeds a question: name one with --map; the questions are nps, csat, reason, used, why"
    )
    said = run("import_responses", survey.slug, path, "--map", "score=nsp")
    assert said.status == 2
    assert "the fields are external_id, account, contact, submitted_at, language, nps" in said.words


def test_an_import_asks_the_database_as_often_for_ten_rows_as_for_nine_hundred(
    tmp_path, survey, ada, django_assert_max_num_queries
):
    for size in (10, 900):
        lines = [f"{size}-{number},A1,C1,2024-01-01,9" for number in range(size)]
        path = csv_file(tmp_path, "external_id,account,contact,submitted_at,nps", *lines)
        with django_assert_max_num_queries(13):
            run("import_responses", survey.slug, path)
    assert survey.responses.count() == 910


def test_an_answer_of_the_future_is_rejected_and_one_of_the_past_is_not(tmp_path, survey):
    path = csv_file(tmp_path, "external_id,submitted_at,nps", "1,2024-03-06,9", "2,2099-03-06,9")
    said = run("import_responses", survey.slug, path)
    assert said.out == "1 created, 0 updated, 0 unchanged, 1 rejected"
    assert "2099-03-06 lies in the future" in str(said.rejections)


class TestGivenInConfidence:
    @pytest.fixture
    def survey(self):
        return factories.published_survey([factories.NPS], privacy="confidential")

    @staticmethod
    def take_over(tmp_path, survey, *rows):
        lines = (f"{key},{account},2024-10-{day},{score}" for key, account, day, score in rows)
        path = csv_file(tmp_path, "external_id,account,submitted_at,nps", *lines)
        assert run("import_responses", survey.slug, path).status == 0

    @staticmethod
    def exported(survey):
        rows = responses_dataset(survey, OPERATOR).rows
        return sorted(row[-1] for row in rows)

    def test_five_leave_at_once_with_their_days_and_four_wait(self, tmp_path, survey):
        factories.account(external_id="A1")
        rows = [(place, "A1", 10 + place, place) for place in range(9)]
        self.take_over(tmp_path, survey, *rows[:4])
        assert self.exported(survey) == []
        self.take_over(tmp_path, survey, *rows[:5])
        assert self.exported(survey) == [0, 1, 2, 3, 4]
        self.take_over(tmp_path, survey, *rows)
        assert self.exported(survey) == [0, 1, 2, 3, 4]
        assert {each.submitted_at.day for each in survey.responses.all()} == {*range(10, 19)}

    def test_a_segment_of_one_among_them_is_not_counted_apart(self, tmp_path, survey):
        big, small = (factories.account(segment=name) for name in ("big", "small"))
        self.take_over(
            tmp_path, survey, *((n, (small if n == 6 else big).external_id, 10, n) for n in range(7))
        )
        absorb_responses(now=timezone.now())
        assert {*Slice.objects.values_list("segment", flat=True)} == {""}
        assert Score.objects.count() == 7
