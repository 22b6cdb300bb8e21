"""The whole product as one command: started, used, killed, started again, stopped."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.request import urlopen

import environ
import psycopg
import pytest

from tests.processes import free_port, pids_with, wait_until

ROOT = Path(__file__).resolve().parents[2]
SECONDS_TO_BE_READY = 240  # four on a free machine


class Instance:
    """An embedded instance with a folder and a port of its own."""

    def __init__(self, data_dir, port):
        self.data_dir = data_dir
        self.url = f"http://127.0.0.1:{port}"
        kept = {"PATH", "HOME", "LANG", "PYTHONDONTWRITEBYTECODE"}
        self.environment = {name: value for name, value in os.environ.items() if name in kept}
        self.environment |= {"DATA_DIR": str(data_dir), "PORT": str(port)}

    def run(self, *command, **environment):
        return subprocess.run(
            [sys.executable, ROOT / "manage.py", *command],
            env=self.environment | environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def start(self):
        log = (self.data_dir / "up.log").open("ab")
        with log:
            return subprocess.Popen(
                [sys.executable, ROOT / "manage.py", "up", "--processes", "1"],
                env=self.environment,
                stdout=log,
                stderr=log,
            )

    def is_ready(self):
        try:
            with urlopen(f"{self.url}/readyz", timeout=30) as answer:
                return set(json.load(answer).values()) == {"ok"}
        except OSError:  # not there yet, not ready yet, or too slow to say so
            return False

    def query(self, statement):
        parts = environ.Env.db_url_config((self.data_dir / "postgres/url").read_text())
        with psycopg.connect(host=parts["HOST"], user=parts["USER"], dbname=parts["NAME"]) as connection:
            return connection.execute(statement).fetchall()

    def pids(self):
        return pids_with("DATA_DIR", self.data_dir)


@pytest.fixture
def instance():
    data_dir = Path(tempfile.mkdtemp(prefix="earshot-up-"))
    data_dir.chmod(0o755)
    instance = Instance(data_dir, free_port())
    yield instance
    wait_until(lambda: instance.pids() == [])
    shutil.rmtree(data_dir, ignore_errors=True)


# As an older release would have left it, before there was the table that readiness is told from.
WITHOUT_HEARTBEATS = """
from django.conf import settings
from django.core.management import call_command
print(settings.REDIS_URL, settings.EMBEDDED)
call_command("migrate", "config", "zero", verbosity=0)
"""
KEEP = """
from accounts.models import Team
from django.core.mail import send_mail
Team.objects.create(name="Kept")
send_mail("Asked", "How are we doing?", None, ["ada@example.com"])
"""


def test_it_starts_shares_survives_a_kill_and_stops_clean(instance):
    # Any command starts the servers whose address is missing, and lays the tables if it is the first.
    shown = instance.run("shell", "-v0", "-c", WITHOUT_HEARTBEATS, REDIS_URL="redis://127.0.0.1:1/0")
    assert shown.stdout == "redis://127.0.0.1:1/0 True\n", shown.stderr
    assert (instance.data_dir / "postgres").exists()
    assert not (instance.data_dir / "valkey").exists()

    first = instance.start()
    try:
        wait_until(instance.is_ready, SECONDS_TO_BE_READY)

        second = instance.run("up")
        assert second.returncode == 1
        assert second.stderr == f"CommandError: Earshot is already running on {instance.data_dir}.\n"

        (instance.data_dir / "mail").mkdir(mode=0o755, exist_ok=True)
        kept = instance.run("shell", "-v0", "-c", KEEP)
        assert kept.returncode == 0, kept.stderr
        # Without a server to hand it to, mail is told of, written to a file and stands in no log.
        folder = instance.data_dir / "mail"
        assert folder.stat().st_mode & 0o777 == 0o700
        (mail,) = folder.iterdir()
        assert "To: ada@example.com" in mail.read_text()
        assert "ada@example.com" not in kept.stdout + kept.stderr
        told = f"written to {folder}."
        wait_until(lambda: told in (instance.data_dir / "up.log").read_text())
        wait_until(instance.is_ready)
    finally:
        first.kill()
        first.wait()
    wait_until(lambda: instance.pids() == [])

    again = instance.start()
    try:
        wait_until(instance.is_ready, SECONDS_TO_BE_READY)
        assert instance.query("SELECT name FROM accounts_team") == [("Kept",)]
    finally:
        again.send_signal(signal.SIGINT)
    assert again.wait(timeout=600) == 0
    wait_until(lambda: instance.pids() == [])


def test_a_taken_port_is_named_in_one_line(instance):
    with socket.create_server(("127.0.0.1", int(instance.environment["PORT"]))):
        refused = instance.run("up")
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"CommandError: Port {instance.environment['PORT']} is taken")
    assert refused.stderr.count("\n") == 1


def test_asking_for_help_starts_nothing(instance):
    for command, said in (("up", "Ctrl-C stops them all"), ("demo", "with a demo company")):
        shown = instance.run(command, "--help")
        assert shown.returncode == 0
        assert said in shown.stdout
        assert "PORT" in shown.stdout
    assert list(instance.data_dir.iterdir()) == []


@pytest.mark.parametrize(
    ("environment", "reason"),
    [
        ({}, "SECRET_KEY is not set"),
        ({"SECRET_KEY": "changeme"}, "SECRET_KEY is weak"),
    ],
)
def test_outside_the_demo_an_unsafe_key_refuses_to_start(instance, environment, reason):
    addresses = {"DATABASE_URL": os.environ["DATABASE_URL"], "REDIS_URL": os.environ["REDIS_URL"]}
    instance.environment |= addresses | environment
    refused = instance.run("up")
    assert refused.returncode != 0
    assert reason in refused.stderr
    assert list(instance.data_dir.iterdir()) == []
