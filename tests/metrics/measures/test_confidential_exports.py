"""What was said in confidence leaves in no file by which somebody could be told apart (SECURITY T22)."""

import pytest

from accounts.models.people import OPERATOR
from accounts.roles import EXECUTIVE
from metrics.actions.absorb import absorb_responses
from metrics.exports import scores_dataset
from surveys.exports import responses_dataset
from tests import factories as f
from tests.accounts.staff import member

pytestmark = pytest.mark.django_db
TELLING = {"account", "account_name", "contact", "contact_name", "contact_email", "contact_role"}


def answered(survey, people):
    account = f.account(segment="a")
    for _ in range(people):
        contact = f.contact(account, role="decision_maker")
        f.respond(survey, {"nps": 3}, contact=contact, channel="qr", hidden={"source": "desk"})
    absorb_responses(now=f.NOON)


def names(dataset):
    return {column.name for column in dataset.columns}


@pytest.mark.parametrize("promise", ["confidential", "anonymous"])
def test_rows_leave_together_and_without_what_tells_them_apart(promise):
    survey = f.published_survey(privacy=promise, hidden=["source"])
    answered(survey, 4)
    assert list(responses_dataset(survey, OPERATOR).rows) == []
    answered(survey, 1)
    found = responses_dataset(survey, OPERATOR)
    assert len(list(found.rows)) == 5
    assert not names(found) & (TELLING | {"channel", "language", "hidden.source"})
    assert "nps" in names(found)
    assert list(scores_dataset(OPERATOR).rows) == []


def test_who_sees_a_few_of_the_answers_gets_none():
    survey = f.published_survey(privacy="confidential")
    answered(survey, 9)
    limited = member(EXECUTIVE)
    limited.groups.clear()
    assert list(responses_dataset(survey, limited).rows) == []


def test_identified_answers_leave_with_everything():
    survey = f.published_survey(hidden=["source"])
    answered(survey, 1)
    found = responses_dataset(survey, OPERATOR)
    assert names(found) >= TELLING | {"channel", "language", "hidden.source"}
    assert len(list(found.rows)) == len(list(scores_dataset(OPERATOR).rows)) == 1
