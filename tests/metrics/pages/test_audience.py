"""Each count of an audience opens the contacts that it counts, named only to who may see contacts."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account, Contact, Subscription
from metrics.measures.memory import seen_lately
from metrics.templatetags.figures import number
from surveys.asking.audiences import contacts_of
from surveys.asking.everyone import standings
from surveys.models import Survey
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
        # In all, their accounts, who may and may not be asked, three roles and two reasons.
        assert len(counts) == 9
        for href, text in counts:
            answer = client.get(f"{address}{href}")
            listed = [one for page in answer.context["page"].paginator for one in page]
            assert number(len({*listed})) == number(len(listed)) == text, href
            assert not answer.context["faults"]
            assert f": {text}\n" in answer.text


def test_the_accounts_of_an_audience_say_what_they_pay_and_whom_they_have(audience, today, manager, seen_by):
    """Those that pay the most first, which is told nobody who may not see revenue."""
    accounts = [*Account.objects.order_by("pk")[:3]]
    for place, account in enumerate(accounts):
        f.subscription(account, today - timedelta(days=9), today + timedelta(days=300), 1000 * (1 + place))
    f.contact(accounts[1], name="Roe the second")
    left = f.account(name="Left", churned_on=today - timedelta(days=3))
    f.subscription(left, today - timedelta(days=9), today + timedelta(days=300), 77)
    address = reverse("audience", args=[audience.pk])
    client = logged_in(superuser())
    page = client.get(f"{address}?list=accounts")
    rows = [*page.context["page"]]
    assert [(account, arr) for account, _, arr in rows][:3] == [
        (accounts[2], 3000), (accounts[1], 2000), (accounts[0], 1000)
    ]  # fmt: skip
    assert page.context["revenue"] == (6000, 6000)
    f.subscription(accounts[0], today, today + timedelta(days=300), 500)
    assert client.get(address).context["revenue"] == (6500, 6500)
    Subscription.objects.filter(annual_value=500).delete()
    assert client.get(reverse("portfolio")).context["found"].paid.total == 6000
    assert (
        client.get(f"{address}?list=accounts&role=user&account={left.pk}").context["page"].paginator.count
        == 66
    )
    assert [one.contacts for _, one, _ in rows][:3] == [1, 2, 1]
    for _, one, _ in rows[:3]:
        for name, count in (("all", one.contacts), ("may", one.may_be_asked)):
            listed = client.get(f"{address}?list={name}&account={one.account}").context["page"]
            assert listed.paginator.count == count
            assert {each.contact.account_id for each in listed} <= {one.account}
    manager.user_permissions.add(Permission.objects.get(codename="view_audience"))
    theirs = seen_by(manager).get(f"{address}?list=accounts")
    assert "ARR" not in theirs.text
    assert {account.owner for account, *_ in theirs.context["page"]} == {manager}
    assert [account.pk for account, *_ in theirs.context["page"]] == sorted(
        (account.pk for account, *_ in theirs.context["page"]),
        key=lambda pk: (pk != accounts[1].pk, pk),
    )


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
        if "accounts" not in href:
            shown = [one.contact.pk for one in answer.context["page"]]
            assert shown == sorted(shown)


@pytest.mark.parametrize("query", ["list=none", "reason=luck", "role=king", "account=0", "account=x"])
def test_what_there_is_not_is_said(audience, query):
    answer = logged_in(superuser()).get(f"{reverse('audience', args=[audience.pk])}?{query}")
    assert len(answer.context["faults"]) == 1


def test_a_list_of_them_stands_for_the_sample(audience):
    client, address = logged_in(superuser()), reverse("audience", args=[audience.pk])
    for query, has_sample in (("", True), ("?list=left", True), ("?list=all", False), ("?list=may", False)):
        assert ("Some of them" in client.get(f"{address}{query}").text) == has_sample


def test_conditions_that_are_typed_lead_nowhere(audience):
    said = logged_in(superuser()).post(reverse("audience_typed"), {"audience": audience.pk})
    assert said.context["count"] == 66
    assert "Some of them" in said.text
    assert "?list=" not in said.text


def test_mail_that_goes_out_is_seen_within_minutes_and_a_change_by_hand_at_once(audience, manager, seen_by):
    """Who may not see every account is shown nothing that was kept."""
    client, address = logged_in(superuser()), reverse("audience", args=[audience.pk])
    manager.user_permissions.add(Permission.objects.get(codename="view_audience"))
    theirs = seen_by(manager)

    def may_be_asked(query=""):
        return [one.get(f"{address}{query}").context["may_be_asked"] for one in (client, theirs)]

    assert may_be_asked() == [22, 11]
    for contact in Contact.objects.filter(account__in=[one.account for one in free_of(audience)[:2]]):
        f.invitation(Survey.objects.get(), contact, sent_at=timezone.now())
    of_all, of_theirs = may_be_asked()
    assert (of_all, of_theirs) == (22, 10)
    assert may_be_asked("?again=1") == [20, 10] == may_be_asked()
    Contact.objects.filter(pk=free_of(audience)[0].contact).update(bounced_at=timezone.now())
    assert may_be_asked()[0] == 19


def test_an_older_look_takes_no_newer_ones_place():
    now = timezone.now()

    def seen(minutes, look):
        return seen_lately(look, (), "slow", now=now + timedelta(minutes=minutes), anew=True).found

    # While the first still looks, a second one looks anew.
    assert seen(0, lambda: (seen(1, lambda: "new"), "old")[1]) == "old"
    assert seen_lately(list, (), "slow", now=now + timedelta(minutes=2)).found == "new"


def test_what_was_seen_is_forgotten_after_minutes():
    looks, now = [], timezone.now()

    def look():
        looks.append(now)
        return len(looks)

    def seen(minutes, *asked, anew=False):
        at = now + timedelta(minutes=minutes)
        found = seen_lately(look, (Contact,), "a test", *asked, now=at, anew=anew)
        return found.found, (found.at - now) / timedelta(minutes=1)

    assert [seen(minutes) for minutes in (0, 4.9, 5, 9)] == [(1, 0), (1, 0), (2, 5), (2, 5)]
    assert seen(9, "of another") == (3, 9)
    assert seen(9, anew=True) == (4, 9)
    f.contact(f.account())
    assert seen(9) == (5, 9)


def free_of(audience):
    """Return who of an audience may be asked today."""
    contacts = contacts_of(audience, now=timezone.now()).order_by("pk")
    return [one for one in standings(contacts, timezone.localdate()) if one.block is None]
