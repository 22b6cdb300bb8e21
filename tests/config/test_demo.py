"""The demo company at a fifth of its size: coherent, and true to its own story."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from django.apps import apps
from django.db import models
from django.db.models import F, Q, Sum
from django.test import Client, override_settings

from accounts.models import Account, Contact, ServicesMonth, Signal, Subscription, User
from accounts.roles import ACCOUNT_MANAGER, ROLES
from config.demo.guide import guide
from config.demo.mood import DECLINING_SEGMENT, HAPPY_REGION, TROUBLED_PRODUCT
from config.demo.seeding import Seeded, seed_company
from config.demo.staff import HOST, demo_logins
from followups.actions import open_follow_ups
from followups.models import Alert, FollowUp, Rule
from metrics.formulas.targets import Track
from metrics.measures.drivers import key_drivers
from metrics.measures.foretold import MONTHS, contracts_stamp
from metrics.measures.scope import Scope
from metrics.measures.targets import goals, start_of
from metrics.models import Absorbed, Comment, Finding, Health, Target
from surveys.actions.campaigns import faults_of
from surveys.actions.claiming import claim_due_mails
from surveys.actions.planning import plan_campaigns
from surveys.answers import check_answers
from surveys.asking.forecast import counts_by_day, forecast
from surveys.models import Campaign, Mail, Programme, Response, Skip
from surveys.versions import published_definition

TODAY = date(2026, 6, 15)
NOW = datetime(2026, 6, 15, tzinfo=UTC)
SCALE = 0.2
# Terms and links end in the future, as they should.
MAY_LIE_AHEAD = {"ends_on", "expires_at", "due_at", "due_on", "until", "by"}
# Written by the clock of whoever ran the command, not told by the story.
OF_THE_RUN = {"date_joined", "last_login", "password", "applied", "modified", "computed_at", "counted_at"}


@pytest.fixture(scope="module")
def seeded(rows_of_module: None) -> Seeded:
    """The rows of one run."""
    with override_settings(EMBEDDED=True):
        return seed_company(today=TODAY, scale=SCALE)


pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("seeded")]


def nps(responses: models.QuerySet[Response]) -> float:
    values = [answers["nps"] for answers in responses.values_list("answers", flat=True)]
    return 100 * sum((value > 8) - (value < 7) for value in values) / len(values)


def relationship() -> models.QuerySet[Response]:
    return Response.objects.filter(survey__slug="relationship", account__isnull=False)


def starts() -> models.QuerySet[Response]:
    return Response.objects.filter(survey__slug="golive")


def satisfied(responses: models.QuerySet[Response]) -> float:
    values = [answers["csat"] for answers in responses.values_list("answers", flat=True)]
    return 100 * sum(value > 3 for value in values) / len(values)


def active_seats(signals: models.QuerySet[Signal]) -> float:
    active, sold = (
        float(signals.filter(key=key).aggregate(total=Sum("value"))["total"])
        for key in ("seats_active", "seats_sold")
    )
    return active / sold


def test_counts_are_those_of_a_fifth_of_the_company(seeded: Seeded) -> None:
    assert (seeded.accounts, seeded.contacts) == (60, 400)
    assert 1000 <= seeded.responses <= 1400
    assert seeded.invitations > 2 * seeded.responses
    for name, count in seeded._asdict().items():
        model = next(model for model in apps.get_models() if model._meta.verbose_name_plural == name)
        assert model._default_manager.count() == count


def test_nothing_happened_in_the_future() -> None:
    for model in apps.get_models():
        for field in model._meta.get_fields():
            if not isinstance(field, models.DateField) or field.name in MAY_LIE_AHEAD | OF_THE_RUN:
                continue
            limit = NOW if isinstance(field, models.DateTimeField) else TODAY
            late = model._default_manager.filter(**{f"{field.name}__gt": limit})
            assert not late.exists(), f"{model.__name__}.{field.name}"


def test_every_answer_fits_its_version() -> None:
    for response in Response.objects.all():
        definition = published_definition(response.version_id)
        checked = check_answers(definition, response.answers, is_complete=response.submitted_at is not None)
        assert not checked.errors
        assert dict(checked.answers) == response.answers


def test_rows_agree_with_each_other() -> None:
    replies = Response.objects.exclude(invitation=None)
    assert replies.exclude(contact=F("invitation__contact")).count() == 0
    assert replies.exclude(account=F("contact__account")).count() == 0
    assert replies.exclude(survey=F("invitation__survey")).count() == 0
    assert replies.filter(started_at__lt=F("invitation__sent_at")).count() == 0
    assert replies.filter(submitted_at__gt=F("invitation__expires_at")).count() == 0
    assert replies.exclude(invitation__bounced_at=None).count() == 0
    assert Response.objects.filter(started_at__lt=F("version__published_at")).count() == 0
    renewals = Subscription.objects.exclude(renews=None)
    assert renewals.exclude(account=F("renews__account")).count() == 0
    assert renewals.filter(starts_on__lt=F("renews__ends_on")).count() == 0
    left = Account.objects.exclude(churned_on=None)
    assert left
    assert not Subscription.objects.in_force(TODAY).filter(account__in=left).exists()


def test_comments_come_in_four_languages_and_do_not_repeat_themselves() -> None:
    commented = Response.objects.filter(answers__has_key="comment").order_by("-submitted_at")
    assert set(commented.values_list("language", flat=True)) == {"en", "de", "fr", "es"}
    texts = list(commented.filter(language="en").values_list("answers__comment", flat=True)[:50])
    assert len(set(texts)) >= 40
    assert not any("{" in text for text in texts)


def test_comments_are_read_before_anybody_looks() -> None:
    assert not Comment.objects.unread().exists()
    english = Comment.objects.filter(language="en")
    assert {"negative", "positive"} <= set(english.values_list("mood", flat=True))
    assert english.exclude(themes=[]).count() > english.count() / 2


def test_back_tests_are_kept_before_anybody_looks() -> None:
    kept = Finding.objects.filter(name="backtest", stamp=contracts_stamp(), as_of=TODAY)
    assert kept.count() == 2 * len(MONTHS)


def test_unhappy_answers_of_the_last_months_are_followed_up_and_most_cases_closed() -> None:
    rule = Rule.objects.get(kind="nps")
    unhappy = relationship().filter(answers__nps__lte=6, started_at__date__gte=rule.since)
    about_scores = FollowUp.objects.filter(response__in=unhappy)
    assert about_scores.count() == unhappy.count() > 10
    closed = FollowUp.objects.filter(state=FollowUp.State.CLOSED)
    assert closed.count() > 0.8 * FollowUp.objects.count()
    assert not closed.exclude(closed_at__gt=F("opened_at")).exists()
    assert not closed.filter(closed_at__date__gt=TODAY).exists()
    # So the worker finds nothing of theirs to open when the demo starts.
    before = FollowUp.objects.filter(reason=FollowUp.Reason.SCORE).count()
    open_follow_ups(now=NOW)
    assert FollowUp.objects.filter(reason=FollowUp.Reason.SCORE).count() == before


def test_falls_into_red_have_their_cases_and_whoever_is_red_still_mostly_an_open_one() -> None:
    falls = FollowUp.objects.filter(reason=FollowUp.Reason.HEALTH)
    assert falls
    in_red = Health.objects.filter(day=TODAY, band="red").values("account")
    assert falls.unfinished().filter(account__in=in_red).exists()
    assert (
        not falls.unfinished().exclude(account__in=in_red).filter(due_on__lt=TODAY - timedelta(16)).exists()
    )
    assert not falls.filter(state=FollowUp.State.CLOSED, note="").exists()
    assert FollowUp.objects.overdue_on(TODAY).exists()
    open_follow_ups(now=NOW)
    assert falls.count() == len(falls)


def test_alerts_tell_of_the_colours_that_were_left_in_the_last_weeks(client: Client) -> None:
    told = Alert.objects.filter(about=Alert.About.BAND)
    assert told
    for alert in told:
        assert alert.found_at.date() - alert.day <= timedelta(days=1)
        assert Health.objects.get(account=alert.account, day=alert.day).band == alert.band_after
    client.force_login(User.objects.get(email=f"executive@{HOST}"))
    assert str(told[0].account) in client.get("/admin/reports/alerts/").text


def test_some_accounts_are_silent_and_some_people_cannot_be_reached() -> None:
    assert Account.objects.filter(responses=None, contacts__invitations__isnull=False).exists()
    assert Contact.objects.exclude(bounced_at=None).exists()
    assert Contact.objects.exclude(unsubscribed_at=None).exists()


def test_campaigns_have_asked_and_one_waits_for_approval() -> None:
    by_name = {each.name: each for each in Campaign.objects.all()}
    assert {name: each.status(NOW) for name, each in by_name.items()} == {
        "Relationship, twice a year": "paused",
        "After a ticket": "running",
        "Before the renewal": "draft",
    }
    assert list(faults_of(by_name["Before the renewal"], NOW)) == []
    for name in ("Relationship, twice a year", "After a ticket"):
        rows = by_name[name].invitations.all()
        assert rows.exclude(response=None).exists()
        assert not rows.exclude(mails__number=0, mails__sent_at=F("sent_at")).exists()
    assert Mail.objects.filter(number=1).values("state").distinct().count() >= 3
    assert Skip.objects.filter(reason="quiet days").exists()


def test_nobody_is_mailed_by_the_demo_itself() -> None:
    assert plan_campaigns(now=NOW + timedelta(days=1)).invited == 0
    assert claim_due_mails(now=NOW + timedelta(days=60), limit=10).seen == 0


def test_whoever_lets_the_paused_campaign_go_on_asks_a_few_a_day() -> None:
    paused = Campaign.objects.get(name="Relationship, twice a year")
    days = counts_by_day(list(forecast([paused], now=NOW)))
    assert max(asked for asked, _ in days.values()) < 60


def test_one_segment_declines_in_the_last_two_quarters() -> None:
    turn = NOW - timedelta(days=183)

    def fall(responses: models.QuerySet[Response]) -> float:
        return nps(responses.filter(started_at__lt=turn)) - nps(responses.filter(started_at__gte=turn))

    declining = Q(account__segment=DECLINING_SEGMENT)
    assert fall(relationship().filter(declining)) > 15 > 2 * fall(relationship().exclude(declining))


def test_ratings_tell_what_goes_along_with_nps() -> None:
    executive = User.objects.get(email=f"executive@{HOST}")
    programme = Programme.objects.get(slug="relationship")
    found = key_drivers(Scope.of_answers(executive, TODAY, programme=programme))
    assert found is not None
    assert not found.why_not
    assert len(found.drivers) == 4
    assert found.drivers[0].key == "product_rating"
    assert all(driver.sign > 0 and driver.interval.low > 0 for driver in found.drivers)
    assert 0.3 < (found.r_squared or 0) < 0.95


def test_one_region_is_happier_than_the_others() -> None:
    there = Q(account__region=HAPPY_REGION)
    assert nps(relationship().filter(there)) > nps(relationship().exclude(there)) + 15


def test_one_product_has_onboarding_trouble() -> None:
    troubled = Q(hidden__product=TROUBLED_PRODUCT)
    assert satisfied(starts().filter(troubled)) < satisfied(starts().exclude(troubled)) - 25
    buyers = Q(account__subscriptions__product=TROUBLED_PRODUCT)
    about = Response.objects.filter(answers__comment__icontains=TROUBLED_PRODUCT)
    assert about.filter(buyers).exists()
    assert not about.exclude(buyers).exists()


def test_every_answer_is_counted_and_every_customer_has_a_health() -> None:
    assert Absorbed.objects.filter(fault="").count() == Response.objects.count()
    today = Health.objects.filter(day=TODAY)
    assert today.count() == Account.objects.active_on(TODAY).count()
    assert set(today.values_list("band", flat=True)) >= {"green", "yellow", "red"}
    assert Health.objects.filter(day=date(2025, 6, 30)).exists()


def test_goals_begin_where_their_metrics_stood_and_stand_differently() -> None:
    executive = User.objects.get(email=f"executive@{HOST}")
    for target in Target.objects.exclude(starts_on=None):
        assert target.start == start_of(target, executive)
    found = goals(executive, TODAY)
    assert len(found) == 11
    assert {goal.track for goal in found} >= {Track.REACHED, Track.ON_TRACK, Track.BEHIND}


def test_no_colour_is_left_by_less_than_the_margin() -> None:
    spare = {"green": (72, 101), "yellow": (47, 78), "red": (-1, 53)}
    before: dict[int, Health] = {}
    moves = 0
    for row in Health.objects.order_by("account", "day"):
        former = before.get(row.account_id)
        before[row.account_id] = row
        is_overridden = any(part.get("is_binding") for each in (former, row) if each for part in each.parts)
        if former is None or "grey" in (former.band, row.band) or is_overridden or former.band == row.band:
            continue
        low, high = spare[former.band]
        assert not low <= row.score / 100 < high
        moves += 1
    assert moves > 10


def test_health_is_known_without_a_gap_over_the_weeks_that_pages_compare_with() -> None:
    known = set(Health.objects.values_list("day", flat=True))
    assert {TODAY - timedelta(days=back) for back in (*range(10), 30)} <= known
    lately = sorted(day for day in known if day >= TODAY - timedelta(days=51))
    assert max(later - day for day, later in pairwise(lately)) <= timedelta(days=3)


def test_accounts_use_less_before_they_leave() -> None:
    last_half_year = Q(observed_on__gte=F("account__churned_on") - timedelta(days=183))
    leaving = Signal.objects.filter(last_half_year)
    staying = Signal.objects.filter(account__churned_on=None)
    assert active_seats(leaving) < active_seats(staying) - 0.1


def test_services_earn_something_in_all_and_nothing_on_some() -> None:
    sums = ServicesMonth.objects.aggregate(revenue=Sum("revenue"), cost=Sum("cost"))
    assert 0.1 < 1 - sums["cost"] / sums["revenue"] < 0.4
    assert ServicesMonth.objects.filter(cost__gt=F("revenue")).exists()


def test_each_role_has_one_login_that_works() -> None:
    with override_settings(EMBEDDED=True):
        logins = demo_logins()
    assert [role for role, _, _ in logins] == list(ROLES)
    for role, address, password in logins:
        user = User.objects.get(email=address)
        assert [group.name for group in user.groups.all()] == [role]
        assert (user.is_staff, user.is_superuser) == (True, False)
        assert Client().login(email=address, password=password)


def test_the_guide_names_an_open_link_and_every_login_where_there_are_logins() -> None:
    first, *others = guide()
    path = first.removeprefix("Answer a survey: http://localhost")
    assert Client().get(path).status_code == 200
    assert others == []
    with override_settings(EMBEDDED=True):
        lines = guide()
    assert lines[1] == "Log in as"
    assert len(lines) == 2 + len(ROLES)


def test_an_account_manager_sees_own_accounts_only() -> None:
    manager = User.objects.get(email=f"account.manager@{HOST}")
    seen = Account.objects.visible_to(manager)
    assert 0 < seen.count() < Account.objects.count() / 2
    assert seen.filter(owner=manager).exists()


def test_other_account_managers_cannot_log_in() -> None:
    others = User.objects.filter(groups__name=ACCOUNT_MANAGER).exclude(email=f"account.manager@{HOST}")
    assert others.count() > 5
    assert not any(user.has_usable_password() for user in others)


def test_a_changed_password_is_not_told() -> None:
    with override_settings(EMBEDDED=True):
        logins = demo_logins()
        user = User.objects.get(email=logins[0][1])
        user.set_password("something else entirely")
        user.save()
        assert demo_logins() == logins[1:]


def test_passwords_hang_on_the_secret_key() -> None:
    with override_settings(EMBEDDED=True):
        assert demo_logins()
    with override_settings(EMBEDDED=True, SECRET_KEY="another key that nobody has guessed so far"):
        assert demo_logins() == []
