"""Kill what a supervisor left behind: `python -m config.undertaker` reads process groups until end of input.

`+N` adds the group N and `-N` forgets it. The input ends when the supervisor is gone, whatever killed it.
"""

import os
import signal
import sys
from collections.abc import Iterable
from contextlib import suppress


def bury(lines: Iterable[str]) -> None:
    """Kill the groups that are still there once the lines end."""
    groups = set()
    for line in lines:
        group = int(line[1:])
        if line.startswith("+"):
            groups.add(group)
        else:
            groups.discard(group)
    for group in groups:
        with suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    bury(sys.stdin)
