"""Audiences and campaigns by the API: made, approved, changed, halted; never by a key of one team."""

import pytest

from surveys.models import Audience, Campaign
from tests import factories
from tests.api.conftest import assert_problem, program, results

pytestmark = pytest.mark.django_db
SEGMENT = [{"field": "segment", "operator": "one_of", "value": ["Enterprise"]}]
MESSAGES = [
    {"language": "en", "subject": "How are we doing?", "body": "Dear {{contact.first_name|customer}}"},
    {"number": 1, "language": "en", "subject": "Again", "body": "Would you?"},
]


@pytest.fixture
def survey():
    return factories.published_survey()


@pytest.fixture
def least(survey):
    return {
        "name": "Twice a year",
        "survey": survey.slug,
        "audience": SEGMENT,
        "starts_on": "2026-06-15",
        "reminder_days": [4],
        "messages": MESSAGES,
    }


@pytest.fixture
def made(root, least):
    answer = root.post("campaigns", least)
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_a_campaign_is_made_with_its_audience_and_words_and_read(root, survey, made):
    assert (made["survey"], made["status"], made["approved_at"]) == (survey.pk, "draft", None)
    assert made["weekdays"] == [0, 1, 2, 3, 4]
    assert [message["number"] for message in made["messages"]] == [0, 1]
    audience = Audience.objects.get(pk=made["audience"])
    assert (audience.name, audience.conditions) == ("Twice a year", SEGMENT)
    assert root.get(f"campaigns/{made['id']}").json() == made
    assert results(root.get(f"campaigns?survey={survey.slug}")) == [made]
    shown = root.get(f"campaigns/{made['id']}?expand=audience,survey").json()
    assert (shown["audience"]["conditions"], shown["survey"]["slug"]) == (SEGMENT, survey.slug)


def test_a_campaign_is_approved_paused_resumed_and_stopped(root, made):
    path = f"campaigns/{made['id']}"
    for word, status in (("approve", "running"), ("pause", "paused"), ("resume", "running")):
        assert root.post(f"{path}/{word}").json()["status"] == status
    assert root.post(f"{path}/stop").json()["status"] == "stopped"
    for word in ("approve", "pause", "resume", "stop"):
        assert_problem(root.post(f"{path}/{word}"), 409)


def test_a_change_takes_the_approval_back(root, least, made):
    path = f"campaigns/{made['id']}"
    root.post(f"{path}/approve")
    changed = root.patch(path, {"messages": MESSAGES[:1], "reminder_days": []}).json()
    assert (changed["status"], changed["approved_at"], len(changed["messages"])) == ("draft", None, 1)
    root.post(f"{path}/approve")
    assert root.put(path, least).json() == made, "what a PUT leaves out goes back"
    assert Audience.objects.count() == 1, "the same conditions are the same audience"
    root.post(f"{path}/approve")
    conditions = [*SEGMENT, {"field": "role", "operator": "one_of", "value": ["user"]}]
    assert root.patch(f"audiences/{made['audience']}", {"conditions": conditions}).status_code == 200
    assert root.get(path).json()["status"] == "draft", "whom it asks is part of what was approved"
    assert root.patch(path, {"audience": []}).json()["audience"] != made["audience"]


def test_what_is_in_the_way_of_an_approval_is_said(root, least):
    made = root.post("campaigns", least | {"messages": [], "name": "Wordless"}).json()
    refusal = assert_problem(root.post(f"campaigns/{made['id']}/approve"), 400, "campaign")
    assert refusal["errors"]["campaign"] == ["There is no message that invites."]
    assert Campaign.objects.get().approved_at is None


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"trigger": "recurring"}, "days"),
        ({"trigger": "event"}, "event"),
        ({"trigger": "whenever"}, "trigger"),
        ({"ends_on": "2026-06-14"}, "ends_on"),
        ({"opens": "17:00", "closes": "09:00"}, "closes"),
        ({"weekdays": []}, "weekdays"),
        ({"weekdays": [7]}, "weekdays"),
        ({"reminder_days": [4, 4]}, "reminder_days"),
        ({"sample_percent": 0}, "sample_percent"),
        ({"sample_percent": "50"}, "sample_percent"),
        ({"per_hour": 0}, "per_hour"),
        ({"sender": "Nobody"}, "sender"),
        ({"sender": "A <a@example.com>\nBcc: b@example.com"}, "sender"),
        ({"reply_to": "nobody"}, "reply_to"),
        ({"messages": [MESSAGES[0], MESSAGES[0]]}, "messages"),
        ({"messages": [{"language": "en"}]}, "messages"),
        ({"audience": [{"field": "password", "operator": "is", "value": "x"}]}, "audience"),
        ({"audience": 999}, "audience"),
        ({"audience": "everyone"}, "audience"),
        ({"survey": "nothing"}, "survey"),
        ({"approved_at": "2026-01-01T00:00:00Z"}, "approved_at"),
        ({"status": "running"}, "status"),
    ],
)
def test_what_does_not_go_together_is_refused_by_field(root, least, change, field):
    assert_problem(root.post("campaigns", least | change), 400, field)
    assert not Campaign.objects.exists()
    assert not Audience.objects.exists()


def test_names_are_taken_once(root, least, made):
    assert_problem(root.post("campaigns", least), 400, "name")
    assert root.post("campaigns", least | {"name": "Twice a year (2)"}).status_code == 201


def test_choosing_by_amounts_takes_the_scope_revenue(root, least):
    rich = [{"field": "arr", "operator": "at_least", "value": "50000"}]
    poor = program("campaigns:read", "campaigns:write", "surveys:read")
    assert_problem(poor.post("campaigns", least | {"audience": rich}), 400, "audience")
    saved = root.post("audiences", {"name": "Rich", "conditions": rich})
    assert saved.status_code == 201
    assert_problem(poor.post("campaigns", least | {"audience": saved.json()["id"]}), 400, "audience")
    assert root.post("campaigns", least | {"audience": saved.json()["id"]}).status_code == 201


def test_a_bound_of_amounts_is_told_with_the_scope_revenue_only(root, least):
    rich = [{"field": "arr", "operator": "at_least", "value": "987654.32"}]
    made = root.post("campaigns", least | {"audience": rich}).json()
    plain = root.post("campaigns", least | {"name": "All"}).json()["audience"]
    scopes = ("campaigns:read", "campaigns:write", "surveys:read")
    poor, paths = program(*scopes), ("audiences", f"campaigns/{made['id']}?expand=audience")
    for path in paths:
        assert "987654.32" in program(*scopes, "revenue").get(path).text
        assert "987654.32" not in poor.get(path).text
    assert [each["id"] for each in results(poor.get("audiences"))] == [plain]
    assert poor.get(paths[1]).json()["audience"] is None
    assert_problem(poor.get(f"audiences/{made['audience']}"), 404)
    assert_problem(poor.patch(f"audiences/{made['audience']}", {"name": "New"}), 404)


def test_who_was_asked_keeps_the_campaign_and_its_audience(root, made):
    campaign = Campaign.objects.get()
    factories.invitation(campaign.survey, factories.contact(factories.account()), campaign=campaign)
    assert_problem(root.delete(f"campaigns/{made['id']}"), 409)
    assert_problem(root.delete(f"audiences/{made['audience']}"), 409)


def test_a_key_of_one_team_touches_no_campaign(limited, least, made):
    path = f"campaigns/{made['id']}"
    for method, target in (
        *(("GET", "campaigns"), ("GET", path), ("POST", "campaigns"), ("PATCH", path), ("DELETE", path)),
        *(("POST", f"{path}/{word}") for word in ("approve", "pause", "resume", "stop")),
        *(("GET", "audiences"), ("POST", "audiences")),
    ):
        assert_problem(limited.call(method, target, least if method == "POST" else None), 403)
    assert_problem(program("campaigns:read").post(f"{path}/approve"), 403)
