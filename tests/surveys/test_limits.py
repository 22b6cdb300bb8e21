"""Closed for being full: caps on a survey, a link and single answers, which hold whoever comes at once."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from surveys.actions.outreach import create_invitation
from surveys.models import Quota, Response, Survey
from tests.factories import CSAT, NPS, account, contact, published_survey
from tests.surveys.respondent import Respondent, open_link
from tests.surveys.test_races import at_once

PLAN = {
    "key": "plan",
    "kind": "single_choice",
    "text": "Your plan?",
    "choices": [{"key": "free", "text": "Free"}, {"key": "pro", "text": "Pro"}],
}
MANY = {**PLAN, "key": "many", "kind": "multiple_choice"}
ENDINGS = [{"key": "enough", "text": "We heard enough about this plan."}]


def limited(questions=(NPS,), *, limit=None, **texts):
    survey = published_survey(questions, **texts)
    Survey.objects.filter(pk=survey.pk).update(response_limit=limit)
    return survey


def answered(survey, **answers):
    return Respondent(open_link(survey)).open().send(**answers)


@pytest.mark.django_db
class TestOneByOne:
    def test_the_answer_after_the_last_reads_that_the_survey_is_full(self):
        survey = limited(limit=2)
        late = Respondent(open_link(survey)).open()
        assert [answered(survey, nps="9").status_code for _ in range(2)] == [302, 302]

        assert late.send(nps="9").status_code == 410
        assert "This survey is full" in late.text
        page = Client().get(open_link(survey))
        assert page.status_code == 410
        assert "This survey is full" in page.content.decode()
        assert Response.objects.count() == 2

    def test_a_link_may_be_full_before_its_survey(self):
        survey = limited(limit=5)
        survey.collectors.update(response_limit=1)
        other = survey.collectors.create(name="Other", slug="other-link")
        assert answered(survey, nps="9").status_code == 302
        assert Client().get(open_link(survey)).status_code == 410
        assert Respondent(f"/s/{other.slug}/").open().send(nps="9").status_code == 302

    def test_who_sends_the_last_answer_twice_has_sent_it_once_and_is_thanked_twice(self):
        respondent = Respondent(open_link(limited(limit=1))).open()
        sent = {**respondent.hidden, "nps": "9"}
        assert [respondent.client.post(respondent.path, sent).status_code for _ in range(2)] == [302, 302]
        assert Response.objects.count() == 1

    @pytest.mark.parametrize("spared", [{"is_test": True}, {"submitted_at": None}])
    def test_tests_and_partial_responses_take_nobodys_place(self, spared):
        survey = limited(limit=1)
        answered(survey, nps="9")
        assert Client().get(open_link(survey)).status_code == 410
        Response.objects.update(**spared)
        assert answered(survey, nps="9").status_code == 302

    @pytest.mark.parametrize(("question", "sent"), [(PLAN, "pro"), (MANY, ["free", "pro"])])
    def test_a_quota_holds_for_its_answer_alone(self, question, sent):
        survey = limited([NPS, question])
        Quota.objects.create(survey=survey, question_key=question["key"], value="pro", limit=1)
        assert answered(survey, nps="9", **{question["key"]: sent}).status_code == 302
        late = Respondent(open_link(survey)).open()
        assert late.send(nps="9", **{question["key"]: "pro"}).status_code == 410
        assert "This survey is full" in late.text
        assert answered(survey, nps="9", **{question["key"]: "free"}).status_code == 302
        assert answered(survey, nps="9").status_code == 302

    def test_a_quota_on_a_point_of_a_scale(self):
        survey = limited()
        Quota.objects.create(survey=survey, question_key="nps", value=9, limit=1)
        assert [answered(survey, nps=n).status_code for n in ("9", "9", "10")] == [302, 410, 302]

    def test_a_full_quota_may_lead_to_an_ending_of_the_survey(self):
        survey = limited([NPS, PLAN], endings=ENDINGS)
        Quota.objects.create(survey=survey, question_key="plan", value="pro", limit=0, ending="enough")
        late = Respondent(open_link(survey)).open()
        assert late.send(nps="9", plan="pro").status_code == 410
        assert "We heard enough about this plan." in late.text

    def test_of_several_quotas_the_full_one_says_how_it_ends(self):
        endings = [
            {"key": key, "text": f"The {key} ending.", "show_if": {"contains": ["many", value]}}
            for key, value in (("roomy", "free"), ("tight", "pro"))
        ]
        survey = limited([MANY], endings=endings)
        for value, limit, ending in (("free", 9, "roomy"), ("pro", 1, "tight")):
            Quota.objects.create(survey=survey, question_key="many", value=value, limit=limit, ending=ending)
        assert answered(survey, many=["free", "pro"]).status_code == 302
        late = Respondent(open_link(survey)).open()
        assert late.send(many=["free", "pro"]).status_code == 410
        assert "The tight ending." in late.text

    def test_a_full_quota_stops_a_visit_on_the_page_that_asks(self):
        survey = limited([PLAN, {**NPS, "page": 2}])
        Quota.objects.create(survey=survey, question_key="plan", value="pro", limit=0)
        assert Respondent(open_link(survey)).open().send(plan="pro").status_code == 410
        assert Response.objects.count() == 0

    def test_personal_links_count_and_may_be_full_too(self):
        survey = limited(limit=1)
        paths = []
        for _ in range(2):
            _, link = create_invitation(survey, contact(account()), now=timezone.now())
            paths.append("/r/" + link.rpartition("/r/")[2])
        first, second = (Respondent(path).open() for path in paths)
        assert first.send(nps="9").status_code == 302
        assert second.send(nps="9").status_code == 410
        assert "You have already answered" in Client().get(first.path).content.decode()

    @pytest.mark.parametrize(("limit", "statements"), [(None, 1), (10, 2)])
    def test_only_limits_cost_a_statement(self, limit, statements):
        respondent = Respondent(open_link(limited(limit=limit))).open()
        with CaptureQueriesContext(connection) as asked:
            respondent.send(nps="9")
        words = [query["sql"].split()[0] for query in asked]
        assert sum(word in ("SELECT", "WITH") for word in words) == statements


@pytest.mark.django_db(transaction=True)
class TestAllAtOnce:
    def test_fifty_at_once_fill_ten_places_exactly(self):
        survey = limited(limit=10)
        pages = [Respondent(open_link(survey)).open().hidden for _ in range(50)]
        assert at_once(open_link(survey), [{**page, "nps": "9"} for page in pages]) == {302: 10, 410: 40}
        assert Response.objects.count() == 10

    def test_fifty_at_once_whose_pages_knew_of_no_limit(self):
        survey = limited()
        pages = [Respondent(open_link(survey)).open().hidden for _ in range(50)]
        Survey.objects.filter(pk=survey.pk).update(response_limit=10)
        assert at_once(open_link(survey), [{**page, "nps": "9"} for page in pages]) == {302: 10, 410: 40}

    def test_fifty_at_once_with_two_answers_fill_each_quota_exactly(self):
        survey = limited([PLAN, CSAT])
        for value, limit in (("pro", 3), ("free", 7)):
            Quota.objects.create(survey=survey, question_key="plan", value=value, limit=limit)
        pages = [Respondent(open_link(survey)).open().hidden for _ in range(50)]
        bodies = [{**page, "plan": ("pro", "free")[n % 2]} for n, page in enumerate(pages)]
        assert at_once(open_link(survey), bodies) == {302: 10, 410: 40}
        assert Response.objects.filter(answers__plan="pro").count() == 3
