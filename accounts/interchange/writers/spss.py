"""SPSS system files, as the PSPP developer's guide describes them; `pyreadstat` reads them in the tests.

It also writes them, but only from whole pandas or polars frames, which we do not bring along. Here the rows
go through a file on the disk, since a variable is as wide as its longest text, and memory stays flat.
"""

import marshal
import re
import struct
import tempfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import IO, Any

import numpy as np

from accounts.interchange.datasets import Column, Dataset, Type
from accounts.interchange.writers.chunks import BATCH, since_epoch
from accounts.interchange.writers.delimited import AtOnce, converted

SIZE = struct.Struct("<Q")
SYSTEM_MISSING = struct.unpack("<d", b"\xff\xff\xff\xff\xff\xff\xef\xff")[0]
FIRST_DAY = date(1582, 10, 14)
FIRST_SECOND = (FIRST_DAY - date(1970, 1, 1)).days * 86_400
LONGEST_TEXT, LONGEST_LABEL, LONGEST_NAME = 32_767, 255, 64
# A longer text is cut into variables of 255 bytes, of which 252 count towards its width.
SEGMENT, COUNTED = 255, 252
RESERVED = {"all", "and", "by", "eq", "ge", "gt", "le", "lt", "ne", "not", "or", "to", "with"}
F, A, DATE, DATETIME = 5, 1, 20, 22
FORMATS = {Type.DATE: (DATE, 11, 0), Type.INSTANT: (DATETIME, 20, 0), Type.NUMBER: (F, 12, 2)}
BLANK = 0x2020202020202020
MISSING_BITS = int.from_bytes(b"\xff\xff\xff\xff\xff\xff\xef\xff", "little")
OF_BLANK, OF_MISSING, AS_IT_IS = 254, 255, 253


def write_sav(dataset: Dataset) -> Iterator[bytes]:
    """Yield a system file in UTF-8: choices as numbers with value labels, instants in UTC."""
    with tempfile.TemporaryFile() as kept:
        widths, cases = _keep(dataset, kept)
        yield _dictionary(dataset, widths, cases)
        kept.seek(0)
        for _ in range(0, cases, BATCH):
            (size,) = SIZE.unpack(kept.read(SIZE.size))
            yield _compressed(_cases(marshal.loads(kept.read(size)), widths))  # noqa: S302 - our own


def _keep(dataset: Dataset, kept: IO[bytes]) -> tuple[list[int], int]:
    """Store the rows in batches, column by column; return the width of each text, and the count of rows."""
    widths, cases = [1] * len(dataset.columns), 0
    convert = [_converter(column) for column in dataset.columns]
    texts = {n for n, column in enumerate(dataset.columns) if column.type is Type.TEXT}
    for batch in converted(dataset.rows, convert):
        columns: list[bytes | list[bytes]] = []
        for n, cells in enumerate(batch):
            if n in texts:
                said = [cell or b"" for cell in cells]
                widths[n] = max(widths[n], *map(len, said))
                columns.append(said)
            else:
                numbers = [SYSTEM_MISSING if cell is None else cell for cell in cells]
                columns.append(np.array(numbers, "<f8").tobytes())
        cases += len(batch[0])
        # With its size before it a batch is read at once: `marshal.load` asks the file for every value.
        stored = marshal.dumps(columns)
        kept.write(SIZE.pack(len(stored)) + stored)
    return widths, cases


def _converter(column: Column) -> Any:
    if column.type is Type.TEXT:
        return lambda text: _cut(text, LONGEST_TEXT)
    if column.type is Type.CHOICE:
        return {key: float(number) for number, key in enumerate(column.choices, 1)}.get
    if column.type is Type.DATE:
        return lambda day: float((day - FIRST_DAY).days * 86_400)
    if column.type is Type.INSTANT:
        return AtOnce(_seconds)
    return float


def _seconds(cells: Sequence[datetime | str]) -> list[float]:
    """Return the seconds since the first day of the Gregorian calendar, from which SPSS counts."""
    seconds, microseconds = np.divmod(since_epoch(cells), 1_000_000)
    counted: list[float] = (seconds - FIRST_SECOND + microseconds / 1e6).tolist()
    return counted


def _cut(text: str, longest: int) -> bytes:
    """Return the text in UTF-8, cut between letters where it is too long."""
    kept = text.encode(errors="replace")
    return kept if len(kept) <= longest else kept[:longest].decode(errors="ignore").encode()


def _segments(width: int) -> list[int]:
    """Return the widths of the variables that hold a text of the width."""
    if width <= SEGMENT:
        return [width]
    full = (width - 1) // COUNTED
    return [*([SEGMENT] * full), width - COUNTED * full]


def _slots(width: int) -> int:
    """Return how many times eight bytes a text of the width takes in a case."""
    return sum(-(-part // 8) for part in _segments(width))


def _cases(columns: Sequence[bytes | list[bytes]], widths: Sequence[int]) -> bytes:
    """Return the rows of a batch one after the other, each value in as many times eight bytes as it takes."""
    parts = []
    for cells, width in zip(columns, widths, strict=True):
        rows = len(cells) // 8 if isinstance(cells, bytes) else len(cells)
        filled = cells if isinstance(cells, bytes) else _filled(cells, width)
        parts.append(np.frombuffer(filled, np.uint8).reshape(rows, -1))
    return np.hstack(parts).tobytes()


def _filled(texts: Sequence[bytes], width: int) -> bytes:
    """Return texts one after the other, filled up with blanks to the slots that the width takes."""
    if width > SEGMENT:
        texts = [b" ".join(text[at : at + SEGMENT] for at in range(0, len(text), SEGMENT)) for text in texts]
    size = _slots(width) * 8
    return b"".join([text.ljust(size) for text in texts])


def _compressed(cases: bytes) -> bytes:
    """Return the cases in the format's own compression: blanks and missing numbers take one byte of eight."""
    values = np.frombuffer(cases, "<u8")
    codes = np.full(-(-len(values) // 8) * 8, 0, np.uint8)
    codes[: len(values)] = AS_IT_IS
    codes[: len(values)][values == BLANK] = OF_BLANK
    codes[: len(values)][values == MISSING_BITS] = OF_MISSING
    is_kept = codes[: len(values)] == AS_IT_IS
    kept = np.flatnonzero(is_kept)
    blocks = codes.reshape(-1, 8)
    before = np.concatenate(([0], np.cumsum((blocks == AS_IT_IS).sum(axis=1))[:-1]))
    written = np.empty(len(blocks) + len(kept), "<u8")
    written[before + np.arange(len(blocks))] = codes.view("<u8")
    # A value stands after the codes of its own block and of all before it.
    written[np.arange(len(kept)) + kept // 8 + 1] = values[kept]
    return written.tobytes()


def _dictionary(dataset: Dataset, widths: Sequence[int], cases: int) -> bytes:
    names = _long_names([column.name for column in dataset.columns])
    variables, labels, long, very_long = [], [], [], []
    place = 1
    for n, column in enumerate(dataset.columns):
        short = f"V{n + 1:05}"
        long.append(f"{short}={names[n]}")
        if column.type is Type.TEXT:
            parts = _segments(widths[n])
            for part, width in enumerate(parts):
                name = short if part == 0 else f"S{n:03X}{part:03X}"[:8]
                variables.append(_variable(name, width, (A, width, 0), column.label if part == 0 else ""))
            if len(parts) > 1:
                very_long.append(f"{short}={widths[n]:05}\x00\t")
            place += _slots(widths[n])
        else:
            variables.append(_variable(short, 0, FORMATS.get(column.type, (F, 8, 0)), column.label))
            labels.append(_value_labels(column, place))
            place += 1
    return b"".join(
        (
            _header(dataset.name, place - 1, cases),
            *variables,
            *labels,
            _extension(3, 4, struct.pack("<8i", 1, 0, 0, -1, 1, 1, 2, 65001)),
            _extension(
                4, 8, struct.pack("<3d", SYSTEM_MISSING, 1.7976931348623157e308, -1.7976931348623155e308)
            ),
            _extension(13, 1, "\t".join(long).encode()),
            _extension(14, 1, "".join(very_long).encode()) if very_long else b"",
            _extension(20, 1, b"UTF-8"),
            struct.pack("<2i", 999, 0),
        )
    )


def _header(name: str, slots: int, cases: int) -> bytes:
    product = b"@(#) SPSS DATA FILE Earshot".ljust(60)
    label = _cut(name, 64).ljust(64)
    frame = struct.pack("<4s60s5id", b"$FL2", product, 2, slots, 1, 0, cases, 100.0)
    return frame + b"01 Jan 0000:00:00" + label + b"\x00" * 3


def _variable(name: str, width: int, shape: tuple[int, int, int], label: str) -> bytes:
    kind, size, decimals = shape
    shown = kind << 16 | size << 8 | decimals
    text = _cut(label, LONGEST_LABEL)
    record = struct.pack("<6i8s", 2, width, bool(text), 0, shown, shown, name.encode().ljust(8))
    if text:
        record += struct.pack("<i", len(text)) + text.ljust(-(-len(text) // 4) * 4)
    rest = struct.pack("<6i8s", 2, -1, 0, 0, 0, 0, b" " * 8)
    return record + rest * (max(-(-width // 8), 1) - 1)


def _value_labels(column: Column, place: int) -> bytes:
    named = [(number, text) for number, text in enumerate(column.choices.values(), 1)]
    if column.type is Type.TRUTH:
        named = [(0, "no"), (1, "yes")]
    elif column.type is Type.INTEGER:
        named = [(int(number), text) for number, text in column.choices.items()]
    if not named:
        return b""
    record = struct.pack("<2i", 3, len(named))
    for number, text in named:
        label = _cut(text, 120)
        record += struct.pack("<dB", number, len(label)) + label.ljust(-(-(len(label) + 1) // 8) * 8 - 1)
    return record + struct.pack("<3i", 4, 1, place)


def _extension(subtype: int, size: int, data: bytes) -> bytes:
    return struct.pack("<4i", 7, subtype, size, len(data) // size) + data


def _long_names(names: Sequence[str]) -> list[str]:
    """Return names that SPSS takes: 64 bytes, no word of its language, none twice in any letter case."""
    taken: set[str] = set()
    chosen = []
    for name in names:
        plain = re.sub(r"[^A-Za-z0-9_.]", "_", name).strip(".")
        plain = plain if plain[:1].isalpha() else f"v_{plain}"
        plain = f"{plain}_" if plain.lower() in RESERVED else plain
        own, number = plain[:LONGEST_NAME].rstrip("."), 1
        while own.lower() in taken:
            number += 1
            own = f"{plain[: LONGEST_NAME - 5]}_{number}"
        taken.add(own.lower())
        chosen.append(own)
    return chosen
