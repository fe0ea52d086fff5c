"""`make gpu`: one clear error before anything is downloaded, and nothing done twice."""

import re
import sys

import pytest

from bootstrap import gpu
from bootstrap.shell import SetupError


@pytest.fixture
def card(tmp_path, monkeypatch):
    """A machine with a driver; what is run there, in an environment that is not made yet."""
    asked = []
    monkeypatch.setattr(gpu, "DRIVER", tmp_path)
    monkeypatch.setattr(gpu, "VENV", tmp_path / "venv")
    monkeypatch.setattr(gpu, "make_venv", lambda folder: folder.mkdir())
    monkeypatch.setattr(gpu, "run", asked.append)
    monkeypatch.setattr(sys, "version_info", (3, 12, 1))
    return asked


def test_without_a_card_nothing_is_installed(card, tmp_path, monkeypatch):
    monkeypatch.setattr(gpu, "DRIVER", tmp_path / "none")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SetupError, match="No NVIDIA GPU"):
        gpu.ensure_gpu_python(None)
    assert not card


@pytest.mark.parametrize("minor", [10, 14])
def test_a_python_without_wheels_is_told(card, monkeypatch, minor):
    monkeypatch.setattr(sys, "version_info", (3, minor, 0))
    with pytest.raises(SetupError, match=rf"Python 3.11 to 3.13; this is 3\.{minor} at"):
        gpu.ensure_gpu_python(None)
    assert not card


def test_a_half_made_environment_is_made_again_and_a_whole_one_is_left(card, monkeypatch):
    gpu.VENV.mkdir()
    (gpu.VENV / "half").write_text("")
    gpu.ensure_gpu_python(None)
    assert not (gpu.VENV / "half").exists()
    (install,) = card
    assert {"jax[cuda12]", "tensorflow[and-cuda]", "h5py"} <= {p.split("==")[0] for p in install}
    monkeypatch.setattr(gpu, "works", lambda command: True)
    gpu.ensure_gpu_python(None)
    assert len(card) == 1
    (gpu.VENV / ".stamp").write_text("other pins")
    gpu.ensure_gpu_python(None)
    assert len(card) == 2


def test_ones_own_python_is_asked_for_all_that_the_environment_pins(monkeypatch, root):
    pins = gpu.PIN.findall((root / "envs/jax-gpu.yaml").read_text())
    names = {re.split(r"[\[=]", pin)[0] for pin in pins}
    modules = {"pyyaml": "yaml", "scikit-learn": "sklearn"}
    assert {modules.get(name, name) for name in names} == set(gpu.NEEDED)
    monkeypatch.setattr(gpu, "NEEDED", ("json", "no_such_module"))
    with pytest.raises(SetupError, match="cannot import no_such_module"):
        gpu.ensure_gpu_python(sys.executable)
    monkeypatch.setattr(gpu, "NEEDED", ("json",))
    gpu.ensure_gpu_python(sys.executable)
