"""Against stuffing: what speaks against a person is noted on the response, and refuses nobody."""

from datetime import timedelta

import pytest
from django.test import Client, RequestFactory
from django.utils import timezone

from surveys.actions.outreach import create_invitation
from surveys.actions.statements import SAME_ADDRESS
from surveys.actions.traces import blur_ballots, blur_times, forget_footprints
from surveys.models import Footprint, Invitation, Response
from surveys.tasks import blur_private as blur_task
from surveys.tasks import forget_footprints as forget_task
from surveys.views.traces import client_address, stamp, visitor_of
from tests import factories as f
from tests.surveys.respondent import Respondent, open_link

FORGED = ("X-Forwarded-For", "X-Real-IP", "Forwarded", "CF-Connecting-IP", "True-Client-IP")


def a_while_ago(seconds=60):
    return stamp(int(timezone.now().timestamp()) - seconds)


def send(path, number=0, *, started=None, **headers):
    body = {"nps": "9", "_started": started or a_while_ago(), "_key": f"key-of-a-visit-{number:06}"}
    return Client(headers=headers).post(path, body)


@pytest.fixture
def path():
    return open_link(f.published_survey())


def flags():
    return Response.objects.latest("pk").flags


@pytest.mark.django_db
class TestFlags:
    def test_a_person_leaves_none(self, path):
        respondent = Respondent(path).open()
        respondent.send(nps="9", _started=a_while_ago())
        assert flags() == []

    def test_who_is_faster_than_anyone_can_read(self, path):
        assert Respondent(path).open().send(nps="9").status_code == 302
        assert flags() == ["fast"]

    def test_who_fills_in_what_nobody_sees(self, path):
        respondent = Respondent(path).open()
        assert 'name="_homepage"' in respondent.text
        assert respondent.send(nps="9", _homepage="x.example", _started=a_while_ago()).status_code == 302
        assert flags() == ["honeypot"]

    @pytest.mark.parametrize("forged", ["", "1", "1763800000", "1763800000.AAAAAAAAAAAA", "x.y", "9" * 400])
    def test_who_never_had_a_page_of_ours(self, path, forged):
        assert send(path, started=forged or " ").status_code == 302
        assert flags() == ["no_page"]

    def test_a_personal_link_speaks_for_itself(self):
        survey = f.published_survey()
        _, link = create_invitation(survey, f.contact(f.account()), now=timezone.now())
        Client().post("/r/" + link.rpartition("/r/")[2], {"nps": "9"})
        assert flags() == []
        assert not Footprint.objects.exists()


@pytest.mark.django_db
class TestOneAddress:
    def test_an_office_is_counted_clean_and_what_comes_after_it_flagged(self, path):
        statuses = {send(path, number).status_code for number in range(SAME_ADDRESS + 10)}
        assert statuses == {302}
        assert Response.objects.unflagged().count() == SAME_ADDRESS
        assert Response.objects.filter(flags=["address"]).count() == 10

    @pytest.mark.parametrize("header", FORGED)
    def test_no_header_makes_another_address_of_one(self, path, header):
        for number in range(SAME_ADDRESS + 5):
            send(path, number, **{header: f"203.0.113.{number}"})
        assert Response.objects.filter(flags=["address"]).count() == 5

    def test_behind_a_proxy_the_address_is_the_one_it_saw(self, path, settings):
        settings.TRUSTED_PROXY_COUNT = 1
        for number in range(SAME_ADDRESS + 5):
            send(path, number, **{"X-Forwarded-For": f"198.51.100.{number}, 203.0.113.7"})
        assert Response.objects.filter(flags=["address"]).count() == 5
        send(path, 999, **{"X-Forwarded-For": "203.0.113.8"})
        assert flags() == []

    def test_each_link_counts_for_itself_and_a_kiosk_not_at_all(self, path):
        Footprint.objects.bulk_create(
            Footprint(visitor=self.visitor(name), at=timezone.now())
            for name in ("here", "kiosk")
            for _ in range(SAME_ADDRESS)
        )
        survey = f.published_survey()
        for number, slug in enumerate(("here", "there", "kiosk")):
            channel = "kiosk" if slug == "kiosk" else "link"
            survey.collectors.create(name=slug, slug=slug, channel=channel)
            send(f"/s/{slug}/", number)
        found = dict(Response.objects.values_list("collector__slug", "flags"))
        assert found == {"here": ["address"], "there": [], "kiosk": []}

    def test_no_address_is_kept(self, path):
        send(path)
        (footprint,) = Footprint.objects.all()
        assert b"127.0.0.1" not in bytes(footprint.visitor)
        assert "127.0.0.1" not in str(Response.objects.values().get())

    def test_neither_refused_nor_partial_answers_leave_a_footprint(self, path):
        Client().post(path, {"nps": "11"})
        assert not Footprint.objects.exists()

    def test_footprints_are_forgotten_after_a_day(self):
        now = timezone.now()
        for hours in (1, 23, 25, 300):
            Footprint.objects.create(visitor=b"x", at=now - timedelta(hours=hours))
        assert forget_footprints(now=now) == 2
        forget_task()
        assert Footprint.objects.count() == 2

    @staticmethod
    def visitor(link):
        return visitor_of(RequestFactory().get("/"), link, timezone.now().date())


@pytest.mark.parametrize(
    ("proxies", "remote", "forwarded", "address"),
    [
        (0, "192.0.2.1", "203.0.113.9", "192.0.2.1"),
        (1, "10.0.0.1", "203.0.113.9", "203.0.113.9"),
        (1, "10.0.0.1", "evil, 203.0.113.9", "203.0.113.9"),
        (2, "10.0.0.1", "evil, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        (3, "10.0.0.1", "203.0.113.9", "203.0.113.9"),
        (1, "10.0.0.1", "", ""),
        (1, "10.0.0.1", "<script>", ""),
        (0, "2001:db8::1", "", "2001:db8::1"),
        (0, "::ffff:192.0.2.1", "", "192.0.2.1"),
    ],
)
def test_whose_word_is_taken_for_an_address(settings, proxies, remote, forwarded, address):
    settings.TRUSTED_PROXY_COUNT = proxies
    request = RequestFactory().get("/", REMOTE_ADDR=remote, headers={"X-Forwarded-For": forwarded})
    assert client_address(request) == address


def test_a_household_is_one_visitor_and_the_next_day_another():
    def visitor(address, day):
        return visitor_of(RequestFactory().get("/", REMOTE_ADDR=address), "link", day)

    today = timezone.now().date()
    assert visitor("2001:db8:1:2::1", today) == visitor("2001:db8:1:2:ffff::9", today)
    assert visitor("2001:db8:1:2::1", today) != visitor("2001:db8:1:3::1", today)
    assert visitor("192.0.2.1", today) != visitor("192.0.2.1", today + timedelta(days=1))


@pytest.mark.django_db(transaction=True)
def test_the_marks_of_the_last_days_are_written_anew_by_one_transaction():
    now = timezone.now()
    survey = f.published_survey()
    for day in (0, 1, 1, 1, 2, 9):
        f.invitation(survey, f.contact(f.account()), answered_on=(now - timedelta(days=day)).date())

    def writers():
        days = [(now - timedelta(days=day)).date() for day in (0, 1, 2)]
        marked = Invitation.objects.filter(answered_on__in=days)
        return set(marked.extra(select={"writer": "xmin::text"}).values_list("writer", flat=True))

    assert len(writers()) == 5
    assert blur_ballots(now=now) == 5
    assert len(writers()) == 1
    blur_task()


@pytest.mark.django_db
@pytest.mark.parametrize("privacy", ["confidential", "anonymous"])
def test_a_private_response_keeps_the_time_of_day_no_longer_than_the_day(privacy):
    survey = f.published_survey(privacy=privacy)
    Respondent(open_link(survey)).open().send(nps="9")
    now = timezone.now()
    assert blur_times(now=now) == 0
    answered = Response.objects.get()
    assert answered.changed_at <= Footprint.objects.get().at <= answered.changed_at

    tomorrow = now + timedelta(days=1)
    assert [blur_times(now=tomorrow), blur_times(now=tomorrow + timedelta(hours=1))] == [1, 0]
    assert blur_times(now=tomorrow + timedelta(days=1)) == 0
    blurred = Response.objects.get()
    assert (blurred.changed_at, blurred.revision) == (tomorrow, answered.revision + 1)


@pytest.mark.django_db
def test_a_response_with_a_name_keeps_its_time():
    survey = f.published_survey()
    at = timezone.now().replace(minute=0, second=0, microsecond=0)
    f.respond(survey, {"nps": 9}, changed_at=at)
    assert blur_times(now=at + timedelta(days=1)) == 0
    assert Response.objects.get().changed_at == at
