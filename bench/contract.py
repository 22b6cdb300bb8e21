"""The OpenAPI document held by schemathesis to far more examples than the suite takes; some minutes."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator

from bench.arena import ROOT

EXAMPLES = os.environ.get("CONTRACT_EXAMPLES", "50")


def run() -> Iterator[tuple[str, str, str]]:
    """Yield how many operations answered otherwise than documented; what they answered goes to stderr."""
    began = time.perf_counter()
    tests = [sys.executable, "-m", "pytest", "-q", "-n", "0", "tests/api/test_contract.py"]
    longer = {**os.environ, "CONTRACT_EXAMPLES": EXAMPLES}
    outcome = subprocess.run(tests, check=False, cwd=ROOT, env=longer, capture_output=True, text=True)
    if outcome.returncode not in (0, 1):
        raise RuntimeError(outcome.stdout + outcome.stderr)
    failed = [line for line in outcome.stdout.splitlines() if line.startswith("FAILED ")]
    if failed:
        print(outcome.stdout, file=sys.stderr)
    yield f"operations off the contract, {EXAMPLES} examples × 4 keys", str(len(failed)), "0"
    yield "… seconds that took", f"{time.perf_counter() - began:.0f}", ""
