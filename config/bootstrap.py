"""What comes before Django: an environment for two commands, a database for all. Standard library only."""

import atexit
import os
import secrets
import sys
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036 -- said in one line instead of a traceback
    sys.exit(f"Earshot needs Python 3.11 or later; this is {sys.version.split()[0]}.")

from config import embedded, installer

ROOT = Path(__file__).resolve().parent.parent
SELF_INSTALLING = {"demo": ("insights",), "test": ("test", "insights", "parquet", "reports")}
NEEDS_NO_SERVER = {"help", "version", "--help", "-h", "--version"}
MIGRATE_THEMSELVES = {"demo", "up", "migrate", "makemigrations", "check"}
URLS = {"DATABASE_URL": "postgres", "REDIS_URL": "valkey"}


def prepare(argv: list[str]) -> None:
    """Return when this process can run the command, or run it elsewhere, or say what is missing and exit."""
    command = argv[1] if len(argv) > 1 else "help"
    try:
        if command in SELF_INSTALLING:
            _move_into_environment(argv, installer.python_for(SELF_INSTALLING[command]))
        elif not installer.has_dependencies():
            _say_what_to_run(argv)
        if command == "test":
            sys.exit(_run_tests(argv[2:]))
        _read_dotenv()
        if command in NEEDS_NO_SERVER or {"-h", "--help"} & set(argv[2:]):
            _pretend_addresses()
        else:
            _hold_servers()
            if os.environ.get("EARSHOT_EMBEDDED") and command not in MIGRATE_THEMSELVES:
                _lay_tables()
    except (installer.InstallFailed, embedded.ServerFailed, OSError) as failure:
        sys.exit(f"{failure}")
    except KeyboardInterrupt:
        sys.exit(130)


def _move_into_environment(argv: list[str], python: Path) -> None:
    if python != Path(sys.executable):
        sys.stderr.flush()
        os.execv(python, [str(python), *argv])  # noqa: S606


def _say_what_to_run(argv: list[str]) -> None:
    if installer.PYTHON.exists() and not installer.is_inside():
        sys.stderr.write(f"Run: .venv/bin/python {' '.join(argv)}\n")
    else:
        sys.stderr.write(
            "Not everything is installed. Run: python3 -m config.installer (to try it: manage.py demo)\n"
        )
    sys.exit(2)


def _run_tests(arguments: list[str]) -> int:
    import pytest  # noqa: PLC0415 -- only there once the environment is

    os.chdir(ROOT)
    return int(pytest.main(arguments))


def _read_dotenv() -> None:
    """Let .env speak before we look at what is set, exactly as the settings will read it."""
    import environ  # noqa: PLC0415 -- only there once the environment is

    environ.Env.read_env(ROOT / ".env")


def _data_dir() -> Path:
    return Path(os.environ.get("DATA_DIR") or ROOT / "var").resolve()


def _hold_servers() -> None:
    """Share the servers of DATA_DIR until this process ends, for each address that is not set."""
    missing = [name for name in URLS if not os.environ.get(name)]
    for name in missing:
        home = embedded.home_of(URLS[name], _data_dir())
        lease = embedded.hold(URLS[name], home)
        atexit.register(lease.release)
        os.environ[name] = lease.url
    if "DATABASE_URL" in missing:
        os.environ["EARSHOT_EMBEDDED"] = "true"
        os.environ["SECRET_KEY"] = os.environ.get("SECRET_KEY") or secret_key(_data_dir())


def _lay_tables() -> None:
    """Give an embedded instance that never ran its tables, whichever command comes first."""
    import django  # noqa: PLC0415 -- only there once the environment is
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415

    django.setup()
    if not connection.introspection.table_names():
        call_command("migrate", interactive=False, verbosity=0)


def _pretend_addresses() -> None:
    """Let the settings load for a command that only prints."""
    if not all(os.environ.get(name) for name in URLS):
        os.environ |= {
            "DATABASE_URL": "postgres:///none",
            "REDIS_URL": "unix:///none",
            "EARSHOT_EMBEDDED": "true",
        }
        os.environ["SECRET_KEY"] = os.environ.get("SECRET_KEY") or secrets.token_urlsafe(48)


def secret_key(data_dir: Path) -> str:
    """Return this instance's key, made by whichever command comes first."""
    path = data_dir / "secret_key"
    if not path.exists():
        partial = path.with_name(f"secret_key.{os.getpid()}")
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
        try:
            os.link(partial, path)  # fails, unlike a rename, when another command was quicker
        except FileExistsError:
            pass
        finally:
            partial.unlink()
    return path.read_text()
