"""Each count of an audience opens the contacts that it counts, named only to who may see contacts."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from accounts.models import Contact
from metrics.templatetags.figures import number
from tests import factories as f
from tests.accounts.staff import almighty_but, logged_in, superuser

pytestmark = pytest.mark.django_db
LINK = re.compile(r'<a href="(\?list=[^"]*)">([\d,]+)</a>')


@pytest.fixture
def audience(manager):
    """Contacts of every role, every third of which cannot be asked, for one reason or another."""
    now = timezone.now()
    survey = f.published_survey()
    for place in range(66):
        account = f.account(owner=manager if place % 2 else None, name=f"No {place}")
        gone = now if place % 3 == 0 else None
        contact = f.contact(
            account, role=Contact.Role.values[place // 3 % 3], name=f"Roe {place}", unsubscribed_at=gone
        )
        if place % 3 == 1:
            f.invitation(survey, contact, sent_at=now - timedelta(days=2))
    return f.audience()


def counts_on(client, address):
    """Return where each count leads, and the count; what is of all contacts leads to their list."""
    page = client.get(address)
    assert page.context["count"] in {33, 66}
    return [(unescape(href), text) for href, text in LINK.findall(page.text)]


def test_each_count_opens_the_contacts(audience, manager, seen_by):
    manager.user_permissions.add(Permission.objects.get(codename="view_audience"))
    address = reverse("audience", args=[audience.pk])
    for client in (logged_in(superuser()), seen_by(manager)):
        counts = counts_on(client, address)
        # In all, who may and may not be asked, three roles and two reasons.
        assert len(counts) == 8
        for href, text in counts:
            answer = client.get(f"{address}{href}")
            pages = answer.context["page"].paginator
            listed = [one.contact for page in pages for one in page]
            assert number(len(set(listed))) == number(len(listed)) == text, href
            assert not answer.context["faults"]
            assert f": {text}\n" in answer.text


def test_all_of_a_role_lead_to_the_list_of_contacts(audience):
    client = logged_in(superuser())
    page = client.get(reverse("audience", args=[audience.pk]))
    of_all = re.findall(r'<a href="([^"]*/contact/\?role__exact=[^"]*)">(\d+)</a>', page.text)
    assert len(of_all) == 3
    for href, text in of_all:
        assert client.get(href).context["cl"].result_count == int(text)


def test_who_may_not_see_contacts_is_told_counts_alone(audience):
    blind = logged_in(almighty_but("view_contact", "change_contact"))
    address = reverse("audience", args=[audience.pk])
    assert "/contact/" not in blind.get(address).text
    for href, _ in counts_on(blind, address):
        answer = blind.get(f"{address}{href}")
        assert "Roe" not in answer.text
        shown = [one.contact.pk for one in answer.context["page"]]
        assert shown == sorted(shown)


@pytest.mark.parametrize("query", ["list=none", "reason=luck", "role=king"])
def test_what_there_is_not_is_said(audience, query):
    answer = logged_in(superuser()).get(f"{reverse('audience', args=[audience.pk])}?{query}")
    assert len(answer.context["faults"]) == 1


def test_conditions_that_are_typed_lead_nowhere(audience):
    said = logged_in(superuser()).post(reverse("audience_typed"), {"audience": audience.pk})
    assert said.context["count"] == 66
    assert "?list=" not in said.text
