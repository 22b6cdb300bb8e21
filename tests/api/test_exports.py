import csv
import io
import json
from datetime import date, timedelta

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.actions.keys import revoke_api_key
from accounts.models import ApiKey, Export, Team
from metrics.actions.exporting import write_next_export
from metrics.actions.refresh import refresh_metrics
from metrics.models import Health
from metrics.tasks import discard_old_exports, write_exports
from tests import factories
from tests.api.conftest import assert_problem, program, results
from tests.api.test_metrics import healthy

pytestmark = pytest.mark.django_db


@pytest.fixture
def survey(db):
    return factories.published_survey()


def rows(answer):
    assert answer.status_code == 200, answer.content
    return list(csv.DictReader(io.StringIO(answer.content.decode(), newline="")))


def order(survey, /, **fields):
    return {"dataset": "responses", "format": "csv", "survey": survey.slug} | fields


def test_responses_are_streamed_as_a_file(root, survey, own):
    factories.respond(survey, {"nps": 9, "why": "=1+1"}, account=own)
    answer = root.get(f"responses/export?survey={survey.slug}", Accept="text/csv")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == f'attachment; filename="{survey.slug}.csv"'
    assert "no-cache" in answer["Cache-Control"]
    assert [(row["nps"], row["why"], row["account"]) for row in rows(answer)] == [
        ("9", "'=1+1", own.external_id)
    ]
    lines = root.get(f"responses/export?survey={survey.slug}&format=jsonl").content.splitlines()
    assert json.loads(lines[0])["nps"] == 9


def test_scores_are_streamed_and_come_incrementally(root, survey, own):
    factories.respond(survey, {"nps": 9}, account=own)
    later = factories.respond(survey, {"nps": 2}, account=own, at=factories.NOON + timedelta(hours=1))
    refresh_metrics(now=factories.NOON + timedelta(hours=2), sweep=True)
    assert [row["value"] for row in rows(root.get("scores/export"))] == ["9", "2"]
    newer = rows(root.get("scores/export?changed_after=2026-06-15T12:30:00Z"))
    assert [(row["response"], row["value"]) for row in newer] == [(str(later.public_id), "2")]


def test_accounts_come_with_health_and_to_whom_it_may_be_shown_with_revenue(own, time_machine):
    time_machine.move_to(factories.NOON, tick=False)
    healthy(own, date(2026, 6, 15))
    factories.subscription(own, date(2026, 1, 1), date(2027, 1, 1), 987654)
    reads = ("accounts:read", "metrics:read")
    poor, rich = program(*reads), program(*reads, "revenue")
    [row] = rows(rich.get("accounts/export"))
    assert (row["external_id"], row["arr"], row["renews_on"]) == (own.external_id, "987654.00", "2027-01-01")
    assert float(row["health"]) > 0
    assert row["health_day"] == "2026-06-15"
    answer = poor.get("accounts/export")
    assert "987654" not in answer.content.decode()
    assert "arr" not in rows(answer)[0]


def test_accounts_scored_since_come_again_and_those_never_scored_always(root, own):
    later, never = factories.account(), factories.account()
    healthy(own, date(2026, 6, 14))
    healthy(later, date(2026, 6, 14))
    fresh = healthy(later, date(2026, 6, 15))
    Health.objects.filter(pk=fresh.pk).update(computed_at=factories.NOON + timedelta(days=1))
    everyone = [row["external_id"] for row in rows(root.get("accounts/export"))]
    assert everyone == [never.external_id, own.external_id, later.external_id]
    since = rows(root.get("accounts/export?changed_after=2026-06-15T12:00:00Z"))
    assert [row["external_id"] for row in since] == [never.external_id, later.external_id]
    newest = since[-1]["changed_at"]
    assert newest == "2026-06-16T12:00:00Z"
    again = rows(root.get(f"accounts/export?changed_after={newest}"))
    assert [row["external_id"] for row in again] == [never.external_id]


@pytest.mark.parametrize("path", ["responses/export?survey={slug}", "scores/export", "accounts/export"])
def test_a_stream_holds_what_the_key_sees(limited, survey, own, foreign, path):
    for account in (own, foreign):
        factories.respond(survey, {"nps": 9, "why": account.name}, account=account)
    refresh_metrics(now=factories.NOON + timedelta(hours=2), sweep=True)
    text = limited.get(path.format(slug=survey.slug)).content.decode()
    assert own.external_id in text
    assert "CANARY" not in text.upper()


@pytest.mark.parametrize(
    ("path", "scopes", "missing"),
    [
        ("responses/export?survey={slug}", ("metrics:read",), "responses:read"),
        ("scores/export", ("metrics:read",), "responses:read"),
        ("scores/export", ("responses:read",), "metrics:read"),
        ("accounts/export", ("accounts:read",), "metrics:read"),
    ],
)
def test_a_stream_takes_the_scopes_of_what_it_holds(survey, path, scopes, missing):
    answer = program(*scopes).get(path.format(slug=survey.slug))
    assert missing in assert_problem(answer, 403)["detail"]


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("responses/export", "survey"),
        ("responses/export?survey=nobody", "survey"),
        ("responses/export?survey={slug}&format=pdf", "format"),
        ("responses/export?survey={slug}&changed_after=yesterday", "changed_after"),
        ("responses/export?survey={slug}&values=both", "values"),
        ("responses/export?survey={slug}&limit=5", "limit"),
        ("accounts/export?changed_after=yesterday", "changed_after"),
        ("accounts/export?survey={slug}", "survey"),
    ],
)
def test_a_wrong_wish_is_refused_before_the_first_byte(root, survey, path, field):
    assert_problem(root.get(path.format(slug=survey.slug)), 400, field)


def test_an_export_is_written_in_the_background_and_fetched(root, survey, own):
    factories.respond(survey, {"nps": 9}, account=own)
    ordered = root.post("exports", order(survey, format="xlsx"))
    assert ordered.status_code == 202
    document = ordered.json()
    assert (document["status"], document["file"], document["percent"]) == ("waiting", None, None)
    path = f"exports/{document['id']}"
    assert_problem(root.get(f"{path}/file"), 404)
    write_exports()
    done = root.get(path).json()
    assert (done["status"], done["percent"], done["rows_total"], done["left_out"]) == ("done", 100, 1, 0)
    assert results(root.get("exports")) == [done]
    answer = root.get(f"{path}/file", Accept="text/html")
    assert answer.status_code == 200
    assert answer.content.startswith(b"PK")
    assert len(answer.content) == done["size"]
    assert answer["Cache-Control"] == "no-store"
    assert answer["Content-Disposition"].endswith(f'filename="{survey.slug}.xlsx"')
    assert root.delete(path).status_code == 204
    assert_problem(root.get(f"{path}/file"), 404)
    assert not Export.objects.exists()


def fetched(caller, survey, /, **fields):
    """An export that is written, and its path."""
    document = caller.post("exports", order(survey, **fields)).json()
    write_exports()
    path = f"exports/{document['id']}/file"
    assert caller.get(path).status_code == 200
    return path


def test_an_export_is_its_makers_alone(root, limited, stranger, survey):
    path = fetched(root, survey)
    other = program("all")
    assert_problem(stranger.get(path), 401)
    for caller in (limited, other):
        assert_problem(caller.get(path), 404)
        assert results(caller.get("exports")) == []
        assert_problem(caller.delete(path.removesuffix("/file")), 404)
    assert root.get(path).status_code == 200


def test_an_export_is_not_given_to_who_has_lost_an_account_since(limited, survey, own):
    factories.respond(survey, {"nps": 9}, account=own)
    path = fetched(limited, survey)
    factories.account(team=own.team)
    assert limited.get(path).status_code == 200, "who sees more may have what they saw"
    own.team = Team.objects.create(name="South")
    own.save()
    assert_problem(limited.get(path), 403)


def test_an_export_is_not_given_after_its_key_was_revoked(root, survey):
    path = fetched(root, survey)
    revoke_api_key(ApiKey.objects.get(), now=timezone.now())
    assert_problem(root.get(path), 401)


def test_an_export_expires_and_its_file_goes(root, survey):
    path = fetched(root, survey)
    name = Export.objects.get().file
    Export.objects.update(expires_at=timezone.now())
    assert_problem(root.get(path), 404)
    assert default_storage.exists(name)
    discard_old_exports()
    discard_old_exports()
    assert not default_storage.exists(name)
    assert not Export.objects.exists()


def test_what_may_not_be_read_any_more_is_not_written(root, survey):
    document = root.post("exports", order(survey)).json()
    revoke_api_key(ApiKey.objects.get(), now=timezone.now())
    write_exports()
    export = Export.objects.get(token=document["id"])
    assert (export.status, export.file) == ("failed", "")


def test_an_export_whose_worker_died_is_written_by_the_next(root, survey):
    root.post("exports", order(survey))
    now = timezone.now()
    Export.objects.update(beat_at=now - timedelta(seconds=30), attempts=1)
    assert not write_next_export(clock=lambda: now), "someone is at it"
    assert write_next_export(clock=lambda: now + timedelta(minutes=2))
    assert Export.objects.get().status == "done"
    assert not write_next_export(clock=lambda: now + timedelta(hours=2))


def test_an_export_that_kills_its_workers_is_given_up(root, survey):
    root.post("exports", order(survey))
    Export.objects.update(beat_at=timezone.now() - timedelta(hours=1), attempts=3)
    write_exports()
    export = Export.objects.get()
    assert (export.status, export.file) == ("failed", "")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"dataset": "users"}, "dataset"),
        ({"format": "pdf"}, "format"),
        ({"survey": "nobody"}, "survey"),
        ({"dataset": "accounts"}, "survey"),
        ({"changed_after": "x"}, "changed_after"),
        ({"viewer": 1}, "viewer"),
    ],
)
def test_a_wrong_order_is_refused(root, survey, fields, field):
    assert_problem(root.post("exports", order(survey, **fields)), 400, field)
    assert not Export.objects.exists()


def test_so_many_exports_wait_and_no_more(root, survey):
    for _ in range(20):
        assert root.post("exports", order(survey)).status_code == 202
    assert_problem(root.post("exports", order(survey)), 409)


def test_a_stream_asks_the_same_however_many_rows_there_are(root, survey, own):
    def queries(path):
        with CaptureQueriesContext(connection) as captured:
            assert root.get(path).status_code == 200
        return len(captured)

    paths = (f"responses/export?survey={survey.slug}", "scores/export", "accounts/export")
    factories.respond(survey, {"nps": 9}, contact=factories.contact(own))
    few = [queries(path) for path in (*paths, *paths)][3:]
    for _ in range(12):
        factories.respond(survey, {"nps": 9}, contact=factories.contact(factories.account()))
    assert [queries(path) for path in paths] == few


def test_fields_that_there_are_not_are_refused_with_and_without_rows(root, survey):
    assert_problem(root.get("exports?fields=id,nope"), 400, "fields")
    root.post("exports", {"dataset": "scores", "format": "csv"})
    assert_problem(root.get("exports?fields=id,nope"), 400, "fields")
    (export,) = root.get("exports?fields=id,status").json()["results"]
    assert set(export) == {"id", "status"}
