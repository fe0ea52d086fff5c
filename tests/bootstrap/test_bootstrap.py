"""Set-up: tools found where they are, clear words where they are not, progress one can follow."""

import subprocess
import sys

import pytest

from bootstrap import environment, tools, workflow
from bootstrap.shell import SetupError, run
from bootstrap.tools import TOOLS, Backend, ensure_browser, ensure_tools


@pytest.fixture
def empty_path(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(tools, "BIN", tmp_path / "none")
    return tmp_path


def program(folder, name, text, code=0):
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{text}'\nexit {code}\n")
    path.chmod(0o755)


def test_tools_on_the_path_are_used(empty_path):
    for names, _ in TOOLS.values():
        for name in names:
            program(empty_path, name, f"{name}, version 1.2.3")
    backend = ensure_tools()
    assert not backend.use_conda
    assert backend.describe()[0] == f"kallisto   1.2.3      {empty_path}/kallisto (was there)"


def test_broken_tool_counts_as_missing(empty_path):
    for names, _ in TOOLS.values():
        for name in names:
            program(empty_path, name, "1.0", code=127 if name == "samtools" else 0)
    with pytest.raises(SetupError, match=r"^samtools not found"):
        ensure_tools()


def test_conda_is_used_where_tools_are_missing(empty_path):
    program(empty_path, "conda", "conda 25.1.0")
    assert ensure_tools() == Backend({}, use_conda=True)


def test_old_conda_is_refused_with_the_floor(empty_path, capsys):
    program(empty_path, "conda", "conda 4.12.0")
    with pytest.raises(SetupError, match="apt-get install kallisto bowtie samtools"):
        ensure_tools()
    assert "24.7.1" in capsys.readouterr().out


def test_failed_command_shows_its_last_words():
    with pytest.raises(SetupError, match="last words"):
        run([sys.executable, "-c", "print('last words'); raise SystemExit(3)"])


def test_browser_is_installed_as_root_only(empty_path, monkeypatch):
    program(empty_path, "apt-get", "")
    asked = []
    monkeypatch.setattr(tools, "apt_install", asked.append)
    monkeypatch.setattr(tools.os, "geteuid", lambda: 1000)
    assert "apt-get install chromium-driver" in ensure_browser()
    assert asked == []
    monkeypatch.setattr(tools.os, "geteuid", lambda: 0)
    ensure_browser()
    assert asked == [["chromium-driver"]]
    program(empty_path, "chromedriver", "ChromeDriver 1")
    assert ensure_browser() == f"{empty_path}/chromedriver"
    assert len(asked) == 1


def test_set_up_goes_on_without_a_browser(empty_path, monkeypatch, capsys):
    program(empty_path, "apt-get", "no network here", code=100)
    monkeypatch.setattr(tools.os, "geteuid", lambda: 0)
    assert "not found" in ensure_browser()
    assert "no network here" in capsys.readouterr().out


LOG = """Finished jobid: 4 (Rule: trim_unit)
1 of 2 steps (50%) done
Finished jobid: 0 (Rule: all)
2 of 2 steps (100%) done
"""


def test_progress_is_a_line_per_job(capsys):
    command = [sys.executable, "-c", f"print({LOG!r}, end='')"]
    assert workflow._follow(command, {}, 0.0) == (0, 2)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("[  1/2]  50 %")
    assert lines[0].endswith("trim_unit")
    assert len(lines) == 2


def test_errors_of_a_run_are_shown(capsys):
    text = "noise\nWorkflowError in file x:\nthe reason\n"
    command = [sys.executable, "-c", f"print({text!r}, end=''); raise SystemExit(1)"]
    assert workflow._follow(command, {}, 0.0) == (1, 0)
    assert capsys.readouterr().out == "WorkflowError in file x:\nthe reason\n"


def test_help_lists_every_word_of_the_makefile(root):
    shown = subprocess.run(["make", "help"], cwd=root, capture_output=True, text=True, check=True)
    for word in ("demo", "test", "real", "setup", "lint", "docs"):
        assert f"\n{word} " in f"\n{shown.stdout}"


def test_uv_is_told_of_the_mirrors_that_pip_is_told_of(monkeypatch):
    listed = (
        "global.index-url='https://mirror/simple'\n:env:.cert='/etc/ca.pem'\nglobal.quiet='1'\n"
    )
    monkeypatch.setattr(environment, "run", lambda command: listed)
    assert environment._uv_settings() == {
        "UV_DEFAULT_INDEX": "https://mirror/simple",
        "SSL_CERT_FILE": "/etc/ca.pem",
    }


def test_pip_goes_on_where_uv_cannot(monkeypatch, capsys, tmp_path):
    asked = []

    def run(command, **options):
        asked.append(command)
        if command[0].endswith("uv"):
            raise SetupError("no such platform")
        return ""

    monkeypatch.setattr(environment, "run", run)
    environment._install_locked(tmp_path / "lock.txt")
    assert "no such platform" in capsys.readouterr().out
    assert asked[-1][-3:] == ["--require-hashes", "-r", str(tmp_path / "lock.txt")]
    assert "pip" in asked[-1]
