"""XLSX row by row: cells have a type, and a text is never a formula. openpyxl took six times as long."""

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta, tzinfo
from functools import lru_cache, partial
from itertools import chain, count, islice
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np

from accounts.interchange.datasets import Dataset, Type
from accounts.interchange.writers.chunks import BATCH, Outlet, since_epoch
from accounts.interchange.writers.delimited import AtOnce, Convert, converted
from accounts.interchange.writers.guard import guarded

LAST_ROW = 1 << 20  # of any spreadsheet; what is beyond goes to a further sheet
LONGEST_TEXT = 32_767
NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
SPECIAL = re.compile(f"[&<>{NOT_XML.pattern[1:]}")
FIRST_DAY = date(1899, 12, 30)
DAYS_BEFORE_EPOCH = (date(1970, 1, 1) - FIRST_DAY).days
QUARTER = 900
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
# Styles by number: plain, bold, day, instant.
STYLES = (
    f'{HEAD}<styleSheet xmlns="{MAIN}">'
    '<numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/>'
    '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="4">'
    '<xf numFmtId="0" xfId="0"/><xf numFmtId="0" fontId="1" xfId="0" applyFont="1"/>'
    '<xf numFmtId="164" xfId="0" applyNumberFormat="1"/><xf numFmtId="165" xfId="0" applyNumberFormat="1"/>'
    '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
    "</styleSheet>"
)
SHEET = (
    f'{HEAD}<worksheet xmlns="{MAIN}"><sheetViews><sheetView workbookViewId="0">'
    '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
    "</sheetView></sheetViews><sheetData>"
)


def write_xlsx(dataset: Dataset, *, zone: tzinfo) -> Iterator[bytes]:
    """Yield a workbook; instants stand in the zone, since spreadsheets know none."""
    outlet = Outlet()
    header = "".join(_text(column.name, ' s="1"') for column in dataset.columns)
    written = _written(zone)
    cells = [written.get(column.type, _text) for column in dataset.columns]
    batches = converted(dataset.rows, cells, missing="<c/>")
    rows = chain.from_iterable(map("".join, zip(*batch, strict=True)) for batch in batches)
    with ZipFile(outlet, "w", ZIP_DEFLATED, compresslevel=1) as archive:
        for sheet in count(1):
            with archive.open(f"xl/worksheets/sheet{sheet}.xml", "w", force_zip64=True) as file:
                file.write(f"{SHEET}<row>{header}</row>".encode())
                room = LAST_ROW - 1
                while batch := list(islice(rows, min(BATCH, room))):
                    file.write(f"<row>{'</row><row>'.join(batch)}</row>".encode())
                    room -= len(batch)
                    yield outlet.take()
                file.write(b"</sheetData></worksheet>")
            first_beyond = next(rows, None)
            if first_beyond is None:
                break
            rows = chain((first_beyond,), rows)
        for name, content in _frame(dataset.name, sheet):
            archive.writestr(name, content)
    yield outlet.take()


def _written(zone: tzinfo) -> dict[Type, Convert]:
    return {
        Type.INTEGER: lambda value: f"<c><v>{value}</v></c>",
        Type.NUMBER: lambda value: f"<c><v>{value}</v></c>",
        Type.TRUTH: lambda value: f'<c t="b"><v>{int(value)}</v></c>',
        Type.DATE: lambda value: f'<c s="2"><v>{(value - FIRST_DAY).days}</v></c>',
        Type.INSTANT: AtOnce(partial(_instants, zone=zone)),
    }


def _instants(cells: Sequence[datetime | str], zone: tzinfo) -> list[str]:
    """Return instants as days since the first, and parts of a day, by the clocks of the zone."""
    seconds = since_epoch(cells) // 1_000_000
    # Clocks are changed at a quarter of an hour; asking the zone for each cell takes thrice the time.
    quarters, places = np.unique(seconds // QUARTER, return_inverse=True)
    offsets = [_offset(quarter, zone) for quarter in quarters.tolist()]
    days, rest = np.divmod(seconds + np.array(offsets, np.int64)[places], 86_400)
    parts = (rest * 10**8 + 43_200) // 86_400
    serials = zip((days + DAYS_BEFORE_EPOCH).tolist(), parts.tolist(), strict=True)
    return [f'<c s="3"><v>{day}.{part:08}</v></c>' for day, part in serials]


@lru_cache(maxsize=4096)
def _offset(quarter: int, zone: tzinfo) -> float:
    return (datetime.fromtimestamp(quarter * QUARTER, zone).utcoffset() or timedelta()).total_seconds()


def _text(value: str, style: str = "") -> str:
    text = guarded(str(value))
    if len(text) > LONGEST_TEXT or SPECIAL.search(text):
        text = escape(NOT_XML.sub("\ufffd", text[:LONGEST_TEXT]))
    return f'<c{style} t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def _frame(name: str, sheets: int) -> Iterator[tuple[str, str]]:
    """Yield what a workbook has besides its sheets, by file."""
    numbers = range(1, sheets + 1)
    title = escape(re.sub(r"[\[\]:*?/\\']", " ", name)[:25], {'"': "&quot;"}).strip() or "Data"
    yield "xl/styles.xml", STYLES
    yield (
        "xl/workbook.xml",
        f'{HEAD}<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets>'
        + "".join(
            f'<sheet name="{title}{f" {n}" if n > 1 else ""}" sheetId="{n}" r:id="rId{n}"/>' for n in numbers
        )
        + "</sheets></workbook>",
    )
    sheet_relations = "".join(
        f'<Relationship Id="rId{n}" Type="{RELATIONS}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in numbers
    )
    yield (
        "xl/_rels/workbook.xml.rels",
        f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships">{sheet_relations}'
        f'<Relationship Id="styles" Type="{RELATIONS}/styles" Target="styles.xml"/></Relationships>',
    )
    yield (
        "_rels/.rels",
        f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/>'
        "</Relationships>",
    )
    yield (
        "[Content_Types].xml",
        f'{HEAD}<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{TYPES}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{TYPES}.styles+xml"/>'
        + "".join(
            f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{TYPES}.worksheet+xml"/>'
            for n in numbers
        )
        + "</Types>",
    )
