"""Rows per second of the import commands, and the memory that ten times as many rows take."""

import csv
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial
from pathlib import Path

from openpyxl import Workbook

from bench.arena import ROOT, published_survey

ROWS = int(os.environ.get("BENCH_ROWS", "100000"))
FEW = ROWS // 10
# Memory is a process's own, so each import runs in one; Django itself is not what is timed.
CHILD = """
import resource, sys, time
import django
django.setup()
from django.core.management import call_command
began = time.perf_counter()
call_command(*sys.argv[1:])
print(time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
Rows = Iterator[list[object]]


def accounts(size: int, prefix: str = "B") -> Rows:
    yield ["external_id", "name", "segment", "country", "created_on", "seats", "plan"]
    for number in range(size):
        day = date(2020, 1, 1) + timedelta(number % 2000)
        yield [f"{prefix}{number}", f"Company {number}", "SMB", "FR", day.isoformat(), number % 90, "Pro"]


def subscriptions(size: int) -> Rows:
    yield ["external_id", "account", "starts_on", "ends_on", "annual_value", "renews"]
    for number in range(size):
        renews = f"T{number - 1}" if number % 3 else ""
        account = f"B{number % FEW}"
        yield [f"T{number}", account, "2024-01-01", "2025-01-01", f"{number % 5000}.50", renews]


def responses(size: int) -> Rows:
    yield ["external_id", "account", "submitted_at", "nps", "support", "reason", "role"]
    for number in range(size):
        yield [number, f"B{number % FEW}", "2024-05-06 07:08", number % 11, 1 + number % 5, "price", "Buyer"]


def text(folder: Path, name: str, rows: Rows) -> Path:
    path = folder / f"{name}.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def workbook(folder: Path, name: str, rows: Rows) -> Path:
    path = folder / f"{name}.xlsx"
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in rows:
        sheet.append(row)
    book.save(path)
    return path


def measure(*arguments: object) -> tuple[float, int]:
    """Return the seconds that a command took and the most memory it held, in MB."""
    child = subprocess.run(
        [sys.executable, "-c", CHILD, *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    seconds, kilobytes = child.stdout.splitlines()[-1].split()
    return float(seconds), int(kilobytes) // 1024


def run() -> Iterator[tuple[str, str, str]]:
    """Yield the speed of each import, created and then unchanged, and how flat its memory is."""
    survey, *_ = published_survey("imports")
    cases: list[tuple[str, tuple[str, ...], Callable[[int], Rows], Callable[..., Path]]] = [
        ("accounts, CSV", ("import_accounts",), accounts, text),
        ("accounts, XLSX", ("import_accounts",), partial(accounts, prefix="X"), workbook),
        ("subscriptions, CSV", ("import_subscriptions",), subscriptions, text),
        ("responses, CSV", ("import_responses", survey.slug), responses, text),
    ]
    with tempfile.TemporaryDirectory(prefix="earshot-bench-") as folder:
        for what, command, rows, write in cases:
            many = write(Path(folder), "many", rows(ROWS))
            first, most = measure(*command, many)
            again, _ = measure(*command, many)
            _, least = measure(*command, write(Path(folder), "few", rows(FEW)))
            yield f"import of {ROWS:,} {what}: rows/s", f"{ROWS / first:,.0f}", ""
            yield "… and once more, unchanged: rows/s", f"{ROWS / again:,.0f}", ""
            yield f"… memory that {ROWS - FEW:,} rows more take", f"{most - least} MB", "≤ 64 MB"
