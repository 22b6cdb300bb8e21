"""From writers that want a file to bytes as they come: what was written is taken out after each batch."""

import io
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from accounts.interchange.datasets import moment

BATCH = 500
READ = 1 << 18


class Outlet(io.RawIOBase):
    """A file that can only be written; `take` empties it."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, data: object) -> int:
        """Keep the bytes until they are taken."""
        kept = bytes(data)  # type: ignore[call-overload]
        self._parts.append(kept)
        self._size += len(kept)
        return len(kept)

    def tell(self) -> int:
        """Return how many bytes were written so far."""
        return self._size

    def take(self) -> bytes:
        """Return what was written since the last time."""
        taken = b"".join(self._parts)
        self._parts.clear()
        return taken


def since_epoch(instants: Sequence[datetime | str]) -> NDArray[np.int64]:
    """Return instants as microseconds since 1970 in UTC."""
    plain: list[Any] = [
        instant[:-6]
        if isinstance(instant, str) and instant.endswith("+00:00")
        else moment(instant).astimezone(UTC).replace(tzinfo=None)
        for instant in instants
    ]
    return np.array(plain, "M8[us]").view(np.int64)


def read_through(file: IO[bytes]) -> Iterator[bytes]:
    """Yield a file from its beginning."""
    file.seek(0)
    while chunk := file.read(READ):
        yield chunk
