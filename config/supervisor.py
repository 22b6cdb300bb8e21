"""Keep a few programs running in the foreground, and leave none behind."""

import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import IO

SECONDS_TO_FINISH = 8.0
SECONDS_TO_BE_STABLE = 60.0
LONGEST_PAUSE = 30.0


class Child:
    """A program that should run: started in a process group of its own, so that nothing of it survives it."""

    def __init__(self, name: str, arguments: Sequence[str], cwd: Path) -> None:
        self.name = name
        self.arguments = arguments
        self.cwd = cwd
        self.process: subprocess.Popen[bytes] | None = None
        self.failures = 0
        self.started_at = 0.0
        self.restart_at = 0.0
        self.unfinished_line = b""

    def start(self, registry: int) -> IO[bytes]:
        """Return what the program prints; it registers its group before its first instruction."""
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(
            self.arguments,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=self.cwd,
            process_group=0,
            preexec_fn=lambda: os.write(registry, b"+%d\n" % os.getpid()),  # noqa: PLW1509 -- one thread
        )
        assert self.process.stdout
        return self.process.stdout

    def bury(self, registry: int) -> None:
        """Kill whatever is left of the program's group."""
        if self.process:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            with suppress(BrokenPipeError):
                os.write(registry, b"-%d\n" % self.process.pid)


class Supervisor:
    """Starts its children, passes on what they print, restarts those that die, and stops them in the end."""

    def __init__(self, children: Sequence[Child], say: Callable[[str], None]) -> None:
        self.children = children
        self.say = say
        self.selector = selectors.DefaultSelector()
        self.is_stopping = False
        self.width = max(len(child.name) for child in children)
        self.undertaker = subprocess.Popen(
            [sys.executable, "-m", "config.undertaker"],
            stdin=subprocess.PIPE,
            cwd=children[0].cwd,
            start_new_session=True,
        )
        assert self.undertaker.stdin
        self.registry = self.undertaker.stdin.fileno()

    def run(self, each_turn: Callable[[], None]) -> None:
        """Return when a signal asked to stop and every child is gone; call `each_turn` twice a second."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)
        try:
            for child in self.children:
                self._start(child)
            while not self.is_stopping:
                if self.undertaker.poll() is not None:
                    raise ChildProcessError("the undertaker is gone: nobody would clean up after a kill")
                self._listen(0.5)
                for child in self.children:
                    self._look_after(child)
                each_turn()
        finally:
            self._stop()

    def _ask_to_stop(self, number: int, frame: FrameType | None) -> None:
        self.is_stopping = True

    def _start(self, child: Child) -> None:
        self.selector.register(child.start(self.registry), selectors.EVENT_READ, child)

    def _listen(self, seconds: float) -> bool:
        """Pass on what children print, line by line; return whether there was anything to pass on in time."""
        events = self.selector.select(seconds)
        for key, _ in events:
            child: Child = key.data
            chunk = os.read(key.fd, 65536)
            *lines, child.unfinished_line = (child.unfinished_line + chunk).split(b"\n")
            if not chunk:
                self.selector.unregister(key.fileobj)
                lines, child.unfinished_line = [child.unfinished_line] if child.unfinished_line else [], b""
            for line in lines:
                self.say(f"{child.name:<{self.width}} | {line.decode(errors='replace').rstrip()}")
        return bool(events)

    def _catch_up(self) -> None:
        """Pass on everything that was printed so far."""
        while self._listen(0):
            pass

    def _look_after(self, child: Child) -> None:
        now = time.monotonic()
        if child.process is None:
            if now >= child.restart_at:
                self._start(child)
        elif (status := child.process.poll()) is not None:
            child.bury(self.registry)
            self._catch_up()
            child.process = None
            child.failures = 1 if now - child.started_at > SECONDS_TO_BE_STABLE else child.failures + 1
            pause = min(2.0 ** (child.failures - 1), LONGEST_PAUSE)
            child.restart_at = now + pause
            self.say(
                f"{child.name:<{self.width}} | stopped with status {status}; next start in {pause:.0f} s"
            )

    def _stop(self) -> None:
        """Let the children finish what they do, for a few seconds, then kill what is left."""
        running = [child for child in self.children if child.process]
        for child in running:
            assert child.process
            child.process.terminate()
        deadline = time.monotonic() + SECONDS_TO_FINISH
        while time.monotonic() < deadline and any(c.process and c.process.poll() is None for c in running):
            self._listen(0.1)
        for child in running:
            child.bury(self.registry)
        self._catch_up()
        assert self.undertaker.stdin
        self.undertaker.stdin.close()
        self.undertaker.wait()
