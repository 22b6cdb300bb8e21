"""The process that owns one embedded server: starts it, keeps it up, stops it when its last user is gone.

Run as `python -m config.embedded.keeper KIND HOME durable|throwaway`; the first line it prints is `ready`,
or what went wrong.
"""

import os
import shutil
import signal
import sys
import time
from pathlib import Path

from config.embedded import locks
from config.embedded.postgresql import PostgreSQL
from config.embedded.server import Server, ServerFailed
from config.embedded.valkey import Valkey

KINDS: dict[str, type[PostgreSQL | Valkey]] = {"postgres": PostgreSQL, "valkey": Valkey}


def main(kind: str, home: Path, *, durable: bool) -> int:
    """Serve until nobody holds the home's lease; return the exit status."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    keeper = locks.open_lock(home / "keeper.lock")
    if not locks.take(keeper):
        say("another keeper is running")
        return 1
    try:
        server = KINDS[kind](home, durable=durable)
        server.start()
    except (ServerFailed, OSError) as failure:
        say(str(failure))
        return 1
    (home / "url").write_text(server.url)
    say("ready")
    # Whoever started us stops listening now, and may die without a message to us.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)

    lease = locks.open_lock(home / "lease")
    serve(server, lease)
    server.stop()
    shutil.rmtree(server.sockets, ignore_errors=True)
    if not durable:
        shutil.rmtree(home, ignore_errors=True)
    # In this order: a newcomer that waits for the lease finds no keeper and starts one.
    os.close(keeper)
    os.close(lease)
    # At once: whoever waited for this may look whether any process is left.
    os._exit(0)


def serve(server: Server, lease: int) -> None:
    """Return once the lease is free, and ours; start the server again whenever it dies before."""
    while not locks.take(lease, within=0.25):
        if server.process is None or server.process.poll() is not None:
            try:
                server.start()
            except (ServerFailed, OSError):
                time.sleep(2)


def say(line: str) -> None:
    """Tell the starter."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2]), durable=sys.argv[3] == "durable"))
