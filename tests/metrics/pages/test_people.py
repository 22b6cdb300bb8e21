"""Who may not see contacts is told who nobody is: on no page, in no list, by no search."""

from datetime import timedelta

import pytest
from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from followups.models import FollowUp
from metrics.actions.absorb import absorb_responses
from surveys.actions.planning import plan_campaign
from surveys.mail.dispatch import send_due_mails
from tests import factories as f
from tests.accounts.staff import almighty_but, logged_in, superuser

pytestmark = pytest.mark.django_db

PERSON = {
    "name": "Jane Roe",
    "email": "jane@roe.example",
    "title": "Head of Nothing",
    "external_id": "roe-77",
    "language": "en",
}
QUESTIONS = [
    {"key": "nps", "kind": "nps", "text": "How likely?"},
    {"key": "why", "kind": "long_text", "text": "Why?"},
    {"key": "mail", "kind": "email", "text": "Where may we write?"},
]


@pytest.fixture
def company():
    """A person who was asked by a campaign, answered with an address, did something and has a case."""
    now = timezone.now()
    account, survey = f.account(name="Acme"), f.published_survey(questions=QUESTIONS)
    jane, gone = f.contact(account, **PERSON), f.contact(account, name="Gone Roe", unsubscribed_at=now)
    campaign = f.campaign(survey)
    plan_campaign(campaign, now=now)
    send_due_mails(clock=lambda: now, conversations=1)
    sent = campaign.invitations.get()
    answers = {"nps": 3, "why": "Slow", "mail": "jane@roe.example"}
    answered = f.respond(survey, answers, at=now, contact=jane, invitation=sent)
    f.event(account, contact=jane)
    FollowUp.objects.create(
        account=account, contact=jane, about="Slow", reason="manual", opened_at=now, due_on=now.date()
    )
    absorb_responses(now=now + timedelta(minutes=1))
    paths = [account.get_absolute_url(), reverse("response", args=[answered.public_id])]
    paths += [reverse(name, args=[campaign.pk]) for name in ("campaign", "dry_run")]
    paths += [reverse("audience", args=[campaign.audience_id]), "/admin/", *paths_of_admin()]
    paths += [reverse("survey_results", args=[survey.slug]), reverse("comments")]
    return {"paths": paths, "people": [jane, gone]}


def paths_of_admin():
    """Every list, and the form of every row."""
    for model in admin.site._registry:
        names = (model._meta.app_label, model._meta.model_name)
        try:
            yield reverse("admin:{}_{}_changelist".format(*names))
            for row in model._default_manager.all()[:3]:
                yield reverse("admin:{}_{}_change".format(*names), args=[row.pk])
                yield reverse("admin:{}_{}_history".format(*names), args=[row.pk])
        except NoReverseMatch:
            continue


def test_no_page_names_a_contact_to_who_may_not_see_them(company):
    blind, seeing = logged_in(almighty_but("view_contact", "change_contact")), logged_in(superuser())
    telling = []
    for path in company["paths"]:
        said = blind.get(path)
        assert said.status_code in {200, 302, 403, 404}, path
        for word in ("Roe", "roe.example", "Head of Nothing", "roe-77"):
            assert word not in said.text, (path, word)
        if "Roe" in seeing.get(path).text:
            telling.append(path)
    assert len(telling) >= 10, telling


@pytest.mark.parametrize(
    "model", ["surveys_invitation", "surveys_response", "surveys_mail", "followups_followup"]
)
def test_nobody_is_found_by_a_name_that_may_not_be_seen(company, model):
    path = reverse(f"admin:{model}_changelist")
    assert "Jane Roe" in logged_in(superuser()).get(path, {"q": "jane"}).text
    for word in ("jane", "roe.example"):
        found = logged_in(almighty_but("view_contact", "change_contact")).get(path, {"q": word})
        assert not found.context["cl"].result_list
    shown = logged_in(almighty_but("view_contact", "change_contact")).get(path)
    assert shown.context["cl"].result_list


def test_nobody_is_asked_by_who_may_not_see_whom(company):
    add = reverse("admin:surveys_invitation_add")
    assert logged_in(almighty_but("view_contact", "change_contact")).get(add).status_code == 403
    assert logged_in(superuser()).get(add).status_code == 200


def test_no_order_tells_a_name_that_may_not_be_seen():
    account = f.account(name="Acme")
    people = [f.contact(account, name=name).pk for name in ("Zoe", "Mia", "Ann")]
    places = [(reverse("audience", args=[f.audience().pk]), "sample"), (account.get_absolute_url(), "listed")]
    blind, seeing = logged_in(almighty_but("view_contact", "change_contact")), logged_in(superuser())
    for path, name in places:
        assert [each.contact.pk for each in blind.get(path).context[name]] == people, path
        assert [each.contact.pk for each in seeing.get(path).context[name]] == people[::-1], path


def test_the_history_of_contacts_is_for_who_may_see_them(company):
    root, jane = superuser(), company["people"][0]
    of_jane = LogEntry.objects.create(
        user=root, object_id=str(jane.pk), object_repr=str(jane), change_message="[]", action_flag=CHANGE,
        content_type=ContentType.objects.get_for_model(jane),
    )  # fmt: skip
    history = reverse("admin:admin_logentry_changelist")
    one = reverse("admin:admin_logentry_change", args=[of_jane.pk])
    blind = logged_in(almighty_but("view_contact", "change_contact"))
    assert "Jane Roe" in logged_in(root).get(history).text
    assert "Jane Roe" not in blind.get(history).text
    assert "Jane Roe" not in blind.get(one, follow=True).text
    assert not blind.get(history, {"q": "jane"}).context["cl"].result_list
