"""A benchmark that cannot be had says so, and the others still run."""

import pytest

from bench import lighthouse


@pytest.fixture
def npx(tmp_path, monkeypatch):
    """Put an npx that ends as it is told, and a browser, in the place of all other programs."""

    def stand_in(status):
        for name in ("npx", "chromium"):
            (tmp_path / name).write_text(f"#!/bin/sh\nexit {status}\n")
            (tmp_path / name).chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))

    return stand_in


def test_lighthouse_that_cannot_be_fetched_is_not_run(npx):
    npx(1)
    ((what, figure, _),) = lighthouse.run()
    assert (what, figure) == ("Lighthouse, respondent page", "not run")


def test_lighthouse_is_fetched_where_it_can_be(npx):
    npx(0)
    assert lighthouse.tool() == ["npx", "--yes", f"lighthouse@{lighthouse.VERSION}"]


def test_nothing_is_run_where_there_is_no_npx(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert lighthouse.tool() is None
