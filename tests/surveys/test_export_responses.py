import csv
import io
import json
from datetime import timedelta

import pyreadstat
import pytest
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.interchange.writers import FORMATS
from accounts.models import Team
from accounts.models.people import OPERATOR
from surveys.actions.authoring import publish_survey, replace_draft
from surveys.exports import responses_dataset
from surveys.interchange.native import from_json
from surveys.models import Response
from tests import factories
from tests.factories import CSAT, NOON, NPS, WHY

pytestmark = pytest.mark.django_db
PLAN = {
    "key": "plan",
    "kind": "single_choice",
    "text": "Which plan?",
    "choices": [{"key": "a", "text": "Basic"}, {"key": "own", "text": "Another", "is_other": True}],
}
USED = {
    "key": "used",
    "kind": "multiple_choice",
    "text": "What do you use?",
    "choices": [
        {"key": "app", "text": "The app"},
        {"key": "api", "text": "The API"},
        {"key": "else", "text": "Something else", "is_other": True},
    ],
}

FITS = [{"key": "no", "text": "Poorly"}, {"key": "yes", "text": "Well"}]
PARTS = [{"key": "app", "text": "The app"}, {"key": "api", "text": "The API"}]
FIT = {
    "key": "fit",
    "kind": "matrix",
    "text": "How does it fit?",
    "choices": FITS,
    "settings": {"rows": PARTS},
}
FOR = {**FIT, "key": "for", "text": "What for?", "settings": {"rows": PARTS, "many": True}}
ORDER = {"key": "order", "kind": "ranking", "text": "What matters most?", "choices": PARTS}


@pytest.fixture
def survey(db):
    return factories.published_survey([NPS, PLAN, USED, WHY])


def exported(survey, *options, kind="csv", tmp_path):
    path = tmp_path / f"out.{kind}"
    call_command("export_responses", survey.slug, "--format", kind, "--output", str(path), *options)
    return path


def table(survey, *options, tmp_path):
    text = exported(survey, *options, tmp_path=tmp_path).read_bytes().decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_there_is_a_column_for_each_question_choice_and_word_of_ones_own(survey, tmp_path):
    person = factories.contact(factories.account(external_id="acme", name="Acme"), external_id="c1")
    factories.respond(
        survey,
        {"nps": 9, "plan": {"other": "=Custom"}, "used": ["api", {"other": "Excel"}], "why": "Good"},
        contact=person,
    )
    factories.respond(survey, {"nps": 0, "plan": "a"}, at=NOON + timedelta(hours=1))
    first, second = table(survey, tmp_path=tmp_path)
    assert {
        "version": "1",
        "submitted_at": "2026-06-15T12:00:00Z",
        "account": "acme",
        "account_name": "Acme",
        "contact": "c1",
        "nps": "9",
        "plan": "own",
        "plan.other_text": "'=Custom",
        "used.app": "false",
        "used.api": "true",
        "used.else": "true",
        "used.other_text": "Excel",
        "why": "Good",
    }.items() <= first.items()
    assert (second["plan"], second["used.app"], second["why"], second["account"]) == ("a", "", "", "")
    labelled = table(survey, "--labels", tmp_path=tmp_path)
    assert [row["plan"] for row in labelled] == ["Another", "Basic"]


def test_a_matrix_has_a_column_for_each_row_and_a_ranking_for_each_choice(tmp_path):
    survey = factories.published_survey([FIT, FOR, ORDER])
    said = {"fit": {"app": "yes"}, "for": {"api": ["no", "yes"]}, "order": ["api", "app"]}
    factories.respond(survey, said)
    factories.respond(survey, {}, at=NOON + timedelta(hours=1))
    for unreadable in ({"fit": "app"}, {"fit": ["app"]}, {"order": "api"}, {"for": ["app"]}):
        factories.respond(survey, unreadable, at=NOON + timedelta(hours=2))
    first, second = responses_dataset(survey, OPERATOR).labelled().rows
    dataset = responses_dataset(survey, OPERATOR)
    names = [column.name for column in dataset.columns]
    start = names.index("fit.app")
    assert dict(zip(names[start:], next(iter(dataset.rows))[start:], strict=True)) == {
        "fit.app": "yes",
        "fit.api": None,
        "for.app.no": None,
        "for.app.yes": None,
        "for.api.no": True,
        "for.api.yes": True,
        "order.app": 2,
        "order.api": 1,
    }
    assert (first[start], set(second[start:])) == ("Well", {None})
    assert dataset.columns[names.index("for.api.yes")].label == "What for?: The API: Well"


def test_each_of_the_other_kinds_is_typed(tmp_path):
    kinds = ("yes_no", "consent", "number", "date", "email", "short_text", "statement")
    asked = [{"key": kind, "kind": kind, "text": f"The {kind}"} for kind in kinds]
    choice = {"key": "dropdown", "kind": "dropdown", "text": "Which part?", "choices": PARTS}
    survey = factories.published_survey([NPS, *asked, choice])
    said = {"yes_no": "yes", "consent": True, "number": 2.5, "date": "2026-06-15", "email": "a@example.com"}
    factories.respond(survey, {**said, "short_text": "Words", "dropdown": "api"})
    line = json.loads(exported(survey, kind="jsonl", tmp_path=tmp_path).read_text())
    assert {**said, "short_text": "Words", "dropdown": "api"}.items() <= line.items()
    assert "statement" not in line, "nothing is asked by it"
    data, meta = pyreadstat.read_sav(exported(survey, kind="sav", tmp_path=tmp_path), output_format="dict")
    assert meta.variable_value_labels["dropdown"] == {1.0: "The app", 2.0: "The API"}
    assert (list(data["number"]), list(data["dropdown"]), list(data["yes_no"])) == ([2.5], [2], [1])


def test_a_row_of_an_earlier_version_keeps_its_column(tmp_path):
    survey = factories.published_survey([FIT])
    factories.respond(survey, {"fit": {"app": "yes", "api": "no"}})
    replace_draft(survey, from_json({"title": "T", "questions": [{**FIT, "settings": {"rows": PARTS[:1]}}]}))
    publish_survey(survey, by=None, now=NOON)
    [row] = table(survey, tmp_path=tmp_path)
    assert (row["fit.app"], row["fit.api"]) == ("yes", "no")


def test_spss_gets_the_questions_as_labels_and_choices_as_values(survey, tmp_path):
    factories.respond(survey, {"nps": 9, "plan": "a", "used": ["app"]})
    data, meta = pyreadstat.read_sav(exported(survey, kind="sav", tmp_path=tmp_path), output_format="dict")
    assert meta.column_names_to_labels["nps"] == NPS["text"]
    assert meta.column_names_to_labels["used.app"] == "What do you use?: The app"
    assert meta.variable_value_labels["plan"] == {1.0: "Basic", 2.0: "Another"}
    assert (list(data["plan"]), list(data["used.app"]), list(data["nps"])) == ([1], [1], [9])


def test_a_question_of_an_earlier_version_keeps_its_column(survey, tmp_path):
    factories.respond(survey, {"nps": 9, "why": "old", "plan": "a"})
    later = [CSAT, NPS, {**PLAN, "choices": [{"key": "b", "text": "Gold"}, {"key": "c", "text": "Silver"}]}]
    replace_draft(survey, from_json({"title": "T", "questions": later}))
    publish_survey(survey, by=None, now=NOON)
    survey.refresh_from_db()
    factories.respond(survey, {"nps": 3, "csat": 4, "plan": "b"}, at=NOON + timedelta(hours=1))
    rows = table(survey, "--labels", tmp_path=tmp_path)
    assert [(row["nps"], row["csat"], row["plan"], row["why"]) for row in rows] == [
        ("9", "", "Basic", "old"),
        ("3", "4", "Gold", ""),
    ]


def test_tests_and_partial_responses_are_left_out_unless_asked_for(survey, tmp_path):
    factories.respond(survey, {"nps": 1}, is_test=True)
    factories.respond(survey, {"nps": 2}, submitted_at=None)
    factories.respond(factories.published_survey(), {"nps": 3})
    assert table(survey, tmp_path=tmp_path) == []
    assert [row["nps"] for row in table(survey, "--partial", tmp_path=tmp_path)] == ["2"]


def test_what_changed_after_an_instant_comes_oldest_first(survey, tmp_path):
    for hour in (2, 1, 3):
        factories.respond(survey, {"nps": hour}, at=NOON + timedelta(hours=hour))
    rows = table(survey, "--changed-after", "2026-06-15T13:00:00Z", tmp_path=tmp_path)
    assert [row["nps"] for row in rows] == ["2", "3"]
    assert table(survey, "--changed-after", "2026-06-16", tmp_path=tmp_path) == []


def test_rows_written_past_the_application_are_named_and_hold_up_no_other(survey, tmp_path, capsys):
    bad = [
        factories.respond(survey, answers)
        for answers in ({"nps": "nine"}, {"used": "app"}, {"why": 5}, {"plan": ["a"]}, {"nps": True})
    ]
    Response.objects.filter(pk=factories.respond(survey, {}).pk).update(answers=[1])
    factories.respond(survey, {"nps": 9})
    with pytest.raises(CommandError, match="6 responses were left out"):
        exported(survey, tmp_path=tmp_path)
    named = capsys.readouterr().err
    assert all(str(row.public_id) in named for row in bad)
    assert len((tmp_path / "out.csv").read_text().splitlines()) == 2


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("field", ["submitted_at", "started_at", "changed_at"])
@pytest.mark.parametrize("instant", ["infinity", "20000-01-01"])
def test_a_time_that_no_calendar_holds_leaves_one_row_out(survey, name, field, instant):
    bad, good = factories.respond(survey, {"nps": 9}), factories.respond(survey, {"nps": 8})
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE surveys_response SET {field} = %s WHERE id = %s", [instant, bad.pk])
    dataset = responses_dataset(survey, OPERATOR)
    assert b"".join(FORMATS[name].write(dataset))
    assert dataset.faults == [f"response {bad.public_id}: its time is outside the calendar"]
    assert [row[0] for row in responses_dataset(survey, OPERATOR).rows] == [str(good.public_id)]


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_goes_to_standard_output(survey, capsysbinary, kind):
    factories.respond(survey, {"nps": 9})
    call_command("export_responses", survey.slug, "--format", kind)
    assert len(capsysbinary.readouterr().out) > 50


@pytest.mark.parametrize(
    "options",
    [
        ("nobody", "--format", "csv"),
        ("{slug}", "--format", "csv", "--changed-after", "yesterday"),
        ("{slug}", "--format", "csv", "--changed-after", "2026-02-30"),
        ("{slug}", "--format", "csv", "--output", "/nowhere/at/all"),
    ],
)
def test_wrong_use_is_said_in_one_line(survey, options):
    with pytest.raises(CommandError) as refusal:
        call_command("export_responses", *(option.format(slug=survey.slug) for option in options))
    assert refusal.value.returncode == 2
    assert "\n" not in str(refusal.value)


def test_a_viewer_gets_the_rows_and_columns_that_they_may_see(survey):
    team = Team.objects.create(name="North")
    ours, theirs = factories.account(team=team), factories.account(name="CANARY")
    for account in (ours, theirs):
        factories.respond(survey, {"nps": 9}, contact=factories.contact(account))
    factories.respond(survey, {"nps": 1})
    member = factories.user(teams=[team])
    limited = responses_dataset(survey, member)
    assert [row[8] for row in limited.rows] == [ours.name]
    assert not {"contact", "contact_name", "contact_email"} & {column.name for column in limited.columns}
    everything = responses_dataset(survey, OPERATOR)
    assert len(list(everything.rows)) == everything.count() == 3
    assert {"contact", "contact_name"} <= {column.name for column in everything.columns}


def test_an_exported_file_can_be_imported_again(survey, tmp_path):
    survey = factories.published_survey([NPS, PLAN, WHY])
    person = factories.contact(factories.account())
    factories.respond(survey, {"nps": 9, "plan": "a", "why": "'=1 and\nmore"}, contact=person)
    path = exported(survey, tmp_path=tmp_path)
    other = factories.published_survey([NPS, PLAN, WHY])
    call_command("import_responses", other.slug, str(path), "--map", "public_id=external_id")
    copy = other.responses.get()
    original = survey.responses.get()
    assert (copy.answers, copy.contact, copy.submitted_at) == (
        original.answers,
        person,
        original.submitted_at,
    )


def test_json_lines_hold_typed_values(survey, tmp_path):
    factories.respond(survey, {"nps": 9, "used": ["app"]})
    line = json.loads(exported(survey, kind="jsonl", tmp_path=tmp_path).read_text())
    assert (line["nps"], line["used.app"], line["used.api"], line["why"]) == (9, True, False, None)


def test_who_has_gone_to_another_account_is_told_to_who_sees_that_one(survey):
    team = Team.objects.create(name="North")
    colleague = factories.user(teams=[team])
    colleague.user_permissions.add(Permission.objects.get(codename="view_contact"))
    contact = factories.contact(factories.account(team=team), name="Mona Mover")
    factories.respond(survey, {"nps": 9}, contact=contact)

    def told(viewer):
        dataset = responses_dataset(survey, viewer)
        (row,) = dataset.rows
        return [dict(zip((column.name for column in dataset.columns), row, strict=True))["contact_name"]]

    assert told(colleague) == told(OPERATOR) == ["Mona Mover"]
    contact.account = factories.account()
    contact.save()
    assert (told(colleague), told(OPERATOR)) == ([None], ["Mona Mover"])
