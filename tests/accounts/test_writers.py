"""Every format in which data go out, read again by somebody else's reader."""

import csv
import io
import json
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zipfile import ZipFile
from zoneinfo import ZoneInfo

import pyreadstat
import pytest
from openpyxl import load_workbook

from accounts.interchange.datasets import Column, Dataset, Type
from accounts.interchange.tables import open_table
from accounts.interchange.writers import FORMATS
from accounts.interchange.writers.workbook import write_xlsx

COLUMNS = (
    Column("id", label="Its id"),
    Column("nps", Type.INTEGER, "How likely? 0–10", {"0": "not at all", "10": "extremely"}),
    Column("share", Type.NUMBER),
    Column("is_test", Type.TRUTH),
    Column("day", Type.DATE),
    Column("at", Type.INSTANT, "When"),
    Column("plan", Type.CHOICE, "Which plan?", {"a": "Basic – ä", "b": "Gold"}),
    Column("why", Type.TEXT, "W" * 300),
)
AT = datetime(2026, 6, 15, 12, 30, 15, tzinfo=UTC)
ROWS = (
    ("r1", 10, Decimal("0.25"), True, date(2026, 6, 15), AT, "b", "Grüße, „schön“ 李\nzweite Zeile"),
    ("r2", None, None, None, None, None, None, None),
    ("r3", 0, 1.5, False, date(1999, 12, 31), AT, "a", "x" * 3000 + "é"),
)
FORMULAS = (
    *("=1+1", "==1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", " =1", "　=1", "＝1", "－1", "＋1", "＠1"),
    *(
        "'=1",
        "''=1",
        "' =1",
        "=cmd|' /C calc'!A0",
        '=HYPERLINK("http://127.0.0.1:9")',
        "'quoted'",
        "a=1",
        "'",
    ),
)


def written(name, rows=ROWS, columns=COLUMNS, tmp_path=None):
    content = b"".join(FORMATS[name].write(Dataset("Survey: results", columns, iter(rows))))
    if tmp_path is None:
        return content
    path = tmp_path / f"file.{name}"
    path.write_bytes(content)
    return path


def test_csv_holds_numbers_days_and_instants_as_iso():
    lines = list(csv.reader(io.StringIO(written("csv").decode(), newline="")))
    assert lines[0] == [column.name for column in COLUMNS]
    assert lines[1] == ["r1", "10", "0.25", "true", "2026-06-15", "2026-06-15T12:30:15Z", "b", ROWS[0][7]]
    assert lines[2] == ["r2", *[""] * 7]
    assert lines[3][2:4] == ["1.5", "false"]


def test_json_lines_hold_an_object_a_line():
    first, second, _ = map(json.loads, written("jsonl").decode().splitlines())
    assert first == {
        "id": "r1",
        "nps": 10,
        "share": "0.25",
        "is_test": True,
        "day": "2026-06-15",
        "at": "2026-06-15T12:30:15Z",
        "plan": "b",
        "why": ROWS[0][7],
    }
    assert second == {"id": "r2", **dict.fromkeys(first.keys() - {"id"})}


def test_a_workbook_holds_typed_cells_in_the_reporting_zone(tmp_path):
    path = tmp_path / "file.xlsx"
    dataset = Dataset("Survey: [results]/" + "x" * 40, COLUMNS, iter(ROWS))
    path.write_bytes(b"".join(write_xlsx(dataset, zone=ZoneInfo("Asia/Kathmandu"))))
    sheet = load_workbook(path).worksheets[0]
    midnight = datetime.combine(date(2026, 6, 15), time())
    assert [cell.value for cell in sheet[1]] == [column.name for column in COLUMNS]
    assert [cell.value for cell in sheet[2]] == [
        *("r1", 10, 0.25, True, midnight, datetime.combine(midnight, time(18, 15, 15)), "b", ROWS[0][7])
    ]
    assert [cell.value for cell in sheet[3]][1:] == [None] * 7
    assert sheet.freeze_panes == "A2"


# Around the nights on which clocks are changed; as PostgreSQL writes instants, and as Python holds them.
INSTANTS = (
    *("2026-03-29T00:59:59.999999+00:00", "2026-03-29T01:00:00+00:00", "2026-10-25T00:30:00.5+00:00"),
    *("2026-04-04T14:59:59+00:00", "2026-04-04T15:00:01+00:00", "1965-01-01T00:00:00+00:00"),
    *("2026-06-15T12:30:15+02:00", AT, None, datetime(2026, 1, 1, tzinfo=ZoneInfo("America/St_Johns"))),
)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns"])
def test_a_workbook_shows_instants_by_the_clocks_of_its_zone(tmp_path, zone):
    path = tmp_path / "file.xlsx"
    dataset = Dataset("At", [Column("at", Type.INSTANT)], iter([(at,) for at in INSTANTS]))
    path.write_bytes(b"".join(write_xlsx(dataset, zone=ZoneInfo(zone))))
    _, *shown = load_workbook(path).active.values
    for given, (at,) in zip(INSTANTS, shown, strict=True):
        instant = datetime.fromisoformat(given) if isinstance(given, str) else given
        local = instant and instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None, microsecond=0)
        assert at == local


def test_spss_counts_instants_to_the_microsecond(tmp_path):
    path = written("sav", [(at,) for at in INSTANTS], [Column("at", Type.INSTANT)], tmp_path)
    data, _ = pyreadstat.read_sav(path, output_format="dict", disable_datetime_conversion=True)
    first = datetime(1582, 10, 14, tzinfo=UTC)
    for given, seconds in zip(INSTANTS, data["at"], strict=True):
        if given is None:
            assert seconds is None
        else:
            instant = datetime.fromisoformat(given) if isinstance(given, str) else given
            assert seconds == (instant - first) / timedelta(seconds=1)


def test_a_workbook_goes_on_on_a_second_sheet(monkeypatch):
    monkeypatch.setattr("accounts.interchange.writers.workbook.LAST_ROW", 4)
    content = written("xlsx", [(f"r{n}", *ROWS[0][1:]) for n in range(7)])
    book = load_workbook(io.BytesIO(content))
    assert [[row[0].value for row in sheet.rows] for sheet in book] == [
        ["id", "r0", "r1", "r2"],
        ["id", "r3", "r4", "r5"],
        ["id", "r6"],
    ]


@pytest.mark.parametrize("name", ["csv", "xlsx"])
def test_no_text_is_a_formula_and_reading_it_back_gives_the_text(tmp_path, name):
    columns = (Column("id"), Column("why"))
    path = written(name, [(str(n), text) for n, text in enumerate(FORMULAS)], columns, tmp_path)
    if name == "csv":
        text = io.StringIO(path.read_bytes().decode(), newline="")
        cells = [row[1] for row in csv.reader(text)][1:]
        assert not [cell for cell in cells if cell.lstrip()[:1] in tuple("=+-@＝＋－＠")]
    else:
        with ZipFile(path) as archive:
            assert b"<f" not in archive.read("xl/worksheets/sheet1.xml")
        assert {cell.data_type for row in load_workbook(path).active for cell in row} == {"s"}
    with open_table(path) as table:
        read = [row.cells[1] for row in table.rows]
    assert [text.strip() for text in read] == [text.strip() for text in FORMULAS]


def test_what_xml_does_not_hold_is_replaced(tmp_path):
    sheet = load_workbook(written("xlsx", [("a\x0bb", "<&>\"'")], COLUMNS[:1] + COLUMNS[7:], tmp_path)).active
    assert [cell.value for cell in sheet[2]] == ["a\ufffdb", "<&>\"'"]


def test_spss_reads_labels_codes_and_long_texts(tmp_path):
    data, meta = pyreadstat.read_sav(written("sav", tmp_path=tmp_path), output_format="dict")
    assert meta.column_names == [column.name for column in COLUMNS]
    assert meta.file_encoding == "UTF-8"
    assert meta.number_rows == 3
    assert meta.column_names_to_labels["nps"] == "How likely? 0–10"
    assert meta.column_names_to_labels["why"] == "W" * 255
    assert meta.variable_value_labels == {
        "nps": {0.0: "not at all", 10.0: "extremely"},
        "is_test": {0.0: "no", 1.0: "yes"},
        "plan": {1.0: "Basic – ä", 2.0: "Gold"},
    }
    rows = list(zip(*(list(data[name]) for name in meta.column_names), strict=True))
    assert rows[0] == ("r1", 10, 0.25, 1, date(2026, 6, 15), AT.replace(tzinfo=None), 2, ROWS[0][7])
    assert rows[1][0] == "r2"
    assert all(str(cell) in ("None", "nan", "") for cell in rows[1][1:])
    assert rows[2][7] == ROWS[2][7]


@pytest.mark.parametrize(
    "width", [1, 7, 8, 9, 252, 253, 255, 256, 257, 504, 505, 510, 511, 765, 5000, 32_767]
)
def test_spss_reads_texts_of_any_width(tmp_path, width):
    text = "".join(chr(97 + n % 26) for n in range(width))
    columns = (Column("n", Type.INTEGER), Column("text"), Column("m", Type.INTEGER))
    path = written("sav", [(1, text, 2), (3, "", 4), (5, text[: width // 2], None)] * 3, columns, tmp_path)
    data, _ = pyreadstat.read_sav(path, output_format="dict")
    assert list(data["text"]) == [text, "", text[: width // 2]] * 3
    assert list(data["n"]) == [1, 3, 5] * 3
    assert list(data["m"])[:2] == [2, 4]


def test_spss_takes_many_rows_and_none(tmp_path):
    columns = (Column("n", Type.INTEGER), Column("text"))
    for count in (0, 1, 499, 500, 501, 1234):
        path = written("sav", ((n, str(n)) for n in range(count)), columns, tmp_path)
        data, meta = pyreadstat.read_sav(path, output_format="dict")
        assert meta.number_rows == count
        assert list(data["n"]) == list(range(count))


def test_spss_gets_names_that_it_takes(tmp_path):
    names = ["all", "NPS", "nps", "a b", "1st", "x" * 80, "x" * 80 + "y", "q.c", "q."]
    _, meta = pyreadstat.read_sav(
        written("sav", [["1"] * len(names)], [Column(name) for name in names], tmp_path), output_format="dict"
    )
    assert meta.column_names == [
        *("all_", "NPS", "nps_2", "a_b", "v_1st", "x" * 64, "x" * 59 + "_2", "q.c", "q")
    ]


def test_parquet_holds_types_and_labels(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    table = parquet.read_table(written("parquet", tmp_path=tmp_path))
    assert table.num_rows == 3
    first = table.to_pylist()[0]
    assert first["at"] == AT
    assert (first["nps"], first["share"], first["plan"], first["why"]) == (10, 0.25, "b", ROWS[0][7])
    assert table.schema.field("nps").metadata == {b"label": "How likely? 0–10".encode()}


@pytest.mark.parametrize("name", FORMATS)
def test_rows_are_read_as_they_are_written(name):
    """No format but SPSS, which needs the widest text, waits for the last row."""
    read = 0

    def rows():
        nonlocal read
        for number in range(60_000):
            read += 1
            yield (f"{number * 7919 % 1_000_003} text that hardly packs {number}", number)

    chunks = FORMATS[name].write(Dataset("d", (Column("t"), Column("n", Type.INTEGER)), rows()))
    next(chunk for chunk in chunks if chunk)
    assert (read == 60_000) == (name == "sav")
    assert sum(map(len, chunks)) > 0


def test_labels_take_the_place_of_keys():
    dataset = Dataset("d", COLUMNS, iter(ROWS)).labelled()
    assert [row[6] for row in dataset.rows] == ["Gold", None, "Basic – ä"]
