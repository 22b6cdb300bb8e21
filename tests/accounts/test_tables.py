import gzip
import zipfile
from datetime import datetime

import pytest
from openpyxl import Workbook

from accounts.interchange.columns import MappingRefused, map_columns
from accounts.interchange.delimited import EncodingUnknown
from accounts.interchange.report import MAX_SHOWN, Report
from accounts.interchange.rows import TableRefused
from accounts.interchange.tables import open_table
from tests.accounts.tables import csv_file, workbook


def read(path, **options):
    with open_table(path, **options) as table:
        return table.header, [(row.line, row.fault or list(row.cells)) for row in table.rows]


@pytest.mark.parametrize(
    ("name", "delimiter", "encoding"),
    [
        ("table.csv", ",", "utf-8"),
        ("table.csv", ",", "utf-8-sig"),
        ("table.csv", ";", "utf-8"),
        ("table.csv", "\t", "utf-8"),
        ("table.tsv", "\t", "utf-8"),
        ("table.csv", "|", "utf-8"),
        ("table.csv.gz", ",", "utf-8-sig"),
    ],
)
def test_it_finds_out_the_delimiter_and_the_mark(tmp_path, name, delimiter, encoding):
    lines = [delimiter.join(cells) for cells in (["id", "name"], ["1", "Zoë, Ltd"], ["2", "Øre; AS"])]
    if delimiter in ",;":
        lines = [
            delimiter.join(f'"{cell}"' for cell in cells) for cells in (["id", "name"], ["1", "Zoë, Ltd"])
        ]
    header, rows = read(csv_file(tmp_path, *lines, name=name, encoding=encoding))
    assert header == ("id", "name")
    assert rows[0] == (2, ["1", "Zoë, Ltd"])


def test_commas_in_the_words_of_a_header_are_not_the_delimiter(tmp_path):
    path = csv_file(tmp_path, 'id;"Why, in a word, or two, or three?"', "1;price", "2;speed")
    assert read(path)[0] == ("id", "Why, in a word, or two, or three?")


def test_a_named_delimiter_is_taken(tmp_path):
    assert read(csv_file(tmp_path, "a:b", "1:2"), delimiter=":")[1] == [(2, ["1", "2"])]


def test_a_row_is_named_by_the_line_that_it_begins_on(tmp_path):
    path = csv_file(tmp_path, "", "id,text", '1,"two\r\nlines"', "", ",", "2,b")
    assert read(path) == (("id", "text"), [(3, ["1", "two\r\nlines"]), (7, ["2", "b"])])


def test_rows_that_do_not_fit_the_header_are_faulty(tmp_path):
    path = csv_file(tmp_path, "a,b,", "1", "1,2,", "1,2,,3", "1,2,,")
    assert read(path)[1] == [
        (2, "has 1 cells where the header has 2"),
        (3, ["1", "2", ""]),
        (4, "has cells beyond the 2 columns of the header"),
        (5, ["1", "2", "", ""]),
    ]


def test_what_no_database_stores_is_a_fault_of_its_row(tmp_path):
    path = csv_file(tmp_path, "a,b", "1,x\0y", f"2,{'x' * 10_001}", "3,ok")
    assert read(path)[1] == [
        (2, "b: holds a NUL or half a character"),
        (3, "b: is longer than 10,000 characters"),
        (4, ["3", "ok"]),
    ]


def test_half_a_character_is_a_fault_of_its_row(tmp_path):
    path = tmp_path / "table.csv"
    path.write_bytes(b"a,b\r\n1,+2AA-\r\n2,ok\r\n")
    assert read(path, encoding="utf-7")[1] == [(2, "b: holds a NUL or half a character"), (3, ["2", "ok"])]


def test_an_open_quote_ends_the_reading_with_a_fault(tmp_path):
    path = csv_file(tmp_path, "a,b", "1,ok", '2,"open', *["x" * 100] * 2000)
    rows = read(path)[1]
    assert rows[0] == (2, ["1", "ok"])
    assert rows[1][0] == 3
    assert "is a quote left open?" in rows[1][1]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no header"),
        (b"\r\n , \r\n", "no header"),
        (b",".join([b"x"] * 201), "201 columns; 200 are the most"),
        (b"x" * (5 << 20), "line 1: .* longer than"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "old or encrypted"),
        (b"PK\x03\x04 and no archive", "not an XLSX workbook"),
        (b"\x1f\x8b and no gzip", "gzip file is damaged"),
        (gzip.compress(b"a,b\r\n1,2\r\n", mtime=0)[:-9], "gzip file is damaged"),
    ],
)
def test_what_is_no_table_is_refused_whole(tmp_path, content, reason):
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    with pytest.raises(TableRefused, match=reason):
        read(path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a,b\r\n1,caf\xe9\r\n", "line 2, offset 10: byte 0xe9 is not UTF-8"),
        (b"a,b\r\n" + b"1,x\r\n" * 40_000 + b"\xff", "line 40002, offset 200005: byte 0xff is not UTF-8"),
        (b"a,b\r\n1,caf\xc3", "line 2, offset 10: byte 0xc3 is not UTF-8"),
    ],
)
def test_another_encoding_is_refused_with_the_place_of_its_first_byte(tmp_path, content, words):
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    with pytest.raises(TableRefused) as refused:
        read(path)
    assert str(refused.value) == f"{words}; name the file's encoding, such as cp1252"


def test_a_place_is_right_where_a_letter_lies_across_two_reads(tmp_path):
    path = tmp_path / "table.csv"
    path.write_bytes(b"a,b\r\n" + b"x" * 65530 + "é".encode() + b"\n\xff")
    with pytest.raises(TableRefused, match=r"line 3, offset 65538: byte 0xff"):
        read(path)


def test_a_named_encoding_is_read(tmp_path):
    path = csv_file(tmp_path, "id,name", "1,Café", encoding="cp1252")
    assert read(path, encoding="cp1252")[1] == [(2, ["1", "Café"])]


def test_utf_16_is_recognised_by_its_mark(tmp_path):
    path = csv_file(tmp_path, "id,name", "1,Café", encoding="utf-16")
    assert read(path)[1] == read(path, encoding="utf-16")[1] == [(2, ["1", "Café"])]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_first_line_by_which_excel_names_the_delimiter_is_no_header(tmp_path, delimiter):
    path = csv_file(tmp_path, f"sep={delimiter}", "id", "1", "2")
    assert read(path) == (("id",), [(3, ["1"]), (4, ["2"])])
    path = csv_file(tmp_path, f"SEP={delimiter}", f"id{delimiter}name", f'1{delimiter}"a,b;c"')
    assert read(path) == (("id", "name"), [(3, ["1", "a,b;c"])])
    path = csv_file(tmp_path, f"id{delimiter}name", f"1{delimiter}x", f"sep={delimiter}")
    assert read(path)[1][1] == (3, ["sep=", ""])


@pytest.mark.parametrize("encoding", ["klingon", "rot13", "hex", "undefined"])
def test_an_encoding_that_is_none_is_named(tmp_path, encoding):
    with pytest.raises(EncodingUnknown, match=encoding):
        read(csv_file(tmp_path, "a"), encoding=encoding)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", " =1", "\t=1", "＝1", "-1,5"])
def test_the_guard_of_a_formula_is_taken_off(tmp_path, text):
    assert read(csv_file(tmp_path, "a,b", f'1,"\'{text}"'))[1] == [(2, ["1", text])]


@pytest.mark.parametrize("text", ["'t Hof", "'", "''", "O'Neill", "'quoted'"])
def test_other_apostrophes_stay(tmp_path, text):
    assert read(csv_file(tmp_path, "a,b", f'1,"{text}"'))[1] == [(2, ["1", text])]


def test_a_workbook_gives_dates_and_texts(tmp_path):
    day = datetime(2024, 10, 16)  # noqa: DTZ001
    path = workbook(
        tmp_path,
        [],
        ["id", "name", "on", "value"],
        [7, "Zoë", day, 12.5],
        [None, None],
        [8.0, True, None, 1e15],
        ["007", "'=1", "2024-10-16", 0.1],
    )
    assert read(path) == (
        ("id", "name", "on", "value"),
        [
            (3, ["7", "Zoë", day, "12.5"]),
            (5, ["8", "TRUE", "", "1000000000000000"]),
            (6, ["007", "=1", "2024-10-16", "0.1"]),
        ],
    )


def test_cells_beside_the_columns_of_a_sheet_are_not_read(tmp_path):
    assert read(workbook(tmp_path, ["a"], ["1", "a note"]))[1] == [(2, ["1"])]


def test_a_workbook_that_is_too_wide_is_refused(tmp_path):
    with pytest.raises(TableRefused, match="columns"):
        read(workbook(tmp_path, ["x"] * 300))


def test_a_workbook_that_unpacks_to_too_much_is_refused_unopened(tmp_path):
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (20 << 20))
    with pytest.raises(TableRefused, match="unpack to 20 MB"):
        read(path)


def test_a_workbook_damaged_inside_gives_what_comes_before_and_a_fault(tmp_path):
    path = tmp_path / "table.xlsx"
    book = Workbook()
    for number in range(50):
        book.active.append(["id"] if number == 0 else [number])
    book.save(path)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    parts[sheet] = parts[sheet][: len(parts[sheet]) // 2]
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    rows = read(path)[1]
    assert rows[0] == (2, ["1"])
    assert rows[-1][1] == "the workbook is damaged here; nothing after this row was read"


FIELDS = ("external_id", "name", "tier")


def test_columns_feed_the_fields_of_their_names():
    columns = map_columns(["External ID", "NAME", "seats", ""], FIELDS, [])
    assert columns.by_field == {"external_id": 0, "name": 1}
    assert columns.others == {"seats": 2}


def test_a_wish_goes_before_a_name_and_one_column_feeds_several_fields():
    columns = map_columns(["id", "Name", "tier"], FIELDS, ["id=external_id", "ID = name", "tier="])
    assert columns.by_field == {"external_id": 0, "name": 0}
    assert columns.others == {"Name": 1}


def test_a_column_may_hold_the_sign_of_a_wish():
    assert map_columns(["a=b"], FIELDS, ["a=b=name"]).by_field == {"name": 0}


@pytest.mark.parametrize(
    ("header", "wishes", "reason"),
    [
        (["id"], ["id"], "column=field"),
        (["id"], ["=name"], "column=field"),
        (["id"], ["id=nmae"], "no field 'nmae'; the fields are external_id, name, tier"),
        (["id", "x"], ["key=name"], "no column 'key'; the columns are id, x"),
        (["id", "x"], ["id=name", "x=name"], "two columns are to feed name"),
        (["name", "Name"], [], "two columns are called 'Name'"),
        (["seats", "seats"], [], "two columns are called 'seats'"),
        (["ID", "iD"], ["id=name"], "2 columns are called 'id'"),
        (["id"], [], "no column feeds external_id"),
    ],
)
def test_a_wish_that_cannot_be_fulfilled_is_explained(header, wishes, reason):
    with pytest.raises(MappingRefused, match=reason):
        map_columns(header, FIELDS, wishes, needed=("external_id",))


def test_a_report_is_in_the_order_of_the_file_and_counts_what_it_leaves_out():
    report = Report()
    for line in range(MAX_SHOWN + 5, 0, -1):
        report.reject(line, "a: is wrong", "b: too")
    assert report.rejections()[0] == "line 6: a: is wrong; b: too"
    assert report.rejections()[-1] == "… and 5 more"
    assert len(report.rejections()) == MAX_SHOWN + 1
    assert report.summary() == "0 created, 0 updated, 0 unchanged, 1005 rejected"
