"""Every page of the registry with an address that somebody made up: a page or a refusal, never a fault."""

from collections.abc import Iterator
from itertools import cycle, islice, zip_longest
from urllib.parse import quote

import pytest

from tests.metrics.pages.test_roles import addresses, company  # noqa: F401

pytestmark = pytest.mark.django_db

# More digits than Python reads as a number, and than PostgreSQL holds.
LONG, LARGE = "9" * 5000, "9" * 30
# The server passes on no address of more than 65,534 characters, and each of these letters is six of them.
TEXTS = ("x", "😀", "\ud800", "%_\\'\"<", LONG, 10_000 * "ä", "-1", LARGE)
DAYS = ("0001-01-01", "9999-12-31", "2026-02-30", "0001-01-02")
# Cursors: ["a"], [], [1, 2], [10**20], ["2026-01-01", 1], ["0001-01-01", 1, 1] and three texts.
CURSORS = (
    *(
        "9999-12-31.1.1",
        f"0001-01-01.{LONG}.1",
        "WyJhIl0=",
        "W10=",
        "WzEsMl0=",
        "WzEwMDAwMDAwMDAwMDAwMDAwMDAwMF0=",
    ),
    *("WyIyMDI2LTAxLTAxIiwgMV0=", "WyIwMDAxLTAxLTAxIiwgMSwgMV0=", "WyJhIiwgImIiLCAiYyJd"),
)
# What pages read of their address, each with what nobody should write there.
ODD = {
    "from": DAYS,
    "to": ("0001-01-01", "9999-12-31", "x", "", "0001-01-01"),
    "since": DAYS,
    "month": ("0001-01", *DAYS),
    "after": CURSORS,
    "page": (LONG, "-1", "0", "²", LARGE),
    "answered": ("x", "nps:x", ":", "nps:" + LONG),
    "rows": ("nps", *TEXTS),
    "columns": ("nps", "segment", *TEXTS),
    **dict.fromkeys(("outcome", "driver"), ("nps", *TEXTS)),
    "sort": ("--arr", "-", *TEXTS),
    "as_of": DAYS,
    "do": ("preview",),
    "visits": ("all", "x"),
    "format": ("csv", "xlsx", "x"),
    **dict.fromkeys(
        (
            "last",
            "q",
            "company",
            "theme",
            "mood",
            "kind",
            "segment",
            "tier",
            "region",
            "country",
            "industry",
            "owner",
            "team",
            "cohort",
            "product",
            "language",
            "channel",
            "programme",
            "survey",
            "account",
            "version",
            "flagged",
            "state",
            "band",
            "hearing",
            "renews",
            "bar",
            "by",
            "cohorts",
            "show",
            "of",
            "as",
            "days",
            "months",
            "lead",
            "ahead",
            "replays",
            "score",
            "part",
            "order",
            "proposed",
            "nobody_reads_this",
        ),
        TEXTS,
    ),
}


def odd_queries() -> Iterator[str]:
    """Yield queries which together give every parameter each of its values, some of them twice."""
    for values in zip_longest(*ODD.values()):
        pairs = [(name, value) for name, value in zip(ODD, values, strict=True) if value is not None]
        said = [f"{name}={quote(value.encode('utf-8', 'surrogatepass'))}" for name, value in pairs]
        yield "&".join([*said, *said[:3]])


def test_no_address_brings_a_page_down(company, executive):  # noqa: F811
    """Two of the queries each: what reads a parameter is shared, so that every value meets most of it."""
    queries = cycle(odd_queries())
    for name, address in addresses(company):
        if name == "metric" and "/nps/" not in address:
            continue
        for query in islice(queries, 2):
            response = executive.get(f"{address}?{query}")
            if response.streaming:
                b"".join(response.streaming_content)
            assert response.status_code in {200, 302, 403, 404}, (name, query[:500])
