"""Making `.venv`: in a small project of its own, with a package of its own and no network."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from config import installer, pipless
from tests.processes import pids_naming, wait_until

ROOT = Path(__file__).resolve().parents[2]
BASE_PYTHON = sys._base_executable


class Project:
    """A folder with our installer, one dependency, and the wheels to install it from."""

    def __init__(self, folder):
        self.folder = folder
        self.wheels = folder / "wheels"
        self.wheels.mkdir(parents=True)
        (folder / "config").mkdir()
        for name in ("installer.py", "pipless.py"):
            shutil.copy(ROOT / "config" / name, folder / "config")
        shutil.copytree(ROOT / "config/embedded", folder / "config/embedded")
        self.ask_for("1.0")

    def ask_for(self, version):
        extra = '[project.optional-dependencies]\ntest = ["earshot-extra"]\n'
        asked = f'[project]\nname = "p"\nversion = "1"\ndependencies = ["earshot-probe"]\n{extra}'
        (self.folder / "pyproject.toml").write_text(asked)
        (self.folder / "constraints.txt").write_text(f"earshot-probe=={version}\nearshot-extra==1.0\n")

    def offer(self, name, version):
        """Put a wheel on the shelf."""
        module = name.replace("-", "_")
        described = f"{module}-{version}.dist-info"
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        tags = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        files = {
            f"{module}.py": f"version = {version!r}\n",
            f"{described}/METADATA": metadata,
            f"{described}/WHEEL": tags,
        }
        files[f"{described}/RECORD"] = "".join(f"{path},,\n" for path in [*files, f"{described}/RECORD"])
        with zipfile.ZipFile(self.wheels / f"{module}-{version}-py3-none-any.whl", "w") as wheel:
            for path, content in files.items():
                wheel.writestr(path, content)

    def start(self, *extras):
        kept = {name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ}
        # Without uv, which looks beyond the shelf.
        offline = {
            "PATH": "/usr/bin:/bin",
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(self.wheels),
            "PIP_CONFIG_FILE": os.devnull,
        }
        return subprocess.Popen(
            [BASE_PYTHON, "-m", "config.installer", *extras],
            cwd=self.folder,
            env=kept | offline,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def install(self, *extras):
        process = self.start(*extras)
        said, _ = process.communicate()
        return process.returncode, said

    def has(self, module):
        asked = [self.folder / ".venv/bin/python", "-c", f"import {module}; print({module}.version)"]
        return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip() or None


@pytest.fixture
def project(tmp_path):
    if not any(map(importlib.util.find_spec, ("ensurepip", "pip"))):
        pytest.skip("this Python has no pip to install with")
    project = Project(tmp_path / "project")
    project.offer("earshot-probe", "1.0")
    project.offer("earshot-extra", "1.0")
    return project


def test_it_installs_once_and_again_when_the_lock_or_the_extras_change(project):
    status, said = project.install()
    assert status == 0, said
    assert "Installing 1 packages" in said
    assert (project.has("earshot_probe"), project.has("earshot_extra")) == ("1.0", None)

    assert project.install() == (0, "")

    project.offer("earshot-probe", "2.0")
    project.ask_for("2.0")
    assert "Installing" in project.install()[1]
    assert project.has("earshot_probe") == "2.0"

    assert "Installing 2 packages" in project.install("test")[1]
    assert project.has("earshot_extra") == "1.0"
    assert project.install() == (0, "")


def test_an_interrupted_installation_is_made_anew(project):
    project.install()
    (project.folder / ".venv/earshot.json").unlink()
    (project.folder / ".venv/unfinished").touch()
    (project.folder / ".venv/half-written").touch()
    assert project.install()[0] == 0
    assert project.has("earshot_probe") == "1.0"
    assert not (project.folder / ".venv/half-written").exists()


def test_a_pip_whose_starter_was_killed_is_waited_for(project):
    starter = project.start()
    wait_until(lambda: pids_naming(project.folder, "--python") != [])
    starter.kill()
    starter.communicate()
    status, said = project.install()
    assert status == 0, said
    assert pids_naming(project.folder, "--python") == []
    assert project.has("earshot_probe") == "1.0"


def test_a_failure_says_why_and_leaves_what_was_there(project):
    project.install()
    project.ask_for("3.0")
    status, said = project.install()
    assert status == 1
    assert "ERROR" in said
    assert "earshot-probe" in said
    assert project.has("earshot_probe") == "1.0"


def test_two_at_once_do_not_meet(project):
    both = [project.start(), project.start("test")]
    for process in both:
        said, _ = process.communicate()
        assert process.returncode == 0, said
    assert (project.has("earshot_probe"), project.has("earshot_extra")) == ("1.0", "1.0")
    assert json.loads((project.folder / ".venv/earshot.json").read_text())["extras"] == ["test"]


def test_the_running_python_has_what_the_suite_needs():
    assert installer.has_dependencies(["test"])


def test_without_an_environment_any_other_command_says_what_to_run():
    done = subprocess.run(
        [BASE_PYTHON, "-S", ROOT / "manage.py", "migrate"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith(
        ("Run: .venv/bin/python ", "Not everything is installed. Run: python3 -m config.installer")
    )
    assert done.stderr.count("\n") == 1


@pytest.fixture
def index(tmp_path):
    """A package index on disk that offers pip in versions old, new, withdrawn and for a later Python."""
    page = tmp_path / "simple" / "pip" / "index.html"
    page.parent.mkdir(parents=True)
    (page.parent / "pip-26.10-py3-none-any.whl").write_bytes(b"the newest")
    page.write_text(
        "<a href='pip-9.0-py3-none-any.whl'>old</a>"
        "<a href='pip-26.10-py3-none-any.whl' data-requires-python='&gt;=3.9'>newest</a>"
        "<a href='pip-26.9-py3-none-any.whl'>newer</a>"
        "<a href='pip-27.0-py3-none-any.whl' data-yanked='broken'>withdrawn</a>"
        "<a href='pip-28.0-py3-none-any.whl' data-requires-python='&gt;=3.99'>for a later Python</a>"
        "<a href='pip-29.0.tar.gz'>source</a>"
    )
    return f"file://{tmp_path}/simple"


def test_a_python_without_pip_takes_the_newest_that_fits_from_the_configured_index(
    index, tmp_path, monkeypatch
):
    configuration = tmp_path / "pip.conf"
    configuration.write_text(f"[global]\nextra_index_url = file:///nonexistent {index}\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(configuration))
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    monkeypatch.setattr(pipless.sysconfig, "get_config_var", lambda name: None)
    wheel = pipless.find_wheel(tmp_path)
    assert wheel == tmp_path / "pip-26.10-py3-none-any.whl"
    assert wheel.read_bytes() == b"the newest"


def test_a_wheel_that_is_not_what_its_index_says_is_refused(index, tmp_path):
    page = tmp_path / "simple" / "pip" / "index.html"
    page.write_text(f"<a href='pip-26.10-py3-none-any.whl#sha256={'0' * 64}'>forged</a>")
    with pytest.raises(pipless.PipNotFound, match="not the file that its index describes"):
        pipless.download(next(pipless.links(f"{index}/pip/", None))[0], tmp_path, None)


def test_a_python_without_pip_and_without_an_index_is_told_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pipless.sysconfig, "get_config_var", lambda name: None)
    with pytest.raises(pipless.PipNotFound, match="python3-pip"):
        pipless.find_wheel(tmp_path)


def test_pips_own_order_decides_which_configuration_counts(tmp_path):
    (tmp_path / ".config/pip").mkdir(parents=True)
    (tmp_path / ".config/pip/pip.conf").write_text(
        "[global]\nindex-url = from-file\ncert = c\n[install]\ncert = d\n"
    )
    options = pipless.pip_options({"HOME": str(tmp_path)})
    assert (options["index-url"], options["cert"]) == ("from-file", "d")
    options = pipless.pip_options({"HOME": str(tmp_path), "PIP_INDEX_URL": "from-environment"})
    assert options["index-url"] == "from-environment"
    assert "index-url" not in pipless.pip_options({"HOME": str(tmp_path), "PIP_CONFIG_FILE": os.devnull})
