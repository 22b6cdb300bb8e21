"""The real server: fifty people's worth of clicks on one personal link at once, and bodies without an end."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple
from urllib.request import urlopen

import pytest
from django.db import connection
from django.utils import timezone

from surveys.actions.outreach import create_invitation
from surveys.models import Response
from tests.factories import NPS, account, contact, published_survey
from tests.processes import free_port, wait_until
from tests.surveys.respondent import open_link

PROCESSES, POSTS = 5, 10
CLIENT = """
import json, sys, threading, urllib.error, urllib.parse, urllib.request

class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *arguments):
        return None

url, first, posts = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
opener, barrier, statuses = urllib.request.build_opener(Stay), threading.Barrier(posts), []

def post(number):
    body = urllib.parse.urlencode({"nps": number % 11, "_key": f"{number:022}"}).encode()
    barrier.wait(300)
    try:
        statuses.append(opener.open(url, body, timeout=300).status)
    except urllib.error.HTTPError as answer:
        statuses.append(answer.code)

threads = [threading.Thread(target=post, args=(first + n,)) for n in range(posts)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(json.dumps(statuses))
"""


class RealServer(NamedTuple):
    """Where the server listens, and the process above its workers."""

    url: str
    port: int
    pid: int

    def memory(self):
        """Return what its processes hold, in bytes."""
        family = {self.pid}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):
                if int(stat.read_text().rpartition(")")[2].split()[1]) == self.pid:
                    family.add(int(stat.parent.name))
        pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in family)
        return pages * os.sysconf("SC_PAGE_SIZE")


@pytest.fixture
def server(request):
    """The real server in two processes or so many, on the database of this test, without a Redis (T52)."""
    workers = str(getattr(request, "param", 2))
    port = free_port()
    database = f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{connection.settings_dict['NAME']}"
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "granian", "--interface", "wsgi", "--workers", workers),
            *("--blocking-threads", "4", "--host", "127.0.0.1", "--port", str(port)),
            *("--no-access-log", "--log-level", "error", "config.wsgi:application"),
        ],
        env={**os.environ, "DATABASE_URL": database, "REDIS_URL": "redis://127.0.0.1:1/0"},
        start_new_session=True,
    )
    try:
        wait_until(lambda: is_listening(port))
        yield RealServer(f"http://localhost:{port}", port, process.pid)
    finally:
        # Asked politely it waits for a visitor who has not finished speaking.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(30)


def is_listening(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("privacy", ["identified", "anonymous"])
def test_fifty_posts_from_several_processes_are_one_response_and_no_error(server, privacy):
    survey = published_survey([NPS], privacy=privacy)
    _, link = create_invitation(survey, contact(account()), now=timezone.now())
    url = f"{server.url}/r/{link.rpartition('/r/')[2]}"
    clients = [
        subprocess.Popen(
            [sys.executable, "-c", CLIENT, url, str(POSTS * number), str(POSTS)],
            stdout=subprocess.PIPE,
            env={"PATH": os.environ["PATH"]},
        )
        for number in range(PROCESSES)
    ]
    outcomes = [json.loads(client.communicate(timeout=600)[0]) for client in clients]
    statuses = Counter(status for outcome in outcomes for status in outcome)
    assert statuses == {302: 1, 409: PROCESSES * POSTS - 1}
    assert Response.objects.completed().count() == 1


MEGABYTE = 1 << 20
HUGE = 50 * MEGABYTE


def send_without_end(port, path, headers, piece):
    """Send a body of 50 MB in pieces, as far as the server takes it; return the status of the answer."""
    form = "Content-Type: application/x-www-form-urlencoded"
    head = "\r\n".join((f"POST {path} HTTP/1.1", "Host: localhost", form, headers, "", ""))
    with socket.create_connection(("127.0.0.1", port), timeout=300) as line:
        line.sendall(head.encode())
        with suppress(ConnectionError):
            for _ in range(HUGE // MEGABYTE):
                line.sendall(piece)
        return int(line.recv(64).split()[1])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("server", [1], indirect=True)
def test_bodies_without_an_end_are_refused_and_not_kept(server):
    path = open_link(published_survey([NPS]))
    urlopen(f"{server.url}/healthz").close()  # it has loaded all that it needs
    words = b"nps=9&why=" + b"x" * (MEGABYTE - 10)
    chunk = f"{MEGABYTE:x}\r\n".encode() + words + b"\r\n"
    before = server.memory()
    assert send_without_end(server.port, path, f"Content-Length: {HUGE}", words) == 413
    assert send_without_end(server.port, path, "Transfer-Encoding: chunked", chunk) == 411
    assert server.memory() - before < HUGE
    assert not Response.objects.exists()
