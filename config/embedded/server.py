"""What PostgreSQL and Valkey have in common: started on Unix sockets only, out of the network's reach."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from config.embedded import locks
from config.embedded.places import Owner, make_socket_folder

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

        Its processes inherit a lock of the home folder: the lock is held as long as one of them lives,
        whoever started it.
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
