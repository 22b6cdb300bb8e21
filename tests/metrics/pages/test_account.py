import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from accounts.actions.notes import add_note, erase_note
from accounts.models import Note, Team
from accounts.roles import ACCOUNT_MANAGER, ADMINISTRATOR, BUILDER, EXECUTIVE
from metrics.actions.absorb import absorb_responses
from metrics.actions.health import score_accounts
from metrics.measures.query import ask
from metrics.measures.scope import Scope
from metrics.models import Health
from metrics.templatetags.figures import day
from tests import factories as f
from tests.metrics.pages.conftest import CANARY, pays_the_canary

pytestmark = pytest.mark.django_db

XSS = "\"><svg/onload=fetch('//127.0.0.1:9/x')><script>window.__x=1</script>{{7*7}}${7*7}"


def page_of(account):
    return reverse("account", args=[account.pk])


def test_it_is_shown_to_owner_and_colleague_and_does_not_exist_for_a_stranger(someone, seen_by, manager):
    colleague, stranger = someone(manager.groups.get().name), someone(manager.groups.get().name)
    team = Team.objects.create(name="North")
    colleague.teams.add(team)
    account = f.account(name="Acme", owner=manager, team=team)
    assert "Acme" in seen_by(manager).get(page_of(account)).text
    assert "Acme" in seen_by(colleague).get(page_of(account)).text
    foreign = seen_by(stranger).get(page_of(account))
    assert foreign.status_code == 404
    assert "Acme" not in foreign.text
    assert seen_by(stranger).get("/admin/account/999999/").status_code == 404


def test_it_asks_for_a_login_and_for_the_permission(client, someone, seen_by):
    account = f.account()
    assert client.get(page_of(account)).url.startswith("/admin/login/")
    owner = f.user(is_staff=True)
    account.owner = owner
    account.save()
    assert seen_by(owner).get(page_of(account)).status_code == 403
    assert seen_by(someone(BUILDER)).get(page_of(account)).status_code == 200


def test_a_new_account_says_what_is_missing(executive):
    text = executive.get(page_of(f.account(name="Acme"))).text
    assert "has not been computed yet" in text
    assert "This account has no contacts" in text
    assert "Nobody at Acme has answered yet" in text
    assert "USD 0" in text
    assert "none agreed" in text


def test_revenue_is_absent_without_the_permission(executive, seen_by, manager, today):
    account = f.account(owner=manager, attributes={"arr": 987654.32})
    pays_the_canary(account, today)
    with_permission, without = (
        executive.get(page_of(account)).text,
        seen_by(manager).get(page_of(account)).text,
    )
    assert "USD 987,654" in with_permission
    assert "Next renewal" in with_permission
    for trace in ("987654", "987,654", "ARR", "Next renewal", "USD"):
        assert trace not in without


def test_answers_are_shown_as_numbers_and_in_words(executive):
    account = f.account()
    chief = f.contact(account, name="Ada Chief", role="decision_maker")
    survey = f.published_survey([f.NPS, f.CSAT, f.CES, f.WHY])
    now = timezone.now()
    for days, nps in ((1, 10), (2, 9), (3, 0)):
        answers = {"nps": nps, "csat": 5, "ces": 2, "why": f"because {nps}"}
        f.respond(survey, answers, contact=chief, at=now - timedelta(days=days))
    absorb_responses(now=now)
    response = executive.get(page_of(account))
    measures = {name: measure for name, measure, _, _ in response.context["sentiment"]}
    assert measures["NPS"].value == pytest.approx(100 / 3)
    assert (measures["CSAT"].value, measures["CES"].value) == (100, 0)
    assert [voice.words[0] for voice in response.context["voices"]] == [
        "because 10",
        "because 9",
        "because 0",
    ]
    assert "+33" in response.text
    assert "NPS <b>10</b>/10" in response.text


def test_health_is_shown_with_the_lines_that_add_up_to_it(executive, seen_by, manager, today):
    account = f.account(owner=manager)
    pays_the_canary(account, today)
    chief = f.contact(account, role="decision_maker")
    f.respond(f.published_survey(), {"nps": 2, "csat": 1}, contact=chief, at=timezone.now())
    absorb_responses(now=timezone.now())
    for days_ago in (1, 0):
        score_accounts(day=today - timedelta(days=days_ago), now=timezone.now())
    response = executive.get(page_of(account))
    explanation = response.context["explanation"]
    health = Health.objects.get(account=account, day=today)
    lines = (explanation.base, *explanation.parts)
    assert sum(line.hundredths for line in lines) == health.score == explanation.total
    assert {line.name for line in lines} >= {"How they feel about us", "Ready to renew"}
    assert "1 person: 0 happy, 1 unhappy" in response.text
    shown = re.findall(r'<th scope="row">(.+?)</th>', response.context["health_rows"])
    assert shown == [day(today), day(today - timedelta(days=1))]
    assert "days to" in response.text
    assert "days to" not in seen_by(manager).get(page_of(account)).text


def test_whatever_people_wrote_reads_as_text(executive):
    account = f.account(name=XSS, domain=XSS, segment=XSS[:100])
    contact = f.contact(account, name=XSS, title=XSS)
    survey = f.published_survey(title=XSS)
    f.respond(survey, {"nps": 1, "why": XSS}, contact=contact, at=timezone.now())
    absorb_responses(now=timezone.now())
    response = executive.get(page_of(account))
    assert "<svg/onload" not in response.text
    assert "<script>window" not in response.text
    assert response.text.count("&lt;svg/onload") >= 5
    policy = response.headers["Content-Security-Policy"]
    assert "script-src 'self' 'unsafe-eval'" in policy
    assert "<script>" not in response.text


def test_responses_come_in_pages(executive):
    account, survey, now = f.account(), f.published_survey(), timezone.now()
    for number in range(23):
        f.respond(survey, {"nps": 9}, account=account, at=now - timedelta(days=number))
    assert len(executive.get(page_of(account)).context["voices"]) == 20
    second = executive.get(page_of(account), {"page": "2"})
    assert len(second.context["voices"]) == 3
    assert "Page 2" in second.text
    assert (second.context["newer"], second.context["older"]) == (1, 0)
    assert len(executive.get(page_of(account), {"page": "x"}).context["voices"]) == 20


def test_queries_do_not_grow_with_what_there_is(executive, django_assert_max_num_queries, today):
    counts = []
    now = timezone.now()
    for size in (2, 12):
        account = f.account()
        pays_the_canary(account, today)
        for _ in range(size):
            survey, contact = f.published_survey([f.NPS, f.CSAT, f.CES, f.WHY]), f.contact(account)
            invited = f.invitation(survey, contact, sent_at=now)
            answers = {"nps": 9, "csat": 4, "ces": 6, "why": "Yes"}
            f.respond(survey, answers, contact=contact, invitation=invited, at=now)
            f.signal(account, f"signal_{survey.pk}", today, 10)
            add_note(account, text="Called.", author=f.user(), now=now)
        absorb_responses(now=now)
        with django_assert_max_num_queries(20) as queries:
            executive.get(page_of(account))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_it_names_the_parent_only_to_who_may_see_it(executive, seen_by, manager):
    parent = f.account(name="Umbrella Holding")
    account = f.account(owner=manager, parent=parent)
    assert "Umbrella Holding" in executive.get(page_of(account)).text
    assert "Umbrella Holding" not in seen_by(manager).get(page_of(account)).text


def test_numbers_are_what_the_metrics_say_of_the_account(executive, today):
    account = f.account()
    pays_the_canary(account, today)
    survey, now = f.published_survey([f.NPS, f.CSAT, f.CES]), timezone.now()
    for days, nps in ((1, 10), (100, 2), (364, 9), (500, 0)):
        f.respond(survey, {"nps": nps, "csat": 4, "ces": 7}, account=account, at=now - timedelta(days=days))
    absorb_responses(now=now)
    response = executive.get(page_of(account))
    scope = Scope.of_answers(response.wsgi_request.user, today, account=account)
    for name, measure, points, _ in response.context["sentiment"]:
        assert measure == ask(name.lower(), scope)
        assert sum(point.measure.n for point in points) == 4
    paid = Scope.of_revenue(response.wsgi_request.user, today, account=account)
    assert response.context["arr"].total == ask("arr", paid).value == CANARY
    assert response.context["levels"][-1].value == CANARY
    assert "ARR by month" in response.text


def test_answers_of_confidential_surveys_are_no_part_of_it(executive):
    account = f.account()
    survey = f.published_survey([f.NPS, f.WHY], privacy="confidential")
    for _ in range(6):
        f.respond(survey, {"nps": 1, "why": "Secret words"}, account=account, at=timezone.now())
    absorb_responses(now=timezone.now())
    response = executive.get(page_of(account))
    assert "Secret words" not in response.text
    assert {measure.n for _, measure, _, _ in response.context["sentiment"]} == {0}
    assert "confidential surveys are left out" in response.text


def test_signals_are_shown_with_what_changed(executive, today, someone, seen_by):
    account = f.account()
    for days, value in ((40, 5), (10, 7.5), (3, 6)):
        f.signal(account, "seats_active", today - timedelta(days=days), value)
    response = executive.get(page_of(account))
    (signal,) = response.context["signals"]
    assert (signal.value, signal.before, signal.on) == (6, Decimal("7.5"), today - timedelta(days=3))
    assert "−1.5" in response.text
    assert "Seats in use, last 28 days" in response.text
    assert "Seats in use" not in seen_by(someone(BUILDER)).get(page_of(account)).text


def test_a_measure_of_ones_own_is_named_by_its_key(executive, today):
    account = f.account()
    f.signal(account, "logins_per_week", today, 3)
    assert "Logins per week" in executive.get(page_of(account)).text


def test_invitations_are_shown_with_what_became_of_them(executive):
    account, survey, now = f.account(), f.published_survey(), timezone.now()
    ann, ben, cy, di, ed = (f.contact(account, name=name) for name in ("Ann", "Ben", "Cy", "Di", "Ed"))
    invited = f.invitation(survey, ann, sent_at=now)
    f.respond(survey, {"nps": 9}, contact=ann, invitation=invited, at=now)
    f.invitation(survey, ben, sent_at=now, bounced_at=now)
    f.invitation(survey, cy, sent_at=now)
    f.invitation(survey, di, sent_at=None, planned_for=now + timedelta(days=3))
    f.invitation(survey, ed, sent_at=None)
    text = executive.get(page_of(account)).text
    for said in (f"answered {timezone.localdate():%-d %b %Y}", "bounced", "no answer", "not sent yet"):
        assert said in text
    assert re.search(
        rf"{day(timezone.localdate() + timedelta(days=3))}\s*</td>\s*<td[^>]*>\s*planned\s*<", text
    )


@pytest.mark.parametrize(("mode", "is_told"), [("relationship", False), ("transactional", True)])
def test_answers_that_the_nps_leaves_out_stand_below_it(executive, mode, is_told):
    account = f.account()
    survey = f.published_survey(of=f.programme(mode))
    f.respond(survey, {"nps": 9}, contact=f.contact(account), at=timezone.now())
    absorb_responses(now=timezone.now())
    assert ("NPS by programme" in executive.get(page_of(account)).text) is is_told


def notes_page(account, note=None):
    return reverse("note", args=[account.pk, note.pk]) if note else reverse("notes", args=[account.pk])


def test_notes_are_written_changed_and_erased_and_each_is_on_record(seen_by, manager, executive):
    account = f.account(owner=manager)
    client = seen_by(manager)
    client.post(notes_page(account), {"text": XSS})
    note = Note.objects.get()
    assert (note.author, note.account) == (manager, account)
    assert "&lt;svg/onload" in executive.get(page_of(account)).text
    client.post(notes_page(account, note), {"text": "They renew in May."})
    assert "They renew in May." in executive.get(page_of(account)).text
    assert "Change or erase" not in executive.get(page_of(account)).text
    client.post(notes_page(account, note), {"erase": "1"})
    text = executive.get(page_of(account)).text
    assert "They renew in May." not in text
    assert "Erased" in text
    deeds = LogEntry.objects.order_by("pk").values_list("action_flag", "object_repr", "change_message")
    assert [deed for deed, _, _ in deeds] == [1, 2, 3]
    assert "renew" not in str(list(deeds))


def test_a_note_sent_twice_from_one_form_is_kept_once_and_other_words_are_another(seen_by, manager):
    account, client = f.account(owner=manager), seen_by(manager)
    key = client.get(account.get_absolute_url()).context["note_key"]
    for text in ("Wants to renew.", "Wants to renew.", "And early."):
        assert client.post(notes_page(account), {"text": text, "key": key}).status_code == 302
    client.post(notes_page(account), {"text": "Wants to renew.", "key": "none"})
    assert sorted(account.notes.values_list("text", flat=True)) == [
        "And early.", "Wants to renew.", "Wants to renew."
    ]  # fmt: skip


def test_a_note_that_is_refused_shows_again_with_its_words_and_the_reason(seen_by, manager):
    account = f.account(owner=manager)
    client, words = seen_by(manager), "far too long " * 400
    page = client.post(notes_page(account), {"text": words})
    assert words in page.text
    assert "A note has at most 4,000 characters." in page.text
    assert not Note.objects.exists()
    note = add_note(account, text="Mine", author=manager, now=timezone.now())
    page = client.post(notes_page(account, note), {"text": words})
    assert words in page.text
    erase_note(note, by=manager, now=timezone.now())
    page = client.post(notes_page(account, note), {"text": "What I meant was this."})
    assert "The note has been erased." in page.text
    assert "What I meant was this." in page.text
    assert Note.objects.get().text == ""
    assert not LogEntry.objects.exists()


def test_nobody_else_changes_a_note_and_only_administrators_erase_it(someone, seen_by, manager):
    account = f.account(owner=manager)
    note = add_note(account, text="Mine", author=manager, now=timezone.now())
    for role in (EXECUTIVE, BUILDER):
        seen_by(someone(role)).post(notes_page(account, note), {"text": "Changed"})
        seen_by(someone(role)).post(notes_page(account, note), {"erase": "1"})
    note.refresh_from_db()
    assert (note.text, note.edited_at, note.erased_at) == ("Mine", None, None)
    seen_by(someone(ADMINISTRATOR)).post(notes_page(account, note), {"erase": "1"})
    note.refresh_from_db()
    assert note.text == ""


def test_notes_of_foreign_accounts_are_out_of_reach(someone, seen_by, manager):
    account = f.account(owner=manager)
    note = add_note(account, text="Mine", author=manager, now=timezone.now())
    stranger = seen_by(someone(ACCOUNT_MANAGER))
    assert stranger.post(notes_page(account), {"text": "Hello"}).status_code == 404
    assert stranger.post(notes_page(account, note), {"erase": "1"}).status_code == 404
    other = f.account(owner=manager)
    assert seen_by(manager).post(notes_page(other, note), {"erase": "1"}).status_code == 404
    assert seen_by(someone(BUILDER)).post(notes_page(account), {"text": "Hello"}).status_code == 403
    assert list(Note.objects.values_list("text", flat=True)) == ["Mine"]


def test_who_sees_no_contacts_sees_no_name(seen_by, executive, today):
    account, survey, now = f.account(), f.published_survey(), timezone.now()
    person = f.contact(account, name="Jane Roe", title="Head of Nothing")
    sent = f.invitation(survey, person, sent_at=now - timedelta(days=3))
    f.respond(survey, {"nps": 9, "why": "Fine"}, at=now, contact=person, invitation=sent)
    absorb_responses(now=now)
    viewer = f.user(is_staff=True)
    rights = Permission.objects.filter(group__name="executive").exclude(codename="view_contact")
    viewer.user_permissions.set(rights)
    for path in (account.get_absolute_url(), "/admin/"):
        assert "Jane Roe" in executive.get(path).text
        text = seen_by(viewer).get(path).text
        assert "Fine" in text
        assert "Jane Roe" not in text
        assert "Head of Nothing" not in text
