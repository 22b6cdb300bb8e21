"""The user's side: hold a server for as long as this process needs it."""

import fcntl
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from config.embedded import locks
from config.embedded.server import ServerFailed

ROOT = Path(__file__).resolve().parent.parent.parent
SECONDS_TO_SEE_IT_STOP = 10.0


@dataclass
class Lease:
    """One user's share of a running server; it ends with `release` or with the process, however that dies."""

    home: Path
    url: str
    descriptor: int

    def release(self) -> None:
        """Give the share back; return when the server has stopped, or at once when others still use it."""
        os.close(self.descriptor)
        deadline = time.monotonic() + SECONDS_TO_SEE_IT_STOP
        while time.monotonic() < deadline and self._is_stopping():
            time.sleep(0.05)

    def _is_stopping(self) -> bool:
        try:
            if not locks.is_held(self.home / "keeper.lock"):
                return False
            is_shared = locks.is_held(self.home / "lease") and not locks.is_held(
                self.home / "lease", shared=True
            )
        except FileNotFoundError:  # a throw-away home goes with its server
            return False
        return not is_shared


def hold(kind: str, home: Path, *, durable: bool = True) -> Lease:
    """Return a share of the home folder's server (`postgres` or `valkey`), started when none runs."""
    descriptor = locks.open_lock(home / "lease")
    fcntl.flock(descriptor, fcntl.LOCK_SH)  # waits while a keeper is stopping
    try:
        with locks.locked(home / "start.lock"):
            if not locks.is_held(home / "keeper.lock"):
                _start_keeper(kind, home, durable=durable)
            url = (home / "url").read_text()
    except ServerFailed:
        os.close(descriptor)
        raise
    return Lease(home, url, descriptor)


def _start_keeper(kind: str, home: Path, *, durable: bool) -> None:
    with (home / "keeper.log").open("wb") as log:
        keeper = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "config.embedded.keeper",
                kind,
                home,
                "durable" if durable else "throwaway",
            ],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
        )
    assert keeper.stdout
    with keeper.stdout as stdout:
        answer = stdout.readline().strip()
    if answer != "ready":
        keeper.wait()
        raise ServerFailed(answer or f"the keeper of {home} failed; see {home / 'keeper.log'}")
    # It outlives this process on purpose, so it is not ours to wait for.
    keeper.returncode = 0
