"""The API: rows a second of a bulk upsert, and a response handed in against a bare insert."""

import http.client
import json
import secrets
import socket
import time
from collections.abc import Iterator
from urllib.parse import urlencode

from accounts.actions.keys import create_api_key, parse_scopes
from bench.arena import ANSWERS, Server, bare_server, published_survey

CONTACTS, POSTS = 20_000, 500


def run() -> Iterator[tuple[str, str, str]]:
    """Yield the figures of the API."""
    survey, version, collector = published_survey("api")
    _, secret = create_api_key(
        "bench", parse_scopes(["all"]), team=None, expires_at=None, by=None, now=survey.created_at
    )
    limit = {"API_CALLS_PER_MINUTE": "1000000"}
    with (
        Server("config.wsgi:application", **limit) as ours,
        bare_server(survey, version, collector) as bare,
    ):
        yield from _bulk(ours, secret)
        yield from _responses(ours, bare, secret)


def _bulk(server: Server, secret: str) -> Iterator[tuple[str, str, str]]:
    post(
        server,
        secret,
        "accounts/bulk",
        {"rows": [{"external_id": f"B{n}", "name": "B"} for n in range(1000)]},
    )
    for what, name in (("created", "Ada"), ("unchanged", "Ada"), ("updated", "Bea")):
        began = time.perf_counter()
        for start in range(0, CONTACTS, 1000):
            rows = [
                {
                    "external_id": f"C{n}",
                    "account": f"B{n % 1000}",
                    "name": f"{name} {n}",
                    "email": f"c{n}@example.com",
                    "role": "user",
                    "language": "en",
                }
                for n in range(start, start + 1000)
            ]
            answer = post(server, secret, "contacts/bulk", {"rows": rows})
            assert answer[what] == 1000, answer
        yield (
            f"bulk of contacts, {what}: rows/s",
            f"{CONTACTS / (time.perf_counter() - began):,.0f}",
            "≥ 2,000",
        )


def _responses(ours: Server, bare: Server, secret: str) -> Iterator[tuple[str, str, str]]:
    scales = ("nps", "support", "product", "effort", "docs")
    answers = {**ANSWERS, **{key: int(ANSWERS[key]) for key in scales}}
    spent = {ours: 0.0, bare: 0.0}
    # Turn by turn, so that what else the machine does meets both; the first round warms them.
    for turn in range(6):
        for server in spent:
            before = server.cpu_seconds()
            load(server, secret if server is ours else "", answers)
            spent[server] += server.cpu_seconds() - before if turn else 0
    ratio = spent[ours] / spent[bare]
    yield "POST /responses, CPU per request / bare insert", f"{ratio:.2f}×", "≤ 4×"


def post(server: Server, secret: str, path: str, body: object) -> dict:
    """Return the answer to a POST of the bench's key."""
    caller = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
    caller.request("POST", f"/api/v1/{path}", json.dumps(body), headers)
    answer = json.loads(caller.getresponse().read())
    caller.close()
    return answer


def load(server: Server, secret: str, answers: dict) -> None:
    """Post responses one after the other over one connection: JSON to the API, a form to the bare one."""
    caller = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    caller.connect()
    # Head and body leave in two packets: the second would wait 40 ms for the first one's receipt.
    caller.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for _ in range(POSTS):
        key = secrets.token_hex(16)
        if secret:
            body = json.dumps({"survey": "api", "submission_key": key, "answers": answers})
            headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
            caller.request("POST", "/api/v1/responses", body, headers)
        else:
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            caller.request("POST", "/", urlencode({**ANSWERS, "_key": key}, doseq=True), headers)
        response = caller.getresponse()
        response.read()
        if response.status not in (201, 302):
            raise RuntimeError(f"not taken: {response.status}")
    caller.close()
