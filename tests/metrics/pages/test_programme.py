from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.roles import ACCOUNT_MANAGER, ADMINISTRATOR, ANALYST, BUILDER, EXECUTIVE
from metrics.actions.absorb import absorb_responses
from metrics.actions.reading import read_comments
from metrics.formulas.intervals import nps_score_interval
from metrics.measures.query import ask
from metrics.measures.scope import Scope
from tests import factories as f
from tests.metrics.pages.conftest import CANARY, pays_the_canary
from tests.metrics.pages.test_account import XSS

pytestmark = pytest.mark.django_db


@pytest.fixture
def survey():
    return f.published_survey([f.NPS, f.CSAT, f.WHY], title="Twice a year")


def page_of(programme):
    return reverse("programme", args=[programme.slug])


def answer(survey, nps, *, days_ago=1, **fields):
    at = timezone.now() - timedelta(days=days_ago)
    f.respond(survey, {"nps": nps, "csat": 4, "why": "The price is high"}, at=at, **fields)


def absorbed():
    absorb_responses(now=timezone.now())
    read_comments(now=timezone.now())


def test_its_numbers_are_those_of_the_api_and_of_a_computation_of_its_own(executive, survey, today):
    scores = [10] * 7 + [8] * 2 + [3] * 3
    for place, nps in enumerate(scores):
        answer(survey, nps, days_ago=1 + 20 * place, account=f.account())
    absorbed()
    context = executive.get(page_of(survey.programme)).context
    own = Scope.of_answers(context["request"].user, today, programme=survey.programme)
    measure = context["measure"]
    assert measure.value == ask("nps", own).value == pytest.approx(100 * (7 - 3) / 12)
    assert measure.interval == pytest.approx(nps_score_interval(3, 2, 7))
    assert {bar.label: bar.count for bar in context["bars"] if bar.count} == {"10": 7, "8": 2, "3": 3}
    assert sum(point.measure.n for point in context["points"]) == 12
    reach = executive.get(reverse("programme_reach", args=[survey.programme.slug])).context
    asked = {each.metric: each.value for each in reach["coverages"]}
    assert asked["account_coverage"] == ask("account_coverage", own).value == 100
    assert asked["contact_coverage"] == ask("contact_coverage", own).value
    assert reach["response_rate"].value == ask("response_rate", own).value
    csat = executive.get(page_of(survey.programme), {"kind": "csat"})
    assert "in these days: " not in csat.text
    csat = csat.context["measure"]
    assert (csat.metric, csat.value, csat.n) == ("csat", 100, 12)
    ces = executive.get(page_of(survey.programme), {"kind": "ces"})
    assert ces.context["kind"] == "nps"
    assert "No CES in these days: NPS is shown." in ces.text


def test_segments_say_how_many_tests_were_made(executive, survey):
    for segment, nps in (("Large", 10), ("Small", 0), ("Middle", 7)):
        account = f.account(segment=segment)
        for _ in range(20):
            answer(survey, nps, account=account)
    absorbed()
    page = executive.get(page_of(survey.programme))
    assert "2 of 3 comparisons with the others find" in " ".join(page.text.split())
    assert "3 such tests were made" in page.text
    narrowed = executive.get(page_of(survey.programme), {"segment": "Large"})
    assert narrowed.context["measure"].n == 20


@pytest.mark.parametrize("role", [ADMINISTRATOR, BUILDER, ANALYST, EXECUTIVE, ACCOUNT_MANAGER])
def test_revenue_is_shown_with_the_permission_only(someone, seen_by, survey, today, role):
    user = someone(role)
    account = f.account(owner=user)
    pays_the_canary(account, today)
    answer(survey, 9, account=account)
    absorbed()
    page = seen_by(user).get(page_of(survey.programme))
    assert ("987,654" in page.text) is user.sees_revenue
    assert ("ARR" in page.text) is user.sees_revenue
    reach = seen_by(user).get(reverse("programme_reach", args=[survey.programme.slug]))
    assert [each.metric for each in reach.context["coverages"]][3:] == [
        "revenue_coverage"
    ] * user.sees_revenue
    assert ("ARR" in reach.text) is user.sees_revenue
    assert str(CANARY) not in page.text


def test_an_account_manager_gets_the_answers_of_their_accounts(seen_by, manager, survey):
    answer(survey, 10, account=f.account(owner=manager))
    answer(survey, 0, account=f.account(name="Foreign Inc", segment="Secretive"))
    answer(survey, 0)
    absorbed()
    page = seen_by(manager).get(page_of(survey.programme))
    assert (page.context["measure"].value, page.context["measure"].n) == (100, 1)
    assert "Counts only the accounts that you see." in page.text
    for word in ("Foreign Inc", "Secretive"):
        assert word not in page.text
    assert page.context["about"].comments == 1


def test_an_empty_programme_says_what_to_do_and_invents_no_number(executive, survey):
    empty = f.programme()
    assert "Publish a survey of this programme first" in executive.get(page_of(empty)).text
    page = executive.get(page_of(survey.programme))
    assert "Send the survey to contacts" in page.text
    assert "no answers yet" in executive.get(reverse("programmes")).text
    assert executive.get("/admin/programme/none/").status_code == 404


def test_the_list_has_every_programme_with_its_scores(executive, survey):
    other = f.published_survey([f.NPS], of=f.programme("transactional"))
    answer(survey, 10)
    f.respond(other, {"nps": 0}, at=timezone.now())
    absorbed()
    page = executive.get(reverse("programmes"))
    found = {
        each.pk: [(name, m.value) for name, m in measures] for each, measures in page.context["programmes"]
    }
    assert found[survey.programme_id] == [("NPS", 100), ("CSAT", 100)]
    assert found[other.programme_id] == [("NPS", -100)]


def test_what_drives_it_is_said_or_why_not(executive, survey):
    address = reverse("programme_drivers", args=[survey.programme.slug])
    assert "Nobody has given a rating" in executive.get(address).text
    for place in range(12):
        answer(survey, place % 11)
    absorbed()
    assert "Not enough to say" in executive.get(address).text


def test_it_asks_for_a_login_and_for_the_permission(client, seen_by, survey):
    pages = [reverse(f"programme{of}", args=[survey.programme.slug]) for of in ("", "_drivers", "_reach")]
    for page in (*pages, reverse("programmes")):
        assert client.get(page).url.startswith("/admin/login/")
        assert seen_by(f.user(is_staff=True)).get(page).status_code == 403


def test_whatever_people_wrote_reads_as_text(executive):
    survey = f.published_survey([{**f.NPS, "text": XSS}, f.CSAT, f.WHY], title=XSS)
    answer(survey, 9, account=f.account(segment=XSS[:90]))
    answer(survey, 3, account=f.account(segment="b"))
    absorbed()
    text = executive.get(page_of(survey.programme)).text
    assert "<svg/onload" not in text
    assert "<script>window" not in text


def test_queries_do_not_grow_with_the_answers(executive, survey, django_assert_max_num_queries):
    executive.get(page_of(survey.programme))
    counts = []
    for size in (6, 20):
        for place in range(size):
            answer(survey, place % 11, contact=f.contact(f.account(segment=str(place % 3))))
        absorbed()
        with django_assert_max_num_queries(20) as queries:
            executive.get(page_of(survey.programme))
        counts.append(len(queries))
    assert counts[0] == counts[1]
