"""Programmes, surveys, collectors and invitations."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from accounts.models import Reply
from surveys.links import token_hash
from surveys.models import Collector, Invitation, Survey
from tests import factories
from tests.api.conftest import assert_problem, program, results

pytestmark = pytest.mark.django_db
LEAST = {"title": "Twice a year", "questions": [{"key": "nps", "kind": "nps", "text": "Likely?"}]}


@pytest.fixture
def survey():
    return factories.published_survey()


@pytest.fixture
def draft(root):
    made = root.post("surveys", LEAST)
    assert made.status_code == 201
    return Survey.objects.get(pk=made.json()["id"])


def test_a_survey_is_read_with_status_and_link(root, survey, draft):
    row = root.get(f"surveys/{survey.pk}").json()
    assert row["link"] == f"http://localhost/s/{survey.slug}/"
    assert (row["slug"], row["title"], row["status"], row["version"]) == (
        survey.slug,
        survey.title,
        "live",
        1,
    )
    assert root.get(f"surveys/{draft.pk}").json()["status"] == "draft"
    assert [row["id"] for row in results(root.get(f"surveys?slug={survey.slug}"))] == [survey.pk]
    of = survey.programme
    for named in (of.slug, of.pk):
        assert [row["id"] for row in results(root.get(f"surveys?programme={named}"))] == [survey.pk]
    assert_problem(root.get("surveys?programme=nothing"), 400, "programme")


def test_programmes_are_made_and_kept_while_surveys_hang_on_them(root):
    made = root.post("programmes", {"slug": "onboarding", "name": "Onboarding", "mode": "transactional"})
    assert made.status_code == 201
    path = f"programmes/{made.json()['id']}"
    assert_problem(root.post("programmes", {"slug": "on boarding", "name": "N"}), 400, "slug")
    assert_problem(root.patch(path, {"mode": "other"}), 400, "mode")
    survey = factories.published_survey()
    assert root.patch(f"surveys/{survey.pk}", {"programme": "onboarding"}).json()["programme"] == "onboarding"
    assert_problem(root.delete(path), 409)


def test_a_collector_is_an_open_link_of_its_own(root, survey):
    made = root.post(
        "collectors", {"survey": survey.slug, "name": "Kiosk", "channel": "kiosk", "slug": "hall"}
    )
    assert made.status_code == 201
    row = made.json()
    assert (row["survey"], row["link"]) == (survey.pk, "http://localhost/s/hall/")
    for fixed in ({"survey": survey.pk}, {"slug": "other"}):
        assert_problem(root.patch(f"collectors/{row['id']}", fixed), 400, *fixed)
    closed = root.patch(f"collectors/{row['id']}", {"closed_at": "2026-01-01T00:00:00Z"})
    assert closed.json()["closed_at"] == "2026-01-01T00:00:00Z"
    assert (
        root.put(f"collectors/{row['id']}", {"name": "Hall", "channel": "kiosk"}).json()["closed_at"] is None
    )
    assert_problem(root.post("collectors", {"survey": survey.pk, "name": "K", "slug": "hall"}), 400, "slug")
    assert len(results(root.get(f"collectors?survey={survey.slug}&channel=kiosk"))) == 1


def test_an_invitation_gives_its_link_once(root, survey, own, client):
    contact = factories.contact(own)
    made = root.post("invitations", {"survey": survey.pk, "contact": contact.pk})
    assert made.status_code == 201
    link = made.json()["link"]
    assert client.get(link).status_code == 200
    row = Invitation.objects.get()
    assert bytes(row.token_hash) == token_hash(link.rstrip("/").rpartition("/")[2])
    assert row.sent_at is not None, "handing the link over is the sending"
    shown = root.get(f"invitations/{row.pk}").json()
    assert "link" not in shown
    assert shown == {name: value for name, value in made.json().items() if name != "link"}
    assert root.post("invitations", {"survey": survey.slug, "contact": contact.pk}).status_code == 201


def test_a_repeated_invitation_gives_the_same_link_which_no_row_holds(root, survey, own):
    wanted = {"survey": survey.pk, "contact": factories.contact(own).pk}
    first, again = (root.post("invitations", wanted, Idempotency_Key="k") for _ in range(2))
    assert again.json() == first.json()
    assert Invitation.objects.count() == 1
    assert first.json()["link"].rstrip("/").rpartition("/")[2] not in Reply.objects.get().body


def test_who_does_not_want_to_be_asked_is_not_invited(root, survey, draft, own):
    willing = factories.contact(own)
    for field in ("unsubscribed_at", "erased_at"):
        other = factories.contact(own, **{field: timezone.now()})
        assert_problem(root.post("invitations", {"survey": survey.pk, "contact": other.pk}), 409)
    assert_problem(root.post("invitations", {"survey": draft.pk, "contact": willing.pk}), 409)
    assert not Invitation.objects.exists()
    end = datetime(2030, 1, 1, tzinfo=UTC).isoformat()
    body = {"survey": survey.pk, "contact": willing.pk, "expires_at": end}
    assert root.post("invitations", body).json()["expires_at"] == "2030-01-01T00:00:00Z"


def test_nobody_of_a_foreign_account_is_invited_or_seen(root, limited, survey, own, foreign):
    ours, theirs = factories.contact(own), factories.contact(foreign, name="CANARY")
    foreign_row = factories.invitation(survey, theirs)
    assert limited.post("invitations", {"survey": survey.pk, "contact": ours.pk}).status_code == 201
    refusal = limited.post("invitations", {"survey": survey.pk, "contact": theirs.pk})
    assert_problem(refusal, 400, "contact")
    assert b"CANARY" not in refusal.content
    assert [row["contact"] for row in results(limited.get("invitations"))] == [ours.pk]
    assert_problem(limited.get(f"invitations/{foreign_row.pk}"), 404)
    assert len(results(root.get("invitations"))) == 2


def test_an_answered_invitation_says_when(root, survey, own):
    contact = factories.contact(own)
    asked = factories.invitation(survey, contact)
    assert root.get(f"invitations/{asked.pk}").json()["answered_at"] is None
    factories.respond(survey, {"nps": 9}, contact=contact, invitation=asked)
    assert root.get(f"invitations/{asked.pk}").json()["answered_at"] == "2026-06-15T12:00:00Z"


def test_publishing_makes_the_next_version_once(root, survey):
    row = survey.questions.get(key="nps")
    row.text = "Would you recommend us?"
    row.save()
    for _ in range(2):
        published = root.post(f"surveys/{survey.pk}/publish")
        assert (published.status_code, published.json()["version"]) == (200, 2)
    survey.questions.all().delete()
    assert_problem(root.post(f"surveys/{survey.pk}/publish"), 400, "questions")
    assert root.get(f"surveys/{survey.pk}").json()["version"] == 2


def test_a_survey_is_made_from_its_definition(root, client):
    root.post("programmes", {"slug": "support", "name": "Support"})
    made = root.post("surveys", LEAST | {"programme": "support"})
    assert made.status_code == 201
    row = made.json()
    assert (row["slug"], row["status"], row["programme"], row["version"]) == (
        "twice-a-year",
        "draft",
        "support",
        None,
    )
    assert client.get(row["link"]).status_code == 404
    published = root.post(f"surveys/{row['id']}/publish").json()
    assert (published["status"], published["version"]) == ("live", 1)
    assert client.get(row["link"]).status_code == 200
    second = root.post("surveys", LEAST).json()
    assert (second["slug"], second["programme"]) == ("twice-a-year-2", "general")


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        ({"title": ""}, "title"),
        ({"questions": []}, "questions"),
        ({"nonsense": 1}, "survey"),
        ({"slug": "mine"}, "survey"),
        ({"questions": [{"key": "a'b\"c)--", "kind": "nps", "text": "T"}]}, "question 1"),
        ({"questions": [{"key": "nps", "kind": "mood", "text": "T"}]}, "question nps"),
        ({"programme": "nothing"}, "programme"),
        ({"programme": None}, "programme"),
    ],
)
def test_a_definition_with_faults_is_refused_with_all_of_them(root, wrong, place):
    before = Survey.objects.count()
    assert_problem(root.post("surveys", LEAST | wrong), 400, place)
    assert Survey.objects.count() == before


def test_a_definition_is_replaced_whole_and_published_by_itself(root, survey):
    path = f"surveys/{survey.pk}/definition"
    first = root.get(path)
    assert [question["key"] for question in first.json()["questions"]] == ["nps", "csat", "why"]
    changed = {**first.json(), "questions": first.json()["questions"][:1], "title": "Shorter"}
    replaced = root.put(path, changed, If_Match=first["ETag"])
    assert replaced.status_code == 200
    assert replaced["ETag"] == root.get(path)["ETag"] != first["ETag"]
    assert root.get(path).json() == replaced.json()
    assert [question["key"] for question in replaced.json()["questions"]] == ["nps"]
    row = root.get(f"surveys/{survey.pk}").json()
    assert (row["title"], row["version"]) == ("Shorter", 1)
    assert_problem(root.put(path, changed, If_Match=first["ETag"]), 412)
    assert_problem(root.put(path, {**changed, "questions": []}), 400, "questions")
    assert root.post(f"surveys/{survey.pk}/publish").json()["version"] == 2


def test_a_definition_in_two_languages_comes_back_as_it_went(root, draft):
    question = {"key": "nps", "kind": "nps", "text": {"en": "Likely?", "de": "Wahrscheinlich?"}}
    wanted = {"title": {"en": "T", "de": "U"}, "languages": ["en", "de"], "questions": [question]}
    root.put(f"surveys/{draft.pk}/definition", wanted)
    shown = root.get(f"surveys/{draft.pk}/definition").json()
    assert shown["title"] == wanted["title"]
    assert shown["questions"][0]["text"] == question["text"]


def test_a_closed_survey_takes_no_answers(root, survey, draft):
    closed = root.post(f"surveys/{survey.pk}/close")
    assert (closed.status_code, closed.json()["status"]) == (200, "closed")
    again = root.post(f"surveys/{survey.pk}/close").json()
    assert again["closes_at"] == closed.json()["closes_at"]
    assert_problem(root.post(f"surveys/{draft.pk}/close"), 409)
    assert root.patch(f"surveys/{survey.pk}", {"closes_at": None}).json()["status"] == "live"


def test_a_survey_that_was_published_is_not_deleted(root, survey, draft):
    assert_problem(root.delete(f"surveys/{survey.pk}"), 409)
    assert Collector.objects.exists()
    assert root.delete(f"surveys/{draft.pk}").status_code == 204


def test_reading_surveys_is_not_inviting(survey, own):
    contact = factories.contact(own)
    builder = program("surveys:read", "surveys:write")
    assert builder.get("surveys").status_code == 200
    assert_problem(builder.post("invitations", {"survey": survey.pk, "contact": contact.pk}), 403)
    inviter = program("invitations:write")
    assert inviter.post("invitations", {"survey": survey.pk, "contact": contact.pk}).status_code == 201
    assert_problem(inviter.post(f"surveys/{survey.pk}/publish"), 403)


def test_closing_dates_close(root, survey):
    past = (timezone.now() - timedelta(days=1)).isoformat()
    assert root.patch(f"surveys/{survey.pk}", {"closes_at": past}).json()["status"] == "closed"
    assert root.patch(f"surveys/{survey.pk}", {"closes_at": None}).json()["status"] == "live"
    assert_problem(root.patch(f"surveys/{survey.pk}", {"slug": "other"}), 400, "slug")
