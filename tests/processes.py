"""Which processes are there, and waiting for them: for the tests of what starts and stops programs."""

import random
import socket
import time
from collections.abc import Callable
from pathlib import Path


def pids_naming(text: object, program: str = "") -> list[int]:
    """Return the processes whose command line holds the text (and the program's name)."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:  # it ended while we looked
            continue
        if str(text) in line and program in line:
            found.append(int(folder.name))
    return found


def pids_with(variable: str, value: object) -> list[int]:
    """Return the processes that were started with this in their environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            entries = (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if f"{variable}={value}".encode() in entries:
            found.append(int(folder.name))
    return found


def free_port() -> int:
    """Return a port of this machine that nobody listens at, and that no outgoing connection is given."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port


def wait_until(condition: Callable[[], bool], seconds: float = 300) -> None:
    """Return when the condition holds; fail when it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
