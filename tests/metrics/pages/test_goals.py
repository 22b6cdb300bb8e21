import re
from datetime import date, timedelta

import pytest
from django.db import IntegrityError
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Team
from accounts.roles import ADMINISTRATOR
from metrics.actions.absorb import absorb_responses
from metrics.formulas.intervals import Interval
from metrics.formulas.targets import Track, progress, track
from metrics.models import Target
from tests import factories as f
from tests.accounts.staff import almighty_but, logged_in, superuser

pytestmark = pytest.mark.django_db
GOALS = "/admin/goals/"
DAYS = {"today": date(2026, 7, 1), "by": date(2026, 12, 31), "lower_is_better": False}


@pytest.mark.parametrize(
    ("value", "more", "stands"),
    [
        (None, {}, Track.UNKNOWN),
        (50, {}, Track.REACHED),
        (40, {}, Track.OPEN),
        (40, {"start": (30, date(2026, 1, 1))}, Track.ON_TRACK),
        (39, {"start": (30, date(2026, 1, 1))}, Track.BEHIND),
        (39, {"start": (30, date(2026, 1, 1)), "interval": Interval(35, 43)}, Track.UNSURE),
        (39, {"start": (30, date(2026, 8, 1))}, Track.ON_TRACK),
        (29, {"start": (30, date(2026, 8, 1))}, Track.BEHIND),
        (40, {"today": date(2027, 1, 1)}, Track.MISSED),
        (60, {"lower_is_better": True}, Track.OPEN),
        (50, {"lower_is_better": True}, Track.REACHED),
        (56, {"lower_is_better": True, "start": (60, date(2026, 1, 1))}, Track.BEHIND),
    ],
)
def test_a_goal_stands_by_the_straight_line_to_it(value, more, stands):
    assert track(value, 50, **{**DAYS, **more}) is stands


@given(value=st.integers(-100, 49), begun=st.integers(-100, 49), day=st.dates(date(2025, 1, 1), DAYS["by"]))
def test_nobody_is_on_track_and_farther_away_than_at_the_start(value, begun, day):
    start, around = (begun, date(2026, 1, 1)), Interval(value - 20, value + 20)
    stands = track(value, 50, **{**DAYS, "today": day}, start=start, interval=around)
    assert stands is not Track.ON_TRACK or progress(value, begun, 50) >= 0


def test_progress_is_the_part_of_the_way():
    assert progress(40, 30, 50) == 50
    assert progress(20, 30, 50) == -50
    assert progress(None, 30, 50) is progress(40, None, 50) is progress(40, 50, 50) is None


def test_goals_stand_beside_their_values(executive, today):
    survey, now = f.published_survey(), timezone.now()
    for segment, values in (("Large", (10, 10, 9, 8, 3)), ("Small", (1, 2, 3, 9, 10))):
        for value in values:
            f.respond(survey, {"nps": value}, account=f.account(segment=segment), at=now)
    absorb_responses(now=now)
    by = today + timedelta(days=100)
    for segment, value in (("", 30), ("Large", 35), ("Small", 0)):
        Target.objects.create(metric="nps", segment=segment, value=value, by=by)
    found = {goal.target.segment: goal for goal in executive.get(GOALS).context["goals"]}
    assert {name: (goal.measure.value, goal.aim.gap) for name, goal in found.items()} == {
        "": (10, -20),
        "Large": (40, 5),
        "Small": (-20, -20),
    }
    assert found["Large"].track is Track.REACHED
    assert found["Small"].aim.is_within_interval
    assert "the gap is inside the interval" in executive.get(GOALS).text


def test_a_gap_opens_the_goal_that_says_it(executive, today):
    """Of the days that goals are told of; of others the page of goals says another one."""
    survey, now = f.published_survey(), timezone.now()
    account = f.account(segment="Large")
    for value in (10, 9, 9, 3, 3):
        f.respond(survey, {"nps": value}, account=account, at=now)
    f.subscription(account, today - timedelta(days=500), today - timedelta(days=100), 1000)
    f.subscription(account, today - timedelta(days=100), today + timedelta(days=265), 800)
    absorb_responses(now=now)
    by = today + timedelta(days=100)
    for metric, value in (("nps", 70), ("grr", 95), ("renewal_rate", 99.5)):
        Target.objects.create(metric=metric, value=value, by=by)
    goals = executive.get(GOALS).text
    link = re.compile(r'<a href="/admin/goals/#(goal-\d+)">([^<]+)</a>')
    for page, count in (("/admin/", 3), ("/admin/metric/nps/", 1), ("/admin/?last=24m", 0)):
        told = link.findall(executive.get(page).text)
        assert len(told) == count, page
        for row, text in told:
            cells = goals.partition(f'<tr id="{row}">')[2].partition("</tr>")[0]
            assert re.search(rf'data-label="Gap">\s*{re.escape(text)}', cells), (row, text)


def test_who_sees_some_accounts_sees_the_goals_of_these(seen_by, manager, today):
    team, foreign = Team.objects.create(name="Own team"), Team.objects.create(name="Foreign team")
    manager.teams.add(team)
    by = today + timedelta(days=9)
    for part in ({}, {"team": team}, {"team": foreign}, {"account_owner": manager}):
        Target.objects.create(metric="nps", value=30, by=by, **part)
        Target.objects.create(metric="grr", value=30, by=by, **part)
    goals = seen_by(manager).get(GOALS).context["goals"]
    assert [(goal.target.metric, goal.target.part) for goal in goals] == [
        ("nps", {"team": team}),
        ("nps", {"account_owner": manager}),
    ]


@pytest.mark.parametrize("wrong", ["two parts", "no day", "late", "twice"])
def test_a_goal_is_of_one_part_and_begins_before_it_ends(today, wrong):
    by = today + timedelta(days=9)
    fields = {
        "two parts": {"segment": "Large", "team": Team.objects.create(name="Team")},
        "no day": {"start": 1},
        "late": {"start": 1, "starts_on": by},
        "twice": {},
    }
    Target.objects.create(metric="nps", value=20, by=by)
    with pytest.raises(IntegrityError):
        Target.objects.create(metric="nps", value=30, by=by, **fields[wrong])


def test_the_form_offers_and_takes_what_there_is(seen_by, someone, today):
    f.account(segment="Large")
    client = seen_by(someone(ADMINISTRATOR))
    said = {"metric": "nps", "value": "30", "by": str(today + timedelta(days=9)), "segment": "Large"}
    added = client.post("/admin/metrics/target/add/", said)
    assert (added.status_code, added.url) == (302, GOALS)
    assert Target.objects.get().segment == "Large"
    for wrong in ({"metric": "happiness"}, {"segment": "Tiny"}, {"value": "much"}):
        refused = client.post("/admin/metrics/target/add/", said | {"by": str(today)} | wrong)
        assert refused.status_code == 200
        assert refused.context["errors"]
    programme = {"metric": "health", "segment": "", "programme": f.programme().pk}
    refused = client.post("/admin/metrics/target/add/", said | programme)
    assert "not narrowed by programme" in refused.text
    assert Target.objects.count() == 1


def test_a_start_without_a_value_is_what_the_metric_was(executive, today):
    survey, noon = f.published_survey(), timezone.now() - timedelta(days=100)
    for value in (10, 9, 8, 3):
        f.respond(survey, {"nps": value}, contact=f.contact(f.account()), at=noon)
    f.respond(survey, {"nps": 0}, contact=f.contact(f.account()), at=timezone.now())
    absorb_responses(now=timezone.now() + timedelta(seconds=5), sweep=True)
    said = {"metric": "nps", "value": "40", "by": str(today + timedelta(days=90))}
    form = executive.get("/admin/metrics/target/add/").text
    for words in ("Target", "To be reached by", "Value at the start", "Left empty beside a start"):
        assert words in form
    for start in (today + timedelta(days=1), today - timedelta(days=200)):
        refused = executive.post("/admin/metrics/target/add/", said | {"starts_on": str(start)})
        assert "Nothing is known of that day" in refused.text
    assert not Target.objects.exists()
    executive.post("/admin/metrics/target/add/", said | {"starts_on": str(today - timedelta(days=90))})
    assert Target.objects.get().start == 25


def test_a_reached_goal_inside_the_interval_says_so(executive, today):
    survey = f.published_survey()
    for value in (10, 9, 9, 8, 3):
        f.respond(survey, {"nps": value}, contact=f.contact(f.account()))
    absorb_responses(now=timezone.now() + timedelta(seconds=5), sweep=True)
    Target.objects.create(metric="nps", value=35, by=today + timedelta(days=9))
    page = executive.get(GOALS).text
    assert "reached" in page
    assert '<span class="why">the gap is inside the interval</span>' in page


@pytest.mark.parametrize(("begun", "said"), [("18.3", "no nearer than"), ("45", "farther away than")])
def test_a_value_that_looks_like_its_start_is_not_called_farther_away(executive, today, begun, said):
    survey = f.published_survey()
    for value in (10, 10, 10, 9, 9, 8, 8, 8, 3, 3, 3):
        f.respond(survey, {"nps": value}, contact=f.contact(f.account()))
    absorb_responses(now=timezone.now() + timedelta(seconds=5), sweep=True)
    day = today - timedelta(days=9)
    Target.objects.create(metric="nps", value=60, by=today + timedelta(days=9), start=begun, starts_on=day)
    assert f"{said} at the start" in executive.get(GOALS).text


@pytest.mark.parametrize(
    ("metric", "value", "complaint"),
    [
        ("nps", "100.01", "Net Promoter Score is at least −100 and at most 100."),
        ("nps", "-101", "at least −100"),
        ("grr", "105", "at most 100"),
        ("health", "-1", "at least 0"),
        ("arr", "-5", "at least 0"),
        ("services_margin", "101", "at most 100"),
        ("nps", "-100", None),
        ("nrr", "135", None),
        ("arr", "20000000", None),
        ("services_margin", "-20", None),
    ],
)
def test_a_goal_is_what_its_metric_can_be(executive, today, metric, value, complaint):
    said = {"metric": metric, "value": value, "by": str(today + timedelta(days=9))}
    answer = executive.post("/admin/metrics/target/add/", said)
    assert Target.objects.exists() is (complaint is None)
    assert complaint is None or complaint in answer.text


def test_a_goal_is_for_a_day_to_come_and_an_old_one_may_still_be_explained(seen_by, someone, today):
    client, over = seen_by(someone(ADMINISTRATOR)), today - timedelta(days=1)
    said = {"metric": "nps", "value": "30", "by": str(over)}
    assert "a goal is for a day to come" in client.post("/admin/metrics/target/add/", said).text
    assert not Target.objects.exists()
    old = Target.objects.create(metric="nps", value=30, by=over)
    page = f"/admin/metrics/target/{old.pk}/change/"
    assert client.post(page, said | {"note": "Missed: the new release slipped."}).url == GOALS
    old.refresh_from_db()
    assert old.note.startswith("Missed")
    assert client.post(page, said | {"by": str(over - timedelta(days=1))}).status_code == 200


def test_the_list_of_goals_says_units(someone, seen_by, today):
    by = today + timedelta(days=60)
    for metric, value in (("nps", 35), ("grr", 92), ("clv", 400_000)):
        Target.objects.create(metric=metric, value=value, by=by)
    page = seen_by(someone(ADMINISTRATOR)).get("/admin/metrics/target/").text
    shown = {text.strip() for text in re.findall(r"field-aim[^>]*>([^<]*)<", page)}
    assert shown == {"+35", "92.0%", "USD 400,000"}


def test_neither_a_history_nor_a_deletion_says_an_amount_to_who_may_not_see_it(today):
    team = Team.objects.create(name="North")
    said = {"metric": "clv", "team": team.pk, "value": "987654", "by": today + timedelta(days=90)}
    assert logged_in(superuser()).post("/admin/metrics/target/add/", said).status_code == 302
    poor = logged_in(almighty_but("view_revenue"))
    for address in ("/admin/admin/logentry/", f"/admin/accounts/team/{team.pk}/delete/"):
        page = poor.get(address).text
        assert "CLV by" in page
        assert "987" not in page
