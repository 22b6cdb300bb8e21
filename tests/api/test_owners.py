"""Whose an account is: a key limited to a team is told of its members only (SECURITY T16)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Account
from metrics.actions.absorb import absorb_responses
from tests import factories
from tests.api.conftest import assert_problem, results

pytestmark = pytest.mark.django_db


@pytest.fixture
def survey(db):
    return factories.published_survey([factories.NPS])


@pytest.fixture
def accounts(team, survey):
    """Accounts of the team: a member's, a stranger's and nobody's, each with an answer of its own."""
    now = timezone.now()
    member = factories.user(email="in@example.com", teams=[team])
    stranger = factories.user(email="out@example.com")
    found = {}
    for name, owner, score in (("member", member, 10), ("stranger", stranger, 0), ("nobody", None, 0)):
        found[name] = factories.account(name=name, team=team, owner=owner, segment=name)
        at = now - timedelta(days=1)
        factories.respond(survey, {"nps": score}, contact=factories.contact(found[name]), at=at)
    absorb_responses(now=now)
    return found


def test_an_account_shows_an_owner_out_of_sight_as_none_and_keeps_it(root, limited, accounts):
    owners = {row["name"]: row["owner"] for row in results(limited.get("accounts"))}
    assert owners == {"member": "in@example.com", "stranger": None, "nobody": None}
    path = f"accounts/{accounts['stranger'].pk}"
    assert limited.patch(path, {"owner": None, "tier": "gold"}).json()["owner"] is None
    assert limited.put(path, {"external_id": "s", "name": "stranger"}).status_code == 200
    assert_problem(limited.patch(path, {"owner": "in@example.com"}), 400, "owner")
    assert root.get(path).json()["owner"] == "out@example.com"


def test_many_accounts_at_once_keep_their_owners_out_of_sight(limited, accounts):
    rows = [
        {"external_id": accounts["stranger"].external_id, "owner": None, "tier": "gold"},
        {"external_id": accounts["member"].external_id, "owner": None},
    ]
    assert limited.post("accounts/bulk", {"rows": rows}).json()["rejected"] == 0
    rows[0]["owner"] = "in@example.com"
    refused = limited.post("accounts/bulk", {"rows": rows}).json()["results"][0]
    assert refused["errors"] == ["owner: refers to a row out of sight, and stays"]
    accounts["stranger"].refresh_from_db()
    assert (accounts["stranger"].tier, accounts["stranger"].owner.email) == ("gold", "out@example.com")
    assert Account.objects.get(name="member").owner is None


@pytest.mark.parametrize("metric", ["nps", "health", "arr", "response_rate"])
def test_metrics_by_owner_name_nobody_out_of_sight(root, limited, accounts, metric):
    assert "out@example.com" in root.get(f"metrics/{metric}?by=owner").text
    told = limited.get(f"metrics/{metric}?by=owner")
    assert "in@example.com" in told.text
    assert "out@" not in told.text


def test_answers_of_an_owner_out_of_sight_count_to_nobody(root, limited, accounts):
    def parts(program):
        return {
            part["group"]: (part["n"], part["value"]) for part in results(program.get("metrics/nps?by=owner"))
        }

    assert parts(root) == {"": (1, -100.0), "in@example.com": (1, 100.0), "out@example.com": (1, -100.0)}
    assert parts(limited) == {"": (2, -100.0), "in@example.com": (1, 100.0)}
    # Asked for alone it says the same, and so do its rows.
    for program, n in ((root, 1), (limited, 2)):
        assert program.get("metrics/nps?owner=").json()["n"] == n
        assert len(results(program.get("metrics/nps/rows?owner="))) == n
    assert limited.get("metrics/nps?owner=in@example.com").json()["n"] == 1
    foreign, missing = (limited.get(f"metrics/nps?owner={who}@example.com") for who in ("out", "none"))
    assert assert_problem(foreign, 400, "owner")["errors"] == assert_problem(missing, 400, "owner")["errors"]


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_an_export_names_no_owner_out_of_sight(root, limited, accounts, kind):
    assert "out@example.com" in root.get(f"accounts/export?format={kind}").content.decode()
    told = limited.get(f"accounts/export?format={kind}").content.decode()
    assert "in@example.com" in told
    assert "stranger" in told
    assert "out@" not in told


def test_languages_and_channels_are_those_of_answers_in_sight(root, limited, accounts, survey, foreign):
    far = factories.contact(foreign)
    factories.respond(survey, {"nps": 1}, contact=far, at=timezone.now(), language="tlh")
    absorb_responses(now=timezone.now())
    groups = {
        program: [part["group"] for part in results(program.get("metrics/nps?by=language"))]
        for program in (root, limited)
    }
    assert "tlh" in groups[root]
    assert "tlh" not in groups[limited]
