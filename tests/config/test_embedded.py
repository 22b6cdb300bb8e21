"""The private servers: shared, stopped with their last user, and none the worse for being killed."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import environ
import psycopg
import pytest
from redis import Redis

from config import embedded
from config.embedded import binaries, places
from tests.processes import pids_naming, wait_until

ROOT = Path(__file__).resolve().parents[2]
HOLD = """
import sys, time
from pathlib import Path
from config import embedded
print(embedded.hold(sys.argv[1], Path(sys.argv[2])).url, flush=True)
time.sleep(600)
"""


@pytest.fixture
def home():
    """A home folder for one server, gone with whatever still runs in it."""
    folder = places.make_throwaway()
    yield folder
    wait_until(lambda: not pids_naming(folder))
    shutil.rmtree(folder, ignore_errors=True)


def query(url, statement):
    parts = environ.Env.db_url_config(url)
    with psycopg.connect(host=parts["HOST"], user=parts["USER"], dbname=parts["NAME"]) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else None


def test_two_users_share_one_server_and_the_last_one_stops_it(home):
    first = embedded.hold("valkey", home)
    second = embedded.hold("valkey", home)
    assert first.url == second.url
    assert len(pids_naming(home, "config.embedded.keeper")) == 1

    first.release()
    assert Redis.from_url(second.url).ping()

    second.release()
    wait_until(lambda: pids_naming(home) == [])


def test_the_server_stops_when_its_only_user_is_killed(home):
    user = subprocess.Popen(
        [sys.executable, "-c", HOLD, "valkey", home], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    with user.stdout:
        assert Redis.from_url(user.stdout.readline().strip()).ping()
    user.kill()
    user.wait()
    wait_until(lambda: pids_naming(home) == [])


def test_a_queue_survives_the_killing_of_everything(home):
    lease = embedded.hold("valkey", home)
    server = Redis.from_url(lease.url)
    server.set("kept", "yes")
    assert server.waitaof(1, 0, 0) == [1, 0]  # it is written to disk every second
    for program in ("config.embedded.keeper", "unixsocket:"):
        for pid in pids_naming(home, program):
            os.kill(pid, signal.SIGKILL)
    wait_until(lambda: pids_naming(home) == [])
    lease.release()

    lease = embedded.hold("valkey", home)
    assert Redis.from_url(lease.url, decode_responses=True).get("kept") == "yes"
    lease.release()


def test_a_database_keeps_what_was_committed_through_every_way_to_die(home):
    lease = embedded.hold("postgres", home)
    query(lease.url, "CREATE TABLE kept (step text)")
    query(lease.url, "INSERT INTO kept VALUES ('before')")

    os.kill(int((home / "data/postmaster.pid").read_text().split()[0]), signal.SIGKILL)

    def is_back():
        try:
            return query(lease.url, "SELECT step FROM kept") == [("before",)]
        except psycopg.OperationalError:
            return False

    wait_until(is_back)
    query(lease.url, "INSERT INTO kept VALUES ('after the server')")

    for pid in pids_naming(home, "config.embedded.keeper"):
        os.kill(pid, signal.SIGKILL)
    lease.release()
    lease = embedded.hold("postgres", home)
    assert query(lease.url, "SELECT step FROM kept") == [("before",), ("after the server",)]
    assert query(lease.url, "SHOW synchronous_commit") == query(lease.url, "SHOW fsync") == [("on",)]
    assert query(lease.url, "SHOW listen_addresses") == [("",)]

    lease.release()
    wait_until(lambda: pids_naming(home) == [])
    # The number of a process that has nothing to do with us, as after a restart of the machine.
    (home / "data/postmaster.pid").write_text(f"{os.getpid()}\n{home}/data\n")
    lease = embedded.hold("postgres", home)
    assert len(query(lease.url, "SELECT step FROM kept")) == 2
    lease.release()


def test_data_of_another_major_version_are_refused_by_name(home):
    (home / "data").mkdir()
    (home / "data/PG_VERSION").write_text("9\n")
    with pytest.raises(
        embedded.ServerFailed, match=r"was made by PostgreSQL 9, but this machine has only \d+"
    ):
        embedded.hold("postgres", home)


def test_a_deep_folder_gets_its_sockets_elsewhere(home):
    deep = home / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)
    lease = embedded.hold("valkey", deep)
    socket = Path(lease.url.removeprefix("unix://").partition("?")[0])
    assert home not in socket.parents
    assert Redis.from_url(lease.url).ping()
    lease.release()
    assert not socket.parent.exists()


def test_the_wheels_programs_work_from_a_copy(home):
    from_wheel = [found for found in binaries.postgres_installations() if found.parts]
    if not from_wheel:
        pytest.skip("no PostgreSQL wheel for this platform")
    copy = from_wheel[0].copied_to(home)
    assert home in copy.bin.parents
    line = subprocess.run(
        [copy.bin / "postgres", "--version"], capture_output=True, text=True, check=True
    ).stdout
    assert copy.release in line


@pytest.mark.parametrize(("mode", "is_reached"), [(0o755, True), (0o711, True), (0o700, False)])
def test_another_user_reaches_a_folder_only_through_open_ones(home, mode, is_reached):
    (home / "data").mkdir()
    home.chmod(mode)
    assert places.Owner(65534, 65534, is_us=False).can_reach(home / "data") is is_reached
    assert places.Owner(os.geteuid(), os.getegid(), is_us=True).can_reach(home / "data")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands its database to another user")
def test_below_a_private_folder_the_database_lives_outside_and_is_found_again(home):
    home.chmod(0o700)
    outside = embedded.home_of("postgres", home / "var")
    assert home not in outside.parents
    assert embedded.home_of("postgres", home / "var") == outside
    assert embedded.home_of("valkey", home / "var") == home / "var" / "valkey"
    outside.rmdir()
