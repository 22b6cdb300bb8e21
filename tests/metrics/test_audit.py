import random
from datetime import date, timedelta

import pytest
from django.core.management import call_command

from metrics import audit, tasks
from metrics.actions.absorb import absorb_responses
from metrics.actions.closing import close_months
from metrics.audit import PROMISE, differences
from metrics.models import Absorbed, Comment, PickTally, Score, ScoreSheet, Slice, Tally, TallyMonth
from tests import factories as make

pytestmark = pytest.mark.django_db

NOW = make.NOON
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def absorbed():
    account = make.account(segment="SMB")
    survey = make.published_survey()
    make.respond(survey, {"nps": 9, "csat": 4, "why": "Fine."}, contact=make.contact(account))
    make.respond(survey, {"nps": 2}, submitted_at=None)
    absorb_responses(now=LATER)
    assert differences(now=LATER) == []
    return survey


def spoil(model, **changes):
    row = model.objects.order_by("response_id", "pk").first() if model is not Tally else model.objects.first()
    model.objects.filter(pk=row.pk).update(**changes)


PLANTED = {
    "a score with another value": lambda: spoil(Score, value=1),
    "a score on another day": lambda: spoil(Score, day=date(2026, 6, 14)),
    "a score of another kind": lambda: spoil(Score, kind="rating"),
    "a score without its account": lambda: spoil(Score, account=None),
    "a score without its contact": lambda: spoil(Score, contact=None),
    "a score in another role": lambda: spoil(Score, contact_role="influencer"),
    "a score of another slice": lambda: spoil(Score, slice=Slice.objects.create(segment="x")),
    "a score of a response that is not there": lambda: spoil(Score, response=10**9),
    "a missing score": lambda: Score.objects.order_by("pk").first().delete(),
    "a tally that counts too many": lambda: spoil(Tally, count=2),
    "a tally on another day": lambda: spoil(Tally, day=date(2026, 6, 14)),
    "a tally of another kind": lambda: spoil(Tally, kind="rating"),
    "a missing tally": lambda: Tally.objects.order_by("pk").first().delete(),
    "a sheet of other answers": lambda: ScoreSheet.objects.update(answers=bytes(4)),
    "a sheet of other slices": lambda: ScoreSheet.objects.update(slices=bytes(4)),
    "a missing sheet": lambda: ScoreSheet.objects.order_by("pk").first().delete(),
    "a forged comment": lambda: spoil(Comment, text="Great!"),
    "a comment of nobody's account": lambda: spoil(Comment, account=None),
    "a missing comment": lambda: Comment.objects.all().delete(),
    "an absorption of a later revision": lambda: spoil(Absorbed, revision=2),
    "an absorption of an earlier revision": lambda: spoil(Absorbed, revision=0),
    "an absorption on another day": lambda: spoil(Absorbed, day=date(2026, 6, 14)),
    "an absorption with a fault": lambda: spoil(Absorbed, fault="its version cannot be read"),
    "an absorption of a response that is not there": lambda: spoil(Absorbed, response=10**9),
    "an absorption with another pick": lambda: spoil(Absorbed, picks=[0]),
    "a day without its picks": lambda: PickTally.objects.filter(is_month=False).update(picks=[], counts=[]),
    "a month of picks on another day": lambda: PickTally.objects.filter(is_month=True).update(
        begins=date(2026, 5, 1)
    ),
    "missing picks": lambda: PickTally.objects.filter(is_month=False).first().delete(),
    "a missing absorption": lambda: Absorbed.objects.order_by("pk").first().delete(),
}


@pytest.mark.parametrize("plant", PLANTED.values(), ids=PLANTED)
def test_it_finds_a_planted_difference(absorbed, plant):
    plant()
    assert differences(now=LATER)


def test_it_finds_a_closed_month_that_does_not_hold_what_its_days_do(absorbed):
    later = LATER + timedelta(days=40)
    close_months(now=later)
    assert differences(now=later) == []
    TallyMonth.objects.filter(value=9, until=None).update(count=2)
    (found,) = differences(now=later)
    assert found.startswith("closed tally")
    make.respond(absorbed, {"nps": 9})
    absorb_responses(now=later)
    assert differences(now=later) == []
    close_months(now=later)
    assert differences(now=later) == []


def test_what_people_wrote_is_not_repeated(absorbed):
    Comment.objects.update(text="My name is Bond.")
    assert differences(now=LATER) == [f"comment {Comment.objects.get().response_id} why is wrong"]


def test_what_has_just_come_is_on_its_way_and_later_is_missing(absorbed):
    make.respond(absorbed, {"nps": 5}, at=LATER)
    assert differences(now=LATER) == []
    assert (
        len(differences(now=LATER + PROMISE)) == 7
    )  # absorption, score, tally, sheet, and of picks those of the response and two tallies


def test_what_has_just_been_edited_is_on_its_way(absorbed):
    response = absorbed.responses.get(submitted_at=None)
    response.answers, response.revision, response.changed_at = {"nps": 7}, 2, LATER
    response.save()
    assert differences(now=LATER) == []
    assert differences(now=LATER + PROMISE)


def test_the_command_ends_well_only_without_differences(absorbed, capsys):
    call_command("verify_metrics")
    assert capsys.readouterr().err == ""
    spoil(Tally, count=5)
    with pytest.raises(SystemExit) as exit_:
        call_command("verify_metrics")
    assert exit_.value.code == 1
    assert "tally" in capsys.readouterr().err


def test_the_nightly_audit_names_what_differs_on_the_days_it_looks_at(caplog, time_machine):
    time_machine.move_to(LATER, tick=False)
    survey = make.published_survey()
    old = LATER - timedelta(days=90)
    make.respond(survey, {"nps": 9}, at=LATER - timedelta(hours=2))
    make.respond(survey, {"nps": 9}, at=old)
    absorb_responses(now=LATER, sweep=True)
    tasks.audit()
    assert "differ" not in caplog.text
    days = audit.sampled_days(today=LATER.date(), chance=random.Random(1))
    assert days == [old.date(), *(LATER.date() - timedelta(days=back) for back in (2, 1, 0))]
    Tally.objects.filter(day=old.date()).update(count=2)
    assert audit.differences(now=LATER, days=days[1:]) == []
    assert len(audit.differences(now=LATER, days=days)) == 1
    tasks.audit()
    assert "metrics differ from the answers: tally" in caplog.text
