"""A loop caller is a file: what it declares is all the verb, settings and texts need."""

import json
import sys
from importlib.metadata import EntryPoint

import pytest

from deepexpr import plugins
from deepexpr.cli import main
from deepexpr.errors import InputError
from deepexpr.files import read_table
from deepexpr.hichip import callers
from deepexpr.hichip.sections import CallSection, LoopSection
from deepexpr.run.archive import _loops
from deepexpr.schemas import LOOPS

TOY = """
import numpy as np
from deepexpr.hichip.callers import Calls
from deepexpr.settings import Field, Section

RATE = "toy"

class SETTINGS(Section):
    least: int = Field(5, ge=1, description="PETs of a loop, at least.")

def threads(settings):
    return 1

def methods(settings):
    return f"a threshold of {SETTINGS(**settings['caller_settings']).least} PETs"

def call(contacts, depth, settings, seed):
    called = contacts["count"].to_numpy() >= settings.least
    return Calls(called.astype(float), {"least": settings.least})
"""


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """A package elsewhere that brings the caller `toy` by its entry point."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/__init__.py").touch()
    (tmp_path / "elsewhere/toy.py").write_text(TOY)
    monkeypatch.syspath_prepend(tmp_path)
    entry = EntryPoint("toy", "elsewhere.toy", callers.__name__)
    monkeypatch.setattr(
        "importlib.metadata.entry_points",
        lambda group: [entry] if group == callers.__name__ else [],
    )
    plugins.members.cache_clear()
    yield
    plugins.members.cache_clear()
    sys.modules.pop("elsewhere.toy", None)


def test_a_toy_caller_is_run_by_the_verb(toy, tmp_path):
    rows = ["chr1\t0\t5000\tchr1\t50000\t55000\t9", "chr1\t0\t5000\tchr1\t90000\t95000\t2"]
    (tmp_path / "c.tsv").write_text("\n".join(rows) + "\n")
    depth = "".join(f"chr1\t{i}\t{i + 5000}\t20\n" for i in (0, 50000, 90000))
    (tmp_path / "d.tsv").write_text(depth)
    settings = {"caller": "toy", "caller_settings": {"least": 3}}
    arguments = ["--contacts", "c.tsv", "--depth", "d.tsv", "--output", "all", "--qc", "qc"]
    arguments = [str(tmp_path / a) if a[:2] != "--" else a for a in arguments]
    assert main(["call-loops", *arguments, "--settings", json.dumps(settings)]) == 0
    assert read_table(tmp_path / "all", LOOPS)["loop"].tolist() == [1, 0]
    quality = read_table(tmp_path / "qc", dtype=str).set_index("metric")["value"]
    assert (quality["least"], quality["loops"]) == ("3", "1")
    config = {"loops": LoopSection(**settings).to_dict(), "features": {"bins": 4, "bin_size": 9}}
    assert "called with a threshold of 3 PETs; their counts" in _loops(config)


def test_callers_hold_what_the_protocol_lists(toy):
    for name in plugins.members(callers.__name__):
        caller = callers.find_caller(name)
        section = CallSection(caller=name).to_dict()
        assert caller.RATE
        assert caller.methods(section)
        assert caller.threads(section) >= 1
        assert callers.caller_settings(section, threads=2)


@pytest.mark.parametrize(
    ("values", "key", "problem"),
    [
        ({"caller": "peakachu"}, "caller", "Unknown caller 'peakachu'"),
        ({"caller_settings": {"thin": 1}}, "caller_settings.thin", "less than the minimum of 2"),
        ({"caller_settings": {"thim": 9}}, "caller_settings.thim", "Unknown key 'thim'"),
        ({"caller_settings": {"chains": 2}}, "caller_settings", "a key of loops itself"),
    ],
)
def test_what_a_caller_cannot_take_is_told_before_the_run(values, key, problem):
    with pytest.raises(InputError, match=problem) as caught:
        LoopSection(**values)
    assert f"key {key}" in caught.value.where


def test_own_settings_of_origami_come_from_the_configuration():
    section = LoopSection(chains=2, caller_settings={"trans": "original"}).to_dict()
    settings = callers.caller_settings(section, threads=2)
    assert (settings.chains, settings.trans, settings.threads) == (2, "original", 2)
