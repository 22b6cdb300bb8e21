import os
import stat

import pytest

from config import bootstrap


@pytest.fixture
def house(tmp_path, monkeypatch):
    """A folder for .env and for the data, with nothing set in the environment."""
    for name in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "EARSHOT_EMBEDDED", "DATA_DIR"):
        monkeypatch.delenv(name)
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    return tmp_path


def test_addresses_in_dotenv_start_nothing(house):
    (house / ".env").write_text("DATABASE_URL=postgres://a/b\nREDIS_URL=redis://c\n")
    bootstrap.prepare(["manage.py", "migrate"])
    assert os.environ["DATABASE_URL"] == "postgres://a/b"
    assert "EARSHOT_EMBEDDED" not in os.environ
    assert "SECRET_KEY" not in os.environ
    assert not (house / "var").exists()


def test_asking_for_help_needs_no_server(house):
    bootstrap.prepare(["manage.py", "help"])
    assert len(os.environ["SECRET_KEY"]) >= 48
    assert not (house / "var").exists()


def test_an_instance_keeps_its_secret_key_to_itself(tmp_path):
    first = bootstrap.secret_key(tmp_path)
    assert bootstrap.secret_key(tmp_path) == first
    assert len(first) >= 48
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]
