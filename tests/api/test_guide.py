"""The examples of docs/api.md, run as they stand by a shell."""

import json
import os
import re
import shutil
import subprocess
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings

from accounts.models import Account, Event, Signal, Subscription
from surveys.models import Invitation, Response, Survey
from tests.api.conftest import program

GUIDE = Path(settings.BASE_DIR, "docs", "api.md")
EXAMPLES = re.findall(r"^```sh\n(.*?)^```", GUIDE.read_text(), re.MULTILINE | re.DOTALL)


@pytest.mark.skipif(not shutil.which("curl"), reason="no curl on this machine")
@pytest.mark.django_db(transaction=True)
def test_every_example_does_what_it_says(live_server, tmp_path):
    key = program("all")
    script = "\n".join(["set -euo pipefail", *EXAMPLES, 'printf "\\n%s" "$SINCE"'])
    run = subprocess.run(  # noqa: PLW1510 - the status is asserted below, with what was printed
        ["bash", "-c", script],
        env={**os.environ, "EARSHOT": live_server.url, "KEY": key.secret},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert run.returncode == 0, run.stdout[-2000:] + run.stderr
    assert Account.objects.get(external_id="acme").tier == "A"
    assert Account.objects.filter(external_id="corp").count() == 1
    assert [model.objects.count() for model in (Subscription, Signal, Survey, Invitation)] == [1, 1, 1, 1]
    assert Response.objects.get().answers == {"nps": 9, "why": "Quick help"}
    assert Event.objects.get().contact.external_id == "acme-1"
    assert (tmp_path / "accounts.xlsx").read_bytes().startswith(b"PK")
    assert "Quick help" in run.stdout
    # What the guide says that the wrong row answers, and that the loop goes on from the newest row.
    told = re.search(r"^```json\n(.*?)^```", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    assert json.dumps(json.loads(told[1]), separators=(",", ":")) in run.stdout
    newest = datetime.fromisoformat(json.loads((tmp_path / "new.jsonl").read_text())["changed_at"])
    since = datetime.fromisoformat(run.stdout.strip().rpartition("\n")[2])
    assert timedelta(minutes=1) <= newest - since < timedelta(minutes=1, seconds=1)


def test_the_guide_names_every_resource():
    text = GUIDE.read_text()
    for resource in (
        "accounts",
        "contacts",
        "subscriptions",
        "signals",
        "events",
        "surveys",
        "exports",
        "metrics",
    ):
        assert f"/{resource}" in text
