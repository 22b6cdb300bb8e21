"""File locks that the kernel releases when their holder dies."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def open_lock(path: Path) -> int:
    """Return a descriptor to lock on: of a folder itself, otherwise of a file that is made when missing."""
    if path.is_dir():
        return os.open(path, os.O_RDONLY)
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


@contextmanager
def locked(path: Path, *, inherited: bool = False) -> Iterator[None]:
    """Hold `path` exclusively, waiting for whoever has it; `inherited` by programs that outlive us."""
    descriptor = open_lock(path)
    os.set_inheritable(descriptor, inherited)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def take(descriptor: int, *, within: float = 0.0) -> bool:
    """Return whether the lock could be had exclusively within so many seconds."""
    deadline = time.monotonic() + within
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.05)
        else:
            return True


def is_held(path: Path, *, shared: bool = False) -> bool:
    """Return whether another holder refuses us the lock (with `shared`: an exclusive holder)."""
    descriptor = open_lock(path)
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)
