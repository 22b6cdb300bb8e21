"""Whatever happens to responses, in whatever order it is absorbed: the rows are what the answers say."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metrics.actions.absorb import absorb_responses, rebuild_metrics
from metrics.audit import differences
from metrics.models import Comment, Score, Tally
from surveys.models import Response
from tests import factories as make

NOW = make.NOON
THE_END = NOW + timedelta(days=1)

answers = st.fixed_dictionaries(
    {},
    optional={
        "nps": st.integers(0, 10),
        "csat": st.integers(1, 5),
        "why": st.sampled_from(["Fast.", "Slow.", "", "Größe 漢字 'quoted' %s"]),
    },
)
poison = st.sampled_from(['{"nps": 99}', "[]", '{"why": 1}', '{"csat": "5", "nps": 3}', '"x"'])
which = st.integers(0, 6)
events = st.one_of(
    st.tuples(st.just("answer"), answers, st.booleans(), st.integers(0, 3)),
    st.tuples(st.just("answer"), answers, st.booleans(), st.integers(0, 3)),
    st.tuples(st.just("deliver_again"), which),
    st.tuples(st.just("edit"), which, answers),
    st.tuples(st.just("submit"), which),
    st.tuples(st.just("erase"), which),
    st.tuples(st.just("delete"), which),
    st.tuples(st.just("mark_as_test"), which),
    st.tuples(st.just("poison"), which, poison),
    st.tuples(st.just("move_account"), st.sampled_from(["SMB", "Enterprise", ""])),
    st.tuples(st.just("absorb"), st.integers(1, 4)),
    st.tuples(st.just("sweep")),
    st.tuples(st.just("rebuild")),
)


class World:
    """One survey, one account, and everything that can happen to their responses."""

    def __init__(self):
        self.minutes = 0
        self.account = make.account(segment="SMB")
        self.contact = make.contact(self.account)
        self.survey = make.published_survey()

    def now(self):
        self.minutes += 1
        return NOW + timedelta(minutes=self.minutes)

    def response(self, number):
        responses = list(Response.objects.order_by("pk"))
        return responses[number % len(responses)] if responses else None

    def change(self, number, **fields):
        if response := self.response(number):
            Response.objects.filter(pk=response.pk).update(
                revision=response.revision + 1, changed_at=self.now(), **fields
            )

    def answer(self, given, is_anonymous, days_ago):
        now = self.now()
        make.respond(
            self.survey,
            given,
            at=now - timedelta(days=days_ago),
            changed_at=now,
            submitted_at=None if days_ago == 3 else now - timedelta(days=days_ago),
            contact=None if is_anonymous else self.contact,
        )

    def deliver_again(self, number):
        if response := self.response(number):
            again = Response.objects.filter(survey=self.survey, submission_key=response.submission_key)
            assert again.update(answers=response.answers) == 1

    def edit(self, number, given):
        self.change(number, answers=given)

    def submit(self, number):
        self.change(number, submitted_at=self.now())

    def erase(self, number):
        self.change(number, answers={}, contact=None, account=None)

    def delete(self, number):
        if response := self.response(number):
            response.delete()

    def mark_as_test(self, number):
        self.change(number, is_test=True)

    def poison(self, number, document):
        if response := self.response(number):
            with connection.cursor() as cursor:
                cursor.execute(
                    "UPDATE surveys_response SET answers = %s::jsonb, revision = revision + 1 WHERE id = %s",
                    [document, response.pk],
                )

    def move_account(self, segment):
        self.account.segment = segment
        self.account.save()

    def absorb(self, limit):
        absorb_responses(now=self.now(), limit=limit)

    def sweep(self):
        absorb_responses(now=self.now(), sweep=True)

    def rebuild(self):
        rebuild_metrics()


def derived_rows():
    scores = (
        "response",
        "question_key",
        "kind",
        "account",
        "contact",
        "contact_role",
        "slice",
        "day",
        "value",
    )
    return (
        Counter(Score.objects.values_list(*scores)),
        Counter(Comment.objects.values_list("response", "question_key", "account", "day", "text")),
        Counter(
            Tally.objects.values_list("survey", "question_key", "kind", "slice", "day", "value", "count")
        ),
    )


@pytest.mark.django_db
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(events, max_size=25))
def test_the_rows_are_what_the_answers_say(happenings):
    with transaction.atomic():
        world = World()
        for name, *arguments in happenings:
            getattr(world, name)(*arguments)
        absorb_responses(now=THE_END, sweep=True)
        assert differences(now=THE_END) == []
        before = derived_rows()
        for model in (Score, Comment, Tally):
            model.objects.all().delete()
        rebuild_metrics()
        assert derived_rows() == before
        transaction.set_rollback(True)
