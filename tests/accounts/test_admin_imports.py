import io
from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from openpyxl import Workbook

from accounts.actions.uploads import run_next_import
from accounts.models import Account, Contact, ImportChange, Signal, Subscription, TableImport
from accounts.roles import ACCOUNT_MANAGER, ADMINISTRATOR, ANALYST, BUILDER
from accounts.tasks import run_imports
from tests import factories
from tests.accounts.staff import almighty_but, holder_of, logged_in, member

pytestmark = pytest.mark.django_db
LIST, ADD = "/admin/accounts/tableimport/", "/admin/accounts/tableimport/add/"
TABLE = (
    b"Customer ID,Company,Billing Country,Customer since,Seats\n"
    b"A1,Acme,DE,01.02.2020,5\nA2,Bolt,FR,02.03.2021,7\n"
)


@pytest.fixture
def staff(db):
    return logged_in(member(ADMINISTRATOR))


def upload(staff, content=TABLE, kind="accounts", name="crm.csv", **fields):
    own = {
        "kind": kind,
        "upload": SimpleUploadedFile(name, content),
        "date_format": "DD.MM.YYYY",
        "encoding": "",
    }
    return staff.post(ADD, own | fields)


def uploaded(staff, *args, **kwargs):
    answer = upload(staff, *args, **kwargs)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    return TableImport.objects.latest("pk"), answer.url


def imported(staff, *args, fields=None, **kwargs):
    table_import, url = uploaded(staff, *args, **kwargs)
    fields = fields or staff.get(url).context["columns"]
    chosen = [field["field"] if isinstance(field, dict) else field for field in fields]
    assert staff.post(url, {"field": chosen, "run": ""}).status_code == 302
    run_imports()
    table_import.refresh_from_db()
    return table_import, url


def test_a_table_is_uploaded_mapped_looked_at_and_run(staff):
    _, url = uploaded(staff)
    page = staff.get(url)
    assert [column["field"] for column in page.context["columns"]] == [
        *("external_id", "name", "country", "created_on", "*")
    ]
    text = page.content.decode()
    assert "2 new, 0 updated, 0 as they are, 0 refused" in text
    assert "Acme · Bolt" in text
    assert not Account.objects.exists()
    wanted = ["external_id", "name", "", "created_on", "*"]
    assert staff.post(url, {"field": wanted, "look": ""}).url == url
    assert not Account.objects.exists()
    assert [column["field"] for column in staff.get(url).context["columns"]] == wanted
    assert staff.post(url, {"field": wanted, "run": ""}).url == url
    assert staff.get(url)["Refresh"] == "3"
    run_imports()
    run_imports()
    acme = Account.objects.get(external_id="A1")
    assert (acme.name, acme.country, acme.created_on, acme.attributes) == (
        *("Acme", "", date(2020, 2, 1), {"Seats": "5"}),
    )
    done = staff.get(url)
    assert "2 new, 0 updated, 0 as they were, 0 refused" in done.content.decode()
    assert "Refresh" not in done
    assert "crm.csv" in staff.get(LIST).content.decode()


def test_refused_rows_are_named_with_their_line_before_and_after(staff):
    content = TABLE + b"A1,Again,DE,01.02.2020,1\n,Nobody,DE,01.02.2020,1\nA5,Five,DE,soon,1\n"
    table_import, url = uploaded(staff, content)
    before = staff.get(url).content.decode()
    table_import, _ = imported(staff, content)
    after = staff.get(
        url.replace(str(TableImport.objects.earliest("pk").pk), str(table_import.pk))
    ).content.decode()
    for line in (
        "line 4: external_id: the same as in line 2",
        "line 5: external_id: is empty",
        "line 6: created_on",
    ):
        assert line in before
        assert line in after
    assert (table_import.created, table_import.rejected) == (2, 3)


def test_the_mapping_of_the_same_columns_is_remembered(staff):
    imported(staff, fields=["external_id", "name", "region", "", "*"])
    _, url = uploaded(staff, name="next.csv")
    assert [column["field"] for column in staff.get(url).context["columns"]] == [
        *("external_id", "name", "region", "", "*")
    ]


def test_dates_that_were_said_wrongly_are_said_again_and_remembered(staff):
    table_import, url = uploaded(staff, date_format="MM/DD/YYYY")
    columns = [column["field"] for column in staff.get(url).context["columns"]]
    assert staff.get(url).context["preview"].rejected == 2
    for wrong in ("whenever", "D" * 61, "\x00"):
        answer = staff.post(url, {"field": columns, "date_format": wrong, "look": ""})
        assert answer.status_code == 200
        assert "format of dates" in answer.content.decode()
    assert staff.post(url, {"field": columns, "date_format": " DD.MM.YYYY ", "run": ""}).url == url
    run_imports()
    assert Account.objects.get(external_id="A1").created_on == date(2020, 2, 1)
    table_import.refresh_from_db()
    assert (table_import.created, table_import.rejected) == (2, 0)
    next_month, _ = uploaded(staff, date_format="")
    assert next_month.date_format == "DD.MM.YYYY"


def test_a_column_that_nothing_was_said_of_is_asked_for(staff):
    table_import, url = uploaded(staff)
    answer = staff.post(url, {"field": ["external_id"], "run": ""})
    assert "Say of every column what it holds." in answer.content.decode()
    table_import.refresh_from_db()
    assert table_import.status == "draft"


def test_undo_is_offered_where_something_was_stored(staff):
    table_import, url = imported(staff, TABLE.replace(b"0", b"x"))
    assert (table_import.created, table_import.rejected) == (0, 2)
    page = staff.get(url).content.decode()
    assert "nothing to undo" in page
    assert 'name="undo"' not in page
    staff.post(url, {"undo": ""})
    table_import.refresh_from_db()
    assert table_import.status == "done"
    _, url = imported(staff)
    assert 'name="undo"' in staff.get(url).content.decode()


def test_a_workbook_is_read_too(staff):
    book = Workbook()
    book.active.append(["account", "key", "observed_on", "value"])
    account = factories.account()
    book.active.append([account.external_id, "logins", "2026-06-15", 5])
    content = io.BytesIO()
    book.save(content)
    table_import, _ = imported(staff, content.getvalue(), "signals", "s.xlsx", date_format="")
    assert (table_import.created, Signal.objects.get().value) == (1, 5)


@pytest.mark.parametrize(
    ("content", "fields", "field"),
    [
        (b"", {}, "upload"),
        (b"\xff\xfe\x00", {}, "upload"),
        (b"a,b\n1,2\n", {"encoding": "klingon"}, "upload"),
        (b"a,b\n1,2\n", {"date_format": "whenever"}, "upload"),
        (b"a,b\n1,2\n", {"kind": "users"}, "kind"),
    ],
)
def test_what_is_no_table_is_refused_at_once(staff, content, fields, field):
    answer = upload(staff, content, **fields)
    assert answer.status_code == 200
    assert field in answer.context["adminform"].form.errors
    assert not TableImport.objects.exists()


def test_what_the_columns_hold_is_shown_before_anyone_has_said_what_they_are(staff):
    book, content = Workbook(), io.BytesIO()
    for row in (["Kürzel", "Seit", "Land", "Leer"], ["K1", date(2020, 2, 1), "DE", None], ["K2", None, "DE"]):
        book.active.append(row)
    book.save(content)
    _, url = uploaded(staff, content.getvalue(), name="kunden.xlsx")
    page = staff.get(url)
    assert 'class="fault"' in page.content.decode()
    shown = [(column["name"], column["samples"]) for column in page.context["columns"]]
    assert shown == [("Kürzel", ["K1", "K2"]), ("Seit", ["2020-02-01"]), ("Land", ["DE"]), ("Leer", [])]


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("external_id;name\nM1;Müller\n".encode("cp1252"), "cp1252"),
        ("external_id\tname\nM1\tMüller\n".encode("utf-16"), ""),
        ("\ufeffexternal_id|name\nM1|Müller\n".encode(), ""),
        ("sep=;\nexternal_id;name\nM1;Müller\n".encode(), ""),
    ],
)
def test_a_text_file_is_read_in_its_encoding_and_with_its_delimiter(staff, content, encoding):
    imported(staff, content, encoding=encoding)
    assert Account.objects.get().name == "Müller"


def test_columns_that_do_not_do_are_said_and_nothing_is_run(staff):
    _, url = uploaded(staff)
    for wish in (
        ["", "name", "", "", "*"],
        ["name", "name", "", "", "*"],
        ["external_id", "password", "", "", "*"],
    ):
        answer = staff.post(url, {"field": wish, "run": ""})
        assert answer.status_code == 200
        assert 'class="fault"' in answer.content.decode()
    run_imports()
    assert TableImport.objects.get().status == "draft"


def test_an_import_is_undone(staff):
    kept = factories.account(external_id="A2", name="Bolt before", attributes={"tier": "gold"}, country="IT")
    table_import, url = imported(staff)
    kept.refresh_from_db()
    assert (kept.name, kept.attributes) == ("Bolt", {"tier": "gold", "Seats": "7"})
    assert (table_import.created, table_import.updated) == (1, 1)
    assert staff.post(url, {"undo": ""}).url == url
    assert staff.get(url)["Refresh"] == "3"
    run_imports()
    run_imports()
    kept.refresh_from_db()
    assert (kept.name, kept.attributes, kept.country, kept.created_on) == (
        *("Bolt before", {"tier": "gold"}, "IT", None),
    )
    assert [account.external_id for account in Account.objects.all()] == ["A2"]
    assert "2 changes were taken back" in staff.get(url).content.decode()
    assert not ImportChange.objects.exists()
    assert staff.post(url, {"undo": ""}).status_code == 302
    run_imports()
    assert TableImport.objects.get().undone == 2


def test_undo_leaves_what_has_changed_since_and_names_it(staff):
    factories.account(external_id="A2", name="Before")
    content = TABLE + b"A3,Corp,DE,01.02.2020,1\nA4,Dent,DE,01.02.2020,1\nA5,Echo,DE,01.02.2020,1\n"
    table_import, url = imported(staff, content)
    Account.objects.filter(external_id="A2").update(name="Changed by hand")
    factories.contact(Account.objects.get(external_id="A3"), external_id="c1")
    factories.signal(Account.objects.get(external_id="A4"), "logins", date(2026, 6, 15), 1)
    Account.objects.get(external_id="A5").delete()
    staff.post(url, {"undo": ""})
    run_imports()
    table_import.refresh_from_db()
    assert table_import.undone == 1
    assert sorted(table_import.kept) == [
        *("A2: has changed since", "A3: has contacts by now", "A4: has signals by now"),
        "A5: is not there any more",
    ]
    assert set(Account.objects.values_list("external_id", flat=True)) == {"A2", "A3", "A4"}
    assert "A3: has contacts by now" in staff.get(url).content.decode()


def test_chains_within_a_table_are_undone_from_their_end(staff):
    account = factories.account()
    rows = b"".join(
        f"S{n},{account.external_id},202{n}-01-01,100,EUR,{f'S{n - 1}' if n else ''}\n".encode()
        for n in range(4)
    )
    header = b"external_id,account,starts_on,annual_value,currency,renews\n"
    table_import, url = imported(staff, header + rows, "subscriptions", date_format="")
    assert table_import.created == Subscription.objects.count() == 4
    staff.post(url, {"undo": ""})
    run_imports()
    assert not Subscription.objects.exists()


def test_an_import_whose_worker_died_goes_on(staff):
    table_import, url = uploaded(staff)
    staff.post(url, {"field": ["external_id", "name", "", "", "*"], "run": ""})
    now = timezone.now()
    TableImport.objects.update(beat_at=now - timedelta(seconds=30), attempts=1)
    assert not run_next_import(clock=lambda: now), "someone is at it"
    Account.objects.create(external_id="A1", name="Acme", attributes={"Seats": "5"})
    ImportChange.objects.create(table_import=table_import, key=["A1"], before=None, after=[])
    assert run_next_import(clock=lambda: now + timedelta(minutes=5))
    table_import.refresh_from_db()
    assert (table_import.status, table_import.created, table_import.rejected) == ("done", 2, 0)
    TableImport.objects.update(finished_at=None, attempts=3, beat_at=None)
    run_imports()
    table_import.refresh_from_db()
    assert table_import.status == "failed"


@pytest.mark.parametrize("role", [BUILDER, ANALYST, ACCOUNT_MANAGER])
def test_who_may_not_write_every_account_imports_nothing(staff, role, client):
    _, url = uploaded(staff)
    other = logged_in(member(role))
    for path in (LIST, ADD):
        assert other.get(path).status_code == 403
        assert client.get(path).status_code == 302
    assert other.get(url).status_code in (403, 404)
    assert upload(other).status_code == 403
    assert other.post(url, {"field": ["external_id"] * 5, "run": ""}).status_code in (403, 404)
    run_imports()
    assert not Account.objects.exists()
    assert TableImport.objects.get().status == "draft"


def test_people_import_the_kinds_that_they_may_write(staff):
    header = b"external_id,account,starts_on,annual_value\n"
    _, of_money = uploaded(staff, header, "subscriptions", date_format="")
    rights = [f"accounts.{verb}_contact" for verb in ("add", "change", "delete")]
    contacts = logged_in(holder_of("accounts.view_all_accounts", *rights))
    poor = logged_in(almighty_but("view_revenue"))
    for other in (contacts, poor):
        assert "kind" in upload(other, header, "subscriptions").context["adminform"].form.errors
        assert other.get(of_money).status_code == 404
        assert of_money not in other.get(LIST).content.decode()
    account = factories.account()
    table = f"external_id,account,email\nc1,{account.external_id},a@example.com\n".encode()
    imported(contacts, table, "contacts")
    assert Contact.objects.get().email == "a@example.com"


def test_a_get_imports_nothing(staff):
    _, url = uploaded(staff)
    for query in ("?run=", "?run=1&field=external_id", "?undo="):
        staff.get(url + query)
        staff.head(url + query)
    run_imports()
    assert TableImport.objects.get().status == "draft"


def test_who_may_not_see_revenue_opens_no_file_of_another(staff):
    _, url = uploaded(staff, b"Customer ID,Company,Paid\nA1,Acme,987654.32\n")
    assert "987654.32" in staff.get(url).text
    poor = logged_in(almighty_but("view_revenue"))
    assert poor.get(url).status_code == 404
    assert "crm.csv" not in poor.get(LIST).text
    _, own = uploaded(poor)
    assert poor.get(own).status_code == 200
    assert "crm.csv" in poor.get(LIST).text
