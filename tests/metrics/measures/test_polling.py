"""Somebody asks everything there is before and after one person answers in confidence (SECURITY T22).

What is told must be the same whatever that person said: two answers that could not be less alike are given in
turn, each is asked about in every way there is, and taken back.
"""

import random
import re

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from metrics.actions.absorb import rebuild_metrics
from metrics.actions.refresh import refresh_metrics
from metrics.audit import differences
from metrics.models import Comment, Score
from surveys.models import Response
from tests import factories as f
from tests.api.conftest import program
from tests.surveys.respondent import Respondent

pytestmark = pytest.mark.django_db

PLAN = {
    "key": "plan",
    "kind": "single_choice",
    "text": "Which?",
    "choices": [{"key": "a", "text": "A"}, {"key": "b", "text": "B"}],
}
QUESTIONS = [f.NPS, f.CSAT, PLAN, f.WHY]
GOOD = {"nps": 10, "csat": 5, "plan": "a", "why": "Wonderful wonderful."}
BAD = {"nps": 0, "csat": 1, "plan": "b", "why": "Awful awful."}
BY = ("month", "quarter", "segment", "tier", "region", "account", "survey", "programme")
# What every page makes anew.
CHANCE = re.compile(rb"(?:csrf|name=\"key\")[^>]*>|nonce=\S+|\"csrfToken\": \"\w+\"")


@pytest.fixture(params=["confidential", "anonymous"])
def survey(request):
    """A survey that twelve answered: two blocks are told, in segments of which one is small."""
    survey = f.published_survey(QUESTIONS, privacy=request.param)
    accounts = [f.account(segment=name) for name in ("big", "small")]
    for block in (6, 6):
        for place in range(block):
            said = {**(GOOD, BAD)[place % 2], "nps": place}
            f.respond(survey, said, account=account_of(survey, accounts[place == 1]), at=timezone.now())
        absorb()
    return survey


def account_of(survey, account):
    return None if survey.versions.get().definition["privacy"] == "anonymous" else account


def absorb():
    while refresh_metrics(now=timezone.now()).has_found_any:
        pass


def give(survey, answers, **fields):
    account = Response.objects.filter(survey=survey).order_by("pk").first().account
    f.respond(survey, answers, **{"account": account, "at": timezone.now(), **fields})


@pytest.fixture
def poll(survey):
    """Ask everything: every metric in every way, lists, files and pages."""
    api, browser = program("all"), Client()
    browser.force_login(f.user(is_superuser=True, is_staff=True))
    account = Response.objects.filter(survey=survey).order_by("pk").first().account or f.account()
    day = timezone.localdate()
    of, alone = f"?survey={survey.slug}", ("csat", "nps_weighted", "nps_accounts")
    spans = ["", f"&from={day}", f"&to={day}", "&from=2025-01-01&to=2030-01-01"]
    asked = [f"metrics/nps{of}{span}" for span in spans] + [f"metrics/nps{of}&by={by}" for by in BY]
    asked += [f"metrics/{name}{of}" for name in alone]
    asked += [f"metrics/nps?survey={survey.slug}&{one}" for one in ("segment=big", "segment=small")]
    asked += [f"metrics/{name}/rows?survey={survey.slug}" for name in ("nps", "csat")]
    asked += [
        *(f"responses?survey={survey.pk}{more}" for more in ("", "&ordering=-submitted_at", "&channel=link")),
        f"responses/export?survey={survey.slug}&format=jsonl",
        f"scores/export?survey={survey.slug}&format=jsonl",
        f"metrics/themes?survey={survey.slug}",
        f"metrics/drivers?survey={survey.slug}",
        "metrics/anomalies",
        f"accounts/{account.pk}/health",
    ]
    pages = [
        *(reverse(name, args=[survey.slug]) for name in ("survey_results", "cross_tab", "drivers")),
        f"{reverse('cross_tab', args=[survey.slug])}?rows=nps&columns=plan",
        *(reverse(name, args=[survey.programme.slug]) for name in ("programme", "programme_drivers")),
        *(reverse(name) for name in ("programmes", "comments", "goals", "teams", "metrics", "portfolio")),
        *(reverse(name, args=["nps"]) for name in ("metric", "metric_rows")),
        *(reverse(name) for name in ("admin:index", "comments_export", "admin:metrics_comment_changelist")),
        *(reverse(f"admin:surveys_{name}_changelist") for name in ("response", "survey", "invitation")),
        reverse("account", args=[account.pk]),
    ]

    def ask():
        told = {path: api.get(path) for path in asked}
        told |= {path: browser.get(path) for path in pages}
        wrong = {path: answer.status_code for path, answer in told.items() if answer.status_code >= 500}
        assert not wrong
        return {path: (answer.status_code, CHANCE.sub(b"", said(answer))) for path, answer in told.items()}

    return ask


def said(answer):
    return b"".join(answer) if answer.streaming else answer.content


def told_after(poll, *ways):
    """Return what is told after each of some changes, of which none lasts."""
    found = []
    for way in ways:
        with transaction.atomic():
            way()
            absorb()
            found.append(poll())
            transaction.set_rollback(True)
    return found


def different(one, other):
    return sorted(path for path in one if one[path] != other[path])


def change(survey, answers):
    """Change an answer that was told, as the statement that stores answers does it."""
    told = Response.objects.filter(survey=survey).latest("pk")
    fields = {"answers": answers, "revision": told.revision + 1, "changed_at": timezone.now()}
    Response.objects.filter(pk=told.pk).update(**fields, revealed_at=None)


def test_whatever_a_few_people_say_nothing_tells(survey, poll):
    """A new answer, one that is begun and one that is changed, beside one that waits already."""
    give(survey, GOOD)
    absorb()

    def say(answers):
        change(survey, answers)
        give(survey, answers)
        give(survey, answers, submitted_at=None)

    good, bad = told_after(poll, lambda: say(GOOD), lambda: say(BAD))
    assert different(good, bad) == []
    assert b'"n":12' in good[f"metrics/nps?survey={survey.slug}"][1].replace(b" ", b"")


def test_with_the_fifth_all_five_are_told(survey):
    nps = []
    for _ in range(5):
        give(survey, GOOD)
        absorb()
        nps.append(program("all").get(f"metrics/nps?survey={survey.slug}").json()["n"])
    assert nps == [12, 12, 12, 12, 17]


def test_what_is_deleted_counts_until_five_are(survey):
    def counts():
        return sorted(Score.objects.filter(survey=survey).values_list("question_key", "value"))

    before = counts()
    for place in range(5):
        Response.objects.filter(survey=survey).latest("pk").delete()
        absorb()
        assert (counts() == before) == (place < 4)
        assert differences(now=timezone.now()) == []


def test_what_waits_is_nothing_amiss_and_a_rebuild_tells_nothing(survey):
    give(survey, GOOD)
    changed = Response.objects.filter(survey=survey).earliest("pk")
    fields = {"answers": BAD, "revision": 2, "changed_at": f.NOON, "revealed_at": None}
    Response.objects.filter(pk=changed.pk).update(**fields)
    absorb()
    held = sorted(Score.objects.values_list("response", "question_key", "value"))
    assert changed.pk in {response for response, *_ in held}
    days = [timezone.localdate()]
    for _ in range(2):
        assert differences(now=timezone.now()) == differences(now=timezone.now(), days=days) == []
        rebuild_metrics()
        assert sorted(Score.objects.values_list("response", "question_key", "value")) == held


@pytest.mark.parametrize("seed", range(2))
def test_at_any_time_every_block_holds_five_people_of_one_segment(seed):
    """In whatever order answers come, what is told of any segment changes by five people or by none."""
    chance = random.Random(seed)
    survey = f.published_survey(QUESTIONS[:1], privacy="confidential")
    accounts = [f.account(segment=chance.choice("abc")) for _ in range(6)]
    before = {}
    for _ in range(40):
        for _ in range(chance.choice((1, 1, 1, 7))):
            f.respond(survey, {"nps": 3}, account=chance.choice(accounts), at=timezone.now())
        absorb()
        counted = Score.objects.filter(survey=survey).values_list("slice__segment", "response")
        now = {}
        for segment, response in counted:
            now.setdefault(segment, set()).add(response)
        for segment in {*now, *before}:
            assert len(now.get(segment, set()) ^ before.get(segment, set())) not in range(1, 5)
        before = now
    assert differences(now=timezone.now()) == []


def test_the_rows_of_a_block_have_one_day_and_no_order():
    """One answer on one day, one invitation used up on one day: the day would say whose it is, and so would
    the place in a list to whoever knows who came after whom."""
    survey = f.published_survey(QUESTIONS, privacy="anonymous")
    for place in range(30):
        day = f.NOON.date().replace(day=1 + place // 3)
        f.invitation(survey, f.contact(f.account()), answered_on=day)
        at = f.NOON.replace(day=day.day, hour=0)
        f.respond(survey, {"nps": place % 10, "why": f"{place:02}"}, at=at, channel="personal")
    absorb()
    rows = program("all").get(f"responses?survey={survey.pk}&limit=100").json()["results"]
    for name in ("submitted_at", "started_at", "changed_at"):
        assert len({row[name] for row in rows}) == 1
    for words in (
        [row["answers"]["why"] for row in rows],
        list(Comment.objects.order_by("pk").values_list("text", flat=True)),
    ):
        assert len(words) == 30
        assert words not in (sorted(words), sorted(words, reverse=True))


def test_a_person_is_not_told_by_when_the_answer_came(survey):
    """From the link to the list: what a respondent sends is in no list before four others have."""
    api = program("all")
    listed = f"responses?survey={survey.pk}"
    before = {row["public_id"] for row in api.get(listed).json()["results"]}
    for place in range(1, 6):
        Respondent(f"/s/{survey.slug}/").open().send(nps="0")
        absorb()
        now = {row["public_id"] for row in api.get(listed).json()["results"]}
        assert len(now - before) == (5 if place == 5 else 0)
