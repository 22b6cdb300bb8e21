"""The API: rows a second of a bulk upsert, a response handed in against a bare insert, and exports."""

import http.client
import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from urllib.parse import urlencode

from django.db import connection

from accounts.actions.keys import create_api_key, parse_scopes
from bench.arena import ANSWERS, ROOT, Server, published_survey

CONTACTS, POSTS, RESPONSES = 20_000, 500, int(os.environ.get("BENCH_RESPONSES", "200000"))
FORMATS = ("csv", "jsonl", "xlsx", "sav", "parquet")
# Memory is a process's own, so each export runs in one; Django itself is not what is timed.
EXPORT = """
import os, resource, sys, time
import django
django.setup()
from accounts.interchange.writers import FORMATS
from accounts.models.people import OPERATOR
from surveys.exports import responses_dataset
from surveys.models import Survey
dataset = responses_dataset(Survey.objects.get(slug=sys.argv[1]), OPERATOR)
began, size = time.perf_counter(), 0
for chunk in FORMATS[sys.argv[2]].write(dataset):
    size += len(chunk)
print(time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, size)
"""
FILL = """
INSERT INTO surveys_response (public_id, survey_id, version_id, collector_id, submission_key, started_at,
    submitted_at, changed_at, revision, language, channel, answers, hidden, is_test, flags)
SELECT gen_random_uuid(), %s, %s, %s, 'x' || n, now(), now(), now() - n * interval '1 second', 1, 'en',
    'link', %s, '{}', false, '{}' FROM generate_series(1, %s) AS n
"""


def run() -> Iterator[tuple[str, str, str]]:
    """Yield the figures of the API."""
    survey, version, collector = published_survey("api")
    _, secret = create_api_key(
        "bench", parse_scopes(["all"]), team=None, expires_at=None, by=None, now=survey.created_at
    )
    ours = Server("config.wsgi:application", API_CALLS_PER_MINUTE="1000000")
    parameters = connection.get_connection_params()
    dsn = " ".join(
        f"{name}={parameters[name]}" for name in ("host", "port", "user", "dbname") if parameters.get(name)
    )
    bare = Server(
        "bench.bare:application", BENCH_DSN=dsn, BENCH_IDS=f"{survey.pk},{version.pk},{collector.pk}"
    )
    try:
        yield from _bulk(ours, secret)
        yield from _responses(ours, bare, secret)
    finally:
        ours.stop()
        bare.stop()
    yield from _exports()


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
    answers = {
        **ANSWERS,
        **{key: int(ANSWERS[key]) for key in ("nps", "support", "product", "effort", "docs")},
    }
    spent = {ours: 0.0, bare: 0.0}
    # Turn by turn, so that what else the machine does meets both; the first round warms them.
    for turn in range(6):
        for server in spent:
            before = server.cpu_seconds()
            load(server, secret if server is ours else "", answers)
            spent[server] += server.cpu_seconds() - before if turn else 0
    ratio = spent[ours] / spent[bare]
    yield "POST /responses, CPU per request / bare insert", f"{ratio:.2f}×", "≤ 4×"


def _exports() -> Iterator[tuple[str, str, str]]:
    sizes = (RESPONSES // 10, RESPONSES)
    for number, size in enumerate(sizes):
        survey, version, collector = published_survey(f"export{number}")
        answers = {
            **ANSWERS,
            **{key: int(ANSWERS[key]) for key in ("nps", "support", "product", "effort", "docs")},
        }
        with connection.cursor() as cursor:
            cursor.execute(FILL, [survey.pk, version.pk, collector.pk, json.dumps(answers), size])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE surveys_response")
    for name in FORMATS:
        (_, least), (seconds, most) = (export(f"export{number}", name) for number in range(2))
        target = "≥ 20,000" if name in ("csv", "jsonl") else ""
        yield f"export of {RESPONSES:,} responses, {name}: rows/s", f"{RESPONSES / seconds:,.0f}", target
        yield f"… memory that {sizes[1] - sizes[0]:,} rows more take", f"{(most - least) >> 10} MB", "≤ 32 MB"


def export(slug: str, name: str) -> tuple[float, int]:
    """Return the seconds that an export took, and the most memory its process held, in KB."""
    child = subprocess.run(
        [sys.executable, "-c", EXPORT, slug, name], cwd=ROOT, check=True, capture_output=True, text=True
    )
    seconds, kilobytes, _ = child.stdout.splitlines()[-1].split()
    return float(seconds), int(kilobytes)


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
