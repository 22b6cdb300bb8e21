"""A browser that opens links and stays a minute without a click, as the sandboxes of mail gateways do."""

import os
import subprocess
import sys

from bench.arena import ROOT

SECONDS = 60


def run() -> list[tuple[str, str, str]]:
    """Return whether every table was the same after each minute, and a click counted then."""
    command = [sys.executable, "-m", "pytest", "-n", "0", "tests/surveys/test_scanners.py", "-k", "lingers"]
    inherited = {
        name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")
    }
    done = subprocess.run(
        [*command, "--linger", str(SECONDS)], cwd=ROOT, env=inherited, timeout=900, check=False
    )
    if done.returncode:
        raise RuntimeError("a look at a link changed something")
    return [(f"rows changed by browsers that load and wait {SECONDS} s", "0", "0")]
