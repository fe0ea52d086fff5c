"""Where SLURM cannot be had, asking for it is an error; a whole test run says that it skips."""

import pytest

from bootstrap import slurm
from bootstrap.shell import SetupError


@pytest.fixture
def absent(monkeypatch):
    monkeypatch.setattr(slurm, "missing_programs", lambda: ["slurmctld"])


def test_without_apt_it_is_an_error_that_says_so(absent, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SetupError, match="SLURM is not installed, and without apt-get"):
        slurm.ensure_slurm()


def test_the_whole_test_run_says_what_it_skips(absent, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    slurm.install_slurm_where_possible()
    said = capsys.readouterr().out
    assert "tests through SLURM will be skipped" in said
    assert "without apt-get" in said


def test_without_root_it_is_an_error_to_ask_for_it(absent, monkeypatch):
    monkeypatch.setattr(slurm.shutil, "which", lambda *_, **__: "/usr/bin/apt-get")
    monkeypatch.setattr(slurm.os, "geteuid", lambda: 1000)
    with pytest.raises(SetupError, match="needs root"):
        slurm.ensure_slurm()


def test_packages_services_stay_off_while_they_are_installed(monkeypatch, tmp_path):
    policy = tmp_path / "policy-rc.d"
    monkeypatch.setattr(slurm._services_kept_off, "path", policy)
    with slurm._services_kept_off():
        assert "exit 101" in policy.read_text()
    assert not policy.exists()
