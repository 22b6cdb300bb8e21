"""What `import_survey` and `export_survey` print and store."""

import json

import pytest

from surveys.actions.authoring import publish_survey
from surveys.interchange.formats import format_of
from surveys.models import Collector, Programme, Question, Survey
from tests import factories
from tests.accounts.tables import run

pytestmark = pytest.mark.django_db

LEAST = {"title": "How are we?", "questions": [factories.NPS]}


def json_file(folder, document, name="survey.json"):
    path = folder / name
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    path.write_bytes(content)
    return path


def test_the_least_survey_becomes_a_draft_in_the_general_programme(tmp_path):
    said = run("import_survey", json_file(tmp_path, LEAST))
    assert said.out == "converted 1 of 1 questions\nslug: how-are-we"
    survey = Survey.objects.get(slug="how-are-we")
    assert (survey.title, survey.live_version) == ("How are we?", None)
    assert (survey.programme.slug, survey.programme.name) == ("general", "General")
    assert survey.questions.get().kind == "nps"


def test_it_is_published_under_another_title_in_a_named_programme(tmp_path):
    programme = factories.programme()
    path = json_file(tmp_path, LEAST)
    said = run("import_survey", path, title="Été 2026", publish=True, programme=programme.slug)
    assert said.out.endswith("slug: ete-2026")
    survey = Survey.objects.get(slug="ete-2026")
    assert (survey.title, survey.programme) == ("Été 2026", programme)
    assert survey.live_version.number == 1
    assert survey.collectors.get().slug == "ete-2026"


def test_slugs_are_unique_among_surveys_and_their_links(tmp_path):
    path = json_file(tmp_path, LEAST)
    run("import_survey", path)
    other = factories.published_survey()
    Collector.objects.filter(survey=other).update(slug="how-are-we-2")
    assert run("import_survey", path, publish=True).out.endswith("slug: how-are-we-3")
    assert run("import_survey", path, title="Опрос").out.endswith("slug: survey")


def test_what_is_exported_is_imported_as_the_same(tmp_path):
    definition = {
        "title": {"en": "How are we?", "de": "Wie sind wir?"},
        "languages": ["en", "de"],
        "questions": [
            {**factories.NPS, "required": True},
            {**factories.WHY, "page": 2, "show_if": {"less": ["nps", 7]}},
            {
                "key": "used",
                "kind": "multiple_choice",
                "text": {"en": "Used?", "de": "Genutzt?"},
                "choices": [{"key": "app", "text": "App"}, {"key": "x", "text": "Other", "is_other": True}],
            },
        ],
    }
    run("import_survey", json_file(tmp_path, definition), publish=True)
    first = run("export_survey", "how-are-we").out
    run("import_survey", json_file(tmp_path, first.encode()), publish=True)
    assert run("export_survey", "how-are-we-2").out == first


def test_it_exports_what_is_live_a_named_version_or_the_draft(tmp_path):
    run("import_survey", json_file(tmp_path, LEAST))
    assert json.loads(run("export_survey", "how-are-we").out)["title"] == {"en": "How are we?"}
    survey = Survey.objects.get()
    publish_survey(survey, by=None, now=factories.NOON)
    Survey.objects.update(title="Changed")
    assert json.loads(run("export_survey", "how-are-we").out)["title"] == {"en": "How are we?"}
    survey.refresh_from_db()
    publish_survey(survey, by=None, now=factories.NOON)
    assert json.loads(run("export_survey", "how-are-we").out)["title"] == {"en": "Changed"}
    earlier = run("export_survey", "how-are-we", "--version", "1").out
    assert json.loads(earlier)["title"] == {"en": "How are we?"}


def test_an_export_of_what_is_not_there_is_wrong_use(tmp_path):
    assert run("export_survey", "nowhere").status == 2
    survey = factories.published_survey()
    said = run("export_survey", survey.slug, "--version", "7")
    assert (said.status, said.words) == (2, f"{survey.slug} has no version 7")


def test_every_fault_is_named_and_nothing_is_stored(tmp_path):
    document = {
        "title": "T" * 201,
        "questions": [
            {"key": "NPS", "kind": "nps", "text": "x"},
            {"key": "a", "kind": ["nps"], "text": "x"},
            {"key": "b", "kind": "single_choice", "text": "x", "settings": {"random_order": {"x": "\x00"}}},
        ],
    }
    said = run("import_survey", json_file(tmp_path, document), publish=True)
    assert (said.status, said.words) == (1, "nothing was imported")
    assert said.rejections == [
        "title: must be at most 200 printable characters",
        "title: is missing",
        "question 1: key must be lower-case letters, digits and _, beginning with a letter",
        "question a: there is no kind \"['nps']\"",
        "question b: random_order must be true or false",
        "question b: has no choices",
    ]
    assert not Survey.objects.exists()
    assert not Programme.objects.exists()


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "file: is not JSON"),
        (b"{", "file: is not JSON"),
        (b"\xff\xfe{", "file: is not UTF-8 at offset 0"),
        (b'{"title": NaN}', "file: is not JSON: NaN is not JSON"),
        (b'{"title": ' + b"9" * 5000 + b"}", "file: is not JSON"),
        (b'{"a":' * 100_000, "file: is nested too deeply"),
        (b"[" * 100_000 + b"]" * 100_000, "file: is nested too deeply"),
        (b'{"title": "T", "questions": [' + b"[" * 900 + b"]" * 900 + b"]}", "question 1: must be"),
        (b'{"title": "T", "questions": [{"key": "a", "kind": ' + b"[" * 900 + b"]" * 900 + b"}]}", ""),
        (b'{"title": "T", "questions": {"a": 1}}', "questions: must be a list"),
        (b'{"title": "\\ud800", "questions": []}', "title: must be"),
        (b'{"title": "T", "questions": [], "owner": 1}', "survey: unknown name 'owner'"),
        (b"[1]", "survey: must be a JSON object"),
    ],
)
def test_a_bad_file_gets_a_reason_and_no_traceback(tmp_path, content, fault):
    said = run("import_survey", json_file(tmp_path, content))
    assert said.status == 1
    assert said.rejections[0].startswith(fault)
    assert not Question.objects.exists()


def test_a_file_that_is_too_large_is_not_read(tmp_path):
    said = run("import_survey", json_file(tmp_path, b" " * (5 << 20)))
    assert (said.status, said.words) == (1, "the file is larger than 4 MB")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--programme", "none"], "there is no programme 'none'"),
        (["--format", "klingon"], "Error: argument --format"),
    ],
)
def test_wrong_use_is_explained(tmp_path, arguments, words):
    said = run("import_survey", json_file(tmp_path, LEAST), *arguments)
    assert said.words.startswith(words)
    assert not Survey.objects.exists()


def test_a_file_of_no_known_format_is_wrong_use(tmp_path):
    assert run("import_survey", json_file(tmp_path, LEAST, name="survey.xyz")).status == 2
    assert (
        run("import_survey", json_file(tmp_path, LEAST, name="survey.xyz"), "--format", "native").status == 0
    )
    assert run("import_survey", tmp_path / "none.json").status == 2
    assert format_of("survey.JSON", b"{}").name == "native"
