import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.processes import pids_naming, wait_until

ROOT = Path(__file__).resolve().parents[2]
SUPERVISE = """
import sys
from pathlib import Path
import config.supervisor
from config.supervisor import Child, Supervisor
config.supervisor.SECONDS_TO_FINISH = 1.0
mark, program = sys.argv[1:]
child = Child("child", [sys.executable, "-c", program, mark], Path.cwd())
Supervisor([child], lambda line: print(line, flush=True)).run(each_turn=lambda: None)
"""
# A program with a child of its own, as Celery and granian have them.
FAMILY = """
import subprocess, sys, time
if len(sys.argv) == 2:
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", sys.argv[1], "grand" "child"])
print("up and running", flush=True)
time.sleep(600)
"""


@pytest.fixture
def supervise(tmp_path):
    """Start a supervisor over one program, every process of which names a folder of its own."""
    started = []

    def start(program):
        process = subprocess.Popen(
            [sys.executable, "-c", SUPERVISE, tmp_path, textwrap.dedent(program)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()
    wait_until(lambda: pids_naming(tmp_path) == [])


def test_each_line_names_its_program_and_a_signal_stops_the_whole_family(supervise, tmp_path):
    supervisor = supervise(FAMILY)
    assert supervisor.stdout.readline() == "child | up and running\n"
    wait_until(lambda: len(pids_naming(tmp_path, "grandchild")) == 1)

    supervisor.send_signal(signal.SIGTERM)

    assert supervisor.wait(timeout=600) == 0
    assert pids_naming(tmp_path) == []


def test_no_family_member_survives_a_killed_supervisor(supervise, tmp_path):
    supervisor = supervise(FAMILY)
    assert supervisor.stdout.readline() == "child | up and running\n"
    wait_until(lambda: len(pids_naming(tmp_path, "grandchild")) == 1)

    supervisor.kill()

    wait_until(lambda: pids_naming(tmp_path) == [])


def test_who_does_not_stop_when_asked_is_killed(supervise, tmp_path):
    supervisor = supervise(f"import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n{FAMILY}")
    assert supervisor.stdout.readline() == "child | up and running\n"
    wait_until(lambda: len(pids_naming(tmp_path, "grandchild")) == 1)

    supervisor.send_signal(signal.SIGTERM)

    assert supervisor.wait(timeout=600) == 0
    assert pids_naming(tmp_path) == []


def test_a_dead_child_is_replaced_and_its_own_children_are_not_left(supervise, tmp_path):
    supervisor = supervise(FAMILY)
    assert supervisor.stdout.readline() == "child | up and running\n"
    wait_until(lambda: len(pids_naming(tmp_path, "grandchild")) == 1)
    orphan = pids_naming(tmp_path, "grandchild")

    os.kill(int(Path(f"/proc/{orphan[0]}/stat").read_text().rsplit(")", 1)[1].split()[1]), signal.SIGKILL)

    assert supervisor.stdout.readline() == "child | stopped with status -9; next start in 1 s\n"
    assert supervisor.stdout.readline() == "child | up and running\n"
    wait_until(lambda: len(pids_naming(tmp_path, "grandchild")) == 1)
    assert pids_naming(tmp_path, "grandchild") != orphan


def test_a_program_that_keeps_failing_is_started_less_and_less_often(supervise):
    supervisor = supervise("print('no newline at the end', end='')\nraise SystemExit(3)")
    lines = [supervisor.stdout.readline() for _ in range(4)]
    assert lines == [
        "child | no newline at the end\n",
        "child | stopped with status 3; next start in 1 s\n",
        "child | no newline at the end\n",
        "child | stopped with status 3; next start in 2 s\n",
    ]
