import re
from html import unescape

import pytest
from django.contrib.messages import get_messages
from django.utils import timezone

from accounts.roles import ACCOUNT_MANAGER, ANALYST, EXECUTIVE
from metrics.actions.absorb import absorb_responses
from metrics.actions.health import score_accounts
from metrics.actions.scorecards import current_card
from metrics.measures.query import ask
from metrics.measures.receipts import receipt
from metrics.measures.scope import Scope
from metrics.models import Scorecard
from metrics.pages.forms import ScorecardForm
from tests import factories as f

pytestmark = pytest.mark.django_db
PAGE = "/admin/scorecard/"


def filled(**changes):
    """What the form of the scorecard in force would send, changed."""
    form = ScorecardForm(current_card())
    return {name: form[name].initial for name in form.fields if name != "note"} | {"note": ""} | changes


@pytest.fixture
def analyst(someone, seen_by):
    return seen_by(someone(ANALYST))


@pytest.fixture
def scored(today):
    """Two accounts, one of them happy, scored today."""
    happy, unknown = f.account(name="Happy"), f.account(name="Unknown")
    survey = f.published_survey()
    for _ in range(6):
        f.respond(survey, {"nps": 10, "csat": 5}, account=happy, at=timezone.now())
    absorb_responses(now=timezone.now())
    score_accounts(day=today, now=timezone.now())
    return happy, unknown


def test_it_asks_for_a_login_and_for_the_permission(client, someone, seen_by):
    assert client.get(PAGE).url.startswith("/admin/login/")
    assert seen_by(f.user(is_staff=True)).get(PAGE).status_code == 403
    assert seen_by(someone(ACCOUNT_MANAGER)).get(PAGE).status_code == 200


@pytest.mark.parametrize("role", [ACCOUNT_MANAGER, EXECUTIVE])
def test_who_may_not_change_it_reads_only(someone, seen_by, role):
    client = seen_by(someone(role))
    assert "Put it in force" not in client.get(PAGE).text
    assert "See what it would do" not in client.get(PAGE).text
    assert client.post(PAGE, filled()).status_code == 403
    assert not Scorecard.objects.filter(number__gt=1).exists()


def test_roles_weigh_alike_until_a_scorecard_says_otherwise(analyst, scored, today):
    happy, _ = scored
    survey, viewer = f.published_survey(), f.user(is_superuser=True)
    decides, uses = f.contact(happy, role="decision_maker"), f.contact(happy, role="user")
    for contact, value in ((decides, 10), (uses, 0), (uses, 0)):
        f.respond(survey, {"nps": value}, contact=contact, at=timezone.now())
    absorb_responses(now=timezone.now())
    scope = Scope.of_answers(viewer, today, survey=survey)
    before = ask("nps_accounts", scope)
    assert before.value == pytest.approx(-100 / 3)
    assert "role" not in before.definition
    asked = filled(role_decision_maker=2, role_influencer=1.5)
    previewed = analyst.post(PAGE, {**asked, "do": "preview"}).context["previewed"]
    analyst.post(PAGE, {**asked, "previewed": previewed, "do": "activate"})
    assert current_card().rules.role_weights == {"decision_maker": 2, "influencer": 1.5}
    after = ask("nps_accounts", scope)
    assert after.value == 0
    assert "decision-maker 2, influencer 1.5, user 1 (scorecard 2)" in after.definition
    assert sorted(row[-1] for row in receipt("nps_accounts", scope).rows) == [0.25, 0.25, 0.5]
    assert ask("nps", scope).value == pytest.approx(-100 / 3)
    assert "weighs between" not in analyst.get(PAGE).text
    assert analyst.post(PAGE, filled(role_user=0, do="preview")).context["form"].errors["role_user"]


def test_a_change_shows_what_it_would_do_and_writes_nothing(analyst, scored):
    response = analyst.post(PAGE, filled(weight_relationship_sentiment=0, least_confidence=30, do="preview"))
    preview = response.context["preview"]
    assert preview.accounts == 2
    assert sum(count for _, _, count in preview.flows) == 2
    assert "Back-test, 90 days before renewals" in response.text
    assert Scorecard.objects.count() == 1


def test_a_preview_is_a_link_that_says_the_same_to_whoever_opens_it(analyst, scored, someone, seen_by):
    change = filled(weight_sentiment_trend=9, least_confidence=30)
    asked = {**change, "do": "preview"}
    posted, opened = analyst.post(PAGE, asked), analyst.get(PAGE, asked)
    assert opened.context["preview"] == posted.context["preview"]
    linked = opened.text.partition('<form method="get" class="scorecard">')[2].partition("</form>")[0]
    assert 'value="preview"' in linked
    assert "csrfmiddlewaretoken" not in linked
    read = seen_by(someone(EXECUTIVE)).get(PAGE, asked)
    assert read.context["preview"].flows == opened.context["preview"].flows
    assert "Put it in force" not in read.text
    assert "Enter a whole number" in str(analyst.get(PAGE, asked | {"days": "x"}).context["form"].errors)
    assert Scorecard.objects.count() == 1
    said = {"do": "activate", "previewed": opened.context["previewed"], "note": "As shared."}
    assert analyst.post(PAGE, change | said).status_code == 302
    assert Scorecard.objects.first().note == "As shared."


def test_each_count_of_a_preview_opens_the_accounts_it_counts(analyst, scored):
    opened = analyst.get(PAGE, {"do": "preview", **filled(least_confidence=0, green_from=60)})
    flows = {f"{before}-{after}": count for before, after, count in opened.context["preview"].flows}
    links = dict(re.findall(r'<a href="([^"]*flow=[^"]*)">\s*(\d+)\s*</a>', opened.text))
    assert sorted(map(int, links.values())) == sorted(flows.values())
    for href, count in links.items():
        answer = analyst.get(PAGE + unescape(href))
        assert answer.context["page"].paginator.count == int(count)
        assert answer.context["preview"] == opened.context["preview"]
        before, after = answer.context["flow"]
        assert flows[f"{before}-{after}"] == int(count)
        assert {(each.band_before, each.band_after) for each in answer.context["page"]} == {(before, after)}
    posted = analyst.post(PAGE, filled(least_confidence=0, do="preview"))
    assert "flow=" not in posted.text
    nowhere = analyst.get(PAGE, {"do": "preview", "flow": "green-purple", **filled()})
    assert nowhere.context["flow"] is None


def test_a_preview_tells_nobody_how_revenue_moved_who_may_not_see_it(scored, someone, seen_by, analyst):
    happy, _ = scored
    manager = someone(ACCOUNT_MANAGER)
    happy.owner = manager
    happy.save()
    asked = {"do": "preview", **filled(weight_revenue_movement=90)}
    shown, hidden = analyst.get(PAGE, asked), seen_by(manager).get(PAGE, asked)
    assert "preview" in shown.context
    assert "preview" not in hidden.context
    assert "shown to those who may see revenue" in hidden.text


def test_only_what_was_looked_at_is_put_in_force(analyst, scored):
    change = filled(weight_sentiment_trend=9, note="Trends matter.")
    unseen = analyst.post(PAGE, change | {"do": "activate"})
    assert unseen.status_code == 200
    assert Scorecard.objects.count() == 1
    seen = unseen.context["previewed"]
    other = analyst.post(PAGE, change | {"do": "activate", "previewed": seen, "green_from": 80})
    assert other.status_code == 200
    assert Scorecard.objects.count() == 1
    assert analyst.post(PAGE, change | {"do": "activate", "previewed": seen}).status_code == 302
    newest = Scorecard.objects.first()
    assert (newest.number, newest.note) == (2, "Trends matter.")
    assert newest.weights["sentiment_trend"]["weight"] == 9
    shown = analyst.get(PAGE)
    assert "Trends matter." in shown.text
    assert "Where feelings are going, weight 5 → 9" in shown.text
    assert [(version.number, changes) for version, changes in shown.context["versions"]] == [
        (2, ("Where feelings are going, weight 5 → 9",)),
        (1, ()),
    ]


def test_the_same_scorecard_is_no_new_version(analyst, scored):
    seen = analyst.post(PAGE, filled()).context["previewed"]
    response = analyst.post(PAGE, filled(do="activate", previewed=seen))
    assert str(next(iter(get_messages(response.wsgi_request)))).startswith("Nothing was changed")
    assert Scorecard.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"weight_follow_up": -1}, "0 at least."),
        ({"yellow_from": 80}, "below where green begins"),
        ({"weight_follow_up": "much"}, "Enter a number"),
        ({"days": 9}, "7 at most."),
        ({"green_from": "high"}, "Enter a number"),
        ({"role_user": 99}, "10 at most."),
    ],
)
def test_a_scorecard_that_computes_nothing_is_refused(analyst, scored, wrong, complaint):
    for response in (
        analyst.post(PAGE, filled(**wrong, do="activate")),
        analyst.get(PAGE, filled(**wrong, do="preview")),
    ):
        assert complaint in response.text
    assert Scorecard.objects.count() == 1


def test_a_reason_that_is_too_long_is_refused_beside_it_and_kept(analyst, scored):
    change = filled(weight_sentiment_trend=9, do="activate")
    seen = analyst.post(PAGE, change).context["previewed"]
    page = analyst.post(PAGE, change | {"previewed": seen, "note": "why " * 100})
    assert page.text.count("at most 300 characters") == 1
    assert "why " * 99 in page.text
    assert Scorecard.objects.count() == 1
    assert analyst.post(PAGE, change | {"previewed": seen, "note": "why"}).status_code == 302


def test_who_looked_before_somebody_else_changed_it_looks_again(analyst, scored):
    mine, theirs = filled(weight_sentiment_trend=9), filled(weight_follow_up=30)
    seen = [analyst.post(PAGE, each).context["previewed"] for each in (mine, theirs)]
    assert analyst.post(PAGE, theirs | {"do": "activate", "previewed": seen[1]}).status_code == 302
    page = analyst.post(PAGE, mine | {"do": "activate", "previewed": seen[0]})
    assert "no longer what you looked at" in page.text
    assert Scorecard.objects.count() == 2
    again = analyst.post(PAGE, mine | {"do": "activate", "previewed": page.context["previewed"]})
    assert again.status_code == 302
    assert Scorecard.objects.count() == 3


def test_weights_are_proposed_only_from_enough_renewals(analyst, scored):
    assert "No better weights to propose" in analyst.get(f"{PAGE}?proposed=1").text
