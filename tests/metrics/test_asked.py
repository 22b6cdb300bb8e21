"""Invitations counted beforehand: the same rates as from each of them, at any time."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import connection

from accounts.models import Contact
from accounts.models.people import OPERATOR
from metrics.actions.absorb import absorb_responses, rebuild_metrics
from metrics.actions.asked import count_asked
from metrics.audit import differences
from metrics.measures.outreach import delivered_by_day, response_rate
from metrics.measures.scope import Scope
from metrics.models import AskedAccounts, AskedDay
from surveys.models import Invitation
from tests import factories as f

pytestmark = pytest.mark.django_db

NOW = f.NOON
TODAY = NOW.date()
LATER = NOW + timedelta(hours=1)
BY_HAND = """
SELECT count(*), count(*) FILTER (WHERE response.submitted_at IS NOT NULL AND NOT response.is_test
    OR invitation.answered_on IS NOT NULL)
FROM surveys_invitation AS invitation
LEFT JOIN surveys_response AS response ON response.invitation_id = invitation.id
JOIN accounts_contact AS contact ON contact.id = invitation.contact_id
JOIN accounts_account AS account ON account.id = contact.account_id
WHERE invitation.survey_id = %s AND invitation.bounced_at IS NULL AND sent_at >= %s AND sent_at < %s
    AND account.segment LIKE %s
"""
WINDOWS = [
    (date(2000, 1, 1), TODAY + timedelta(days=1)),
    (TODAY - timedelta(days=30), TODAY),
    (TODAY - timedelta(days=60), TODAY - timedelta(days=30)),
    (TODAY - timedelta(days=3), TODAY + timedelta(days=1)),
]


@pytest.fixture
def survey():
    survey = f.published_survey()
    contacts = [f.contact(f.account(segment=segment)) for segment in ("SMB", "SMB", "Large")]
    for number in range(40):
        contact = contacts[number % 3 - number // 20]
        sent_at = NOW - timedelta(days=2 * number)
        bounced = {"bounced_at": sent_at} if number % 7 == 3 else {}
        invited = f.invitation(survey, contact, sent_at=sent_at, **bounced)
        if number % 3 == 0:
            partial = {"submitted_at": None} if number % 9 == 0 else {}
            f.respond(survey, {"nps": 9}, contact=contact, invitation=invited, at=sent_at, **partial)
        elif number % 5 == 0:
            Invitation.objects.filter(pk=invited.pk).update(answered_on=sent_at.date())
    absorb_responses(now=LATER)
    return survey


def is_right(survey):
    for start, end in WINDOWS:
        scope = Scope(viewer=OPERATOR, today=TODAY, start=start, end=end, survey=survey)
        for segment in ("", "SMB", "Large", "Nobody"):
            with connection.cursor() as cursor:
                cursor.execute(BY_HAND, [survey.pk, start, end, segment or "%"])
                counts = cursor.fetchone()
            measure = response_rate(replace(scope, attributes={"segment": segment} if segment else {}))
            assert (measure.n, measure.beside["completed"]) == counts, (start, end, segment)
        by_day = delivered_by_day(scope, start).get(survey.pk, {})
        if end >= TODAY:
            until_today = Scope(viewer=OPERATOR, today=TODAY, start=start, end=TODAY, survey=survey)
            assert sum(by_day.values()) == response_rate(until_today).n
    return True


def test_counting_beforehand_changes_no_rate(survey):
    assert is_right(survey)
    assert count_asked(now=NOW) == 32
    assert is_right(survey)
    assert AskedDay.objects.latest("day").day == TODAY - timedelta(days=4)
    assert count_asked(now=NOW) == 32
    assert differences(now=LATER + timedelta(hours=1)) == []


def test_a_late_answer_counts_with_its_absorption_a_late_bounce_the_night_after(survey):
    count_asked(now=NOW)
    old = Invitation.objects.filter(response=None, answered_on=None, bounced_at=None).order_by("sent_at")[0]
    f.respond(survey, {"nps": 1}, contact=old.contact, invitation=old, at=NOW)
    absorb_responses(now=LATER)
    assert is_right(survey)
    bounced = Invitation.objects.filter(sent_at__lt=NOW - timedelta(days=40), bounced_at=None).first()
    Invitation.objects.filter(pk=bounced.pk).update(bounced_at=LATER)
    count_asked(now=LATER + timedelta(days=1))
    assert is_right(survey)
    assert differences(now=LATER + timedelta(hours=1)) == []


def test_a_contact_who_went_to_another_account_counts_there_the_night_after(survey):
    count_asked(now=NOW)
    Contact.objects.filter(account__segment="Large").update(account=f.account(segment="Nobody"))
    assert differences(now=LATER + timedelta(hours=1)) == []
    count_asked(now=LATER)
    assert is_right(survey)


def test_the_audit_names_accounts_that_do_not_add_up(survey):
    count_asked(now=NOW)
    for is_month in (False, True):
        row = AskedAccounts.objects.filter(is_month=is_month).latest("begins")
        AskedAccounts.objects.filter(pk=row.pk).update(completed=[9 for _ in row.completed])
    wrong = differences(now=LATER + timedelta(hours=1))
    assert [each.split(" do")[0].rsplit(" ", 2)[0] for each in wrong] == [
        "asked accounts",
        "asked accounts of a month",
    ]
    rebuild_metrics()
    assert differences(now=LATER + timedelta(hours=1)) == []


def test_a_rebuild_and_the_audit_know_what_was_counted(survey):
    count_asked(now=NOW)
    AskedDay.objects.filter(day__lt=TODAY - timedelta(days=60)).update(delivered=9)
    first = AskedDay.objects.earliest("day")
    first.delete()
    wrong = differences(now=LATER + timedelta(hours=1))
    assert len([each for each in wrong if each.startswith("asked")]) == len(wrong) >= 2
    rebuild_metrics()
    assert differences(now=LATER + timedelta(hours=1)) == []
    assert is_right(survey)
