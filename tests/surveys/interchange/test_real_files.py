"""Every survey file at hand becomes a survey that can be published, and its tool's responses come along."""

import re

import pytest

from bench.corpus import DEFAULT, ENOUGH, examine, share_converted, surveys_in
from surveys.models import Response, Survey
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
