"""The back-test, the drivers, and on the account what moved its health and a person's word on it."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from accounts.models import Subscription
from accounts.roles import ACCOUNT_MANAGER, ANALYST, BUILDER
from metrics.actions.absorb import absorb_responses
from metrics.actions.findings import keep_backtests
from metrics.actions.health import score_accounts
from metrics.measures.foretold import MOST_AT_ONCE
from metrics.models import Health, HealthOverride
from metrics.templatetags.figures import day
from metrics.templatetags.figures import number as told
from tests import factories as f
from tests.metrics.pages.conftest import pays_the_canary

pytestmark = pytest.mark.django_db


def scored(*days_ago):
    now = timezone.now()
    absorb_responses(now=now + timedelta(days=1), sweep=True)
    for back in sorted(days_ago, reverse=True):
        at = now - timedelta(days=back)
        score_accounts(day=timezone.localdate(at), now=at)


def test_the_account_says_what_moved_its_health_adding_up(executive, today):
    account = f.account()
    survey = f.published_survey()
    f.respond(survey, {"nps": 10}, account=account, at=timezone.now() - timedelta(days=40))
    f.respond(survey, {"nps": 0, "csat": 1}, account=account, at=timezone.now() - timedelta(days=1))
    scored(35, 10, 0)
    response = executive.get(account.get_absolute_url())
    moved = response.context["moved"]
    assert moved.since == today - timedelta(days=35)
    assert sum(move.hundredths for move in moved.moves) == moved.total
    shorter = executive.get(f"{account.get_absolute_url()}?since={today - timedelta(days=7)}").context[
        "moved"
    ]
    assert shorter.since == today - timedelta(days=10)
    assert executive.get(f"{account.get_absolute_url()}?since=whenever").status_code == 200
    assert "three points" not in response.text
    assert "a band is left only 3 points beyond its edge on 3 days running" in response.text


def test_each_health_of_the_account_opens_the_parts_that_add_up_to_it(executive, today):
    account, survey = f.account(), f.published_survey()
    f.respond(survey, {"nps": 10}, account=account, at=timezone.now() - timedelta(days=40))
    f.respond(survey, {"nps": 0, "csat": 1}, account=account, at=timezone.now() - timedelta(days=1))
    scored(35, 10, 0)
    address = account.get_absolute_url()
    links = re.findall(r'<a href="(\?[^"]*)#health">([\d.]+)</a>', executive.get(address).text)
    # The days of the chart, and the two between which it moved.
    assert len(links) == 5
    assert len({text for _, text in links}) >= 3
    for href, text in links:
        shown = executive.get(f"{address}{unescape(href)}")
        parts = shown.context["parts"]
        assert parts.base.hundredths + sum(part.hundredths for part in parts.parts) == parts.total
        assert text in {told(parts.score, 1), f"{parts.score:.2f}"}
        assert f"as of {day(parts.day)}" in shown.text
        # What the account is today stands above as ever.
        assert shown.context["explanation"].day == today
    long_ago = executive.get(f"{address}?on=2020-02-02").text
    assert "was not known yet on 2 Feb 2020" in long_ago
    assert "has not been computed yet" not in long_ago
    assert executive.get(f"{address}?on=then").context["on"] == today


def test_a_health_that_has_lapsed_still_opens_its_parts(executive, today):
    account = f.account()
    f.respond(f.published_survey(), {"nps": 10}, account=account, at=timezone.now() - timedelta(days=70))
    scored(60)
    shown = executive.get(f"{account.get_absolute_url()}?on={today - timedelta(days=60)}")
    assert shown.context["parts"].day == today - timedelta(days=60)
    assert "has not been computed yet" not in shown.text
    assert "has not been computed yet" in executive.get(account.get_absolute_url()).text


def test_notice_is_no_readiness_to_renew(executive, today):
    account = f.account()
    term = f.subscription(account, today - timedelta(days=30), today + timedelta(days=335), 100)
    term.cancelled_on = today
    term.save()
    scored(0)
    parts = {
        part.key: part for part in executive.get(account.get_absolute_url()).context["explanation"].parts
    }
    assert parts["renewal_readiness"].score == 0
    assert "notice was given" in parts["renewal_readiness"].why


def override(client, account, **fields):
    said = {"value": 35, "until": timezone.localdate() + timedelta(days=20), "reason": "Sponsor left."}
    sent = {f"override-{name}": value for name, value in (said | fields).items()}
    return client.post(reverse("override", args=[account.pk]), sent, follow=True)


def test_an_account_manager_overrides_the_health_of_their_own_accounts(someone, seen_by, manager):
    own, foreign = f.account(owner=manager), f.account()
    scored(0)
    client = seen_by(manager)
    assert "Override this health" in client.get(own.get_absolute_url()).text
    page = override(client, own)
    assert Health.objects.get(account=own).score == 3500
    assert "Sponsor left." in page.text
    assert override(client, foreign).status_code == 404
    assert Health.objects.get(account=foreign).score != 3500
    client.post(reverse("override", args=[own.pk]), {"withdraw": "1"})
    assert Health.objects.get(account=own).score != 3500
    record = client.get(own.get_absolute_url()).text
    assert "Overrides on record" in record
    assert "Sponsor left." in record


@pytest.mark.parametrize("role", [ANALYST, BUILDER])
def test_who_only_reads_overrides_nothing(someone, seen_by, role):
    account, client = f.account(), seen_by(someone(role))
    scored(0)
    assert "Override this health" not in client.get(account.get_absolute_url()).text
    assert override(client, account).status_code == 403
    assert not HealthOverride.objects.exists()


@pytest.mark.parametrize(
    "wrong", [{"value": 101}, {"value": "x"}, {"reason": ""}, {"until": "2020-01-01"}, {"until": "soon"}]
)
def test_an_override_that_says_too_little_is_refused_in_place_and_keeps_what_was_typed(executive, wrong):
    account = f.account()
    scored(0)
    page = override(executive, account, **{"value": 35, "until": "2026-12-01", "reason": "Sponsor."} | wrong)
    form = page.context["override_form"]
    assert form.errors
    assert all(fault in page.text for faults in form.errors.values() for fault in faults)
    assert form["reason"].value() == wrong.get("reason", "Sponsor.")
    assert str(form["value"].value()) == str(wrong.get("value", 35))
    assert not HealthOverride.objects.exists()


def test_the_address_of_a_form_leads_to_the_page_of_its_account(executive):
    account = f.account()
    for name, of in (("override", [account.pk]), ("notes", [account.pk]), ("note", [account.pk, 1])):
        answer = executive.get(f"{reverse(name, args=of)}?since=2026-01-01")
        assert answer.url == f"{account.get_absolute_url()}?since=2026-01-01"


def test_a_reason_reads_as_text(executive):
    account = f.account()
    scored(0)
    text = override(executive, account, reason="<script>alert(1)</script>").text
    assert "&lt;script&gt;alert(1)" in text
    assert "<script>alert(1)" not in text


def test_the_back_test_is_honest_when_there_is_nothing(executive):
    text = executive.get("/admin/backtest/").text
    assert "Insufficient evidence" in text
    for query in ("?months=7", "?lead=x", "?months=36&lead=30&replays=1"):
        assert executive.get(f"/admin/backtest/{query}").status_code == 200


def test_the_back_test_counts_what_the_viewer_sees_and_shows_no_money_without_the_right(
    executive, seen_by, manager, today
):
    account = f.account(owner=manager)
    pays_the_canary(account, today)
    pays_the_canary(f.account(), today)
    scored(0)
    everything, own = executive.get("/admin/backtest/"), seen_by(manager).get("/admin/backtest/")
    assert (everything.context["chosen"].due, own.context["chosen"].due) == (2, 1)
    assert "USD due" in everything.text
    assert "1,975,309" in everything.text
    assert "USD" not in own.text
    assert "only the accounts that you see" in own.text


def test_a_back_test_of_many_contracts_is_the_kept_one_and_says_when_they_changed(executive, today):
    f.many_terms(MOST_AT_ONCE + 2, on=today - timedelta(days=200))
    f.subscription(f.account(), today, today + timedelta(days=60), 100)
    first, ahead = executive.get("/admin/backtest/"), executive.get("/admin/renewals/")
    assert "Nothing is known yet" in first.text
    assert "Insufficient evidence" not in first.text
    assert "is being worked out" in ahead.text
    assert (first.context.get("forecast"), ahead.context["forecast"]) == (None, None)

    keep_backtests(today=today, now=timezone.now())
    for page in ("/admin/backtest/", "/admin/renewals/"):
        assert "Contracts have changed since" not in executive.get(page).text
    Subscription.objects.filter(ends_on__lt=today).first().delete()
    for page in ("/admin/backtest/", "/admin/renewals/"):
        said = executive.get(page)
        assert "Contracts have changed since" in said.text
        assert f"As of {day(today)}." in said.text
        assert said.context["forecast"].bands
    keep_backtests(today=today, now=timezone.now())
    assert "Contracts have changed since" not in executive.get("/admin/backtest/").text


def test_the_back_test_asks_for_the_permission(client, seen_by):
    assert client.get("/admin/backtest/").url.startswith("/admin/login/")
    assert seen_by(f.user(is_staff=True)).get("/admin/backtest/").status_code == 403


def test_drivers_are_shown_with_their_table_once_there_are_enough(executive):
    questions = [f.NPS, f.CSAT, f.CES]
    survey = f.published_survey(questions)
    page = reverse("drivers", args=[survey.slug])
    assert "Nobody has given a rating" in executive.get(page).text
    account = f.account()
    now = timezone.now()
    for number in range(120):
        csat = 1 + number % 5
        answers = {"nps": 2 * csat, "csat": csat, "ces": 1 + number % 7}
        f.respond(
            survey, answers, account=account if number % 3 else None, at=now - timedelta(days=number % 30)
        )
    absorb_responses(now=now + timedelta(days=1), sweep=True)
    response = executive.get(page)
    found = response.context["found"]
    assert [driver.key for driver in found.drivers] == ["csat", "ces"]
    assert sum(driver.share for driver in found.drivers) == pytest.approx(100)
    assert found.n == 120
    assert "How satisfied are you?" in response.text
    assert "canvas" in response.text


@pytest.mark.parametrize("privacy", ["identified", "confidential"])
def test_counts_of_drivers_open_the_responses_unless_these_were_promised(executive, privacy):
    survey = f.published_survey([f.NPS, f.CSAT, f.CES], privacy=privacy)
    now = timezone.now()
    for number in range(300):
        csat = 1 + number % 5
        answers = {"nps": 2 * csat, "csat": csat, "ces": 1 + number % 7}
        # Some answer one question only, or all but one.
        for gap, key in ((6, "nps"), (10, "csat"), (15, "ces")):
            if number % gap == 0:
                del answers[key]
        account = f.account(segment="big" if number % 3 else "small")
        f.respond(survey, answers, account=account, at=now - timedelta(days=number % 60))
    absorb_responses(now=now + timedelta(days=1), sweep=True)
    for days in ("", "?last=30", "?segment=big"):
        page = executive.get(reverse("drivers", args=[survey.slug]) + days)
        links = re.findall(r'<a href="([^"]*/responses/[^"]*)">(\d+)(?: answers)?</a>', page.text)
        found = page.context["found"]
        if privacy == "confidential":
            assert links == []
            continue
        assert [int(count) for _, count in links] == [found.n, *(each.n for each in found.drivers)]
        for href, count in links:
            answer = executive.get(unescape(href))
            assert answer.context["counted"].n == int(count), href
            assert not answer.context["filters"].faults


def rated_by(owner, today):
    """Two surveys of one programme that ask what drives it, of which one leaves out a question."""
    surveys = [f.published_survey([f.NPS, f.CSAT, f.CES]), f.published_survey([f.NPS, f.CSAT])]
    surveys[1].programme = surveys[0].programme
    surveys[1].save()
    now = timezone.now()
    for number in range(440):
        csat = 1 + number % 5
        answers = {"nps": 2 * csat, "csat": csat, "ces": 1 + number % 7}
        for gap, key in ((6, "nps"), (10, "csat"), (15, "ces")):
            if number % gap == 0 or (key == "ces" and number % 23 == 0):
                del answers[key]
        account = f.account(owner=owner if number % 2 else None, segment="big" if number % 3 else "small")
        survey = surveys[number % 23 == 0]
        f.respond(survey, answers, account=account, at=now - timedelta(days=number % 60))
    absorb_responses(now=now + timedelta(days=1), sweep=True)
    with connection.cursor() as cursor:
        # As autovacuum would: without it each list of the scores took a fifth of a second.
        cursor.execute("ANALYZE")
    return surveys[0].programme


def test_counts_of_a_programmes_drivers_open_its_responses(executive, manager, seen_by, today):
    """Over all of its surveys, and to an account manager those of their own accounts."""
    programme = rated_by(manager, today)
    for client, many in ((executive, 366), (seen_by(manager), 220)):
        counts = []
        for query in ("", "?last=30", "?segment=big"):
            page = client.get(reverse("programme_drivers", args=[programme.slug]) + query)
            links = re.findall(r'<a href="([^"]*/responses/[^"]*)">(\d+)(?: answers)?</a>', page.text)
            found = page.context["found"]
            assert [int(n) for _, n in links] == [found.n, *(each.n for each in found.drivers)]
            for href, count in links:
                listed, following = [], unescape(href)
                while following:
                    answer = client.get(following)
                    assert answer.context["n"] == int(count)
                    assert not answer.context["filters"].faults
                    listed += [row[0][2] for row in answer.context["rows"]]
                    after = answer.context["following"]
                    following = after and f"{unescape(href)}&after={after}"
                assert len(set(listed)) == len(listed) == int(count)
            counts.append(found.n)
        assert counts[0] == many


def test_a_programme_says_when_none_is_listed(executive, today):
    programme = f.published_survey([f.NPS, f.CSAT], privacy="confidential").programme
    address = reverse("programme_responses", args=[programme.slug])
    assert "promised confidentiality" in executive.get(f"{address}?outcome=nps").text
    other = reverse("programme_responses", args=[f.published_survey().programme.slug])
    assert "Choose a count of answers" in executive.get(other).text
    for query in ("?outcome=nothing", "?outcome=nps&driver=csat"):
        assert "Nobody has given such a rating" in executive.get(f"{other}{query}").text


def test_more_responses_than_drivers_use_are_not_counted_to_their_end(executive, today, monkeypatch):
    survey = f.published_survey()
    for ago in range(3):
        f.respond(survey, {"nps": 9}, account=f.account(), at=timezone.now() - timedelta(days=ago))
    absorb_responses(now=timezone.now())
    address = reverse("programme_responses", args=[survey.programme.slug]) + "?outcome=nps"
    monkeypatch.setattr("metrics.pages.programme_responses.MOST_COUNTED", 2)
    shown = executive.get(address)
    assert "more than <b>2</b> responses" in shown.text
    assert len(shown.context["rows"]) == 3
    monkeypatch.setattr("metrics.pages.programme_responses.MOST_COUNTED", 3)
    shown = executive.get(address)
    assert "more than" not in shown.text
    assert shown.context["n"] == 3


def test_drivers_ask_for_the_permission(client, someone, seen_by):
    survey = f.published_survey()
    page = reverse("drivers", args=[survey.slug])
    assert client.get(page).url.startswith("/admin/login/")
    assert seen_by(f.user(is_staff=True)).get(page).status_code == 403
    assert seen_by(someone(ACCOUNT_MANAGER)).get("/admin/survey/none/drivers/").status_code == 404
