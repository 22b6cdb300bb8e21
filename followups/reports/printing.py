"""Reports as PDF, by typst (extra `reports`), from one template that reads the report as data."""

import importlib
import json
import re
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from followups.reports.report import Report, Section, Table
from followups.reports.words import beside
from metrics.templatetags.figures import day, figure, interval

# A word longer than its line runs off the paper; shorter ones stay whole.
LONG_WORD = re.compile(r"\S{31,}")
PIECE = 10
TEMPLATE = Path(__file__).with_name("report.typ")


class NoPrinter(Exception):
    """The extra that writes PDF is not installed."""


def can_print() -> bool:
    """Whether the extra is installed."""
    return find_spec("typst") is not None


def pdf_of(report: Report) -> bytes:
    """Return the report as an A4 PDF; raise NoPrinter without the extra `reports`.

    Words travel as data and are never read as markup, so a comment cannot become a command (SECURITY T1).
    """
    if not can_print():
        raise NoPrinter
    typst = importlib.import_module("typst")
    written: bytes = typst.compile(str(TEMPLATE), sys_inputs={"report": json.dumps(_document(report))})
    return written


def _document(report: Report) -> dict[str, Any]:
    return {
        "title": report.title,
        "subtitle": report.subtitle,
        "as_of": day(report.as_of),
        "currency": report.currency,
        "notes": [*report.notes],
        "sections": [_section(section) for section in report.sections],
    }


def _section(section: Section) -> dict[str, Any]:
    return {
        "heading": section.heading,
        "sentences": [*section.sentences],
        "figures": [
            {
                "name": each.name,
                "value": figure(each.measure),
                "interval": interval(each.measure),
                "words": beside(each),
            }
            for each in section.figures
        ],
        "bars": [asdict(each) for each in section.bars],
        "scale": section.scale,
        "trend": section.trend and {**asdict(section.trend), "names_zero": section.trend.names_zero},
        "table": _table(section.table),
        "quotes": [
            {**asdict(each), "words": breakable(each.words), "who": breakable(each.who)}
            for each in section.quotes
        ],
    }


def _table(table: Table | None) -> dict[str, Any] | None:
    if table is None or not table.rows:
        return None
    rows = [{**asdict(row), "cells": [breakable(cell) for cell in row.cells]} for row in table.rows]
    return {**asdict(table), "rows": rows, "right": [is_right for _, is_right in table.heads]}


def breakable(text: str) -> str:
    """Return the text with places without width where a word may break that is too long for a line."""
    return LONG_WORD.sub(lambda word: "\u200b".join(re.findall(f".{{1,{PIECE}}}", word[0])), text)
