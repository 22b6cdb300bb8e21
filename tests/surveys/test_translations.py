"""Translations side by side and as files: what is missing, what comes back, and what is refused."""

import csv
import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from surveys.actions.authoring import create_survey
from surveys.actions.drafts import draft_json
from surveys.interchange.native import from_json
from surveys.translations import missing_texts
from tests import factories
from tests.accounts.staff import logged_in, member

pytestmark = pytest.mark.django_db

DOCUMENT = {
    "title": {"en": "Colours", "de": "Farben"},
    "languages": ["en", "de", "ar"],
    "questions": [
        {**factories.NPS, "text": {"en": "Would you?"}, "settings": {"low_label": {"en": "Never"}}},
        {
            "key": "colour",
            "kind": "single_choice",
            "text": "=Which?",
            "choices": [{"key": "red", "text": "Red"}],
        },
        {
            "key": "grid",
            "kind": "matrix",
            "text": "Rate us",
            "settings": {"rows": [{"key": "speed", "text": "Speed"}]},
            "choices": [{"key": "good", "text": "Good"}],
        },
    ],
    "pages": [{"number": 1, "title": "First"}],
    "endings": [{"key": "low", "text": "Sorry", "show_if": {"less": ["nps", 7]}}],
}
KEYS = [
    "survey.title",
    "page.1.title",
    "question.nps.text",
    "question.nps.low_label",
    "question.colour.text",
    "question.colour.choice.red",
    "question.grid.text",
    "question.grid.row.speed",
    "question.grid.choice.good",
    "ending.low.text",
]


@pytest.fixture
def survey():
    return create_survey(from_json(DOCUMENT), programme=factories.programme(), slug="colours")


@pytest.fixture
def client():
    return logged_in(member("builder"))


def url_of(survey, page="language", *arguments):
    return reverse(f"admin:surveys_survey_{page}", args=[survey.pk, *arguments])


def draft(survey):
    survey.refresh_from_db()
    return draft_json(survey)


def exported(client, survey, code="de"):
    answer = client.get(url_of(survey, "language_export", code), {"format": "csv"})
    return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))


def sent_back(client, survey, rows, code="de"):
    """Upload the rows as CSV and return the page that reports what would become of them."""
    text = io.StringIO()
    writer = csv.DictWriter(text, ["key", "place", "source", "target", "language"])
    writer.writeheader()
    writer.writerows(rows)
    file = SimpleUploadedFile("back.csv", text.getvalue().encode())
    return client.post(url_of(survey, "language_import", code), {"file": file}, follow=True)


def test_every_text_is_listed_with_its_place_and_the_missing_ones_are_counted(client, survey):
    assert [phrase.key for phrase in missing_texts(draft(survey), "ar")] == KEYS
    assert [phrase.key for phrase in missing_texts(draft(survey), "de")] == KEYS[1:]
    page = client.get(url_of(survey, "languages")).content.decode()
    assert "10 texts" in page
    page = client.get(url_of(survey, "language", "ar")).content.decode()
    assert 'dir="rtl"' in page
    assert page.count("is-missing") == 10
    only = client.get(url_of(survey, "language", "de"), {"missing": ""}).content.decode()
    assert "text.question.nps.text" in only
    assert "text.survey.title" not in only


def test_texts_are_saved_and_blank_ones_fall_back_again(client, survey):
    texts = {f"text.{key}": f"DE {key}" for key in KEYS}
    assert client.post(url_of(survey, "language", "de"), texts).status_code == 302
    assert missing_texts(draft(survey), "de") == []
    saved = draft(survey)
    assert saved["questions"][2]["settings"]["rows"][0]["text"]["de"] == "DE question.grid.row.speed"
    assert saved["questions"][1]["choices"][0]["text"] == {"de": "DE question.colour.choice.red", "en": "Red"}
    client.post(url_of(survey, "language", "de"), {"text.question.nps.text": "  "})
    assert draft(survey)["questions"][0]["text"] == {"en": "Would you?"}
    too_long = client.post(
        url_of(survey, "language", "de"),
        {"text.question.colour.choice.red": "x" * 501},
        HTTP_ACCEPT="application/json",
    )
    assert too_long.status_code == 422


def test_two_translators_do_not_overwrite_each_other(client, survey):
    seen = client.get(url_of(survey, "language", "de")).context["seen"]
    url = url_of(survey, "language", "de")
    client.post(url, {"text.question.nps.text": "Hers", "seen": seen})
    answer = client.post(url, {"text.question.nps.text": "His", "seen": seen}, HTTP_ACCEPT="application/json")
    assert answer.status_code == 409
    assert draft(survey)["questions"][0]["text"]["de"] == "Hers"
    other = client.post(url_of(survey, "language", "ar"), {"text.question.nps.text": "هل؟"})
    assert other.status_code == 302


def test_a_file_goes_to_a_translator_and_comes_back(client, survey):
    rows = exported(client, survey)
    assert [row["key"] for row in rows] == KEYS
    assert [row["source"] for row in rows][4] == "'=Which?", "no spreadsheet takes it for a formula"
    for row in rows:
        row["target"] = f"de: {row['source'].lstrip(chr(39))}"
    report = sent_back(client, survey, rows)
    assert "10 of 10 lines would be saved" in report.content.decode()
    assert missing_texts(draft(survey), "de") != [], "a report writes nothing"
    done = client.post(url_of(survey, "language_import", "de"), {"rows": report.context["rows"]}, follow=True)
    assert "10 texts" in done.content.decode()
    assert missing_texts(draft(survey), "de") == []
    assert draft(survey)["questions"][1]["text"]["de"] == "de: =Which?"
    assert (
        "would be saved, 0 are refused"
        in sent_back(client, survey, exported(client, survey)).content.decode()
    )


def test_a_workbook_holds_the_same_and_no_formula(client, survey):
    answer = client.get(url_of(survey, "language_export", "de"), {"format": "xlsx"})
    content = b"".join(answer.streaming_content)
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    cells = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert [row[0] for row in cells[1:]] == KEYS
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    file = SimpleUploadedFile("back.xlsx", content)
    report = client.post(url_of(survey, "language_import", "de"), {"file": file}, follow=True)
    assert "0 are refused" in report.content.decode(), [str(one) for one in report.context["messages"]]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"source": "Another question?"}, "the source text has changed since the file was written"),
        ({"key": "question.gone.text"}, "there is no text “question.gone.text”"),
        ({"key": "survey.title"}, "this text came in an earlier line already"),
        (
            {"target": "x" * 9_000, "key": "question.colour.choice.red", "source": "Red"},
            "more than 500 characters",
        ),
    ],
)
def test_a_line_that_does_not_fit_is_refused_and_the_others_are_not(client, survey, change, words):
    rows = [{**row, "target": "Neu"} for row in exported(client, survey)]
    rows[2] |= change
    report = sent_back(client, survey, rows)
    assert words in report.content.decode()
    client.post(url_of(survey, "language_import", "de"), {"rows": report.context["rows"]})
    saved = draft(survey)
    assert saved["questions"][0]["text"] == {"en": "Would you?"}
    assert saved["pages"][0]["title"]["de"] == "Neu"


@pytest.mark.parametrize(
    "content",
    [
        b"key,source,target,language\nsurvey.title,Colours,Couleurs,fr\n",
        b"",
        b"a,b\n1,2\n",
        b"PK\x03\x04nonsense",
        b"\xff\xfe\x00",
        b"key,source,target\n" + b"x," * 5000,
    ],
)
def test_a_file_that_is_none_is_refused_in_words(client, survey, content):
    file = SimpleUploadedFile("back.csv", content)
    page = client.post(url_of(survey, "language_import", "de"), {"file": file}, follow=True)
    assert "Nothing was read" in page.content.decode()
    page = client.post(url_of(survey, "language_import", "de"), {"rows": "[[1]]"}, follow=True)
    assert "the report is broken" in page.content.decode()


def test_who_may_only_look_changes_no_text(survey):
    reader = logged_in(member("analyst"))
    assert reader.get(url_of(survey, "language", "de")).status_code == 200
    assert reader.post(url_of(survey, "language", "de"), {"text.survey.title": "x"}).status_code == 403
    assert reader.post(url_of(survey, "language_import", "de"), {"rows": "[]"}).status_code == 403
    forger = Client(enforce_csrf_checks=True)
    forger.force_login(member("builder"))
    assert forger.post(url_of(survey, "language", "de"), {"text.survey.title": "x"}).status_code == 403
    assert draft(survey)["title"]["de"] == "Farben"


def test_a_language_that_the_survey_has_not_is_not_found(client, survey):
    for code in ("en", "fr", "x"):
        assert client.get(url_of(survey, "language", code)).status_code == 404
    assert client.get(url_of(survey, "language_export", "de"), {"format": "exe"}).status_code == 404
