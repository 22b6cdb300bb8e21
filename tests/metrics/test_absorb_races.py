"""Several workers at once, killed or late: real connections, real commits."""

import gc
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count
from threading import Barrier, Event, get_ident
from time import sleep

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import F

from metrics import audit
from metrics.actions import derive, refresh
from metrics.actions.absorb import LOCK, absorb_responses, rebuild_metrics
from metrics.actions.health import score_accounts
from metrics.actions.refresh import refresh_metrics
from metrics.audit import differences
from metrics.models import Absorbed, Health, Score, Tally
from surveys.models import Response
from tests import factories as make

pytestmark = pytest.mark.django_db(transaction=True)

NOW = make.NOON
LATER = NOW + timedelta(hours=1)


def together(*jobs):
    """Run the jobs at the same time, each on a connection of its own; return what they return."""
    start = Barrier(len(jobs))

    def run(job):
        try:
            start.wait(timeout=300)
            return job()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return [future.result(timeout=600) for future in [pool.submit(run, job) for job in jobs]]


def test_two_workers_count_everything_once():
    survey = make.published_survey()
    for number in range(40):
        make.respond(survey, {"nps": number % 11, "why": "x"}, account=make.account())

    def absorb():
        return absorb_responses(now=LATER, sweep=True).responses

    assert sorted(together(absorb, absorb)) == [0, 40]
    assert sum(Tally.objects.values_list("count", flat=True)) == 40
    assert differences(now=LATER) == []


def test_a_second_tick_leaves_the_work_to_the_first():
    make.respond(make.published_survey(), {"nps": 9})

    def tick():
        return absorb_responses(now=LATER).responses

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        assert together(tick) == [0]
    assert together(tick) == [1]


def test_absorbing_beside_answers_edits_and_rebuilds_ends_right():
    survey = make.published_survey()
    responses = [make.respond(survey, {"nps": number}) for number in range(10)]

    def edit():
        for response in responses:
            Response.objects.filter(pk=response.pk).update(answers={"nps": 10, "why": "Edited."}, revision=2)

    def answer():
        for number in range(10):
            make.respond(survey, {"nps": number, "why": "New."})

    def absorb():
        for _ in range(5):
            absorb_responses(now=LATER, sweep=True)

    together(edit, answer, absorb, absorb, rebuild_metrics)
    absorb_responses(now=LATER)
    assert differences(now=LATER) == []
    assert Score.objects.filter(value=10).count() == 10
    assert Score.objects.count() == 20


@pytest.mark.parametrize(
    "step", ["read_responses", "write_scores", "write_comments", "write_absorbed", "write_tallies"]
)
def test_a_run_that_dies_leaves_nothing_half_done(step, monkeypatch):
    survey = make.published_survey()
    make.respond(survey, {"nps": 9})
    absorb_responses(now=LATER)
    make.respond(survey, {"nps": 3, "why": "x"})

    class Killed(Exception):
        pass

    whole = getattr(derive, step)

    def die(*arguments):
        whole(*arguments)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(derive, step, die)
        with pytest.raises(Killed):
            absorb_responses(now=LATER)
    assert Score.objects.count() == Tally.objects.count() == Absorbed.objects.count() == 1
    absorb_responses(now=LATER)
    assert differences(now=LATER) == []
    assert Score.objects.count() == 2


# What a killed worker was reading is dropped with its connection, which psycopg remarks on.
@pytest.mark.filterwarnings("ignore:.*ServerCursorMixin:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("seed", range(3))
def test_whatever_happens_while_two_workers_are_killed_again_and_again(seed):
    """Answers, edits, erasures, deletions, late and repeated deliveries, while PostgreSQL ends workers."""
    chance, survey, accounts = (
        random.Random(seed),
        make.published_survey(),
        [make.account() for _ in range(4)],
    )
    working: dict[int, int] = {}
    counts = Counter()
    is_over = Event()

    def change():
        try:
            for number in count():
                happen(chance, number)
                # However fast this machine changes and however slowly it kills.
                if number >= 120 and counts["killed"] > 3:
                    break
        finally:
            is_over.set()

    def happen(chance, number):
        rows = list(Response.objects.order_by("pk"))
        one = chance.choice(rows) if rows else None
        what = chance.choice(("answer", "answer", "late", "again", "edit", "erase", "delete"))
        counts[what] += 1
        later = NOW + timedelta(seconds=number)
        if what in ("answer", "late") or one is None:
            at = NOW - timedelta(days=chance.randrange(1, 40)) if what == "late" else NOW
            given = {"nps": chance.randrange(11), "csat": chance.randrange(1, 6), "why": "Words."}
            make.respond(survey, given, account=chance.choice(accounts), at=at, changed_at=later)
        elif what == "again":
            Response.objects.filter(pk=one.pk).update(answers=one.answers)
        elif what == "delete":
            one.delete()
        else:
            erased = {"answers": {}, "account": None} if what == "erase" else {"answers": {"nps": 1}}
            Response.objects.filter(pk=one.pk).update(revision=F("revision") + 1, changed_at=later, **erased)

    def work():
        while not is_over.is_set():
            try:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_backend_pid()")
                    working[get_ident()] = cursor.fetchone()[0]
                refresh_metrics(now=LATER, sweep=chance.random() < 0.5)
                counts["finished"] += 1
            # Django closes a cursor of the server's own without turning its error into one of Django's.
            except (DatabaseError, psycopg.Error):
                counts["killed"] += 1
                connection.close()

    def kill():
        while not is_over.is_set():
            for worker in [*working.values()]:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_terminate_backend(%s)", [worker])
            sleep(chance.uniform(0, 0.2))

    together(change, work, work, kill)
    gc.collect()
    assert all(counts[what] for what in ("answer", "late", "again", "edit", "erase", "delete"))
    while refresh_metrics(now=LATER, sweep=True).has_found_any:
        pass
    assert differences(now=LATER) == []
    assert Score.objects.exists()


def test_readers_never_see_half_a_rebuild(monkeypatch):
    survey = make.published_survey()
    for number in range(11):
        make.respond(survey, {"nps": number})
    absorb_responses(now=LATER)
    Tally.objects.update(count=5)
    seen = []

    def look():
        return sum(Tally.objects.values_list("count", flat=True))

    whole = derive.write_tallies

    def write_and_look(*arguments):
        whole(*arguments)
        seen.extend(together(look))

    monkeypatch.setattr(derive, "write_tallies", write_and_look)
    rebuild_metrics()
    assert seen == [55]
    assert look() == 11


def test_scoring_beside_answers_ends_with_the_newest_answer():
    survey, accounts = make.published_survey(), [make.account() for _ in range(12)]

    def answer():
        for account in accounts:
            make.respond(survey, {"nps": 10}, account=account)
            refresh_metrics(now=LATER)

    def score_all():
        for _ in range(6):
            score_accounts(day=LATER.date(), now=LATER)

    together(answer, score_all, score_all)
    refresh_metrics(now=LATER, sweep=True)
    assert {health.score - health.base for health in Health.objects.all()} == {778}
    assert Health.objects.count() == 12


def test_an_absorption_whose_scoring_dies_is_done_again(monkeypatch):
    account = make.account()
    make.respond(make.published_survey(), {"nps": 10}, account=account)

    class Killed(Exception):
        pass

    def die(*arguments, **options):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(refresh, "score_accounts", die)
        with pytest.raises(Killed):
            refresh_metrics(now=LATER)
    assert not Score.objects.exists()
    refresh_metrics(now=LATER)
    assert account.healths.count() == 1


def test_verifying_reads_one_moment(monkeypatch):
    survey = make.published_survey()
    make.respond(survey, {"nps": 9})
    absorb_responses(now=LATER)
    whole = audit._stored_rows

    def answer_in_between(*arguments):
        if not Score.objects.filter(value=1).exists() and not changed:
            changed.append(True)
            together(lambda: make.respond(survey, {"nps": 1}) and absorb_responses(now=LATER))
        return whole(*arguments)

    changed = []
    monkeypatch.setattr(audit, "_stored_rows", answer_in_between)
    assert differences(now=LATER) == []
    assert changed
    assert Score.objects.count() == 2
