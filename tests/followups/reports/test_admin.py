"""What the admin says of reports that went out by mail."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from followups.models import Delivery
from tests.accounts.staff import logged_in, superuser

pytestmark = pytest.mark.django_db
LIST = reverse("admin:followups_delivery_changelist")


@pytest.mark.parametrize(
    ("kind", "period", "words"),
    [
        ("monthly", "2026-10", "October 2026"),
        ("digest", "2026-11-16", "week before 16 Nov 2026"),
        ("alerts", "2026-11-20T06:00:00+00:00", "20 Nov 2026, 06:00"),
        ("alerts", "2026-11-20T00:00:00+00:00", "20 Nov 2026<"),
    ],
)
def test_a_period_is_said_in_words(kind, period, words):
    reader = superuser()
    sent = Delivery.objects.create(
        kind=kind, user=reader, period=period, claimed_at=datetime(2026, 11, 20, tzinfo=UTC)
    )
    browser = logged_in(reader)
    assert words in browser.get(LIST).text
    assert words in browser.get(reverse("admin:followups_delivery_change", args=[sent.pk])).text


def test_a_failed_mail_is_marked_as_such_and_one_that_went_out_is_not():
    reader = superuser()
    for state, month in (("failed", "2026-09"), ("sent", "2026-10")):
        Delivery.objects.create(
            kind="monthly",
            user=reader,
            period=month,
            state=state,
            claimed_at=datetime(2026, 11, 1, tzinfo=UTC),
        )
    page = logged_in(reader).get(LIST).text
    marks = [
        part.split(">")[0]
        for part in page.split("<span")
        if part.split(">", 1)[-1].strip()[:4] in ("Fail", "Sent")
    ]
    assert ["red" in mark for mark in marks].count(True) == 1
    assert ["green" in mark for mark in marks].count(True) == 1
