import errno
import os
import socket
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command
from django.db import connection
from kombu.exceptions import OperationalError

from accounts.models import Account
from config.collected import collect_static_files
from config.demo.guide import guide
from config.embedded import locks
from config.models import Heartbeat
from config.supervisor import Child, Supervisor
from config.tasks import beat_heart

# Every web thread and every task keeps a connection of its own: 4 x 4 + 4 stay far below PostgreSQL's 100.
MOST_PROCESSES = 4
THREADS_PER_PROCESS = 4


class Command(BaseCommand):
    help = (
        "Run web, worker and beat in the foreground; Ctrl-C stops them all."
        " The environment's PORT (8000) says on which port."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--bind", default="127.0.0.1", help="address to listen on (default: %(default)s)")
        processes = min(os.cpu_count() or 1, MOST_PROCESSES)
        parser.add_argument(
            "--processes",
            type=int,
            default=processes,
            help="web processes, and tasks at once (here: %(default)s)",
        )
        parser.add_argument(
            "--demo", action="store_true", help="load the demo company into an empty database first"
        )

    def handle(self, *args: Any, bind: str, processes: int, demo: bool, **options: Any) -> None:
        lock = self._claim_data_dir()
        self._claim_port(bind)
        try:
            self._prepare(demo=demo)
        except KeyboardInterrupt:
            raise SystemExit(130) from None
        supervisor = Supervisor(self._children(bind, processes), self.say)
        supervisor.run(each_turn=Announcement(bind, partial(self._links, demo=demo), self.say))
        self.say("Stopped.")
        os.close(lock)

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def _prepare(self, *, demo: bool) -> None:
        """Bring the database and the files up to date."""
        self.say("Bringing the database up to date ...")
        call_command("migrate", interactive=False, verbosity=0)
        if demo and not Account.objects.exists():
            self.say("Loading the demo company ...")
            call_command("seed_demo", stdout=self.stdout)
        collect_static_files()
        if settings.EMBEDDED:
            # What an earlier run wrote must not make this one look ready.
            Heartbeat.objects.all().delete()
        with suppress(OperationalError):  # no broker yet: beat asks again in five seconds
            beat_heart.apply_async(expires=30)
        connection.close()  # from here on this process only watches others

    def _links(self, *, demo: bool) -> list[str]:
        """Return what to tell people once the server answers; checking the passwords takes a second."""
        links = [f"Earshot runs: {settings.PUBLIC_BASE_URL}/", *(guide() if demo else [])]
        connection.close()
        if settings.EMAIL_BACKEND == "surveys.mail.files.EmailBackend":
            links.append(f"Mail is sent to nobody; it is written to {settings.EMAIL_FILE_PATH}.")
        return [*links, "Ctrl-C stops it."]

    def _claim_data_dir(self) -> int:
        settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
        lock = locks.open_lock(settings.DATA_DIR / "up.lock")
        if not locks.take(lock):
            raise CommandError(f"Earshot is already running on {settings.DATA_DIR}.")
        return lock

    def _claim_port(self, bind: str) -> None:
        family = socket.AF_INET6 if ":" in bind else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((bind, settings.PORT))
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    raise CommandError(
                        f"Port {settings.PORT} is taken by another program: set PORT to a free one."
                    ) from None
                raise CommandError(f"Cannot listen on {bind}:{settings.PORT}: {error.strerror}.") from None

    def _children(self, bind: str, processes: int) -> list[Child]:
        python = [sys.executable, "-m"]
        schedule = Path(settings.DATA_DIR) / "beat-schedule"
        web = [
            *(*python, "granian", "--interface", "wsgi", "config.wsgi:application"),
            *("--host", bind, "--port", str(settings.PORT), "--no-ws", "--log-level", "warning"),
            *("--workers", str(processes), "--respawn-failed-workers"),
            *("--blocking-threads", str(THREADS_PER_PROCESS), "--workers-kill-timeout", "3"),
        ]
        # Where root is all there is, eight lines of Celery's advice against it at every start help nobody.
        quiet = ["-W", "ignore:You're running the worker with superuser"]
        celery = [sys.executable, *quiet, "-m", "celery", "--quiet", "-A", "config.celery"]
        worker = ["worker", "--concurrency", str(processes), "--loglevel", "INFO"]
        beat = ["beat", "--schedule", str(schedule), "--pidfile", ""]
        return [
            Child("web", web, settings.BASE_DIR),
            Child("worker", [*celery, *worker, "--without-gossip", "--without-mingle"], settings.BASE_DIR),
            Child("beat", [*celery, *beat, "--loglevel", "WARNING"], settings.BASE_DIR),
        ]


class Announcement:
    """Print the links once, when the web server takes connections."""

    def __init__(self, bind: str, lines: Callable[[], Sequence[str]], say: Callable[[str], None]) -> None:
        self.bind = bind
        self.lines = lines
        self.say = say
        self.is_made = False

    def __call__(self) -> None:
        if self.is_made:
            return
        try:
            socket.create_connection((self.bind, settings.PORT), timeout=0.2).close()
        except OSError:
            return
        self.is_made = True
        self.say("\n".join(["", *self.lines(), ""]))
