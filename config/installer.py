"""Make `.venv` and fill it with the locked versions: standard library only.

`python3 -m config.installer [EXTRA]...` does it for the tools of people who work on the code.
"""

import hashlib
import importlib.metadata
import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from config import pipless
from config.embedded import locks

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
CONSTRAINTS = ROOT / "constraints.txt"
STAMP = VENV / "earshot.json"
UNFINISHED = VENV / "unfinished"
LINES_OF_FAILURE = 15


@dataclass(frozen=True)
class Stamp:
    """What was installed into `.venv`, written when that succeeded."""

    digest: str
    extras: list[str]
    python: str


class InstallFailed(Exception):
    """The environment could not be made; the message is for the operator."""


def python_for(extras: Iterable[str] = ()) -> Path:
    """Return a Python that has every dependency, installed into `.venv` unless the running one has them."""
    wanted = frozenset(extras)
    if not is_inside() and has_dependencies(wanted):
        return Path(sys.executable)
    VENV.mkdir(exist_ok=True)
    if locks.is_held(VENV):
        say("Waiting for another installation into .venv ...")
    # A pip that goes on after this process was killed keeps the lock, and the next run waits for it.
    with locks.locked(VENV, inherited=True):
        stamp = _read_stamp()
        everything = wanted | set(stamp.extras)
        if stamp != Stamp(digest(), sorted(everything), _version_of(PYTHON)):
            _install(everything)
    return Path(sys.executable) if is_inside() else PYTHON


def is_inside() -> bool:
    """Return whether the running Python is that of `.venv`."""
    return Path(sys.prefix).resolve() == VENV.resolve()


def has_dependencies(extras: Iterable[str] = ()) -> bool:
    """Return whether the running Python has every direct dependency, as in `.venv` or a container."""
    names = [re.split(r"[\[<>=!~; ]", line, maxsplit=1)[0] for line in requirements(extras)]
    try:
        return all(importlib.metadata.version(name) for name in names)
    except importlib.metadata.PackageNotFoundError:
        return False


def requirements(extras: Iterable[str] = ()) -> list[str]:
    """Return what pyproject.toml asks for, with these extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return [
        *project["dependencies"],
        *(line for extra in extras for line in project["optional-dependencies"][extra]),
    ]


def digest() -> str:
    """Return a digest of everything that decides what is installed."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = json.dumps([project["dependencies"], project["optional-dependencies"]])
    return hashlib.sha256((asked + CONSTRAINTS.read_text()).encode()).hexdigest()


def say(line: str) -> None:
    """Tell the operator how it goes, beside whatever the command prints."""
    sys.stderr.write(f"{line}\n")


def _install(extras: frozenset[str]) -> None:
    if UNFINISHED.exists() or (PYTHON.is_symlink() and not _version_of(PYTHON)):
        # A killed pip leaves packages that look whole, and an upgraded system a Python that is gone.
        for path in VENV.iterdir():
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    STAMP.unlink(missing_ok=True)
    UNFINISHED.touch()
    failure = _fill(requirements(sorted(extras)))
    # A pip that failed by itself has cleaned up behind it: what was there before is still whole.
    UNFINISHED.unlink()
    if failure:
        raise InstallFailed(
            "\n".join(["Installing failed:", *failure.strip().splitlines()[-LINES_OF_FAILURE:]])
        )
    # Plain `.venv/bin/pytest` loads its plugin from here before it looks at the folder it was started in.
    for packages in VENV.glob("lib/python*/site-packages"):
        (packages / "earshot.pth").write_text(f"{ROOT}\n")
    STAMP.write_text(json.dumps(asdict(Stamp(digest(), sorted(extras), _version_of(PYTHON)))))


def _fill(wanted: list[str]) -> str:
    """Install into `.venv`, made when missing; return the failed tool's own words, or nothing."""
    if not PYTHON.exists():
        is_made, words = _run([_base_python(), "-m", "venv", "--without-pip", VENV])
        if not is_made:
            return words
    say(f"Installing {len(wanted)} packages and what they need into .venv: once, a minute or two ...")
    words = ""
    try:
        for tool in _installers():
            is_done, words = _run([*tool, "--quiet", "-c", CONSTRAINTS, *wanted])
            if is_done:
                return ""
    except pipless.PipNotFound as reason:
        return str(reason)
    return words


def _installers() -> Iterator[list[str | Path]]:
    """Yield the ways to install into `.venv`, the quickest first: the next is for when one fails."""
    if shutil.which("uv"):
        # It ignores pip's configuration, so behind a company's own index it may find nothing.
        yield ["uv", "pip", "install", "--python", PYTHON]
    options = ["--disable-pip-version-check", "--no-input", "--root-user-action=ignore"]
    for python in (Path(sys.executable), _base_python()):
        if _pip_knows_python_option(python):
            yield [python, "-m", "pip", "--python", PYTHON, "install", *options]
            return
    has_bundled_pip, _ = _run([PYTHON, "-m", "ensurepip"])
    if has_bundled_pip:
        yield [PYTHON, "-m", "pip", "install", *options]
    else:
        wheel = pipless.find_wheel(VENV)
        yield [_base_python(), wheel / "pip", "--python", PYTHON, "install", *options]


def _pip_knows_python_option(python: Path) -> bool:
    match = re.match(r"pip (\d+)\.(\d+)", _run([python, "-m", "pip", "--version"])[1])
    return match is not None and (int(match[1]), int(match[2])) >= (22, 3)


def _read_stamp() -> Stamp:
    try:
        return Stamp(**json.loads(STAMP.read_text()))
    except (OSError, ValueError, TypeError):
        return Stamp("", [], "")


def _version_of(python: Path) -> str:
    """Return the Python's minor version such as "3.11", or nothing when it does not run."""
    if not python.exists():
        return ""
    return _run([python, "-I", "-c", "import sys; print(*sys.version_info[:2], sep='.')"])[1].strip()


def _base_python() -> Path:
    return Path(getattr(sys, "_base_executable", sys.executable))


def _run(arguments: Iterable[str | Path]) -> tuple[bool, str]:
    """Return whether the program succeeded, and what it said."""
    done = subprocess.run(
        [*map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        cwd=ROOT,
        close_fds=False,
        check=False,
    )
    return done.returncode == 0, done.stdout


if __name__ == "__main__":
    try:
        python_for(sys.argv[1:])
    except InstallFailed as failure:
        sys.exit(str(failure))
