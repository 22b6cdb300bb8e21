import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

from config.embedded import binaries
from config.embedded.places import database_owner
from config.embedded.server import Server, ServerFailed, plain_environment


class PostgreSQL(Server):
    """PostgreSQL with one database, `earshot`."""

    stop_signal = signal.SIGINT  # "fast": refuses new work, rolls back, writes a checkpoint

    def __init__(self, home: Path, *, durable: bool) -> None:
        super().__init__(home, durable=durable, owner=database_owner())

    @property
    def url(self) -> str:
        """Return DATABASE_URL in the form that keeps a path's capital letters."""
        return f"postgres://earshot@/{quote(str(self.sockets))}/earshot"

    def start(self) -> None:
        """Make the database when it is missing and serve it with the first installation that can."""
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
        """Return the postmaster's process number as the data folder has it."""
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
        builtin = (
            ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if installation.major >= 17 else []
        )
        locale = "C" if builtin or sys.platform == "darwin" else "C.UTF-8"
        self._run(
            [
                *(installation.bin / "initdb", "-D", partial, "-U", "earshot", "--auth=trust"),
                *("--encoding=UTF8", f"--locale={locale}", *builtin),
                *([] if self.durable else ["--no-sync"]),
            ]
        )
        self._run(
            [
                installation.bin / "postgres",
                "--single",
                *([] if self.durable else ["-F"]),
                "-D",
                partial,
                "postgres",
            ],
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
            # Web threads, worker, beat and commands; in the test suite fifty threads of each of its workers.
            "max_connections": "100" if self.durable else "500",
            "shared_buffers": "128MB",
            "jit": "off",
            # What it reads lies in memory or on a disk without a head to move.
            "random_page_cost": "1.1",
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
