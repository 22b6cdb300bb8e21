"""Every survey file at hand becomes a survey that can be published, and its tool's responses come along."""

import csv
import re
from collections import Counter
from datetime import date

import pytest

from bench.corpus import DEFAULT, ENOUGH, examine, share_converted, surveys_in
from surveys.models import Response, Survey
from tests import factories
from tests.accounts.tables import run

SURVEYS = DEFAULT.parent / "surveys"

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.realdata,
    pytest.mark.skipif(not DEFAULT.exists(), reason="no ../shared/data beside this clone"),
]


def imported(path, *arguments):
    """The survey that a file becomes, published, and what the command said."""
    said = run("import_survey", path, "--publish", *arguments)
    assert said.status == 0, (said.words, said.rejections)
    slug = re.search(r"^slug: (.*)$", said.out, re.M)[1]
    return Survey.objects.get(slug=slug), said


def test_nine_questions_of_ten_are_converted_and_none_is_lost_silently():
    lines = examine(DEFAULT)
    assert len(lines) > 40
    assert [line.name for line in lines if line.conversion is None] == []
    assert [line.name for line in lines if line.is_silent] == []
    assert share_converted(lines) >= ENOUGH
    assert [line.name for line in lines if line.conversion.converted < ENOUGH * (line.count or 0)] == []


def test_every_file_is_published_and_its_export_comes_back_the_same(tmp_path):
    for name, content in surveys_in(DEFAULT):
        path = tmp_path / name.rpartition("/")[2]
        path.write_bytes(content)
        if (
            path.suffix in (".csv", ".xml")
            or path.name in ("values.json", "Q5_Coded.xlsx")
            or "export" in name
        ):
            continue
        survey, _ = imported(path)
        first = run("export_survey", survey.slug).out
        (tmp_path / "native.json").write_text(first)
        again, _ = imported(tmp_path / "native.json")
        assert run("export_survey", again.slug).out == first, name


QUALTRICS = DEFAULT / "qualtrics" / "qualtricstools"


@pytest.mark.parametrize(
    ("definition", "export", "rows", "sample"),
    [
        (
            "Sample_Survey/Sample_Survey.qsf",
            "Sample_Survey/Sample_Survey.csv",
            5,
            "q2_favorite",
        ),
        (
            "Long_Exhaustive_Sample_Survey/Long_Exhaustive_Sample_Survey.qsf",
            "Long_Exhaustive_Sample_Survey/Long_Exhaustive_Sample_Survey.csv",
            31,
            "q2",
        ),
        (
            "Matrix_Single_Answer_Survey/Matrix_Single_Answer_Testing.qsf",
            "Matrix_Single_Answer_Survey/Matrix_Single_Answer_Testing.csv",
            5,
            "q2",
        ),
        (
            "Multiple_Answer_Multiple_Choices_Questions/Multiple_Answer_MC_Questions.qsf",
            "Multiple_Answer_Multiple_Choices_Questions/Multiple_Answer_MC_Questions.csv",
            5,
            "q2",
        ),
        (
            "Multiple_Answer_Multiple_Choices_Questions/Multiple_Answer_MC_Questions.qsf",
            "Multiple_Answer_Multiple_Choices_Questions/Multiple_Answer_MC_Questions_(Insights).csv",
            5,
            "q4",
        ),
        (
            "Survey_Logic/Survey_Logic_EVERYWHERE.qsf",
            "Survey_Logic/Survey_Logic_EVERYWHERE.csv",
            10,
            "q1",
        ),
        (
            "Comment_Coding/Test_Survey_for_Coded_Comments.qsf",
            "Comment_Coding/Test_Survey_for_Coded_Comments.csv",
            10,
            "q2",
        ),
        ("User_Notes_Survey/Notes_Survey.qsf", "User_Notes_Survey/Notes_Survey.csv", 5, "q1"),
    ],
)
def test_qualtrics_responses_follow_their_survey(definition, export, rows, sample):
    survey, _ = imported(QUALTRICS / definition)
    said = run("import_responses", survey.slug, QUALTRICS / export)
    assert said.rejections == []
    assert f"{rows} created, 0 updated, 0 unchanged, 0 rejected" in said.out
    again = run("import_responses", survey.slug, QUALTRICS / export)
    assert f"0 created, 0 updated, {rows} unchanged, 0 rejected" in again.out
    assert any(sample in response.answers for response in Response.objects.all())


def test_a_study_of_qualtrics_keeps_its_171_answers_with_their_dates():
    folder = DEFAULT / "qualtrics" / "porter_2016"
    survey, said = imported(folder / "survey.qsf")
    assert said.out.startswith("converted 34 of 34 questions")
    assert "171 created" in run("import_responses", survey.slug, folder / "full_anonymized.csv").out
    with (folder / "full_anonymized.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    warmth = [float(row["democrat_warm_1"]) for row in rows if row["democrat_warm_1"]]
    stored = [
        answers["democrat_warm_1"]
        for answers in Response.objects.values_list("answers", flat=True)
        if "democrat_warm_1" in answers
    ]
    assert Counter(stored) == Counter(warmth)
    days = Counter(Response.objects.values_list("submitted_at__date", flat=True))
    assert days == Counter(date.fromisoformat(row["RecordedDate"][:10]) for row in rows)


def test_an_archive_of_limesurvey_brings_its_four_responses_one_of_them_partial():
    path = DEFAULT / "limesurvey" / "rc2api_course_evaluation_de.lsa"
    survey, said = imported(path)
    assert said.out.startswith("converted 18 of 18 questions")
    assert run("import_responses", survey.slug, path).out == "4 created, 0 updated, 0 unchanged, 0 rejected"
    assert Response.objects.filter(submitted_at=None).count() == 1
    assert set(Response.objects.values_list("language", flat=True)) == {"de-informal"}
    first = Response.objects.get(submission_key="import:1").answers
    assert first["hilfsmittel"] == ["multimedia", {"other": "lala"}]
    assert first["allgemein"]["bedeutung"] == "garni"


@pytest.mark.parametrize(
    ("form", "export", "rows"),
    [
        ("transportation.xls", "transportation.csv", 4),
        ("transportation.xls", "transportation_export.xlsx", 4),
        ("tutorial_w_repeats.xls", "tutorial_w_repeats.csv", 1),
    ],
)
def test_kobo_exports_follow_their_form(form, export, rows):
    survey, _ = imported(DEFAULT / "xlsform" / form)
    said = run("import_responses", survey.slug, DEFAULT / "xlsform" / export)
    assert (said.rejections, f"{rows} created" in said.out) == ([], True)
    again = run("import_responses", survey.slug, DEFAULT / "xlsform" / export)
    assert f"{rows} unchanged" in again.out
    if rows == 4:
        answers = Response.objects.get(submission_key__contains="f3d8dc65").answers
        assert answers["available_transportation_types_to_referral_facility"] == ["ambulance", "bicycle"]
        assert answers["bicycle_frequency_to_referral_facility"] == "weekly"


def choices(texts):
    return [{"key": f"c{place}", "text": text.strip()} for place, text in enumerate(texts)]


def test_star_wars_of_surveymonkey_in_mac_roman():
    path = SURVEYS / "surveymonkey_538" / "StarWars.csv"
    with path.open(encoding="mac_roman", newline="") as file:
        questions, options, *rows = list(csv.reader(file))
    survey = factories.published_survey(
        [
            {"key": "fan", "kind": "yes_no", "text": questions[2]},
            {
                "key": "seen",
                "kind": "multiple_choice",
                "text": questions[3],
                "choices": choices(options[3:9]),
            },
            {
                "key": "rank",
                "kind": "ranking",
                "text": questions[9],
                "choices": choices(options[9:15]),
                "settings": {"allow_partial": True},
            },
        ]
    )
    assert f"{len(rows)} created" in run("import_responses", survey.slug, path).out
    stored = list(Response.objects.values_list("answers", flat=True))
    assert sum(answers.get("fan") == "yes" for answers in stored) == sum(row[2] == "Yes" for row in rows)
    fifth = sum("c4" in answers.get("seen", []) for answers in stored)
    assert fifth == sum(bool(row[7]) for row in rows) > 700
    favourite = Counter(answers["rank"][0] for answers in stored if "rank" in answers)
    assert favourite["c4"] == sum(row[13] == "1" for row in rows)


def test_old_scores_of_any_flat_file_keep_their_dates():
    path = SURVEYS / "nps_r_package" / "testdata.csv"
    with path.open() as file:
        rows = list(csv.DictReader(file))
    for name in {row["Account"] for row in rows}:
        factories.account(external_id=name)
    survey = factories.published_survey([factories.NPS])
    arguments = ["import_responses", survey.slug, path]
    for wish in ("REC=nps", "date=submitted_at", "Account=account"):
        arguments += ["--map", wish]
    said = run(*arguments)
    scored = [row for row in rows if row["REC"]]
    assert said.out.startswith(f"{len(scored)} created, 0 updated, 0 unchanged")
    responses = Response.objects.filter(account__external_id="Account A")
    assert responses.count() == sum(row["Account"] == "Account A" for row in scored)
    days = Counter(Response.objects.values_list("submitted_at__date", flat=True))
    assert days == Counter(date.fromisoformat(row["date"]) for row in scored)


def test_codes_that_are_no_scores_are_refused_in_a_sentence():
    path = SURVEYS / "sfo_airport" / "2017_SFO_Customer_Survey.csv"
    with path.open(encoding="utf-8-sig") as file:
        codes = Counter(row["NETPRO"] for row in csv.DictReader(file))
    survey = factories.published_survey([factories.NPS])
    said = run(
        *("import_responses", survey.slug, path, "--map", "NETPRO=nps", "--map", "RESPNUM=external_id")
    )
    scores = sum(count for code, count in codes.items() if code.isdigit() and int(code) <= 10)
    assert Response.objects.count() == scores > 2000
    assert "nps: '11': the scale goes from 0 to 10" in said.rejections[0]


def test_a_survey_export_with_questions_as_headers():
    path = SURVEYS / "jupyter_ux_2015" / "20160115235816-SurveyExport.csv"
    survey = factories.published_survey(
        [{"key": "often", "kind": "short_text", "text": "How often?"}, {**factories.WHY, "key": "hinders"}]
    )
    with path.open(encoding="utf-8-sig", newline="") as file:
        header, *rows = list(csv.reader(file))
    said = run(
        *(
            "import_responses",
            survey.slug,
            path,
            "--map",
            f"{header[3]}=often",
            "--map",
            f"{header[4]}=hinders",
        ),
        *("--map", "Date Submitted=submitted_at"),
    )
    answered = [row for row in rows if row[3].strip() or row[4].strip()]
    assert said.out.startswith(f"{len(answered)} created")
    assert Response.objects.filter(answers__has_key="hinders").count() == sum(
        row[4].strip().upper() not in ("", "NA", "N/A") for row in answered
    )
