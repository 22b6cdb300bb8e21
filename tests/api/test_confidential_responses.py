"""Rows of what was said in confidence say nothing but what was said (SECURITY T22)."""

import pytest

from metrics.actions.absorb import absorb_responses
from tests import factories
from tests.api.conftest import assert_problem, results

pytestmark = pytest.mark.django_db

NOTHING = {"account": None, "contact": None, "invitation": None, "language": "", "channel": ""}


@pytest.fixture(params=["confidential", "anonymous"])
def survey(request):
    return factories.published_survey(privacy=request.param)


def answered(survey, account, people):
    found = [
        factories.respond(survey, {"nps": place}, account=account, language="de", channel="qr")
        for place in range(people)
    ]
    absorb_responses(now=factories.NOON)
    return found


def test_rows_are_there_from_five_on_all_at_once(root, survey, own):
    first = answered(survey, own, 4)[0]
    factories.respond(survey, {"nps": 1}, is_test=True)
    shown = f"responses?survey={survey.pk}&is_test=false"
    assert results(root.get(shown)) == []
    assert_problem(root.get(f"responses/{first.public_id}"), 404)
    answered(survey, own, 1)
    assert len(results(root.get(shown))) == 5
    assert root.get(f"responses/{first.public_id}").json()["answers"] == {"nps": 0}


def test_a_row_says_what_was_answered_and_nothing_by_which_to_tell_whose(root, survey, own):
    answered(survey, own, 5)
    for query in ("", "&expand=account,contact", "&fields=account,language,channel,answers"):
        for row in results(root.get(f"responses?survey={survey.pk}{query}")):
            assert {name: row[name] for name in NOTHING.keys() & row} == {
                name: nothing for name, nothing in NOTHING.items() if name in row
            }
            assert "nps" in row["answers"]


def test_no_filter_finds_what_was_said_in_confidence(root, survey, own):
    named = factories.respond(
        factories.published_survey(), {"nps": 9}, account=own, language="de", channel="qr"
    )
    answered(survey, own, 7)
    for query in (f"account={own.pk}", "language=de", "channel=qr", f"account={own.pk}&channel=qr"):
        assert [row["public_id"] for row in results(root.get(f"responses?{query}"))] == [str(named.public_id)]
        assert results(root.get(f"responses?survey={survey.pk}&{query}")) == []


def test_a_key_that_sees_some_accounts_sees_none_of_it(limited, survey, own):
    named = factories.respond(factories.published_survey(), {"nps": 9}, account=own)
    for each in answered(survey, own, 9):
        assert_problem(limited.get(f"responses/{each.public_id}"), 404)
    assert [row["public_id"] for row in results(limited.get("responses"))] == [str(named.public_id)]


def test_a_survey_that_promised_once_keeps_its_word(root, own):
    survey = factories.published_survey(privacy="confidential")
    answered(survey, own, 5)
    version = survey.versions.get()
    survey.versions.create(
        number=2,
        definition={**version.definition, "privacy": "identified"},
        published_at=version.published_at,
    )
    assert {row["account"] for row in results(root.get("responses"))} == {None}
