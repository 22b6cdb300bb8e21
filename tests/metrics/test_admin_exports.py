import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Export, Team
from accounts.roles import ACCOUNT_MANAGER, ADMINISTRATOR, BUILDER
from metrics.tasks import write_exports
from tests import factories
from tests.accounts.staff import holder_of, logged_in, member

pytestmark = pytest.mark.django_db
LIST, ADD = "/admin/accounts/export/", "/admin/accounts/export/add/"


@pytest.fixture
def survey(db):
    return factories.published_survey()


def wish(survey, /, **fields):
    own = {"what": "responses", "survey": survey.slug, "format": "csv", "labels": "labels"}
    return own | {"changed_after": ""} | fields


def file_of(export):
    return reverse("admin:accounts_export_file", args=[export.token])


def test_an_export_is_ordered_written_and_fetched(survey):
    factories.respond(survey, {"nps": 9, "why": "Good"})
    browser = logged_in(member(ADMINISTRATOR))
    assert "written in the background" in browser.get(ADD).content.decode()
    assert browser.post(ADD, wish(survey)).url == LIST
    waiting = browser.get(LIST)
    assert waiting["Refresh"] == "3"
    assert "waiting" in waiting.content.decode()
    export = Export.objects.get()
    assert browser.get(file_of(export)).status_code == 404
    write_exports()
    done = browser.get(LIST)
    assert "Refresh" not in done
    assert file_of(export) in done.content.decode()
    answer = browser.get(file_of(export))
    assert b"Good" in b"".join(answer)
    assert "no-store" in answer["Cache-Control"]
    assert answer["Content-Disposition"] == f'attachment; filename="{survey.slug}.csv"'


def test_a_wish_that_does_not_hold_together_is_said_beside_its_field(survey):
    browser = logged_in(member(ADMINISTRATOR))
    for fields, field in (
        ({"survey": ""}, "survey"),
        ({"what": "accounts"}, "survey"),
        ({"what": "accounts", "survey": "", "changed_after": "yesterday"}, "changed_after"),
        ({"format": "pdf"}, "format"),
        ({"what": "users"}, "what"),
    ):
        answer = browser.post(ADD, wish(survey, **fields))
        assert answer.status_code == 200
        assert answer.context["adminform"].form.errors.keys() == {field}
    assert not Export.objects.exists()


def test_people_export_what_they_may_read_and_see_their_own_exports_only(survey):
    team = Team.objects.create(name="North")
    ours = factories.account(name="Ours", team=team)
    theirs = factories.account(name="CANARYFOREIGN")
    for account in (ours, theirs):
        factories.respond(survey, {"nps": 9}, account=account)
    chief = logged_in(member(ADMINISTRATOR))
    manager = member(ACCOUNT_MANAGER, teams=[team])
    limited = logged_in(manager)
    chief.post(ADD, wish(survey))
    limited.post(ADD, wish(survey))
    write_exports()
    mine, chiefs = Export.objects.get(user=manager), Export.objects.exclude(user=manager).get()
    text = b"".join(limited.get(file_of(mine))).decode()
    assert "Ours" in text
    assert "CANARY" not in text
    assert limited.get(file_of(chiefs)).status_code == 404
    assert file_of(chiefs) not in limited.get(LIST).content.decode()
    assert limited.post(f"{LIST}{chiefs.pk}/delete/", {"post": "yes"}).status_code == 302
    assert Export.objects.filter(pk=chiefs.pk).exists()


def test_what_someone_may_no_longer_see_is_not_fetched(survey):
    manager = member(ACCOUNT_MANAGER, teams=[team := Team.objects.create(name="North")])
    factories.respond(survey, {"nps": 9}, account=factories.account(team=team))
    browser = logged_in(manager)
    browser.post(ADD, wish(survey))
    write_exports()
    url = file_of(Export.objects.get())
    assert browser.get(url).status_code == 200
    manager.teams.clear()
    assert browser.get(url).status_code == 403
    manager.groups.clear()
    assert browser.get(url).status_code == 403
    manager.is_active = False
    manager.save()
    assert browser.get(url).status_code == 302


def test_who_may_read_nothing_of_it_has_no_exports(survey, client):
    nobody = logged_in(holder_of("accounts.view_contact"))
    assert nobody.get(LIST).status_code == 403
    assert nobody.post(ADD, wish(survey)).status_code == 403
    assert client.get(LIST).status_code == 302
    only_accounts = logged_in(holder_of("surveys.view_response"))
    answer = only_accounts.post(ADD, wish(survey, what="accounts", survey=""))
    assert answer.context["adminform"].form.errors.keys() == {"what"}


def test_an_export_and_its_file_are_thrown_away(survey):
    browser = logged_in(member(BUILDER))
    browser.post(ADD, wish(survey))
    write_exports()
    export = Export.objects.get()
    Export.objects.update(expires_at=timezone.now())
    assert browser.get(file_of(export)).status_code == 404
    assert browser.post(f"{LIST}{export.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Export.objects.exists()


def test_the_page_of_an_export_says_what_the_list_says(survey):
    factories.respond(survey, {"nps": 9, "why": "Good"})
    browser = logged_in(member(ADMINISTRATOR))
    browser.post(ADD, wish(survey))
    write_exports()
    export = Export.objects.get()
    page = browser.get(reverse("admin:accounts_export_change", args=[export.pk])).text
    assert f"Responses to a survey: {survey.slug}" in page
    assert "CSV" in page
    assert file_of(export) in page


def test_the_page_of_an_export_under_way_says_how_far_it_is(survey):
    browser = logged_in(member(ADMINISTRATOR))
    browser.post(ADD, wish(survey))
    export = Export.objects.get()
    Export.objects.update(beat_at=timezone.now(), rows_total=8, rows_done=2)
    page = browser.get(reverse("admin:accounts_export_change", args=[export.pk])).text
    assert "being written, 25%" in page
