"""What the five import commands do with good and bad rows."""

from datetime import date
from decimal import Decimal

import pytest

from accounts.models import Account, Contact, ServicesMonth, Signal, Subscription, Team
from tests import factories
from tests.accounts.tables import csv_file, run, workbook

pytestmark = pytest.mark.django_db

DATA = {
    "import_accounts": (["external_id", "name", "created_on"], ["A1", "Acme", "2024-01-02"]),
    "import_contacts": (["external_id", "account", "name"], ["C1", "A0", "Ada"]),
    "import_subscriptions": (
        ["external_id", "account", "starts_on", "annual_value"],
        ["S1", "A0", "2024-01-01", "1200"],
    ),
    "import_services": (["account", "month", "revenue", "cost"], ["A0", "2024-03", "100", "60.5"]),
    "import_signals": (["account", "key", "observed_on", "value"], ["A0", "seats_used", "2024-03-01", "7"]),
}
MODELS = {
    "import_accounts": Account,
    "import_contacts": Contact,
    "import_subscriptions": Subscription,
    "import_services": ServicesMonth,
    "import_signals": Signal,
}


@pytest.fixture
def acme():
    return factories.account(external_id="A0", name="Acme", currency="EUR")


@pytest.mark.parametrize("command", DATA)
def test_it_creates_rows_and_does_not_touch_them_again(tmp_path, acme, command):
    header, row = DATA[command]
    path = csv_file(tmp_path, ",".join(header), ",".join(row))
    before = MODELS[command].objects.count()
    assert run(command, path).out == "1 created, 0 updated, 0 unchanged, 0 rejected"
    assert run(command, path).out == "0 created, 0 updated, 1 unchanged, 0 rejected"
    assert MODELS[command].objects.count() == before + 1


@pytest.mark.parametrize("command", DATA)
def test_it_reads_a_workbook_like_a_text(tmp_path, acme, command):
    header, row = DATA[command]
    run(command, csv_file(tmp_path, ",".join(header), ",".join(row)))
    said = run(command, workbook(tmp_path, header, row))
    assert said.out == "0 created, 0 updated, 1 unchanged, 0 rejected"


@pytest.mark.parametrize("command", DATA)
def test_a_dry_run_reports_and_stores_nothing(tmp_path, acme, command):
    header, row = DATA[command]
    path = csv_file(tmp_path, ",".join(header), ",".join(row))
    before = MODELS[command].objects.count()
    said = run(command, path, dry_run=True)
    assert said.out == "Dry run: 1 created, 0 updated, 0 unchanged, 0 rejected"
    assert MODELS[command].objects.count() == before


@pytest.mark.parametrize("command", sorted(set(DATA) - {"import_accounts"}))
def test_a_row_of_an_unknown_account_is_rejected(tmp_path, acme, command):
    header, row = DATA[command]
    lines = [",".join(header), ",".join(row), ",".join(row).replace("A0", "A9").replace("1,", "2,", 1)]
    said = run(command, csv_file(tmp_path, *lines))
    assert said.out == "1 created, 0 updated, 0 unchanged, 1 rejected"
    assert said.rejections == ["line 3: account: there is no account 'A9'"]
    assert said.status == 1
    assert said.words == "1 of 2 rows were rejected"


@pytest.mark.parametrize("command", DATA)
def test_a_key_that_comes_twice_is_taken_once(tmp_path, acme, command):
    header, row = DATA[command]
    said = run(command, csv_file(tmp_path, ",".join(header), ",".join(row), ",".join(row)))
    assert said.out == "1 created, 0 updated, 0 unchanged, 1 rejected"
    assert said.rejections[0].endswith("the same as in line 2")


def test_an_account_takes_every_field_and_keeps_other_columns_as_attributes(tmp_path):
    owner = factories.user(email="Ada@Example.com")
    team = Team.objects.create(name="North")
    parent = factories.account(external_id="P")
    path = csv_file(
        tmp_path,
        "External ID,Name,Created on,Churned on,Segment,Industry,Country,Region,Tier,Owner,Team,Parent,"
        "Currency,Domain,Seats,Empty",
        "A1,Zoë & Co,2023-05-06,2024-05-06,SMB,Retail,FR,EMEA,Gold,ada@example.COM,North,P,"
        "eur,zoe.example,9,",
    )
    assert run("import_accounts", path).status == 0
    account = Account.objects.get(external_id="A1")
    assert (account.name, account.segment, account.industry) == ("Zoë & Co", "SMB", "Retail")
    assert (account.country, account.region, account.tier) == ("FR", "EMEA", "Gold")
    assert (account.created_on, account.churned_on) == (date(2023, 5, 6), date(2024, 5, 6))
    assert (account.owner, account.team, account.parent) == (owner, team, parent)
    assert (account.currency, account.domain) == ("EUR", "zoe.example")
    assert account.attributes == {"Seats": "9"}


def test_a_missing_column_keeps_and_an_empty_cell_clears(tmp_path):
    factories.account(
        external_id="A1", name="Acme", tier="Gold", region="EMEA", attributes={"seats": "9", "plan": "Pro"}
    )
    path = csv_file(tmp_path, "external_id,tier,seats,city", "A1,,,Oslo")
    assert run("import_accounts", path).out == "0 created, 1 updated, 0 unchanged, 0 rejected"
    account = Account.objects.get(external_id="A1")
    assert (account.name, account.tier, account.region) == ("Acme", "", "EMEA")
    assert account.attributes == {"plan": "Pro", "city": "Oslo"}
    assert run("import_accounts", path).out == "0 created, 0 updated, 1 unchanged, 0 rejected"


def test_a_new_row_needs_what_a_stored_one_may_leave_out(tmp_path):
    factories.account(external_id="A1")
    said = run("import_accounts", csv_file(tmp_path, "external_id,tier", "A1,Gold", "A2,Gold"))
    assert said.out == "0 created, 1 updated, 0 unchanged, 1 rejected"
    assert said.rejections == ["line 3: name: is missing, and this row is new"]


def test_one_column_feeds_several_fields_and_dates_come_in_the_format_named(tmp_path):
    path = csv_file(tmp_path, "customer;since", "7;16-10-2024 00:00")
    said = run(
        *("import_accounts", path, "--map", "customer=external_id", "--map", "customer=name"),
        *("--map", "since=created_on", "--date-format", "DD-MM-YYYY"),
    )
    assert said.status == 0
    assert Account.objects.values_list("external_id", "name", "created_on").get() == (
        "7",
        "7",
        date(2024, 10, 16),
    )


def test_each_bad_row_is_rejected_whole_with_every_reason(tmp_path):
    path = csv_file(
        tmp_path,
        "external_id,name,created_on,churned_on,owner,team,currency",
        "A1,Good,2024-01-01,,,,",
        "A2,Bad,01/02/2024,,,,euro",
        ",No key,,,,,",
        "A4,Backwards,2024-01-02,2024-01-01,,,",
        "A5,Unowned,,,nobody@example.com,No team,",
        'A6,"Line\nbreak",,,,,',
        f"A7,{'x' * 201},,,,,",
        "A8,Short",
        "A9,N\0L,,,,,",
    )
    said = run("import_accounts", path)
    assert said.out == "1 created, 0 updated, 0 unchanged, 8 rejected"
    assert said.rejections == [
        "line 3: created_on: '01/02/2024' is not a date like 2024-12-31; "
        "currency: 'euro' is not a currency code such as EUR",
        "line 4: external_id: is empty",
        "line 5: churned_on: is before created_on (2024-01-02)",
        "line 6: owner: there is no user 'nobody@example.com'; team: there is no team 'No team'",
        "line 7: name: holds a line break or an unprintable character",
        "line 9: name: is longer than 200 characters",
        "line 10: has 2 cells where the header has 7",
        "line 11: name: holds a NUL or half a character",
    ]
    assert list(Account.objects.values_list("external_id", flat=True)) == ["A1"]


def test_what_only_the_database_refuses_costs_its_own_row_alone(tmp_path):
    factories.account(external_id="A1", name="Acme")
    lines = [f"N{number},New {number},A1" for number in range(20)]
    path = csv_file(tmp_path, "external_id,name,parent", *lines, "A1,Acme,A1", "Z,Last,A1")
    said = run("import_accounts", path)
    assert said.out == "21 created, 0 updated, 0 unchanged, 1 rejected"
    assert said.rejections == ["line 22: breaks the rule 'account not its own parent'"]


def test_a_parent_may_stand_anywhere_in_the_file(tmp_path):
    path = csv_file(
        tmp_path,
        "external_id,name,parent",
        "A1,Grandchild,A2",
        "A2,Child,A3",
        *[f"F{number},Filler," for number in range(1200)],
        "A3,Head,",
        "A4,Orphan,A9",
        "A5,Child of an orphan,A4",
    )
    said = run("import_accounts", path)
    assert said.out == "1203 created, 0 updated, 0 unchanged, 2 rejected"
    assert said.rejections == [
        "line 1205: parent: there is no account 'A9'",
        "line 1206: parent: there is no account 'A4'",
    ]
    assert Account.objects.get(external_id="A1").parent.parent.name == "Head"
    assert run("import_accounts", path).out == "0 created, 0 updated, 1203 unchanged, 2 rejected"


def test_a_contact_has_a_role_a_language_and_a_good_address(tmp_path, acme):
    path = csv_file(
        tmp_path,
        "external_id,account,name,email,role,title,language",
        "C1,A0,Ada,ada@example.com,Decision-Maker,CTO,de",
        "C2,A0,Bob,,,,",
        "C3,A0,Eve,eve at example,boss,,german",
    )
    said = run("import_contacts", path)
    assert said.out == "2 created, 0 updated, 0 unchanged, 1 rejected"
    assert said.rejections == [
        "line 4: email: 'eve at example' is not an e-mail address; "
        "role: 'boss' is none of decision_maker, influencer, user; "
        "language: 'german' is not a language code such as en or pt-BR"
    ]
    ada, bob = Contact.objects.order_by("external_id")
    assert (ada.account, ada.role, ada.title, ada.language) == (acme, "decision_maker", "CTO", "de")
    assert (bob.email, bob.role, bob.language) == ("", "user", "")


def test_the_header_of_a_mail_cannot_be_forged_by_a_name(tmp_path, acme):
    said = run("import_contacts", csv_file(tmp_path, "external_id,account,name", 'C1,A0,"Bob\r\nBcc: e@x"'))
    assert said.rejections == ["line 2: name: holds a line break or an unprintable character"]
    assert not Contact.objects.exists()


def test_a_subscription_has_amounts_truths_and_what_it_renews(tmp_path, acme):
    path = csv_file(
        tmp_path,
        "external_id,account,product,starts_on,ends_on,annual_value,currency,auto_renew,cancelled_on,renews",
        'S2,A0,Pro,2025-01-01,2026-01-01,"1,234.50",USD,TRUE,2025-06-30,S1',
        "S1,A0,Pro,2024-01-01,2025-01-01,1000.005,,no,,",
        "S3,A0,Pro,2024-01-01,2023-01-01,1,,,,",
        "S4,A0,Pro,2024-01-01,,-1,,,,",
        'S5,A0,Pro,2024-01-01,,"1,234",,,,',
        "S6,A0,Pro,,,,,,,",
        "S7,A0,Pro,2024-01-01,,1,,,,S3",
    )
    said = run("import_subscriptions", path)
    assert said.out == "2 created, 0 updated, 0 unchanged, 5 rejected"
    assert said.rejections == [
        "line 4: ends_on: is before starts_on (2024-01-01)",
        "line 5: annual_value: '-1' is negative",
        "line 6: annual_value: '1,234' may mean thousands or thousandths: write it without the comma",
        "line 7: starts_on: is empty; annual_value: is empty",
        "line 8: renews: there is no subscription 'S3'",
    ]
    first, second = Subscription.objects.order_by("external_id")
    assert (first.annual_value, first.currency, first.auto_renew) == (Decimal("1000.01"), "EUR", False)
    assert (second.annual_value, second.currency, second.auto_renew) == (Decimal("1234.50"), "USD", True)
    assert (second.renews, second.cancelled_on) == (first, date(2025, 6, 30))


def test_a_subscription_without_a_currency_has_that_of_its_account_or_of_the_reports(tmp_path, acme):
    factories.account(external_id="B")
    header = "external_id,account,starts_on,annual_value"
    path = csv_file(tmp_path, header, "S1,A0,2024-01-01,1", "S2,B,2024-01-01,1")
    assert run("import_subscriptions", path).status == 0
    assert dict(Subscription.objects.values_list("external_id", "currency")) == {"S1": "EUR", "S2": "USD"}
    Subscription.objects.filter(external_id="S1").update(currency="GBP")
    assert run("import_subscriptions", path).out == "0 created, 0 updated, 2 unchanged, 0 rejected"
    path = csv_file(tmp_path, "external_id,currency", "S1,")
    assert run("import_subscriptions", path).out == "0 created, 1 updated, 0 unchanged, 0 rejected"
    assert Subscription.objects.get(external_id="S1").currency == "EUR"


def test_services_and_signals_are_updated_by_their_natural_keys(tmp_path, acme):
    services = csv_file(tmp_path, "account,month,revenue,cost", "A0,2024-03-15,100,50", "A0,2024-04-01,1,2")
    assert run("import_services", services).status == 0
    services = csv_file(tmp_path, "account,month,revenue", "A0,2024-03-01,120")
    assert run("import_services", services).out == "0 created, 1 updated, 0 unchanged, 0 rejected"
    assert list(ServicesMonth.objects.values_list("month", "revenue", "cost")) == [
        (date(2024, 4, 1), 1, 2),
        (date(2024, 3, 1), 120, 50),
    ]
    signals = csv_file(
        tmp_path,
        "account,key,observed_on,value",
        "A0,trend,2024-03-01,-0.12345",
        "A0,trend,2024-03-02,1",
        "A0,seats,2024-03-01,5",
    )
    assert run("import_signals", signals).out == "3 created, 0 updated, 0 unchanged, 0 rejected"
    assert run("import_signals", signals).out == "0 created, 0 updated, 3 unchanged, 0 rejected"
    assert Signal.objects.get(key="trend", observed_on=date(2024, 3, 1)).value == Decimal("-0.1235")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--map", "id=external_id"], "there is no column 'id'; the columns are external_id, name"),
        (["--map", "name=nmae"], "there is no field 'nmae'; the fields are external_id, name, created_on"),
        (["--map", "external_id="], "no column feeds external_id"),
        (["--date-format", "nonsense"], "--date-format: 'nonsense' names no year and month"),
        (["--encoding", "klingon"], "there is no encoding 'klingon'"),
    ],
)
def test_wrong_use_is_explained_and_stores_nothing(tmp_path, arguments, words):
    said = run("import_accounts", csv_file(tmp_path, "external_id,name", "A1,Acme"), *arguments)
    assert said.status == 2
    assert said.words.startswith(words)
    assert not Account.objects.exists()


def test_a_file_that_is_not_there_is_wrong_use(tmp_path):
    said = run("import_accounts", tmp_path / "none.csv")
    assert (said.status, said.words) == (2, f"{tmp_path / 'none.csv'}: No such file or directory")
    assert run("import_accounts", tmp_path).status == 2


def test_a_file_in_another_encoding_is_refused_whole_and_read_when_it_is_named(tmp_path):
    path = csv_file(tmp_path, "external_id,name", "A1,Acme", "A2,Café", encoding="cp1252")
    said = run("import_accounts", path)
    assert said.status == 1
    assert said.words == (
        f"{path}: line 3, offset 33: byte 0xe9 is not UTF-8; name the file's encoding, such as cp1252"
    )
    assert not Account.objects.exists()
    assert run("import_accounts", path, encoding="cp1252").status == 0
    assert Account.objects.get(external_id="A2").name == "Café"


def test_an_import_asks_the_database_as_often_for_ten_rows_as_for_nine_hundred(
    tmp_path, acme, django_assert_max_num_queries
):
    header, row = DATA["import_subscriptions"]
    for size in (10, 900):
        lines = [",".join(row).replace("S1", f"S{size}-{number}") for number in range(size)]
        with django_assert_max_num_queries(10):
            run("import_subscriptions", csv_file(tmp_path, ",".join(header), *lines))
    assert Subscription.objects.count() == 910
