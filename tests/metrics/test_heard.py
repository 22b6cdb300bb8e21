"""When an account last answered is what its responses say, whatever becomes of them."""

from datetime import timedelta

import pytest

from metrics.actions.absorb import absorb_responses, rebuild_metrics
from metrics.audit import differences
from metrics.models import AccountHeard
from surveys.models import Response
from tests import factories as f

pytestmark = pytest.mark.django_db

NOW = f.NOON
LATER = NOW + timedelta(hours=1)


def noted():
    return {row.account_id: row.heard_at for row in AccountHeard.objects.all()}


@pytest.fixture
def heard():
    """An account that answered twice, and one of which there is only a test and an unfinished answer."""
    often, never = f.account(), f.account()
    survey = f.published_survey()
    f.respond(survey, {"nps": 9}, account=often, at=NOW - timedelta(days=400))
    f.respond(survey, {"nps": 9}, account=often, at=NOW)
    f.respond(survey, {"nps": 9}, account=never, at=NOW, is_test=True)
    f.respond(survey, {"nps": 9}, account=never, submitted_at=None)
    absorb_responses(now=LATER)
    return often


def test_the_newest_answer_is_noted_and_no_test_nor_half_an_answer(heard):
    assert noted() == {heard.pk: NOW}
    assert differences(now=LATER) == []


def test_it_follows_what_is_deleted(heard):
    Response.objects.filter(account=heard, submitted_at=NOW).delete()
    absorb_responses(now=LATER)
    assert noted() == {heard.pk: NOW - timedelta(days=400)}
    Response.objects.filter(account=heard).delete()
    absorb_responses(now=LATER)
    assert noted() == {}


def test_answers_that_move_to_another_account_are_its_own(heard):
    other = f.account()
    moved = Response.objects.filter(account=heard, submitted_at=NOW)
    moved.update(account=other, revision=2, changed_at=LATER)
    absorb_responses(now=LATER)
    assert noted() == {heard.pk: NOW - timedelta(days=400), other.pk: NOW}


def test_a_rebuild_makes_it_again_and_the_audit_names_what_is_wrong(heard):
    AccountHeard.objects.update(heard_at=NOW - timedelta(days=1))
    lost = AccountHeard.objects.create(account=f.account(), heard_at=NOW)
    found = differences(now=LATER)
    assert len(found) == 2
    assert f"the last answer of account {lost.account_id} is noted as" in found[1]
    rebuild_metrics()
    assert noted() == {heard.pk: NOW}
    assert differences(now=LATER) == []
