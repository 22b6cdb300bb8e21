"""The portfolio: found, ordered, kept as views, handed over and taken along as a file."""

import csv
import io
from datetime import timedelta
from decimal import Decimal

import openpyxl
import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.messages import get_messages
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account, ExchangeRate
from accounts.roles import ACCOUNT_MANAGER, ADMINISTRATOR, ANALYST, BUILDER, EXECUTIVE
from metrics.actions.health import score_accounts
from metrics.actions.refresh import refresh_metrics
from metrics.models import SavedView
from tests import factories as f
from tests.metrics.pages.conftest import CANARY, pays_the_canary

pytestmark = pytest.mark.django_db
PAGE = "/admin/portfolio/"
EVERYBODY = (ADMINISTRATOR, BUILDER, ANALYST, EXECUTIVE, ACCOUNT_MANAGER)


def names(response):
    return [row.account.name for row in response.context["rows"]]


@pytest.fixture
def world(manager, today):
    """Two accounts of a manager, one of nobody, in two segments, with answers, health and revenue."""
    mine, other = (f.account(name=name, owner=manager, segment="Small") for name in ("Mine", "Other"))
    foreign = f.account(name="Foreign", segment="Secret segment")
    survey = f.published_survey()
    for account, nps in ((mine, 10), (other, 0)):
        f.respond(survey, {"nps": nps, "csat": 3}, account=account, at=timezone.now())
    pays_the_canary(mine, today)
    f.subscription(foreign, today - timedelta(days=400), None, 1000, product="Secret product")
    refresh_metrics(now=timezone.now())
    score_accounts(day=today, now=timezone.now())
    return {"mine": mine, "other": other, "foreign": foreign}


def test_it_asks_for_a_login_and_for_the_permissions(client, someone, seen_by):
    assert client.get(PAGE).url.startswith("/admin/login/")
    assert seen_by(f.user(is_staff=True)).get(PAGE).status_code == 403
    for role in EVERYBODY:
        assert seen_by(someone(role)).get(PAGE).status_code == 200


def test_it_says_what_it_is_narrowed_to_outside_its_form(world, executive):
    asked = "q=i&state=all&band=red&band=grey&hearing=silent&renews=90&segment=Small"
    # What stands in a form, or in what folds around one, is not printed.
    page = executive.get(f"{PAGE}?{asked}").text.split('<details class="narrowing"')[1]
    facts = page.split("</details>", 1)[1]
    for said in (
        "Find: “i”", "State: all", "Health: red or grey", "Voice: silent", "Renews within: 90 days",
        "Segment: Small",
    ):  # fmt: skip
        assert f"<span>{said}</span>" in facts
    assert executive.get(PAGE).context["asked"].told == ["State: customers"]


def test_every_account_is_listed_with_what_is_known_of_it(world, executive):
    response = executive.get(PAGE)
    assert names(response) == ["Foreign", "Mine", "Other"]
    text = response.text
    for shown in ("3</strong> accounts", "USD 988,654", "987,654", "+100", "−100", "1 answer", "not asked"):
        assert shown in text
    assert "Change the owner" not in text


def test_the_address_says_everything(world, executive):
    assert names(executive.get(PAGE, {"q": "oth"})) == ["Other"]
    assert names(executive.get(PAGE, {"segment": "Small", "sort": "-name"})) == ["Other", "Mine"]
    assert names(executive.get(PAGE, {"sort": "-arr"})) == ["Mine", "Foreign", "Other"]
    assert names(executive.get(PAGE, {"sort": "nps"})) == ["Other", "Mine", "Foreign"]
    assert names(executive.get(PAGE, {"hearing": "answered"})) == ["Mine", "Other"]
    assert names(executive.get(PAGE, {"renews": "90"})) == ["Mine"]
    assert names(executive.get(PAGE, {"state": "left"})) == []


@pytest.mark.parametrize(
    "wrong", [{"sort": "password"}, {"renews": "7"}, {"segment": "x"}, {"owner": "999"}, {"cohort": "x"}]
)
def test_what_there_is_not_is_said_and_left_out(world, executive, wrong):
    response = executive.get(PAGE, wrong)
    assert len(names(response)) == 3
    assert "in what you see" in response.text


@pytest.mark.parametrize(
    "odd", [{"page": "x"}, {"page": "99"}, {"state": "x"}, {"band": "x"}, {"hearing": "%00"}]
)
def test_odd_addresses_show_the_list(world, executive, odd):
    assert len(names(executive.get(PAGE, odd))) == 3


def test_an_account_manager_finds_their_own_and_no_trace_of_others(world, seen_by, manager):
    for query in ({}, {"q": "Foreign"}, {"segment": "Secret segment"}, {"state": "all", "sort": "-health"}):
        text = seen_by(manager).get(PAGE, query).text
        assert "Foreign</a>" not in text
        assert '<option value="Secret segment"' not in text
    assert names(seen_by(manager).get(PAGE)) == ["Mine", "Other"]


@pytest.mark.parametrize("role", [BUILDER, ACCOUNT_MANAGER])
def test_no_revenue_is_told_by_column_order_filter_or_file(world, someone, seen_by, role, manager):
    user = manager if role == ACCOUNT_MANAGER else someone(role)
    client = seen_by(user)
    by_name = names(client.get(PAGE))
    for query in ({}, {"sort": "arr"}, {"sort": "-arr"}, {"sort": "renewal"}, {"renews": "90"}):
        response = client.get(PAGE, query)
        assert names(response) == by_name
        for trace in ("987654", "987,654", "ARR", "USD", "Renews", "Secret product"):
            assert trace not in response.text
    assert client.get(PAGE, {"product": "Secret product"}).context["asked"].scope.product == ""
    file = b"".join(client.get(f"{PAGE}file/csv/", {"sort": "-arr"}).streaming_content).decode()
    assert "Mine" in file
    assert "arr" not in file.splitlines()[0].split(",")
    assert str(CANARY) not in file


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_file_holds_the_same_accounts_in_the_same_order(world, executive, kind):
    Account.objects.filter(name="Other").update(name="=HYPERLINK(1)")
    response = executive.get(f"{PAGE}file/{kind}/", {"sort": "-arr", "segment": "Small"})
    assert response.headers["Content-Disposition"].endswith(f'.{kind}"')
    content = b"".join(response.streaming_content)
    if kind == "csv":
        head, *rows = csv.reader(io.StringIO(content.decode("utf-8-sig")))
    else:
        sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
        assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
        head, *rows = sheet.iter_rows(values_only=True)
    columns = {name: [row[place] for row in rows] for place, name in enumerate(head)}
    assert columns["name"][0] == "Mine"
    assert not str(columns["name"][1]).startswith("=")
    assert [float(each) for each in columns["arr"]] == [float(CANARY), 0]
    assert [float(each) for each in columns["nps"]] == [100, -100]


def test_amounts_of_a_file_are_rounded_to_the_cent(executive, today):
    ExchangeRate.objects.create(currency="EUR", month=today.replace(day=1), rate="1.08349900")
    f.subscription(f.account(), today - timedelta(days=9), None, Decimal("1234.57"), currency="EUR")
    content = b"".join(executive.get(f"{PAGE}file/csv/").streaming_content).decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(content))
    assert row["arr"] == "1337.66"


def test_there_is_no_other_kind_of_file(executive):
    assert executive.get(f"{PAGE}file/exe/").status_code == 404


def test_a_company_on_its_first_day_is_told_what_to_do(someone, seen_by):
    assert "Import them from a file" in seen_by(someone(ADMINISTRATOR)).get(PAGE).text
    assert "No account is yours" in seen_by(someone(ACCOUNT_MANAGER)).get(PAGE).text


def test_views_are_kept_found_replaced_and_forgotten(world, executive, seen_by, someone):
    views = reverse("saved_views")
    executive.post(views, {"name": "At risk", "query": "band=red&sort=-arr"})
    executive.post(views, {"name": " At  risk ", "query": "band=red&band=yellow"})
    (kept,) = SavedView.objects.all()
    assert (kept.name, kept.query) == ("At risk", "band=red&band=yellow")
    assert "?band=red&amp;band=yellow" in executive.get(PAGE).text
    stranger = seen_by(someone(EXECUTIVE))
    assert "At risk" not in stranger.get(PAGE).text
    stranger.post(views, {"name": "At risk", "forget": "1"})
    assert SavedView.objects.count() == 1
    assert executive.post(views, {"name": "At risk", "forget": "1", "query": "q=a"}).url == f"{PAGE}?q=a"
    assert not SavedView.objects.exists()


@pytest.mark.parametrize("name", ["", "x" * 81, "a\0b"])
def test_a_view_needs_a_name(executive, name):
    response = executive.post(reverse("saved_views"), {"name": name, "query": ""})
    assert "needs a name" in str(next(iter(get_messages(response.wsgi_request))))
    assert executive.post(reverse("saved_views"), {"name": name, "forget": "1"}).status_code == 302
    assert not SavedView.objects.exists()


def test_views_are_bounded(executive):
    for number in range(31):
        executive.post(reverse("saved_views"), {"name": f"View {number}", "query": ""})
    executive.post(reverse("saved_views"), {"name": "Long", "query": f"q={'x' * 2001}"})
    assert SavedView.objects.count() == 30


@pytest.fixture
def administrator(someone, seen_by):
    return seen_by(someone(ADMINISTRATOR))


def test_accounts_change_hands_once_it_was_shown_which(world, administrator, manager):
    page, foreign = reverse("hand_over"), world["foreign"]
    said = {"which": "ticked", "account": [world["mine"].pk, foreign.pk]}
    shown = administrator.post(f"{page}?sort=-name", said)
    assert shown.context["count"] == 2
    assert "New owner of 2 accounts" in shown.text
    foreign.refresh_from_db()
    assert foreign.owner is None
    told = {"to": manager.pk, "account": shown.context["accounts"]}
    done = administrator.post(f"{page}?sort=-name", told)
    assert done.url == f"{PAGE}?sort=-name"
    foreign.refresh_from_db()
    assert foreign.owner == manager
    assert [line.object_id for line in LogEntry.objects.all()] == [str(foreign.pk)]


def test_all_that_were_found_change_hands_and_nobody_else(world, administrator):
    shown = administrator.post(f"{reverse('hand_over')}?segment=Small", {"which": "all"})
    assert shown.context["count"] == 2
    administrator.post(reverse("hand_over"), {"to": "nobody", "account": shown.context["accounts"]})
    assert not Account.objects.exclude(owner=None).exists()
    assert LogEntry.objects.count() == 2


@pytest.mark.parametrize("said", [{"to": "nobody"}, {"account": "x", "to": ""}, {"which": "all"}])
def test_nothing_is_handed_over_by_mistake(world, administrator, said):
    response = administrator.post(f"{reverse('hand_over')}?segment=Nowhere&q=zzz&page=3", said)
    assert "Nothing was changed" in str(next(iter(get_messages(response.wsgi_request))))
    assert response.url == f"{PAGE}?segment=Nowhere&q=zzz&page=3"
    assert Account.objects.filter(owner=None).count() == 1


@pytest.mark.parametrize("to", ["", "999", "x"])
def test_who_names_no_owner_is_asked_again_for_the_same_accounts(world, administrator, to):
    chosen = f"{world['mine'].pk},{world['foreign'].pk}"
    page = administrator.post(reverse("hand_over"), {"to": to, "account": chosen})
    assert "Say whose they are to be." in page.text
    assert page.context["accounts"] == chosen
    assert Account.objects.filter(owner=None).count() == 1


def test_a_hand_over_is_undone_from_the_list_once(world, administrator, manager):
    former = dict(Account.objects.values_list("pk", "owner"))
    everybody = ",".join(map(str, former))
    administrator.post(reverse("hand_over"), {"to": manager.pk, "account": everybody})
    assert set(Account.objects.values_list("owner", flat=True)) == {manager.pk}
    assert f"1 account belongs to {manager} now." in administrator.get(PAGE).text
    done = administrator.post(f"{reverse('hand_over')}?sort=-name", {"undo": "1"})
    assert done.url == f"{PAGE}?sort=-name"
    assert dict(Account.objects.values_list("pk", "owner")) == former
    assert "Undo" not in administrator.get(PAGE).text
    again = administrator.post(reverse("hand_over"), {"undo": "1"}, follow=True)
    assert "There is nothing to undo any more." in again.text


def test_handing_over_to_who_has_them_says_so_and_offers_no_undo(world, administrator, manager):
    said = {"to": manager.pk, "account": world["mine"].pk}
    page = administrator.post(reverse("hand_over"), said, follow=True)
    assert "Nothing was changed" in page.text
    assert "Undo" not in page.text


def test_an_undo_is_offered_for_a_quarter_of_an_hour(world, administrator, manager, time_machine):
    administrator.post(reverse("hand_over"), {"to": "nobody", "account": world["mine"].pk})
    assert "1 account belongs to nobody now." in administrator.get(PAGE).text
    time_machine.move_to(timezone.now() + timedelta(minutes=15))
    assert "Undo" not in administrator.get(PAGE).text
    late = administrator.post(reverse("hand_over"), {"undo": "1"}, follow=True)
    assert "That is too long ago." in late.text
    world["mine"].refresh_from_db()
    assert world["mine"].owner is None


@pytest.mark.parametrize("role", [BUILDER, ANALYST, EXECUTIVE, ACCOUNT_MANAGER])
def test_who_may_not_hands_nothing_over(world, someone, seen_by, manager, role):
    client = seen_by(manager if role == ACCOUNT_MANAGER else someone(role))
    said = {"to": "nobody", "account": world["mine"].pk}
    assert client.post(reverse("hand_over"), said).status_code == 403
    assert client.get(reverse("hand_over")).status_code == 403
    world["mine"].refresh_from_db()
    assert world["mine"].owner == manager


def test_queries_do_not_grow_with_what_there_is(administrator, django_assert_max_num_queries, today):
    counts = []
    survey = f.published_survey()
    for size in (2, 12):
        for _ in range(size):
            account = f.account(owner=f.user())
            pays_the_canary(account, today)
            f.respond(survey, {"nps": 9}, contact=f.contact(account), at=timezone.now())
        refresh_metrics(now=timezone.now())
        for query in ({"sort": "nps"}, {"sort": "renewal"}, {"sort": "heard", "renews": "90"}):
            with django_assert_max_num_queries(20) as queries:
                administrator.get(PAGE, query)
            counts.append(len(queries))
    assert counts[:3] == counts[3:]


def test_a_file_leaves_a_line_of_who_took_it_and_nothing_of_what_is_in_it(executive):
    f.account(name="Own Ltd")
    f.account(name="Other Ltd")
    assert executive.get("/admin/portfolio/").status_code == 200
    assert not LogEntry.objects.exists()
    executive.get("/admin/portfolio/file/csv/?q=Own")
    executive.get("/admin/portfolio/file/xlsx/")
    lines = [(entry.user.pk, entry.get_change_message()) for entry in LogEntry.objects.order_by("pk")]
    viewer = int(executive.session["_auth_user_id"])
    assert lines == [(viewer, "Exported 1 account as csv."), (viewer, "Exported 2 accounts as xlsx.")]
    assert executive.get("/admin/portfolio/file/exe/").status_code == 404
    assert LogEntry.objects.count() == 2


def test_without_an_account_there_is_nothing_to_find_or_to_take_along(executive):
    page = executive.get(PAGE)
    assert "There are no accounts yet" in page.text
    assert 'role="search"' not in page.text
    assert "/admin/portfolio/file/" not in page.text
    f.account(name="First")
    page = executive.get(PAGE)
    assert 'role="search"' in page.text
    assert "/admin/portfolio/file/csv/" in page.text
