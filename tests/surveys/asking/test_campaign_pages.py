"""The pages of campaigns and audiences, by role, with figures counted by hand."""

import re
from datetime import timedelta
from html import escape, unescape
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Group, Permission
from django.core import mail as outbox
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account, Contact
from followups.models import FollowUp
from surveys.actions.campaigns import CampaignNotReady, approve_campaign, stop_campaign
from surveys.actions.planning import plan_campaign
from surveys.mail.dispatch import send_due_mails
from surveys.models import Audience, Campaign, Invitation, Mail
from tests.accounts.staff import assert_leads_to
from tests.factories import (
    NOON,
    account,
    audience,
    campaign,
    contact,
    contact_policy,
    invitation,
    published_survey,
    respond,
    subscription,
    user,
)

pytestmark = pytest.mark.django_db


def someone(role, **fields):
    made = user(is_staff=True, **fields)
    made.groups.add(Group.objects.get(name=role))
    return made


@pytest.fixture
def builder(client):
    client.force_login(someone("builder"))
    return client


@pytest.fixture
def sent():
    """A campaign to three contacts of two accounts, of whom one has answered and one was left alone."""
    survey = published_survey()
    acme, other = account(name="Acme", segment="Retail"), account(name="Other Inc", segment="Banking")
    for company in (acme, other):
        contact(company)
    contact(acme, name="Gone Girl", unsubscribed_at=NOON)
    made = campaign(survey)
    plan_campaign(made, now=NOON)
    send_due_mails(clock=lambda: NOON, conversations=1)
    first = Invitation.objects.get(contact__account=acme)
    respond(survey, {"nps": 9}, invitation=first, contact=first.contact)
    return made


def page(client, made, name="campaign"):
    return client.get(reverse(name, args=[made.pk]))


def test_the_page_counts_how_far_they_came(builder, sent):
    context = page(builder, sent).context
    funnel = context["funnel"]

    assert (funnel.planned, funnel.sent, funnel.delivered, funnel.completed, funnel.skipped) == (
        2,
        2,
        2,
        1,
        1,
    )
    assert (context["rate"].value, context["rate"].delivered) == (50.0, 2)
    assert [(rate.name, rate.value) for rate in context["by_segment"]] == [
        ("Banking", 0.0),
        ("Retail", 100.0),
    ]
    assert [one.contact.account.name for one in context["page"]] == ["Other Inc"]
    assert context["reasons"] == [{"reason": "unsubscribed", "count": 1}]


def test_who_sees_some_accounts_sees_some_contacts(client, sent):
    manager = someone("account manager", email="manager@example.com")
    manager.user_permissions.add(*permissions("view_campaign", "view_audience"))
    sent.invitations.first().contact.account.__class__.objects.filter(name="Acme").update(owner=manager)
    client.force_login(manager)
    shown = page(client, sent)

    assert shown.context["funnel"].sent == 1
    assert "Other Inc" not in shown.content.decode()
    assert page(client, sent, "dry_run").status_code == 403
    assert "Other Inc" not in client.get(reverse("audience", args=[sent.audience_id])).content.decode()


def permissions(*names):
    from django.contrib.auth.models import Permission

    return Permission.objects.filter(codename__in=names)


@pytest.mark.parametrize("name", ["approve", "pause", "resume", "stop", "send_to_me"])
def test_nothing_happens_by_a_get_or_without_the_right(client, name):
    made = campaign(published_survey(), approved_at=None)
    url = reverse(f"admin:surveys_campaign_{name}", args=[made.pk])
    client.force_login(someone("administrator"))
    assert_leads_to(client, url, reverse("campaign", args=[made.pk]))
    client.force_login(someone("analyst"))
    assert client.post(url).status_code == 403


def test_a_builder_prepares_and_an_administrator_approves(client):
    made = campaign(published_survey(), approved_at=None)
    url = reverse("admin:surveys_campaign_approve", args=[made.pk])
    client.force_login(someone("builder"))
    assert client.post(url).status_code == 403

    boss = someone("administrator")
    client.force_login(boss)
    client.post(url)
    made.refresh_from_db()
    assert made.approved_by == boss


def test_what_is_missing_is_named_before_approval():
    survey = published_survey()
    made = Campaign.objects.create(
        name="c",
        survey=survey,
        audience=Audience.objects.create(name="a", conditions="x"),
        starts_on=NOON.date(),
    )
    made.messages.create(language="en", subject="Hi {{contact.salary}}", body="x", number=1)

    with pytest.raises(CampaignNotReady) as refused:
        approve_campaign(made, by=user(), now=NOON)
    assert len(refused.value.faults) == 4


def test_an_edited_campaign_waits_for_approval(client):
    made = campaign(published_survey())
    client.force_login(someone("administrator"))
    message = made.messages.get()
    page = client.get(reverse("admin:surveys_campaign_change", args=[made.pk])).text
    assert "Invitation, en" in page
    assert "Left blank: Earshot &lt;" in page
    answer = client.post(
        reverse("admin:surveys_campaign_change", args=[made.pk]),
        {
            "name": "Renamed",
            "survey": made.survey_id,
            "audience": made.audience_id,
            "trigger": "once",
            "starts_on": "2026-06-15",
            "opens": "09:00",
            "closes": "17:00",
            "weekdays": ["0", "1"],
            "sample_percent": "100",
            "expires_after_days": "30",
            "reminder_days": "3,7",
            "messages-TOTAL_FORMS": "1",
            "messages-INITIAL_FORMS": "1",
            "messages-0-id": message.pk,
            "messages-0-number": "0",
            "messages-0-language": "en",
            "messages-0-subject": "Hello",
            "messages-0-body": "Words",
        },
    )

    assert answer.status_code == 302, answer.context["adminform"].form.errors
    made.refresh_from_db()
    assert (made.name, made.weekdays, made.reminder_days, made.approved_at) == (
        "Renamed",
        [0, 1],
        [3, 7],
        None,
    )


def test_a_stopped_campaign_asks_nobody_any_more():
    contact(account())
    made = campaign(published_survey())
    plan_campaign(made, now=NOON)
    stop_campaign(made, now=NOON)

    assert send_due_mails(clock=lambda: NOON, conversations=1) == 0
    assert Mail.objects.get().state == "unneeded"
    assert Invitation.objects.get().revoked_at


def test_the_mail_can_be_read_and_tried(builder):
    made = campaign(published_survey())
    url = reverse("admin:surveys_campaign_mail", args=[made.pk])

    assert "Example Ltd" in builder.get(url).content.decode()
    assert builder.get(url, {"as": "text"}).content.decode().startswith("How are we doing")
    builder.post(reverse("admin:surveys_campaign_send_to_me", args=[made.pk]))
    assert len(outbox.outbox) == 1
    assert not Invitation.objects.exists()


def test_subjects_are_shown_as_a_reader_gets_them(builder):
    """Where nobody has a name, and before the survey is live, too."""
    made = campaign(published_survey())
    made.messages.update(subject="{{contact.first_name|Hello}}, how is {{survey.title}}?")
    shown = page(builder, made).content.decode()
    name = builder.get("/admin/").wsgi_request.user.first_name or "Anna"
    assert f"(en): {name}, how is {made.survey.title}?" in shown
    assert "{{" not in shown


def test_a_dry_run_stores_nothing(builder, sent):
    contact(account(), name="New Person")
    shown = page(builder, sent, "dry_run")

    assert shown.context["asked"] == 1
    assert "New Person" in shown.content.decode()
    assert Invitation.objects.count() == 2


def test_each_count_of_a_dry_run_opens_its_turns(builder):
    """Of the asks, of those who are never asked, of each reason, and of each day."""
    contact_policy(quiet_days=30)
    survey, now = published_survey(), timezone.now()
    people = [contact(account(name=f"No {number}"), name=f"Roe {number}") for number in range(9)]
    for one in people[:3]:
        invitation(survey, one, sent_at=now - timedelta(days=4))
    Contact.objects.filter(pk__in=[one.pk for one in people[3:5]]).update(unsubscribed_at=now)
    made = campaign(survey, starts_on=now.date(), weekdays=[*range(7)])
    address = reverse("dry_run", args=[made.pk])
    shown = builder.get(address)
    assert (shown.context["asked"], shown.context["never"]) == (7, 2)
    counts = re.findall(r'<a href="(\?[^"]*)#listed">(\d+)</a>', shown.text)
    # The asks, those never asked, left alone and asked today, asked later, and two reasons.
    assert [int(count) for _, count in counts] == [7, 2, 5, 4, 3, 3, 2]
    for href, count in counts:
        listed = builder.get(f"{address}{unescape(href)}")
        assert not listed.context["faults"]
        assert f": {count}\n" in listed.text
        turns = [*listed.context["page"]]
        assert len(turns) == len({one.contact.pk for one in turns}) == int(count)
        who, reason = listed.context["wanted"].who, listed.context["wanted"].reason
        assert {one.block is None for one in turns} == {who == "asked"}
        assert not reason or {one.block.reason for one in turns} == {reason}
        assert all(one.contact.name in listed.text for one in turns)


def test_a_dry_run_names_nobody_by_amounts_that_one_may_not_see(builder):
    acme, now = account(name="Acme"), timezone.now()
    contact(acme, name="Ann Roe")
    subscription(acme, now.date() - timedelta(days=9), None, 1000)
    of_rich = audience(("arr", "at_least", "900"))
    address = reverse("dry_run", args=[campaign(published_survey(), audience=of_rich).pk])
    refused = builder.get(address)
    assert "chosen by amounts of money" in refused.text
    assert "Ann Roe" not in refused.text
    builder.force_login(someone("administrator"))
    assert "Ann Roe" in builder.get(address).text


def test_a_dry_run_counts_people_however_many_of_their_contracts_end(builder):
    contact_policy(quiet_days=0, quiet_before_renewal_days=0)
    acme, now = account(name="Acme"), timezone.now()
    contact(acme, name="Gone Boy", unsubscribed_at=now)
    contact(acme, name="Ann Roe")
    for _ in range(3):
        subscription(acme, now.date() - timedelta(days=300), now.date() + timedelta(days=40), 1000)
    made = campaign(
        published_survey(), starts_on=now.date(), weekdays=[*range(7)], trigger="before_renewal", days=30
    )
    shown = builder.get(reverse("dry_run", args=[made.pk]))
    # On each of three days one contract is asked about, and whoever is gone is left alone once.
    assert [counts for _, counts in shown.context["days"]] == [(1, 1), (1, 0), (1, 0)]
    assert shown.context["reasons"][0] == ("unsubscribed", 1)


@pytest.mark.parametrize("query", ["day=2020-01-01", "day=x", "list=all", "reason=luck"])
def test_a_dry_run_says_what_there_is_not(builder, sent, query):
    contact(account())
    shown = builder.get(f"{reverse('dry_run', args=[sent.pk])}?{query}")
    assert len(shown.context["faults"]) == 1
    assert len(shown.context["page"]) == 2


def test_an_audience_is_built_of_rows(builder):
    contact(account(segment="Retail"), role="user")
    answer = builder.post(
        reverse("admin:surveys_audience_add"),
        {
            "name": "Retail",
            "field_0": "segment",
            "operator_0": "one_of",
            "value_0": "Retail, Banking",
            "field_1": "asked",
            "operator_1": "not_within",
            "value_1": "90",
        },
    )

    assert answer.status_code == 302
    made = Audience.objects.get()
    assert made.conditions == [
        {"field": "segment", "operator": "one_of", "value": ["Retail", "Banking"]},
        {"field": "asked", "operator": "not_within", "value": 90},
    ]
    shown = page(builder, made, "audience")
    assert shown.context["count"] == 1
    assert page(builder, made, "admin:surveys_audience_change").status_code == 200


def test_who_is_counted_while_conditions_are_typed_and_nothing_is_stored(builder):
    for segment in ("Retail", "Retail", "Banking"):
        contact(account(segment=segment))
    contact(account(segment="Retail"), unsubscribed_at=NOON)
    typed = {"field_0": "segment", "operator_0": "one_of", "value_0": "Retail", "field_1": "", "value_1": "x"}
    shown = builder.post(reverse("audience_typed"), typed)

    assert (shown.context["count"], shown.context["may_be_asked"]) == (3, 2)
    assert "unsubscribed" in shown.content.decode()
    unfinished = builder.post(reverse("audience_typed"), {**typed, "field_1": "role", "value_1": ""})
    assert "Condition 2" in unfinished.content.decode()
    assert "names a field" in builder.post(reverse("audience_typed"), {"field_0": "x"}).content.decode()
    assert not Audience.objects.exists()


def test_typed_conditions_show_nobody_else_s_contacts_and_no_amounts(client):
    manager = someone("account manager", email="manager@example.com")
    manager.user_permissions.add(*permissions("view_audience"))
    contact(account(owner=manager), name="Mine Own")
    contact(account(), name="Not Mine")
    assert client.post(reverse("audience_typed")).status_code == 302
    client.force_login(manager)
    shown = client.post(reverse("audience_typed"))

    assert shown.context["count"] == 1
    assert "Not Mine" not in shown.content.decode()
    rich = {"field_0": "arr", "operator_0": "at_least", "value_0": "1"}
    assert "may not see" in client.post(reverse("audience_typed"), rich).content.decode()
    assert_leads_to(client, reverse("audience_typed"), reverse("admin:surveys_audience_changelist"))


def test_each_who_is_left_out_is_listed_with_the_reason_and_the_day(builder, sent):
    shown = page(builder, sent.audience, "audience")
    left = {one.contact.name: (one.block.reason, one.block.until) for one in shown.context["page"]}

    assert left["Gone Girl"] == ("unsubscribed", None)
    assert shown.context["left_count"] == len(left)


def test_a_condition_that_is_none_is_named(builder):
    answer = builder.post(
        reverse("admin:surveys_audience_add"),
        {"name": "x", "field_0": "asked", "operator_0": "within", "value_0": "soon"},
    )

    assert "takes a whole number of days" in answer.content.decode()
    assert not Audience.objects.exists()


def test_a_list_is_taken_over_or_refused_whole(builder):
    anna = contact(account(), external_id="c-1", email="anna@example.com")
    data = {"name": "List", "field_0": "listed", "operator_0": "is", "value_0": "yes"}
    refused = builder.post(reverse("admin:surveys_audience_add"), {**data, "listed": "c-1\nnobody"})
    assert "1 of 2 are no contact that you see: nobody" in refused.content.decode()

    builder.post(reverse("admin:surveys_audience_add"), {**data, "listed": "c-1\nanna@example.com\n"})
    assert Audience.objects.get().members.get().contact == anna


@pytest.mark.parametrize(
    "content",
    [
        b"Name;Email\nAnna;anna@example.com\n",
        b"external_id\nc-1\n",
        b"c-1\n",
        "email\r\nanna@example.com\r\n".encode("utf-8-sig"),
    ],
)
def test_a_file_is_a_list_too(builder, content):
    anna = contact(account(), external_id="c-1", email="anna@example.com")
    builder.post(reverse("admin:surveys_audience_add"), {"name": "List", "file": a_file(content)})
    assert Audience.objects.get().members.get().contact == anna


@pytest.mark.parametrize(
    "content",
    [
        b"\x00\x01\x02" * 99,
        b"PK\x03\x04 no workbook",
        b"external_id\n\xff\xfe\xfa\n",
        b"external_id\n=HYPERLINK(1)\n",
        b"external_id\n" + b"x" * 200_000,
        b"external_id\n<script>alert(1)</script>\n",
    ],
)
def test_a_hostile_file_is_refused_in_words_and_stores_nothing(builder, content):
    shown = builder.post(reverse("admin:surveys_audience_add"), {"name": "x", "file": a_file(content)})
    page = shown.content.decode()

    assert shown.status_code == 200
    assert "is no list" in page or "are no contact that you see" in page
    assert "<script>alert" not in page
    assert not Audience.objects.exists()


def a_file(content):
    return SimpleUploadedFile("list.csv", content)


def test_amounts_are_no_condition_for_who_may_not_see_them(client):
    acme = account()
    contact(acme)
    subscription(acme, NOON.date() - timedelta(days=3000), None, 987_654)
    rich = audience(("arr", "at_least", "1000"))
    client.force_login(someone("builder"))

    form = client.get(reverse("admin:surveys_audience_add")).content.decode()
    assert 'value="arr"' not in form
    assert page(client, rich, "audience").context["refused"]
    client.force_login(someone("executive"))
    assert page(client, rich, "audience").context["count"] == 1


def test_an_open_follow_up_keeps_us_quiet_and_a_closed_one_is_an_occasion():
    acme = account()
    contact(acme)
    case = FollowUp.objects.create(account=acme, about="x", due_on=NOON.date(), opened_at=NOON)
    made = campaign(published_survey(), trigger=Campaign.Trigger.ONCE)
    after = campaign(published_survey(), trigger=Campaign.Trigger.AFTER_FOLLOW_UP)

    assert plan_campaign(made, now=NOON).skipped == 1
    assert made.skips.get().reason == "a follow-up is open"
    assert plan_campaign(after, now=NOON).invited == 0
    FollowUp.objects.filter(pk=case.pk).update(state="closed", closed_at=NOON)
    assert plan_campaign(after, now=NOON + timedelta(days=1)).invited == 1


def test_the_list_of_audiences_says_how_many_each_holds(builder):
    small, large = account(segment="Small"), account(segment="Large")
    for number in range(3):
        contact(small if number else large)
    audience()
    audience(("segment", "one_of", ["Small"]))
    audience(("segment", "one_of", ["Other"]))
    Audience.objects.create(name="Broken", conditions=[{"field": "luck"}])
    page = builder.get(reverse("admin:surveys_audience_changelist")).context["cl"].result_list
    assert [each.contacts for each in sorted(page, key=lambda each: each.pk)] == [3, 2, 0, None]


def test_the_list_leads_to_each_campaign_by_its_name_and_holds_no_link_without_words(client):
    made = campaign(published_survey(), name="Twice a year")
    client.force_login(someone("administrator"))
    text = client.get(reverse("admin:surveys_campaign_changelist")).text
    assert f'href="{reverse("campaign", args=[made.pk])}" class="text-link">Twice a year</a>' in text
    assert reverse("admin:surveys_campaign_change", args=[made.pk]) not in text


@pytest.mark.parametrize(
    ("trigger", "days", "said"),
    [
        ("before_renewal", 90, "90 days before a subscription ends"),
        ("after_start", 1, "1 day after a subscription starts"),
        ("recurring", 182, "each contact every 182 days, spread evenly"),
        ("once", None, "once, to everyone in the audience"),
    ],
)
def test_page_and_list_say_after_how_many_days(client, trigger, days, said):
    made = campaign(published_survey(), trigger=trigger, days=days)
    client.force_login(someone("administrator"))
    assert said in page(client, made).text
    assert said in client.get(reverse("admin:surveys_campaign_changelist")).text


COUNT = re.compile(r'<a href="(\?list=[^"]*)"[^>]*>([^<]*\d[^<]*)</a>')


def counts_on(client, made):
    """Return each count of the page that opens invitations, and how many these are."""
    own = reverse("campaign", args=[made.pk])
    found = [(unescape(href), text) for href, text in COUNT.findall(client.get(own).text)]
    return [(href, *(text.split()[-1], how_many(client.get(own + href), href))) for href, text in found]


def how_many(answer, href):
    paginator = answer.context["skips" if "list=skipped" in href else "page"].paginator
    assert len(paginator.object_list) == paginator.count
    return paginator.count


@pytest.mark.parametrize("role", ["builder", "account manager"])
def test_each_count_opens_as_many_invitations(client, sent, role):
    viewer = someone(role)
    viewer.user_permissions.add(Permission.objects.get(codename="view_campaign"))
    Account.objects.filter(name="Acme").update(owner=viewer)
    Invitation.objects.filter(contact__account__name="Other Inc").update(bounced_at=NOON)
    client.force_login(viewer)
    found = counts_on(client, sent)
    assert len(found) >= 8
    assert [each for each in found if each[1] != str(each[2])] == []
    assert {count for _, _, count in found} == ({1, 2} if role == "builder" else {1})


def test_a_list_names_what_it_is_of(builder, sent, settings):
    own = reverse("campaign", args=[sent.pk])
    answer = builder.get(own, {"list": "asked", "segment": "Retail"})
    assert "Asked: 1" in answer.text
    assert [each.contact.account.name for each in answer.context["page"]] == ["Acme"]
    assert builder.get(own, {"list": "asked", "segment": "(none)"}).context["page"].paginator.count == 0
    assert builder.get(own, {"list": "silent", "day": "x"}).context["page"].paginator.count == 1
    of_reason = {"list": "skipped", "reason": "unsubscribed"}
    assert builder.get(own, of_reason).context["skips"].paginator.count == 1
    assert builder.get(own, {**of_reason, "reason": "x"}).context["skips"].paginator.count == 0
    settings.REPORTING_ZONE = ZoneInfo("Asia/Tokyo")
    for day in ("9999-12-31", "0001-01-01"):
        assert builder.get(own, {"list": "asked", "day": day}).status_code == 200
    wrong = builder.get(own, {"list": "everybody"})
    assert "There is no list “everybody”" in wrong.text
    assert wrong.context["page"].paginator.count == 1


def test_a_campaign_of_more_than_a_quarter_is_told_by_week(builder):
    made, company = campaign(published_survey()), account()
    for number, days_later in enumerate([0, 1, 1, 92]):
        at = NOON + timedelta(days=days_later - 14)  # from Monday, 1 June
        asked = invitation(made.survey, contact(company), campaign=made, round=str(number), sent_at=at)
        if days_later == 1:
            respond(made.survey, {"nps": 9}, invitation=asked, contact=asked.contact)

    shown = page(builder, made).text
    assert [text for text, _ in _times(shown)] == ["1 Jun 2026", "2 Jun 2026", "1 Sep 2026"]
    assert "?list=asked&amp;day=2026-06-02#listed" in shown

    last = Invitation.objects.order_by("sent_at").last()
    Invitation.objects.filter(pk=last.pk).update(sent_at=last.sent_at + timedelta(days=1))
    shown = page(builder, made).text
    assert _times(shown) == [("1 Jun 2026", ["3", "2", "66.7%"]), ("31 Aug 2026", ["1", "0", "0.0%"])]
    for link, count in (("list=asked&week=2026-06-01", 3), ("list=answered&week=2026-06-01", 2)):
        assert f"?{escape(link)}#listed" in shown
        listed = builder.get(f"{reverse('campaign', args=[made.pk])}?{link}")
        assert listed.context["page"].paginator.count == count
        assert "asked 1 Jun 2026 to 7 Jun 2026" in listed.text
    assert builder.get(f"{reverse('campaign', args=[made.pk])}?week=9999-12-30").status_code == 200


def _times(shown):
    """The rows of the table of days or weeks: what each is of, and its figures."""
    table = re.search(r"By (?:day|week) of the invitation.*?<tbody>(.*?)</tbody>", shown, re.DOTALL)[1]
    rows = re.findall(r'<th scope="row">(.*?)</th>(.*?)</tr>', table)
    return [(name, re.findall(r">([^<>]+)</(?:td|a)>", cells)) for name, cells in rows]


def test_each_of_two_lists_is_paged_by_itself(builder, sent, monkeypatch):
    """Whichever is chosen: the pages of one lead to no page of the other, and to the place of their list."""
    monkeypatch.setattr("metrics.pages.campaign.LISTED", 1)
    contact(Account.objects.get(name="Acme"), name="Gone Boy", unsubscribed_at=NOON)
    contact(Account.objects.get(name="Acme"))
    sent.survey.programme.save()
    plan_campaign(sent, now=NOON)
    send_due_mails(clock=lambda: NOON, conversations=1)
    own = reverse("campaign", args=[sent.pk])
    for query in ({}, {"list": "skipped"}):
        text = builder.get(own, query).text
        following = [unescape(href) for href in re.findall(r'<a href="([^"]*)" rel="next">', text)]
        assert [href.rpartition("#")[2] for href in following] == ["listed", "skipped"]
        silent, skipped = (builder.get(own + href).context for href in following)
        assert (silent["page"].number, silent["skips"].number) == (2, 1)
        assert (skipped["page"].number, skipped["skips"].number) == (1, 2)


def test_who_sees_no_contacts_sees_no_name(client, sent):
    viewer = user(is_staff=True)
    rights = ("view_campaign", "view_invitation", "view_account", "view_all_accounts")
    viewer.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client.force_login(viewer)
    for query in ({}, {"list": "asked"}, {"list": "skipped"}):
        text = client.get(reverse("campaign", args=[sent.pk]), query).text
        assert "Acme" in text
        assert "Gone Girl" not in text
        assert not [each.name for each in Contact.objects.all() if each.name in text]
