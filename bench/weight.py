"""What a phone loads for a ten-question survey: bytes on the wire and requests, from an empty cache."""

import gzip
import re
import urllib.request
from urllib.parse import urljoin

from bench.arena import Server, published_survey

LINKED = re.compile(r"""<(?:link[^>]+rel="?stylesheet[^>]+href|script[^>]+src|img[^>]+src)="([^"]+)""")


def run() -> list[tuple[str, str, str]]:
    """Return the weight of the page and of all it links."""
    published_survey("weight")
    with Server("config.wsgi:application") as server:
        wire, page = fetch(f"{server.url}/s/weight/")
        linked = [urljoin(f"{server.url}/s/weight/", path) for path in LINKED.findall(page)]
        sizes = [wire, *(fetch(url)[0] for url in linked)]
    return [
        ("respondent page, cold, on the wire", f"{sum(sizes) / 1000:.1f} KB", "≤ 20 KB"),
        ("respondent page, requests", str(len(sizes)), "≤ 3"),
    ]


def fetch(url: str) -> tuple[int, str]:
    """Return the bytes on the wire, headers left out, and the text."""
    request = urllib.request.Request(url, headers={"Accept-Encoding": "gzip", "Accept": "text/html,*/*"})
    with urllib.request.urlopen(request, timeout=10) as response:
        body = response.read()
        is_packed = response.headers.get("Content-Encoding") == "gzip"
    return len(body), (gzip.decompress(body) if is_packed else body).decode()
