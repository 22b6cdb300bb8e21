"""Every page of the registry and every report as the executive opens them: time and queries, at two sizes.

2,000 accounts over 24 months, with a hundred thousand responses and with a million, each in a database of its
own and each page read at both, one right after the other: a machine that gets slower or faster meanwhile
makes no ratio, which is that of the middle round. Processor time is that of this process and of its
database's; where others use the machine as well it says more than the clock. How
long one and the same piece of work took meanwhile tells what the milliseconds are worth.

BENCH_RESPONSES chooses a smaller pair while a page is worked on (the lesser is a tenth of it), BENCH_PAGES
those pages whose names begin with one of its words.
"""

import gc
import os
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account, User
from bench import arena
from bench.company import ask_everyone, found_company, hear
from followups.pages.reports import PAGES as REPORTS
from metrics.formulas.days import months_later
from metrics.measures.query import METRICS
from metrics.pages.registry import PAGES, Page
from surveys.asking.addresses import address_hashes
from surveys.models import Campaign, Survey

RESPONSES = int(os.environ.get("BENCH_RESPONSES", "1000000"))
FEW = RESPONSES // 10
CHOSEN = tuple(os.environ.get("BENCH_PAGES", "").split()) or ("",)
ROUNDS, RUNS = 3, 3
MOST_MS, MOST_QUERIES, MOST_RATIO = 150, 20, 1.5
# Written rather than read, files rather than pages, or about what is not among these rows.
LEFT_OUT = {
    *("override", "hand_over", "saved_views", "notes", "note", "portfolio_file", "comments_export"),
    *("audience_typed", "send_monthly", "send_digest"),
}
# The same pages asked for otherwise.
VARIANTS = {
    "portfolio": ("sort=-nps", "sort=heard", "sort=renewal", "hearing=silent", "renews=90&sort=-arr"),
    "revenue": ("by=owner&cohorts=year&last=24m", "bar=expansion"),
    "renewals": (
        "ahead=24",
        "list=all&lead=60&months=36",
        "within=180&band=red",
        "as_of=2026-01-01&list=all",
    ),
    "comments": (
        *("q=visit", "order=arr", "last=all", "q=visit&order=arr&last=all", "mood=negative", "theme=support"),
        *("segment=Small", "survey=relationship&language=de", "company=Company+77"),
        *("theme=%28none%29", "mood=%28none%29&last=all"),
        *(
            "q=invoice",
            "q=%22not+renewing%22+or+Rechnung&last=all",
            "q=support+-contract",
            "q=nowhere&last=all",
        ),
        *(
            "q=invoice&mood=negative&theme=billing&segment=Small&order=arr",
            "theme=support&order=arr&last=all",
            "programme=relationship&industry=Retail&theme=billing&mood=negative",
        ),
    ),
    "survey_results": (
        *("last=all", "answered=nps:detractors", "answered=support:1&last=all", "answered=reason:price"),
        *("segment=Small", "segment=Small&region=EMEA&last=all", "language=de", "channel=email", "version=1"),
        *(
            "flagged=without",
            "flagged=without&segment=Small&last=all",
            "answered=nps:detractors&flagged=without",
        ),
        *("answered=nps:detractors&segment=Small", "version=1&answered=nps:promoters&language=de"),
    ),
    "survey_responses": (
        *("visits=all&version=1", "visits=all&flagged=without"),
        *("question=nps", "question=nps&pick=promoters", "question=reason&pick=price&last=all"),
        *("question=nps&pick=detractors&version=1", "question=reason&pick=price&answered=nps:detractors"),
        *("rows=nps&columns=segment&row=detractors&column=Small", "rows=nps&columns=segment&column=Small"),
        *(
            "rows=nps&columns=support&row=promoters&column=5&last=all",
            "rows=reason&columns=language&row=price&column=de&last=all",
            "rows=nps&columns=version&segment=Small&row=passives",
            "rows=nps&columns=tier&row=promoters&flagged=without",
        ),
    ),
    "cross_tab": (
        *("rows=nps&columns=segment", "rows=nps&columns=support", "rows=reason&columns=used&last=all"),
        *("rows=nps&columns=tier&segment=Small", "rows=support&columns=language", "rows=nps&columns=version"),
        *("rows=nps&columns=support&flagged=without", "rows=nps&columns=segment&flagged=without"),
        *(
            "rows=nps&columns=support&segment=Small&last=all",
            "rows=nps&columns=effort&answered=nps:detractors",
        ),
    ),
    "programme": (
        *("last=all", "kind=csat", "segment=Small", "region=EMEA&tier=A", "industry=Retail"),
        *("industry=Retail&last=all", "industry=Retail&segment=Enterprise&last=24m"),
    ),
    "programme_drivers": ("last=all", "segment=Small", "industry=Retail"),
    "programme_responses": (
        "outcome=nps",
        "outcome=nps&driver=support&last=all",
        "outcome=nps&driver=support&industry=Retail",
    ),
    "programme_reach": ("last=all", "segment=Small", "industry=Retail&last=all"),
    "drivers": ("last=all", "segment=Small"),
    "audience": ("list=may", "list=all&role=user&page=7"),
    "campaign": ("list=opened", "list=answered&segment=Small", "list=unknown"),
    "backtest_rows": (
        "part=all&months=36",
        "band=green&outcome=lost",
        "segment=Small",
        "score=nps&outcome=lost",
    ),
}


class Reading(NamedTuple):
    """A page's median by the clock and its least processor time, in milliseconds, and its queries.

    The least is what the page needs; above it lies what others took of the machine meanwhile.
    """

    clock: float
    processor: float
    queries: int

    def __str__(self) -> str:
        return f"{self.clock:.0f} ms ({self.processor:.0f}), {self.queries}"


def run() -> Iterator[tuple[str, str, str]]:
    """Yield each page at both sizes, and how much more processor time the larger one takes."""
    executive = found_company()
    hear(0, FEW)
    ask_everyone(executive)
    addresses = dict(_addresses())
    with arena.copy_of_database() as fewer:
        hear(FEW, RESPONSES)
        gc.collect()
        gc.freeze()  # as the server does
        many = _Readings(addresses, executive)
        with arena.asking(fewer):
            few = _Readings(addresses, executive)
        paces = [_pace()]
        for _ in range(ROUNDS):
            for name in addresses:
                with arena.asking(fewer):
                    few.read(name)
                many.read(name)
            paces.append(_pace())
    yield f"pages at {FEW:,} and {RESPONSES:,}: ms (of processor), queries; ratio", "", ""
    yield "the same work of the processor meanwhile", f"{min(paces):.0f} to {max(paces):.0f} ms", ""
    for name in addresses:
        of_few, of_many = few.reading(name), many.reading(name)
        rounds = zip(few.processor[name], many.processor[name], strict=True)
        ratio = statistics.median(of_more / of_fewer for of_fewer, of_more in rounds)
        is_met = of_many.clock <= MOST_MS and of_many.queries <= MOST_QUERIES and ratio <= MOST_RATIO
        target = f"≤ {MOST_MS} ms, ≤ {MOST_QUERIES}; ≤ {MOST_RATIO}{'' if is_met else '  MISSED'}"
        yield f"page {name}"[:58], f"{of_few}   {of_many}   {ratio:.2f}", target


class _Readings:
    """What each page took at one size: by the clock each time, and the least processor time of a round."""

    def __init__(self, addresses: dict[str, str], executive: User) -> None:
        self.addresses = addresses
        self.clock: dict[str, list[float]] = {name: [] for name in addresses}
        self.processor: dict[str, list[float]] = {name: [] for name in addresses}
        self.queries: dict[str, int] = {}
        # The name that the settings of a benchmark allow.
        self.client = Client(SERVER_NAME="127.0.0.1")
        self.client.force_login(executive)

    def reading(self, name: str) -> Reading:
        clock = statistics.median(self.clock[name])
        return Reading(clock, min(self.processor[name]), self.queries[name])

    def read(self, name: str) -> None:
        """Open a page until it is warm, counting its queries, and then as often as a round has it."""
        address = self.addresses[name]
        self.client.get(address)
        with CaptureQueriesContext(connection) as captured:
            response = self.client.get(address)
        if response.status_code != 200:
            raise RuntimeError(f"{address}: {response.status_code}")
        self.queries[name] = len(captured)
        used = []
        for _ in range(RUNS):
            before, began = _processor_seconds(), time.perf_counter()
            self.client.get(address)
            self.clock[name].append(1000 * (time.perf_counter() - began))
            used.append(1000 * (_processor_seconds() - before))
        self.processor[name].append(min(used))


def _addresses() -> Iterator[tuple[str, str]]:
    """Yield the name and address of Home, of every page, of every metric and report, as far as chosen."""
    for name, address in _all_addresses():
        if name.startswith(CHOSEN):
            yield name, address


def _all_addresses() -> Iterator[tuple[str, str]]:
    account, survey = Account.objects.order_by("pk")[7], Survey.objects.get(slug="relationship")
    said = survey.responses.order_by("-pk").values_list("public_id", flat=True)[0]
    month = months_later(timezone.localdate().replace(day=1), -1)
    of: dict[str, Any] = {
        "slug": survey.slug,
        "public_id": said,
        "month": f"{month:%Y-%m}",
    }
    campaign = Campaign.objects.get()
    other_pks = {"campaign": campaign.pk, "dry_run": campaign.pk, "audience": campaign.audience_id}
    yield "home", reverse("admin:index")
    for page in (*PAGES, *REPORTS):
        if page.name in LEFT_OUT:
            continue
        parameters = _parameters(page)
        if parameters == ["name"]:
            for metric in METRICS:
                yield f"{page.name} {metric}", reverse(page.name, args=[metric])
            if page.name == "metric_rows":
                for part in ("promoters", "9"):
                    yield f"{page.name} nps part={part}", f"{reverse(page.name, args=['nps'])}?part={part}"
            continue
        of["pk"] = other_pks.get(page.name, account.pk)
        address = reverse(page.name, kwargs={name: of[name] for name in parameters})
        yield page.name, address
        for query in VARIANTS.get(page.name, ()):
            yield f"{page.name} {query}", f"{address}?{query}"
    yield "digest of an account manager", f"{reverse('digest')}?of={account.owner_id}"


def _parameters(page: Page) -> list[str]:
    parts = page.route.split("/")
    return [part.strip("<>").partition(":")[2] for part in parts if part.startswith("<")]


def _pace() -> float:
    """Return how many milliseconds the machine takes now for a piece of work that is always the same."""
    began = time.perf_counter()
    address_hashes(f"{number}@example.com" for number in range(10_000))
    return 1000 * (time.perf_counter() - began)


def _processor_seconds() -> float:
    """Return the seconds that this process has used, and its database's where that is on this machine."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = Path(f"/proc/{cursor.fetchone()[0]}/schedstat")
    of_database = int(backend.read_text().split()[0]) / 1e9 if backend.exists() else 0.0
    return time.process_time() + of_database
