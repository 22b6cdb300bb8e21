"""Find pip for a Python without it: a wheel that the system keeps, or one from a configured index."""

import configparser
import hashlib
import os
import re
import ssl
import sys
import sysconfig
import urllib.request
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urldefrag, urljoin

WHEEL = re.compile(r"pip-(\d+(?:\.\d+)*)-py3-none-any\.whl$")
SECONDS_TO_ANSWER = 60


class PipNotFound(Exception):
    """There is no pip on this machine and no index to take it from; the message says what to do."""


def find_wheel(download_to: Path) -> Path:
    """Return pip's wheel, from this machine where it has one, otherwise downloaded into the folder."""
    options = pip_options(os.environ)
    # Where a distribution that leaves out ensurepip keeps the wheels that fit this Python.
    kept = sysconfig.get_config_var("WHEEL_PKG_DIR")
    folders = [Path(kept)] if kept else []
    folders += [Path(link) for link in options.get("find-links", "").split() if Path(link).is_dir()]
    local = newest((str(wheel), "") for folder in folders for wheel in folder.glob("pip-*.whl"))
    if local:
        return Path(local)
    indexes = f"{options.get('index-url', '')} {options.get('extra-index-url', '')}".split()
    for index in indexes:
        url = newest(links(f"{index.rstrip('/')}/pip/", options.get("cert")))
        if url:
            return download(url, download_to, options.get("cert"))
    raise PipNotFound(
        "this Python has neither pip nor ensurepip, and pip's configuration names no index to take pip from: "
        "install your system's python3-pip or python3-venv package, or set PIP_INDEX_URL"
    )


def pip_options(environment: dict[str, str] | os._Environ[str]) -> dict[str, str]:
    """Return what pip's configuration files and PIP_... variables say, in pip's order of precedence."""
    home = Path(environment.get("HOME", "/nonexistent"))
    user = Path(environment.get("XDG_CONFIG_HOME", home / ".config"))
    files = [
        Path("/etc/pip.conf"),
        home / ".pip/pip.conf",
        user / "pip/pip.conf",
        Path(sys.prefix, "pip.conf"),
    ]
    named = environment.get("PIP_CONFIG_FILE")
    if named == os.devnull:
        files = []
    elif named:
        files.append(Path(named))
    parser = configparser.RawConfigParser()
    parser.read(files)
    options: dict[str, str] = {}
    for section in ("global", "install"):
        if parser.has_section(section):
            options |= {name.replace("_", "-"): value for name, value in parser.items(section)}
    prefix = "PIP_"
    for name, value in environment.items():
        if name.startswith(prefix):
            options[name.removeprefix(prefix).lower().replace("_", "-")] = value
    return options


def newest(candidates: Iterable[tuple[str, str]]) -> str | None:
    """Return the newest released wheel that allows this Python, of (address, requires-python)."""
    fitting = {}
    for address, requires in candidates:
        match = WHEEL.search(urldefrag(address).url)
        lowest = re.search(r">=\s*3\.(\d+)", requires)
        if match and (lowest is None or int(lowest[1]) <= sys.version_info.minor):
            fitting[tuple(map(int, match[1].split(".")))] = address
    return fitting[max(fitting)] if fitting else None


def links(page: str, cert: str | None) -> Iterator[tuple[str, str]]:
    """Yield (address, requires-python) of each file on a page of a package index that was not withdrawn."""
    if page.startswith("file:"):
        page += "index.html"

    class Links(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            attributes = dict(attrs)
            if tag == "a" and attributes.get("href") and "data-yanked" not in attributes:
                found.append(
                    (urljoin(page, attributes["href"] or ""), attributes.get("data-requires-python") or "")
                )

    found: list[tuple[str, str]] = []
    try:
        Links().feed(_read(page, cert).decode())
    except OSError:  # an index that lacks pip answers 404; the next one may have it
        return
    yield from found


def download(address: str, folder: Path, cert: str | None) -> Path:
    """Return the wheel, saved in the folder, after comparing it with the digest that its address carries."""
    url, fragment = urldefrag(address)
    content = _read(url, cert)
    if fragment.startswith("sha256=") and hashlib.sha256(content).hexdigest() != fragment.removeprefix(
        "sha256="
    ):
        raise PipNotFound(f"{url} is not the file that its index describes")
    wheel = folder / url.rsplit("/", 1)[1]
    wheel.write_bytes(content)
    return wheel


def _read(url: str, cert: str | None) -> bytes:
    context = ssl.create_default_context(cafile=cert) if url.startswith("https:") else None
    with urllib.request.urlopen(url, timeout=SECONDS_TO_ANSWER, context=context) as answer:  # noqa: S310
        return bytes(answer.read())
