"""Where a server keeps its files, and as whom it runs."""

import hashlib
import os
import pwd
import tempfile
from dataclasses import dataclass
from pathlib import Path

from config.embedded.locks import locked

# sockaddr_un holds 104 bytes on macOS and 108 on Linux; the longest name below is .s.PGSQL.5432.lock.
LONGEST_SOCKET_FOLDER = 80
OUTSIDE = (Path("/var/lib"), Path("/var/tmp"))  # noqa: S108 -- a folder of our own is made in it by mkdtemp


@dataclass(frozen=True)
class Owner:
    """Who runs a server: ourselves, or `nobody` where we are root, whom PostgreSQL refuses."""

    uid: int
    gid: int
    is_us: bool

    @property
    def popen_arguments(self) -> dict[str, object]:
        """Return what makes subprocess run a program as this user."""
        return {} if self.is_us else {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can_reach(self, path: Path) -> bool:
        """Return whether every folder down to `path` lets this user through."""
        return self.is_us or all(folder.stat().st_mode & 0o001 for folder in (path, *path.parents))

    def make_folder(self, path: Path) -> Path:
        """Return `path` as a folder that only this user (and root) may open, made when missing."""
        path.mkdir(exist_ok=True)
        path.chmod(0o700)
        if not self.is_us:
            os.chown(path, self.uid, self.gid)
        return path


def database_owner() -> Owner:
    """Return who runs PostgreSQL."""
    if os.geteuid() != 0:
        return Owner(os.geteuid(), os.getegid(), is_us=True)
    nobody = pwd.getpwnam("nobody")
    return Owner(nobody.pw_uid, nobody.pw_gid, is_us=False)


def home_of(server: str, data_dir: Path) -> Path:
    """Return the folder of this server of DATA_DIR, made when missing.

    As root below a folder that others may not enter, PostgreSQL's own user could not reach its data: then
    they live in a folder outside, whose name is kept in DATA_DIR.
    """
    if not data_dir.exists():
        data_dir.mkdir(parents=True)
        data_dir.chmod(0o755)
    owner = database_owner() if server == "postgres" else Owner(os.geteuid(), os.getegid(), is_us=True)
    home, pointer = data_dir / server, data_dir / f"{server}.path"
    with locked(data_dir):
        if pointer.exists():
            home = Path(pointer.read_text().strip())
        elif not home.exists() and not owner.can_reach(data_dir):
            home = _make_outside()
            pointer.write_text(f"{home}\n")
        home.mkdir(exist_ok=True)
        home.chmod(0o755)
    return home


def make_throwaway() -> Path:
    """Return a new folder for a server whose data nobody will miss, in memory where there is room."""
    memory = Path("/dev/shm")  # noqa: S108
    choices = [Path(tempfile.gettempdir()), Path("/var/tmp")]  # noqa: S108
    if memory.is_dir() and os.access(memory, os.W_OK):
        status = os.statvfs(memory)
        if status.f_bavail * status.f_frsize > 1 << 30:
            choices.insert(0, memory)
    owner = database_owner()
    parent = next(folder for folder in choices if owner.can_reach(folder))
    home = Path(tempfile.mkdtemp(prefix="earshot-", dir=parent))
    home.chmod(0o755)
    return home


def make_socket_folder(home: Path, owner: Owner) -> Path:
    """Return a folder for sockets, near the data unless that path is too long for one."""
    folder = home / "socket"
    if len(os.fsencode(folder)) > LONGEST_SOCKET_FOLDER:
        # The name is derived, not random, so that a keeper that was killed leaves no trail of folders.
        digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
        folder = Path(f"/tmp/earshot-{os.geteuid()}-{digest}")  # noqa: S108 -- checked below
        folder.mkdir(mode=0o700, exist_ok=True)
        status = folder.lstat()
        if folder.is_symlink() or status.st_uid not in {os.geteuid(), owner.uid}:
            raise PermissionError(f"{folder} belongs to someone else")
    return owner.make_folder(folder)


def _make_outside() -> Path:
    for parent in OUTSIDE:
        if os.access(parent, os.W_OK):
            return Path(tempfile.mkdtemp(prefix="earshot-", dir=parent))
    raise PermissionError("no folder outside a private home is writable for PostgreSQL's data")
