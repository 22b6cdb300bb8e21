"""What Lighthouse says of a ten-question survey on a phone: a slow line and a slow processor, as it has them.

Needs Chromium and Node; the tool itself is `lighthouse` of the PATH, else npx fetches the version named here.
"""

import json
import os
import shutil
import subprocess

from bench.arena import Server, published_survey

VERSION = "12.8.2"
FETCH_SECONDS = 180
TARGETS = {"performance": "≥ 98", "accessibility": "≥ 98", "best-practices": "≥ 98"}
FIGURES = {
    "first-contentful-paint": "first paint",
    "largest-contentful-paint": "largest paint",
    "total-blocking-time": "blocking time",
    "cumulative-layout-shift": "layout shift",
}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def run() -> list[tuple[str, str, str]]:
    """Return the scores (0..100) of the respondent's page, and the times behind the first of them."""
    command = tool()
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if command is None or browser is None:
        return [
            ("Lighthouse, respondent page", "not run", "needs Chromium, and lighthouse or npx that finds it")
        ]
    published_survey("lighthouse")
    with Server("config.wsgi:application") as server:
        report = audit(command, browser, f"{server.url}/s/lighthouse/")
    scores = report["categories"]
    audits = report["audits"]
    return [
        *(
            (f"Lighthouse (mobile), {name}", f"{scores[name]['score'] * 100:.0f}", target)
            for name, target in TARGETS.items()
        ),
        *((f"Lighthouse (mobile), {name}", audits[key]["displayValue"], "") for key, name in FIGURES.items()),
        ("Lighthouse (mobile), audits failed", ", ".join(failed(report)) or "none", "none"),
    ]


def tool() -> list[str] | None:
    """Return the command that runs Lighthouse, None where there is none and npx cannot fetch it."""
    if shutil.which("lighthouse"):
        return ["lighthouse"]
    fetched = ["npx", "--yes", f"lighthouse@{VERSION}"]
    try:
        done = subprocess.run(
            [*fetched, "--version"], check=False, capture_output=True, timeout=FETCH_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return fetched if done.returncode == 0 else None


def audit(command: list[str], browser: str, url: str) -> dict:
    flags = "--headless=new --disable-gpu" + (" --no-sandbox" if os.geteuid() == 0 else "")
    categories = f"--only-categories={','.join(TARGETS)}"
    options = ["--quiet", "--output=json", f"--chrome-flags={flags}", categories]
    done = subprocess.run(
        [*command, url, *options],
        env={**os.environ, "CHROME_PATH": browser},
        check=True,
        capture_output=True,
        timeout=300,
    )
    return json.loads(done.stdout)


def failed(report: dict) -> list[str]:
    """Return the names of audits that cost points."""
    weighed = {
        reference["id"]
        for category in report["categories"].values()
        for reference in category["auditRefs"]
        if reference["weight"]
    }
    scores = {name: report["audits"][name]["score"] for name in weighed}
    return sorted(name for name, score in scores.items() if score is not None and score < 0.9)
