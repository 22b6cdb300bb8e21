"""Response exports of other tools: header lines, parts of questions, dates, languages, partial states."""

import io
import json
import zipfile
from datetime import UTC, datetime

import pytest

from surveys.interchange.formats import FORMATS
from surveys.interchange.native import to_json
from surveys.models import Survey
from tests import factories
from tests.accounts.tables import csv_file, run, workbook
from tests.surveys.interchange.files import lime_question, lss, qsf, qualtrics_question, xlsform

pytestmark = pytest.mark.django_db


def survey_of(format_name, document):
    """A published survey of another tool's definition."""
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    definition = to_json(FORMATS[format_name].read(content).definition)
    questions = definition.pop("questions")
    return factories.published_survey(questions, **{key: value for key, value in definition.items() if value})


def stored(survey):
    """The answers by the tool's own id of the response."""
    return {
        response.submission_key.removeprefix("import:"): response.answers
        for response in survey.responses.all()
    }


QUALTRICS = [
    qualtrics_question(1, "MC", "SAVR", ["Red", "Green"], RecodeValues={"1": "10", "2": "20"}),
    qualtrics_question(2, "MC", "MAVR"),
    qualtrics_question(
        3, "Matrix", "Likert", ["Speed", "Price"], Answers={"1": {"Display": "Bad"}, "2": {"Display": "Good"}}
    ),
    qualtrics_question(4, "RO", "DND", ["A", "B"]),
    qualtrics_question(5, "TE", "ESTB"),
]
QUALTRICS[1]["Choices"] = {"1": {"Display": "App"}, "2": {"Display": "Other", "TextEntry": "true"}}
HEADER = (
    "StartDate,EndDate,Finished,ResponseId,UserLanguage,RecordedDate,IPAddress,"
    "Q1,Q2_1,Q2_2,Q2_2_TEXT,Q3_1,Q3_2,Q4_1,Q4_2,Q5,Extra"
)
TEXTS = (
    "Start Date,End Date,Finished,Response ID,User Language,Recorded Date,IP Address,"
    "Question 1?,Question 2? - App,Question 2? - Other,Question 2? - Other - Text,"
    "Question 3? - Speed,Question 3? - Price,Question 4? - A,Question 4? - B,Question 5?,Extra"
)
IDS = ",".join(f'"{{""ImportId"":""x{place}""}}"' for place in range(17))
ROWS = [
    "2024-01-02 10:00:00,2024-01-02 10:05:00,1,R_1,EN,2024-01-02 10:05:01,1.2.3.4,"
    "20,1,1,Phone,2,1,2,1,Fine,x",
    "2024-01-03 10:00:00,2024-01-03 10:01:00,0,R_2,EN,2024-01-03 10:05:01,1.2.3.4,Red,,,,Good,,,,,",
]


@pytest.mark.parametrize("lines", [[HEADER, TEXTS, IDS, *ROWS], [HEADER, TEXTS, *ROWS]])
def test_qualtrics_with_two_and_three_header_lines(tmp_path, lines):
    survey = survey_of("qualtrics", qsf(QUALTRICS))
    path = csv_file(tmp_path, *lines)
    said = run("import_responses", survey.slug, path)
    assert said.rejections == []
    assert said.out.splitlines() == [
        "1 column is about no question: Extra",
        "2 created, 0 updated, 0 unchanged, 0 rejected",
    ]
    assert stored(survey) == {
        "R_1": {
            "q1": "20",
            "q2": ["1", {"other": "Phone"}],
            "q3": {"1": "2", "2": "1"},
            "q4": ["2", "1"],
            "q5": "Fine",
        },
        "R_2": {"q1": "10", "q3": {"1": "2"}},
    }
    complete, partial = survey.responses.order_by("submission_key")
    assert complete.started_at == datetime(2024, 1, 2, 10, tzinfo=UTC)
    assert complete.submitted_at == datetime(2024, 1, 2, 10, 5, 1, tzinfo=UTC)
    assert (partial.submitted_at, partial.started_at.day) == (None, 3)
    again = run("import_responses", survey.slug, path)
    assert again.out.endswith("0 created, 0 updated, 2 unchanged, 0 rejected")


def test_a_partial_response_that_was_finished_later_is_updated(tmp_path):
    survey = survey_of("qualtrics", qsf(QUALTRICS))
    run("import_responses", survey.slug, csv_file(tmp_path, HEADER, TEXTS, IDS, *ROWS))
    finished = ROWS[1].replace(",0,R_2", ",1,R_2").replace("Good,,,,,", "Good,Bad,1,2,Well,")
    said = run("import_responses", survey.slug, csv_file(tmp_path, HEADER, TEXTS, IDS, ROWS[0], finished))
    assert said.out.endswith("0 created, 1 updated, 1 unchanged, 0 rejected")
    assert survey.responses.filter(submitted_at=None).count() == 0


def test_a_cell_that_its_question_refuses_rejects_the_row_in_a_sentence(tmp_path):
    survey = survey_of("qualtrics", qsf(QUALTRICS))
    bad = ROWS[0].replace(",20,1,1,Phone", ",30,1,1,Phone")
    said = run("import_responses", survey.slug, csv_file(tmp_path, HEADER, TEXTS, IDS, bad, ROWS[1]))
    assert said.rejections == ["line 4: q1: '30': is none of the choices"]
    assert said.status == 1


def test_wishes_tie_a_column_to_contacts(tmp_path):
    ada = factories.contact(factories.account(external_id="A1"), external_id="x")
    survey = survey_of("qualtrics", qsf(QUALTRICS))
    run(
        "import_responses",
        survey.slug,
        csv_file(tmp_path, HEADER, TEXTS, IDS, ROWS[0]),
        "--map",
        "Extra=contact",
    )
    assert survey.responses.get().contact == ada


LIME = lss(
    [
        lime_question("1", "L", other="Y"),
        lime_question("2", "M", other="Y"),
        lime_question("3", "F"),
        lime_question("4", "K"),
        lime_question("5", "R"),
        lime_question("6", "T"),
        lime_question("7", "1"),
    ],
    subquestions=[
        {
            "qid": f"{parent}{code}",
            "parent_qid": parent,
            "title": f"SQ{code}",
            "question": text,
            "scale_id": "0",
        }
        for parent in ("2", "3", "4", "7")
        for code, text in (("1", "Speed"), ("2", "Price"))
    ],
    answers=[
        {"qid": qid, "code": code, "answer": text, "scale_id": scale}
        for qid, scale in (("1", "0"), ("3", "0"), ("5", "0"), ("7", "0"), ("7", "1"))
        for code, text in (("A1", "Good"), ("A2", "Bad"))
    ],
)
LIME_ANSWERS = {
    "q1": {"other": "So so"},
    "q2": ["sq1", {"other": "Looks"}],
    "q3": {"sq1": "a1", "sq2": "a2"},
    "q4_sq1": 3.0,
    "q4_sq2": 4.5,
    "q5": ["a2", "a1"],
    "q6": "Thanks",
    "q7": {"sq1": "a1"},
    "q7_2": {"sq1": "a2"},
}
CODES = [
    *("id", "submitdate", "lastpage", "startlanguage", "startdate", "datestamp"),
    *("Q1", "Q1[other]", "Q2[SQ1]", "Q2[SQ2]", "Q2[other]", "Q3[SQ1]", "Q3[SQ2]", "Q4[SQ1]", "Q4[SQ2]"),
    *("Q5[1]", "Q5[2]", "Q6", "Q7[SQ1][1]", "Q7[SQ1][2]"),
]
VISIT = ["7", "2024-05-06 07:08:09", "3", "en", "2024-05-06 07:00:00", "2024-05-06 07:08:09"]


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        (
            CODES,
            ["-oth-", "So so", "Y", "", "Looks", "A1", "A2", "3", "4.5", "A2", "A1", "Thanks", "A1", "A2"],
        ),
        (
            [f"{code}. Question text [part of it]" for code in CODES],
            [
                "Other",
                "So so",
                "Yes",
                "No",
                "Looks",
                "Good",
                "Bad",
                "3",
                "4.5",
                "Bad",
                "Good",
                "Thanks",
                "Good",
                "Bad",
            ],
        ),
    ],
)
def test_limesurvey_with_codes_and_with_texts(tmp_path, header, cells):
    survey = survey_of("limesurvey", LIME)
    partial = ["8", "", "1", "en", "2024-05-07 07:00:00", "2024-05-07 07:01:00", "A1", *[""] * 13]
    lines = [";".join(f'"{cell}"' for cell in row) for row in (header, [*VISIT, *cells], partial)]
    said = run("import_responses", survey.slug, csv_file(tmp_path, *lines, encoding="utf-8-sig"))
    assert said.rejections == []
    assert stored(survey) == {"7": LIME_ANSWERS, "8": {"q1": "a1"}}
    done, open_ = survey.responses.order_by("submission_key")
    assert done.submitted_at == datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
    assert (open_.submitted_at, open_.started_at) == (None, datetime(2024, 5, 7, 7, tzinfo=UTC))


def test_a_limesurvey_archive_brings_survey_and_responses(tmp_path):
    parts = ["1", "1other", "2SQ1", "2SQ2", "2other", "3SQ1", "3SQ2", "4SQ1", "4SQ2", "51", "52", "6"]
    names = [*CODES[:6], *(f"_9X1X{part}" for part in [*parts, "7SQ1-0", "7SQ1-1"])]
    cells = ["-oth-", "So so", "Y", "", "Looks", "A1", "A2", "3", "4.5", "A2", "A1", "Thanks", "A1", "A2"]
    row = "".join(f"<{name}>{cell}</{name}>" for name, cell in zip(names, [*VISIT, *cells], strict=True))
    responses = f"<document><responses><rows><row>{row}</row></rows></responses></document>"
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        made.writestr("survey_9.lss", LIME)
        made.writestr("survey_9_responses.lsr", responses)
    path = tmp_path / "survey.lsa"
    path.write_bytes(stream.getvalue())
    said = run("import_survey", path, "--publish")
    assert said.out.startswith("converted 7 of 7 questions\nslug: survey")
    said = run("import_responses", "survey", path)
    assert (said.rejections, said.status) == ([], 0)
    assert stored(Survey.objects.get(slug="survey")) == {"7": LIME_ANSWERS}


def test_surveymonkey_in_mac_roman_with_two_header_lines(tmp_path):
    survey = factories.published_survey(
        [
            {"key": "fan", "kind": "yes_no", "text": "Are you a fan?"},
            {
                "key": "seen",
                "kind": "multiple_choice",
                "text": "Which films have you seen?",
                "choices": [
                    {"key": "one", "text": "Part One – the café"},
                    {"key": "two", "text": "Part Two"},
                    {"key": "else", "text": "Other (please specify)", "is_other": True},
                ],
            },
            {
                "key": "views",
                "kind": "matrix",
                "text": "How do you see them?",
                "settings": {"rows": [{"key": "han", "text": "Han"}, {"key": "yoda", "text": "Yoda"}]},
                "choices": [{"key": "good", "text": "Well"}, {"key": "bad", "text": "Badly"}],
            },
            {
                "key": "age",
                "kind": "single_choice",
                "text": "Age",
                "choices": [{"key": "young", "text": "18-29"}, {"key": "old", "text": "30+"}],
            },
            {"key": "why", "kind": "long_text", "text": "Why?"},
        ]
    )
    path = csv_file(
        tmp_path,
        "RespondentID,StartDate,EndDate,Are you a fan?,"
        "Which films have you seen?,,,How do you see them?,,Age,,Why?",
        ",,,Response,Part One – the café,Part Two,Other (please specify),"
        "Han,Yoda,18-29,30+,Open-Ended Response",
        "11,10/22/2015 09:00:00 AM,10/22/2015 02:30:00 PM,Yes,"
        'Part One – the café,,"Naïve, too",Well,Badly,,30+,Déjà vu',
        "12,10/22/15 9:00,10/23/15 9:30,No,,Part Two,,,,18-29,,",
        encoding="mac_roman",
    )
    said = run("import_responses", survey.slug, path)
    assert said.rejections == []
    assert stored(survey) == {
        "11": {
            "fan": "yes",
            "seen": ["one", {"other": "Naïve, too"}],
            "views": {"han": "good", "yoda": "bad"},
            "age": "old",
            "why": "Déjà vu",
        },
        "12": {"fan": "no", "seen": ["two"], "age": "young"},
    }
    assert survey.responses.get(submission_key="import:11").submitted_at == datetime(
        2015, 10, 22, 14, 30, tzinfo=UTC
    )


FORM = xlsform(
    [
        {"type": "begin_group", "name": "main", "label": "Main"},
        {"type": "select_multiple tools", "name": "used", "label": "Which do you use?"},
        {"type": "select_one tools", "name": "best", "label": "Which is best?"},
        {"type": "integer", "name": "age", "label": "Age?"},
        {"type": "end_group"},
        {"type": "begin_repeat", "name": "kids", "label": "Kids"},
        {"type": "text", "name": "kid", "label": "Name?"},
        {"type": "end_repeat"},
    ],
    [
        {"list_name": "tools", "name": name, "label": label}
        for name, label in (("saw", "The saw"), ("axe", "The axe"))
    ],
    [{"form_title": "Tools"}],
)


@pytest.mark.parametrize(
    ("header", "row"),
    [
        (
            [
                "main/used",
                "main/used/saw",
                "main/used/axe",
                "main/best",
                "main/age",
                "kids[1]/kid",
                "kids[2]/kid",
                "_uuid",
                "_submission_time",
            ],
            ["saw axe", "True", "True", "axe", "40", "Ann", "Bob", "u-1", "2024-02-03T04:05:06"],
        ),
        (
            [
                "main/used/saw",
                "main/used/axe",
                "main/best",
                "main/age",
                "kids[1]/kid",
                "kids[2]/kid",
                "_uuid",
                "_submission_time",
            ],
            ["1", "1", "axe", "40", "Ann", "n/a", "u-1", "2024-02-03T04:05:06.000+00:00"],
        ),
        (
            [
                "Which do you use?",
                "Which do you use?/The saw",
                "Which do you use?/The axe",
                "Which is best?",
                "Age?",
                "Name?",
                "_uuid",
                "_submission_time",
            ],
            ["The saw The axe", "1", "1", "The axe", "40", "Ann", "u-1", "2024-02-03T04:05:06"],
        ),
    ],
)
def test_kobo_with_paths_and_with_labels(tmp_path, header, row):
    survey = survey_of("xlsform", FORM)
    said = run("import_responses", survey.slug, workbook(tmp_path, header, row))
    assert said.rejections == []
    assert stored(survey) == {"u-1": {"used": ["saw", "axe"], "best": "axe", "age": 40, "kid": "Ann"}}
    assert survey.responses.get().submitted_at == datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC)


def test_an_export_of_another_survey_is_refused_in_words(tmp_path):
    survey = survey_of("xlsform", FORM)
    said = run("import_responses", survey.slug, csv_file(tmp_path, HEADER, TEXTS, IDS, *ROWS))
    assert said.status == 2
    assert "no column of this qualtrics export is about a question of the survey" in said.words


def test_a_named_format_goes_before_what_the_file_tells(tmp_path):
    survey = factories.published_survey([factories.NPS])
    path = csv_file(tmp_path, "RespondentID,nps", "1,9")
    assert (
        run(
            "import_responses", survey.slug, path, "--format", "flat", "--map", "RespondentID=external_id"
        ).status
        == 0
    )
    assert stored(survey) == {"1": {"nps": 9}}
    assert run("import_responses", survey.slug, path, "--format", "kobo").status == 0


def test_a_dry_run_of_an_export_stores_nothing(tmp_path):
    survey = survey_of("qualtrics", qsf(QUALTRICS))
    said = run("import_responses", survey.slug, csv_file(tmp_path, HEADER, TEXTS, IDS, *ROWS), "--dry-run")
    assert "Dry run: 2 created" in said.out
    assert not survey.responses.exists()
