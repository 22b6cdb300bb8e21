"""Making, starting and stopping one server on Unix sockets only, so that nothing on the network can reach it."""

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from config.embedded import binaries, locks
from config.embedded.places import Owner, database_owner, make_socket_folder

SECONDS_TO_START = 60.0  # recovery after a crash replays the journal first
SECONDS_TO_STOP = 15.0


class ServerFailed(Exception):
    """A server could not be found, made or started; the message says why in words for the operator."""


class Server(ABC):
    """A server of one home folder."""

    stop_signal: signal.Signals

    def __init__(self, home: Path, *, durable: bool, owner: Owner) -> None:
        self.home = home
        self.durable = durable
        self.owner = owner
        self.data = home / "data"
        self.log = home / "log"
        self.sockets = make_socket_folder(home, owner)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """Return the address as DATABASE_URL or REDIS_URL takes it."""

    @abstractmethod
    def start(self) -> None:
        """Return when the server answers; raise ServerFailed when it does not."""

    @abstractmethod
    def leftover_pid(self) -> int | None:
        """Return the process number that an earlier server of this home wrote down, or None."""

    def stop(self) -> None:
        """Stop the server in order, then by force."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(self.stop_signal)
            try:
                self.process.wait(SECONDS_TO_STOP)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def launch(self, arguments: Sequence[str | Path], is_ready: Callable[[], bool]) -> None:
        """Start the program and return when it is ready.

        Its processes inherit a lock of the home folder: as long as one lives, whoever started it, the lock is held.
        """
        lock = self._outlive_leftovers()
        try:
            with self.log.open("wb") as log:
                self.process = subprocess.Popen(
                    [*map(str, arguments)],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd=self.data,
                    env=plain_environment(),
                    pass_fds=[lock],
                    preexec_fn=die_with_parent(self.stop_signal),  # noqa: PLW1509 -- the keeper has one thread
                    **self.owner.popen_arguments,  # type: ignore[call-overload]
                )
        finally:
            os.close(lock)
        deadline = time.monotonic() + SECONDS_TO_START
        while not is_ready():
            if self.process.poll() is not None:
                raise ServerFailed(f"{Path(str(arguments[0])).name} stopped at once: {self.last_words()}")
            if time.monotonic() > deadline:
                self.stop()
                raise ServerFailed(f"{Path(str(arguments[0])).name} did not get ready: {self.last_words()}")
            time.sleep(0.02)

    def last_words(self) -> str:
        """Return the end of the server's log."""
        lines = self.log.read_text(errors="replace").splitlines()
        return " / ".join(lines[-3:]) or "it said nothing"

    def _outlive_leftovers(self) -> int:
        """Return the home's server lock, after the end of any server that lost its keeper."""
        lock = locks.open_lock(self.home / "server.lock")
        patience = (0.0, 2.0, SECONDS_TO_STOP, SECONDS_TO_STOP)
        for seconds, number in zip(patience, (None, self.stop_signal, signal.SIGKILL, None), strict=True):
            if locks.take(lock, within=seconds):
                return lock
            pid = self.leftover_pid()
            # The lock is held, so a process of this home lives and the number it wrote down is still its own.
            if number and pid:
                with suppress(ProcessLookupError):
                    os.kill(pid, number)
        os.close(lock)
        raise ServerFailed(f"a server of {self.home} is still running and does not stop")


class PostgreSQL(Server):
    """PostgreSQL with one database, `earshot`."""

    stop_signal = signal.SIGINT  # "fast": refuses new work, rolls back, writes a checkpoint

    def __init__(self, home: Path, *, durable: bool) -> None:
        super().__init__(home, durable=durable, owner=database_owner())

    @property
    def url(self) -> str:
        return f"postgres://earshot@/{quote(str(self.sockets))}/earshot"

    def start(self) -> None:
        failures = []
        for installation in self._installations():
            try:
                if not self.data.exists():
                    self._initialise(installation)
                self._serve(installation)
            except ServerFailed as failure:
                failures.append(f"{installation.bin}: {failure}")
            else:
                return
        raise ServerFailed("; ".join(failures))

    def leftover_pid(self) -> int | None:
        try:
            return int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return None

    def _installations(self) -> Iterator[binaries.Postgres]:
        """Yield what may serve this home: any for new data, the same major version for existing data."""
        found = list(binaries.postgres_installations())
        if not found:
            raise ServerFailed(
                f"no PostgreSQL {binaries.OLDEST_POSTGRES} or later on this machine and no wheel for it: "
                "install one, or set DATABASE_URL"
            )
        if self.data.exists():
            major = int((self.data / "PG_VERSION").read_text())
            fitting = [installation for installation in found if installation.major == major]
            if not fitting:
                others = ", ".join(sorted({str(installation.major) for installation in found}))
                raise ServerFailed(
                    f"{self.data} was made by PostgreSQL {major}, but this machine has only {others}: "
                    f"install PostgreSQL {major}, or move the data with its pg_dump"
                )
            found = fitting
        for installation in found:
            reachable = self.owner.can_reach(installation.bin)
            if reachable or installation.parts:
                yield installation if reachable else installation.copied_to(self.home)

    def _initialise(self, installation: binaries.Postgres) -> None:
        # Made under another name, so that an interrupted initdb is never taken for a database.
        partial = self.home / "data.partial"
        shutil.rmtree(partial, ignore_errors=True)
        self.owner.make_folder(partial)
        # From 17 on PostgreSQL brings its own C.UTF-8; before, the machine's has the same order.
        builtin = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if installation.major >= 17 else []
        locale = "C" if builtin or sys.platform == "darwin" else "C.UTF-8"
        self._run(
            [installation.bin / "initdb", "-D", partial, "-U", "earshot", "--auth=trust", "--encoding=UTF8"]
            + [f"--locale={locale}", *builtin, *([] if self.durable else ["--no-sync"])]
        )
        self._run(
            [installation.bin / "postgres", "--single", *([] if self.durable else ["-F"]), "-D", partial, "postgres"],
            standard_input="CREATE DATABASE earshot\n",
        )
        partial.rename(self.data)

    def _run(self, arguments: Sequence[str | Path], standard_input: str = "") -> None:
        done = subprocess.run(
            [*map(str, arguments)],
            input=standard_input,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd="/",
            env=plain_environment(),
            check=False,
            **self.owner.popen_arguments,  # type: ignore[call-overload]
        )
        if done.returncode != 0 or "ERROR" in done.stdout or "FATAL" in done.stdout:
            raise ServerFailed(" / ".join(done.stdout.strip().splitlines()[-3:]))

    def _serve(self, installation: binaries.Postgres) -> None:
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.sockets),
            "unix_socket_permissions": "0700",
            "max_connections": "100",  # web threads, worker, beat and commands; the test suite's workers
            "shared_buffers": "128MB",
            "jit": "off",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_checkpoints": "off",
        }
        if self.durable:
            options |= {"fsync": "on", "synchronous_commit": "on"}
        else:
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
            options |= {"wal_level": "minimal", "max_wal_senders": "0"}
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        self.launch([installation.bin / "postgres", "-D", self.data, *settings], self._is_ready)

    def _is_ready(self) -> bool:
        # The eighth line is the state that pg_ctl waits for; a stale file carries another process number.
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return (
            self.process is not None
            and len(lines) >= 8
            and lines[0] == str(self.process.pid)
            and lines[7].strip() == "ready"
        )


class Valkey(Server):
    """Valkey (or Redis) that appends every write to a file and never evicts: it holds a queue, not a cache."""

    stop_signal = signal.SIGTERM

    def __init__(self, home: Path, *, durable: bool) -> None:
        super().__init__(home, durable=durable, owner=Owner(os.geteuid(), os.getegid(), is_us=True))
        self.socket = self.sockets / "valkey.sock"
        self.data.mkdir(mode=0o700, exist_ok=True)

    @property
    def url(self) -> str:
        return f"unix://{quote(str(self.socket))}?db=0"

    def start(self) -> None:
        program = binaries.valkey_program()
        if program is None:
            raise ServerFailed("no Valkey or Redis on this machine and no wheel for it: install one, or set REDIS_URL")
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.data),
            "pidfile": str(self.home / "pid"),
            "appendonly": "yes" if self.durable else "no",
            "save": "",
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
        }
        self.launch([program, *(part for key, value in options.items() for part in (f"--{key}", value))], self._answers)

    def leftover_pid(self) -> int | None:
        try:
            return int((self.home / "pid").read_text())
        except (OSError, ValueError):
            return None

    def _answers(self) -> bool:
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(1)
                connection.connect(str(self.socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def make_server(kind: str, home: Path, *, durable: bool) -> Server:
    """Return the server of this kind, `postgres` or `valkey`, of the home folder."""
    return {"postgres": PostgreSQL, "valkey": Valkey}[kind](home, durable=durable)


def plain_environment() -> dict[str, str]:
    """Return an environment without the PG... variables that would redirect a server's programs."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C"}


def die_with_parent(number: signal.Signals) -> Callable[[], None] | None:
    """Return what a child runs before exec so that the kernel signals it when its parent dies; Linux only."""
    if not sys.platform.startswith("linux"):
        return None
    set_parent_death_signal = 1
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    return lambda: prctl(set_parent_death_signal, int(number), 0, 0, 0)
