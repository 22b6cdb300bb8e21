from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from metrics.actions.absorb import absorb_responses
from surveys.models import Survey
from tests import factories as f
from tests.metrics.pages.test_account import XSS

pytestmark = pytest.mark.django_db

PLAN = {
    "key": "plan",
    "kind": "multiple_choice",
    "text": "Which plans?",
    "choices": [{"key": "free", "text": "Free"}, {"key": "paid", "text": "Paid"}],
}


def page_of(survey):
    return reverse("survey_results", args=[survey.slug])


def answer(survey, at, **fields):
    f.respond(survey, {"nps": 10, "plan": ["free", "paid"], "why": "Fine"}, at=at, **fields)


def test_every_question_has_n_and_distribution(executive):
    survey, now = f.published_survey([f.NPS, PLAN, f.WHY]), timezone.now()
    answer(survey, now)
    f.respond(survey, {"nps": 0, "plan": ["paid"]}, at=now)
    f.respond(survey, {"nps": 7}, at=now, submitted_at=None)
    absorb_responses(now=now)
    response = executive.get(page_of(survey))
    nps, plan, why = response.context["results"].questions
    assert (nps.n, nps.headline.value) == (3, 0)
    assert [(bar.label, bar.count, bar.percent) for bar in plan.bars] == [("Free", 1, 50), ("Paid", 2, 100)]
    assert why.n == 1
    assert response.context["completion_rate"].value == pytest.approx(200 / 3)
    assert "Several answers are possible" in response.text
    assert "Fine" in response.text


def test_a_mean_says_its_scale_and_what_nobody_answered_has_no_count(executive):
    stars = {"key": "stars", "kind": "rating", "text": "How good?", "settings": {"points": 7}}
    survey, now = f.published_survey([f.NPS, stars, f.CSAT, f.WHY]), timezone.now()
    f.respond(survey, {"nps": 9, "stars": 6, "csat": 4}, at=now)
    absorb_responses(now=now)
    text = " ".join(executive.get(page_of(survey)).text.split())
    assert "6.00</a></b> of 7" in text
    assert "mean 4.00 of 5" in text
    assert "Nobody has answered this question in these days." in text
    assert "0 answers" not in text


def test_it_asks_for_a_login_and_for_the_permission(client, seen_by):
    survey = f.published_survey()
    assert client.get(page_of(survey)).url.startswith("/admin/login/")
    assert seen_by(f.user(is_staff=True)).get(page_of(survey)).status_code == 403


def test_an_account_manager_gets_the_answers_of_their_accounts(executive, seen_by, manager):
    survey, now = f.published_survey([f.NPS, PLAN, f.WHY]), timezone.now()
    for owner, words in ((manager, "from my account"), (None, "from a foreign one")):
        account = f.account(owner=owner, name=f"Account {words}")
        contact = f.contact(account, name=f"Person {words}")
        invited = f.invitation(survey, contact, sent_at=now)
        answers = {"nps": 9, "plan": ["free"], "why": words}
        f.respond(survey, answers, contact=contact, invitation=invited, at=now)
    f.respond(survey, {"nps": 0, "why": "from nobody"}, at=now)
    absorb_responses(now=now)
    limited, everything = seen_by(manager).get(page_of(survey)), executive.get(page_of(survey))
    for response, n in ((limited, 1), (everything, 3)):
        assert response.context["results"].questions[0].n == n
        assert response.context["completion_rate"].n == n
    assert limited.context["response_rate"].n == 1
    assert limited.context["results"].questions[1].n == 1
    assert "from my account" in limited.text
    assert "a foreign one" not in limited.text
    assert "from nobody" not in limited.text
    assert "Counts only the accounts that you see." in limited.text
    assert "Counts only the accounts that you see." not in everything.text


def test_the_address_chooses_the_days(executive):
    survey, now = f.published_survey([f.NPS, PLAN, f.WHY]), timezone.now()
    for days in (1, 40, 200, 800):
        answer(survey, now - timedelta(days=days))
    absorb_responses(now=now)

    def n(**query):
        results = executive.get(page_of(survey), query).context["results"]
        assert len({question.n for question in results.questions}) == 1
        return results.questions[0].n

    assert [n(last=last) for last in ("30", "90", "365", "all")] == [1, 2, 3, 4]
    since = (now - timedelta(days=41)).date().isoformat()
    until = (now - timedelta(days=39)).date().isoformat()
    assert n(**{"from": since, "to": until}) == 1
    wrong = executive.get(page_of(survey), {"from": "nonsense"})
    assert wrong.status_code == 200
    assert "A date is written as year-month-day" in wrong.text


def test_an_unpublished_survey_and_one_without_answers_say_so(executive):
    survey = f.published_survey([f.NPS, f.WHY])
    text = executive.get(page_of(survey)).text
    assert "Nobody has answered this question in these days." in text
    assert "No comment in these days." in text
    Survey.objects.update(live_version=None)
    assert "has not been published yet" in executive.get(page_of(survey)).text
    assert executive.get("/admin/survey/no-such-survey/results/").status_code == 404


def test_whatever_people_wrote_reads_as_text(executive):
    choices = [{"key": "a", "text": XSS}, {"key": "b", "text": "b", "is_other": True}]
    plan = {"key": "plan", "kind": "single_choice", "text": XSS, "choices": choices}
    survey = f.published_survey([{**f.NPS, "text": XSS}, plan, f.WHY], title=XSS)
    f.respond(survey, {"nps": 9, "plan": "a", "why": XSS}, at=timezone.now())
    f.respond(survey, {"plan": {"other": XSS}}, at=timezone.now())
    f.respond(survey, {"plan": XSS}, at=timezone.now())
    absorb_responses(now=timezone.now())
    text = executive.get(page_of(survey)).text
    assert "<svg/onload" not in text
    assert "<script>window" not in text
    assert text.count("&lt;svg/onload") >= 5


def test_queries_do_not_grow_with_the_answers(executive, django_assert_max_num_queries):
    survey, now, counts = f.published_survey([f.NPS, PLAN, f.WHY]), timezone.now(), []
    executive.get(page_of(survey))
    for size in (1, 15):
        for _ in range(size):
            contact = f.contact(f.account())
            invited = f.invitation(survey, contact, sent_at=now)
            answer(survey, now, contact=contact, invitation=invited)
        absorb_responses(now=now)
        with django_assert_max_num_queries(20) as queries:
            executive.get(page_of(survey))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_every_kind_has_a_summary_that_names_nobody(executive):
    choices = [{"key": "tea", "text": "Tea"}, {"key": "milk", "text": "Milk"}]
    rows = {"rows": [{"key": "speed", "text": "Speed"}, {"key": "price", "text": "Price"}]}
    survey, now = (
        f.published_survey(
            [
                {"key": "said", "kind": "statement", "text": "Hello"},
                {"key": "drop", "kind": "dropdown", "text": "Drop?", "choices": choices},
                {"key": "rank", "kind": "ranking", "text": "Rank?", "choices": choices},
                {"key": "grid", "kind": "matrix", "text": "Grid?", "choices": choices, "settings": rows},
                {"key": "count", "kind": "number", "text": "Count?", "settings": {"unit": "days"}},
                {"key": "day", "kind": "date", "text": "Day?"},
                {"key": "mail", "kind": "email", "text": "Mail?"},
                {"key": "sure", "kind": "yes_no", "text": "Sure?"},
                {"key": "may", "kind": "consent", "text": "May we?"},
            ]
        ),
        timezone.now(),
    )
    first = {"drop": "tea", "rank": ["milk", "tea"], "grid": {"speed": "tea"}, "count": 1, "sure": "yes"}
    second = {"drop": "tea", "rank": ["milk", "tea"], "grid": {"speed": "milk", "price": "tea"}, "count": 2}
    f.respond(survey, {**first, "day": "2026-02-01", "mail": "a@secret.example", "may": True}, at=now)
    f.respond(survey, {**second, "day": "2026-01-01", "mail": "b@secret.example", "sure": "no"}, at=now)
    absorb_responses(now=now)
    response = executive.get(page_of(survey))
    by_key = {each.question.key: each for each in response.context["results"].questions}
    bars = {key: [(bar.label, bar.count) for bar in each.bars] for key, each in by_key.items()}
    assert not by_key["said"].asks
    assert bars["drop"] == [("Tea", 2), ("Milk", 0)]
    assert [(bar.label, bar.rank) for bar in by_key["rank"].bars] == [("Milk", 1), ("Tea", 2)]
    grid = {row.label: (row.n, [(bar.label, bar.count) for bar in row.bars]) for row in by_key["grid"].rows}
    assert grid == {"Speed": (2, [("Tea", 1), ("Milk", 1)]), "Price": (1, [("Tea", 1), ("Milk", 0)])}
    assert by_key["count"].numbers.quartiles == (1.25, 1.5, 1.75)
    assert [(each.label, each.count) for each in by_key["count"].numbers.bins] == [("1", 1), ("2", 1)]
    assert [str(getattr(by_key["day"].days, end)) for end in ("first", "last")] == [
        "2026-01-01",
        "2026-02-01",
    ]
    assert by_key["sure"].share[0] == 50
    assert by_key["rank"].bars[0].places == (2, 0)
    assert (by_key["mail"].n, bars["mail"]) == (2, [])
    assert bars["sure"] == [("Yes", 1), ("No", 1)]
    assert bars["may"] == [("Yes", 1)]
    assert "@secret.example" not in response.text
    assert "<b>1.5</b> days" in response.text


def test_results_are_shown_with_and_without_what_is_flagged(executive):
    survey, at = f.published_survey(), timezone.now() - timedelta(days=2)
    person = f.contact(f.account())
    for nps, flags in ((10, []), (10, []), (0, ["address"])):
        f.respond(survey, {"nps": nps, "why": f"Because {nps}."}, contact=person, flags=flags, at=at)
    absorb_responses(now=timezone.now())
    url, client = page_of(survey), executive
    dates = {"from": at.date().isoformat(), "to": at.date().isoformat()}

    page = client.get(url, dates).content.decode()
    assert "1 of 3 answers is flagged" in page
    assert "They are counted here." in page
    assert "Because 0." in page
    without = client.get(url, {**dates, "flagged": "without"})
    assert "Flagged answers are left out here." in without.content.decode()
    assert "Because 0." not in without.content.decode()
    assert without.context["results"].headline.n == 2
    assert without.context["results"].headline.headline.value == 100


def test_a_cross_tab_begins_with_a_score_by_segment(executive):
    asked = [{"key": "used", "kind": "yes_no", "text": "Do you use it?"}, f.NPS]
    survey = f.published_survey(asked)
    account = f.account(segment="Large")
    f.respond(survey, {"used": True, "nps": 9}, contact=f.contact(account), at=timezone.now())
    absorb_responses(now=timezone.now())
    page = executive.get(reverse("cross_tab", args=[survey.slug]))
    assert (page.context["rows"].key, page.context["columns"].key) == ("nps", "segment")
    assert page.context["table"].columns == ("Large",)
    asks = {"rows": "nps", "columns": "language"}
    by_language = executive.get(reverse("cross_tab", args=[survey.slug]), asks)
    assert by_language.context["table"].columns == ("English",)
    own = executive.get(reverse("cross_tab", args=[survey.slug]), {"rows": "used", "columns": "nps"})
    assert (own.context["rows"].key, own.context["columns"].key) == ("used", "nps")


def test_the_address_says_of_what_the_percentages_of_a_cross_tab_are(executive):
    plans = [{"key": key, "text": key.title()} for key in ("free", "paid")]
    asked = [
        {"key": "plan", "kind": "single_choice", "text": "Which plan?", "choices": plans},
        {"key": "used", "kind": "yes_no", "text": "Do you use it?"},
    ]
    survey = f.published_survey(asked)
    for plan, used, times in (("free", "yes", 1), ("free", "no", 3), ("paid", "yes", 4)):
        for _ in range(times):
            f.respond(survey, {"plan": plan, "used": used}, at=timezone.now())
    absorb_responses(now=timezone.now())
    base = {"rows": "plan", "columns": "used"}

    def shown(**more):
        page = executive.get(reverse("cross_tab", args=[survey.slug]), base | more)
        return page, [[cell.percent for cell in line.cells] for line in page.context["table"].lines]

    assert shown()[1] == shown(cells="rows")[1] == [[25, 75], [100, 0]]
    page, percents = shown(cells="columns")
    assert percents == [[20, 100], [80, 0]]
    assert "Percentages are of each column" in page.text
    page, percents = shown(cells="counts")
    assert percents == [[None, None], [None, None]]
    assert '<option value="counts" selected>Counts only</option>' in page.text
    assert "%</td>" not in page.text
    page, percents = shown(cells="nothing")
    assert percents == [[25, 75], [100, 0]]
    assert "Cells cannot show “nothing”" in page.text


@pytest.mark.parametrize("people", [0, 2, 6])
@pytest.mark.parametrize("query", ["", "segment=big", "version=1", "flagged=without", "answered=nps:0"])
def test_what_a_confidential_survey_hides_is_said(executive, people, query):
    survey, now = f.published_survey((f.NPS, f.WHY), privacy="confidential"), timezone.now()
    for _ in range(people):
        contact = f.contact(f.account(segment="big"))
        f.respond(survey, {"nps": 9, "why": "Fine"}, at=now - timedelta(days=40), contact=contact)
    absorb_responses(now=now)
    page = executive.get(f"{reverse('survey_results', args=[survey.slug])}?{query}")
    is_shown = people == 6 and not query
    assert ("Nothing to show" in page.text) is not is_shown
    assert page.context["results"].headline.n == (6 if is_shown else 0)
