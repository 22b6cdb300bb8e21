from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from metrics.actions.absorb import OVERLAP, absorb_responses, rebuild_metrics
from metrics.audit import differences
from metrics.models import Absorbed, Comment, Score, Slice, Tally
from surveys.actions.authoring import publish_survey
from surveys.models import Response
from tests import factories as make

pytestmark = pytest.mark.django_db

NOW = make.NOON
LATER = NOW + timedelta(hours=1)


def absorb(**options):
    return absorb_responses(**{"now": LATER, **options})


def edit(response, answers, *, at=NOW + timedelta(minutes=1), **fields):
    """What saving an edit does: other answers, the next revision."""
    Response.objects.filter(pk=response.pk).update(
        answers=answers, changed_at=at, revision=response.revision + 1, **fields
    )
    response.refresh_from_db()


def tallies(survey):
    return {(row.question_key, row.day, row.value): row.count for row in Tally.objects.filter(survey=survey)}


def everything():
    """All derived rows, without their own ids."""
    return {
        model.__name__: sorted(
            map(repr, model.objects.values_list(*(f.attname for f in model._meta.fields if f.name != "id")))
        )
        for model in (Score, Tally, Comment, Absorbed)
    }


def assert_sound():
    assert differences(now=LATER) == []


def test_an_answer_becomes_a_score_a_comment_and_a_tally():
    account = make.account(segment="SMB", tier="gold", region="EMEA")
    contact = make.contact(account, role="decision_maker")
    survey = make.published_survey()
    response = make.respond(survey, {"nps": 9, "csat": 4, "why": "Fast."}, contact=contact, channel="qr")
    absorbed = absorb()
    assert (absorbed.responses, absorbed.scores, absorbed.comments) == (1, 2, 1)
    assert absorbed.accounts == {account.pk}
    score = Score.objects.get(question_key="nps")
    assert (score.response, score.survey, score.kind, score.value) == (response, survey, "nps", 9)
    assert (score.account, score.contact, score.contact_role) == (account, contact, "decision_maker")
    assert str(score.slice) == "SMB / gold / EMEA / en / qr"
    assert score.day == date(2026, 6, 15)
    comment = Comment.objects.get()
    assert (comment.question_key, comment.text, comment.account, comment.language) == (
        "why",
        "Fast.",
        account,
        "en",
    )
    assert tallies(survey) == {("nps", score.day, 9): 1, ("csat", score.day, 4): 1}
    assert_sound()


def test_an_anonymous_answer_counts_without_an_account():
    survey = make.published_survey()
    make.respond(survey, {"nps": 3})
    assert absorb().accounts == frozenset()
    assert Score.objects.get().account_id is None
    assert_sound()


def test_a_second_run_finds_nothing_to_do():
    survey = make.published_survey()
    make.respond(survey, {"nps": 3, "why": "Slow."})
    absorb()
    before = everything()
    assert absorb().responses == 0
    assert absorb(sweep=True).responses == 0
    assert everything() == before


def test_an_edit_replaces_what_was_counted():
    survey = make.published_survey()
    response = make.respond(survey, {"nps": 2, "csat": 1, "why": "Slow."})
    absorb()
    edit(response, {"nps": 9, "why": "Better now."})
    assert absorb().responses == 1
    assert tallies(survey) == {("nps", date(2026, 6, 15), 9): 1}
    assert Comment.objects.get().text == "Better now."
    assert_sound()


def test_what_was_found_in_a_comment_stays_while_its_words_do():
    survey = make.published_survey()
    response = make.respond(survey, {"nps": 2, "why": "Slow."})
    absorb()
    Comment.objects.update(sentiment=-0.5, themes=["speed"])
    edit(response, {"nps": 3, "why": "Slow."})
    absorb()
    rebuild_metrics()
    assert Comment.objects.get().themes == ["speed"]
    edit(response, {"nps": 3, "why": "Slow, and dear."})
    absorb()
    assert Comment.objects.get().themes == []
    assert_sound()


def test_a_partial_response_counts_and_moves_to_its_day_when_submitted():
    survey = make.published_survey()
    response = make.respond(survey, {"nps": 7}, submitted_at=None)
    absorb()
    assert tallies(survey) == {("nps", date(2026, 6, 15), 7): 1}
    tomorrow = NOW + timedelta(days=1)
    edit(response, {"nps": 7, "csat": 5}, at=tomorrow, submitted_at=tomorrow)
    absorb(now=tomorrow)
    assert tallies(survey) == {("nps", date(2026, 6, 16), 7): 1, ("csat", date(2026, 6, 16), 5): 1}
    assert_sound()


def test_tests_never_count():
    survey = make.published_survey()
    make.respond(survey, {"nps": 9, "why": "Trying it out."}, is_test=True)
    make.respond(survey, {"nps": 8})
    absorb()
    assert [score.value for score in Score.objects.all()] == [8]
    assert not Comment.objects.exists()
    assert_sound()


def test_a_late_answer_counts_on_the_day_it_was_given():
    survey = make.published_survey()
    make.respond(survey, {"nps": 9})
    absorb()
    make.respond(survey, {"nps": 1}, at=NOW - timedelta(days=300))
    absorb()
    assert tallies(survey)["nps", date(2025, 8, 19), 1] == 1
    assert_sound()


def test_a_commit_within_the_overlap_is_seen_and_an_older_one_by_the_sweep():
    survey = make.published_survey()
    make.respond(survey, {"nps": 9}, at=NOW)
    absorb()
    make.respond(survey, {"nps": 8}, changed_at=NOW - OVERLAP)
    make.respond(survey, {"nps": 7}, changed_at=NOW - 2 * OVERLAP)
    assert absorb().responses == 1
    assert absorb(sweep=True).responses == 1
    assert Score.objects.count() == 3


def test_a_clock_that_runs_ahead_hides_nothing():
    survey = make.published_survey()
    make.respond(survey, {"nps": 9}, at=NOW + timedelta(days=1))
    absorb(now=NOW)
    make.respond(survey, {"nps": 8}, at=NOW)
    assert absorb(now=NOW).responses == 1


@pytest.mark.parametrize(
    ("zone", "at", "day"),
    [
        # The clocks of Berlin jump from 02:00 to 03:00 on 29 March 2026 and back on 25 October.
        ("Europe/Berlin", datetime(2026, 3, 28, 22, 59, 59, 999999, tzinfo=UTC), date(2026, 3, 28)),
        ("Europe/Berlin", datetime(2026, 3, 28, 23, 0, tzinfo=UTC), date(2026, 3, 29)),
        ("Europe/Berlin", datetime(2026, 3, 29, 21, 59, 59, tzinfo=UTC), date(2026, 3, 29)),
        ("Europe/Berlin", datetime(2026, 3, 29, 22, 0, tzinfo=UTC), date(2026, 3, 30)),
        ("Europe/Berlin", datetime(2026, 10, 24, 22, 0, tzinfo=UTC), date(2026, 10, 25)),
        ("Europe/Berlin", datetime(2026, 10, 25, 22, 59, tzinfo=UTC), date(2026, 10, 25)),
        ("Europe/Berlin", datetime(2026, 10, 25, 23, 0, tzinfo=UTC), date(2026, 10, 26)),
        ("Asia/Kathmandu", datetime(2026, 6, 15, 18, 14, 59, tzinfo=UTC), date(2026, 6, 15)),
        ("Asia/Kathmandu", datetime(2026, 6, 15, 18, 15, tzinfo=UTC), date(2026, 6, 16)),
    ],
)
def test_a_day_is_the_local_one(settings, zone, at, day):
    settings.REPORTING_TIME_ZONE, settings.REPORTING_ZONE = zone, ZoneInfo(zone)
    make.respond(make.published_survey(), {"nps": 9}, at=at)
    absorb(now=at)
    assert Score.objects.get().day == Tally.objects.get().day == day
    assert differences(now=at + timedelta(hours=1)) == []


def test_another_reporting_zone_is_a_rebuild(settings):
    make.respond(make.published_survey(), {"nps": 9}, at=datetime(2026, 6, 15, 20, tzinfo=UTC))
    absorb(now=NOW + timedelta(days=1))
    settings.REPORTING_TIME_ZONE, settings.REPORTING_ZONE = "Asia/Tokyo", ZoneInfo("Asia/Tokyo")
    rebuild_metrics()
    assert Tally.objects.get().day == date(2026, 6, 16)
    assert differences(now=NOW + timedelta(days=1)) == []


def test_a_score_keeps_the_segment_of_its_day():
    account = make.account(segment="SMB", region="EMEA")
    contact = make.contact(account, role="user")
    survey = make.published_survey()
    response = make.respond(survey, {"nps": 6}, contact=contact)
    absorb()
    account.segment = "Enterprise"
    account.save()
    contact.role = "decision_maker"
    contact.save()
    edit(response, {"nps": 7})
    absorb()
    rebuild_metrics()
    score = Score.objects.get()
    assert (score.slice.segment, score.contact_role, score.value) == ("SMB", "user", 7)
    make.respond(survey, {"nps": 8}, contact=contact)
    absorb()
    newer = Score.objects.get(value=8)
    assert (newer.slice.segment, newer.contact_role) == ("Enterprise", "decision_maker")
    assert_sound()


def test_an_answer_given_to_another_account_takes_that_ones_segment():
    survey = make.published_survey()
    response = make.respond(survey, {"nps": 6})
    absorb()
    account = make.account(segment="SMB")
    edit(response, {"nps": 6}, account=account)
    assert absorb().accounts == {account.pk}
    score = Score.objects.get()
    assert (score.account, score.slice.segment) == (account, "SMB")
    other = make.account(segment="Enterprise")
    edit(response, {"nps": 6}, account=other)
    assert absorb().accounts == {account.pk, other.pk}
    assert_sound()


def test_equal_attributes_share_a_slice():
    survey = make.published_survey()
    for _ in range(3):
        make.respond(survey, {"nps": 6}, account=make.account(segment="SMB"))
        absorb()
    assert Slice.objects.count() == 1
    assert Tally.objects.get().count == 3


def test_a_question_counts_by_the_version_it_was_asked_in():
    survey = make.published_survey([make.NPS])
    make.respond(survey, {"nps": 9})
    row = survey.questions.get()
    row.pk, row.key, row.kind, row.settings = None, "happy", "csat", {}
    row.save()
    publish_survey(survey, by=None, now=NOW)
    survey.refresh_from_db()
    make.respond(survey, {"nps": 8, "happy": 5})
    absorb()
    assert Counter(Score.objects.values_list("question_key", flat=True)) == {"nps": 2, "happy": 1}
    assert_sound()


def test_a_deleted_response_is_no_longer_counted():
    account = make.account()
    survey = make.published_survey()
    response = make.respond(survey, {"nps": 9, "why": "Fine."}, account=account)
    make.respond(survey, {"nps": 9})
    absorb()
    response.delete()
    absorbed = absorb()
    assert (absorbed.vanished, absorbed.accounts) == (1, {account.pk})
    assert tallies(survey) == {("nps", date(2026, 6, 15), 9): 1}
    assert not Comment.objects.exists()
    assert_sound()


@pytest.mark.parametrize(("since_then", "sweep"), [(OVERLAP, False), (2 * OVERLAP, True)])
def test_a_response_deleted_by_plain_sql_is_found_lately_or_by_the_sweep(since_then, sweep):
    survey = make.published_survey()
    make.respond(survey, {"nps": 9, "why": "Fine."})
    make.respond(survey, {}, at=NOW + since_then)
    absorb()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM surveys_response WHERE answers <> '{}'")
    assert len(differences(now=LATER)) == 9
    assert absorb().vanished == (0 if sweep else 1)
    absorb(sweep=sweep)
    assert not any((Score.objects.exists(), Comment.objects.exists(), Tally.objects.exists()))
    assert_sound()


def test_an_erased_answer_is_an_edit_to_nothing():
    survey = make.published_survey()
    response = make.respond(survey, {"nps": 9, "why": "Fine."}, account=make.account())
    absorb()
    edit(response, {}, contact=None, account=None)
    absorb()
    assert not any((Score.objects.exists(), Comment.objects.exists(), Tally.objects.exists()))
    assert_sound()


POISON = [
    "[]",
    "null",
    '"nps"',
    "7",
    '{"nps": "eleven"}',
    '{"nps": "9"}',
    '{"nps": 11}',
    '{"nps": -1}',
    '{"nps": 7.5}',
    '{"nps": true}',
    '{"nps": [9]}',
    '{"nps": {"a": {"b": 1}}}',
    '{"nps": 1e400}',
    '{"nps": 9, "csat": 9}',
    '{"nps": 9, "why": 5}',
    '{"nps": 9, "why": {"text": "x"}}',
]


@pytest.mark.parametrize("answers", POISON)
def test_answers_that_do_not_fit_are_quarantined_whole_and_block_nobody(answers, caplog):
    survey = make.published_survey()
    bad = make.respond(survey, {})
    with connection.cursor() as cursor:
        cursor.execute("UPDATE surveys_response SET answers = %s::jsonb", [answers])
    make.respond(survey, {"nps": 9, "csat": 5, "why": "Fine."})
    absorbed = absorb()
    assert [public_id for public_id, _ in absorbed.quarantined] == [str(bad.public_id)]
    assert str(bad.public_id) in caplog.text
    assert Score.objects.count() == 2
    assert Comment.objects.count() == 1
    assert absorb().responses == 0
    assert_sound()
    edit(bad, {"nps": 4})
    assert absorb().quarantined == ()
    assert Score.objects.count() == 3
    assert_sound()


def test_a_time_outside_the_calendar_is_quarantined():
    survey = make.published_survey()
    make.respond(survey, {"nps": 1})
    with connection.cursor() as cursor:
        cursor.execute("UPDATE surveys_response SET submitted_at = 'infinity', changed_at = 'infinity'")
    make.respond(survey, {"nps": 2})
    assert len(absorb().quarantined) == 1
    make.respond(survey, {"nps": 3})
    assert absorb().scores == 1
    assert_sound()


def test_a_version_that_cannot_be_read_or_belongs_elsewhere_is_quarantined():
    broken, strange, sound = (make.published_survey() for _ in range(3))
    responses = [make.respond(broken, {"nps": 1}), make.respond(strange, {"nps": 2})]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE surveys_version SET definition = '{\"title\": 5}' WHERE id = %s", [broken.live_version_id]
        )
        cursor.execute(
            "UPDATE surveys_response SET version_id = %s WHERE id = %s",
            [sound.live_version_id, responses[1].pk],
        )
    make.respond(sound, {"nps": 9})
    assert [fault for _, fault in absorb().quarantined] == [
        "its version cannot be read",
        "its version belongs to another survey",
    ]
    assert Score.objects.get().value == 9
    assert_sound()


def test_batches_take_the_oldest_first_and_end():
    survey = make.published_survey()
    for minute in range(5):
        make.respond(survey, {"nps": minute}, at=NOW + timedelta(hours=minute))
    sizes = [absorb(limit=2, now=NOW + timedelta(days=1)).responses for _ in range(4)]
    assert sizes == [2, 2, 1, 0]
    assert Score.objects.count() == 5


def test_a_rebuild_gives_the_rows_of_absorbing():
    account = make.account(segment="SMB")
    survey = make.published_survey()
    for value in range(11):
        make.respond(
            survey,
            {"nps": value, "why": f"Because {value}."},
            account=account if value % 2 else None,
            at=NOW - timedelta(days=value % 3),
        )
        absorb(now=NOW)
    before = everything()
    rebuild_metrics()
    assert everything() == before
    for model in (Score, Tally, Comment, Absorbed):
        model.objects.all().delete()
    rebuild_metrics()
    assert everything() == before


def test_a_rebuild_repairs_what_was_spoilt():
    survey = make.published_survey()
    for value in range(4):
        make.respond(survey, {"nps": value, "why": "Because."})
    absorb()
    before = everything()
    Score.objects.filter(value=1).update(value=10)
    Score.objects.filter(value=2).delete()
    Score.objects.filter(value=3).update(day=date(2020, 1, 1))
    Tally.objects.filter(value=0).update(count=7, day=date(2021, 1, 1))
    Comment.objects.update(text="Forged.")
    rebuild_metrics()
    assert everything() == before


def test_the_number_of_queries_does_not_grow_with_the_responses():
    survey = make.published_survey()
    account = make.account()

    def queries(responses):
        for number in range(responses):
            make.respond(survey, {"nps": number % 11, "why": "x"}, account=account)
        with CaptureQueriesContext(connection) as captured:
            assert absorb().responses == responses
        return len(captured)

    queries(1)
    assert queries(3) == queries(60)


def test_an_idle_run_costs_five_queries_and_two_savepoints(django_assert_num_queries):
    make.respond(make.published_survey(), {"nps": 1})
    absorb()
    with django_assert_num_queries(7):  # and the savepoint that the test's own transaction makes of it
        absorb()
