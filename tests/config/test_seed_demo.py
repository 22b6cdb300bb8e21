"""What `seed_demo` does to a database: the same for the same day, and nothing among real data."""

import io
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from accounts.models import Account, Contact, ExchangeRate, Signal, Subscription, User
from config.demo.money import currency_in, exchange_rates
from config.demo.places import PLACES
from config.demo.seeding import DatabaseInUse, seed_company
from config.demo.staff import demo_logins
from config.demo.timeline import Timeline, dice
from followups.models import FollowUp
from metrics.models import Health, Score
from surveys.models import Invitation, Programme, Response
from tests.factories import account

TODAY = date(2026, 6, 15)
SCALE = 0.05

pytestmark = pytest.mark.django_db


def digest() -> list[Any]:
    """All that the story tells, by names that do not hang on primary keys."""
    by = {"account": "account__external_id", "contact": "contact__external_id"}
    return [
        list(
            Account.objects.order_by("external_id").values_list("external_id", "name", "tier", "churned_on")
        ),
        list(Contact.objects.order_by("external_id").values_list("external_id", "email", "bounced_at")),
        list(
            Subscription.objects.order_by("external_id").values_list(
                "external_id", "annual_value", "ends_on", "renews__external_id"
            )
        ),
        list(
            Signal.objects.order_by(by["account"], "key", "observed_on").values_list(by["account"], "value")
        ),
        list(Invitation.objects.order_by("nonce").values_list("nonce", by["contact"], "sent_at")),
        list(FollowUp.objects.order_by("response__public_id").values_list("about", "state", "closed_at")),
        list(Response.objects.order_by("public_id").values_list("public_id", "answers", "submitted_at")),
        list(
            Health.objects.order_by(by["account"], "day").values_list(by["account"], "day", "score", "band")
        ),
        list(Score.objects.order_by("response__public_id", "question_key").values_list("day", "value")),
    ]


def test_the_same_day_gives_the_same_rows() -> None:
    runs = []
    for _ in range(2):
        with transaction.atomic():
            seed_company(today=TODAY, scale=SCALE)
            runs.append(digest())
            transaction.set_rollback(True)
    assert runs[0] == runs[1]
    assert all(runs[0])


def test_a_database_with_accounts_is_left_alone() -> None:
    account()
    before = digest()
    with pytest.raises(DatabaseInUse):
        seed_company(today=TODAY, scale=SCALE)
    out = io.StringIO()
    with pytest.raises(CommandError, match="already holds accounts") as refused:
        call_command("seed_demo", stdout=out)
    assert refused.value.returncode == 1
    assert out.getvalue() == ""
    assert digest() == before
    assert not User.objects.exists()


def test_a_run_that_fails_leaves_nothing() -> None:
    ExchangeRate.objects.create(currency="EUR", month=date(2026, 1, 1), rate=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        seed_company(today=TODAY, scale=SCALE)
    assert not any(model.objects.exists() for model in (Account, Programme, User))


def test_a_day_in_the_future_is_wrong_use() -> None:
    with pytest.raises(CommandError, match="future") as refused:
        call_command("seed_demo", today=date(2999, 1, 1))
    assert refused.value.returncode == 2


def test_off_the_embedded_instance_nobody_has_a_password_and_none_is_told() -> None:
    seed_company(today=TODAY, scale=SCALE)
    assert User.objects.exists()
    assert not any(user.has_usable_password() for user in User.objects.all())
    assert demo_logins() == []


@pytest.mark.parametrize(
    ("reporting", "rated"), [("USD", {"EUR", "GBP"}), ("EUR", {"USD", "GBP"}), ("JPY", set())]
)
def test_every_amount_can_be_converted_whatever_the_reporting_currency(
    reporting: str, rated: set[str]
) -> None:
    timeline = Timeline(TODAY, ZoneInfo("America/New_York"))
    paid_in = {currency_in(place.currency, reporting) for place in PLACES}
    rates = exchange_rates(dice("rates"), timeline, currencies=paid_in, reporting=reporting)
    assert {rate.currency for rate in rates} == rated
    assert paid_in <= rated | {reporting}
    assert len(rates) == 25 * len(rated)
