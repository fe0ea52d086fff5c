"""A figure of another package: one module and its caption, and the pipeline draws it."""

import os
import subprocess
import sys

import pytest
from workflow_copy import Workflow

from deepexpr.run.code import code_fingerprint, code_of

TOY = '''
"""Scores by fold, as dots."""

from deepexpr.figures.declaration import PERFORMANCE, FigureSpec
from deepexpr.figures.inputs import read_tables
from deepexpr.schemas import METRICS

FIGURE = FigureSpec("toy", "Scores in short", __name__, "toy", PERFORMANCE, ("metrics",))
TOY_COLUMNS = ("cell_line", "value")


def build_toy(inputs):
    return read_tables(inputs.metrics, METRICS)[list(TOY_COLUMNS)]


def draw_toy(table):
    from matplotlib.figure import Figure

    figure = Figure()
    figure.subplots().plot(table["value"], "o")
    return figure
'''


@pytest.fixture
def package(tmp_path):
    """A package as pip installs it, where Python looks: in the folder of a workflow's copy."""
    info = tmp_path / "lab_figures-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: lab-figures\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[deepexpr.figures]\ntoy = lab_figures.toy\n")
    (tmp_path / "lab_figures").mkdir()
    (tmp_path / "lab_figures/__init__.py").touch()
    (tmp_path / "lab_figures/toy.py").write_text(TOY)
    (tmp_path / "lab_figures/toy.rst").write_text("Scores of every fold.\n")
    return tmp_path


def test_the_workflow_makes_a_rule_of_it(package):
    copy = Workflow.copied_to(package)
    text = copy.run("-n", "-p", "--configfile", "config/demo/config.yaml")
    assert "rule draw_toy:" in text
    assert "deepexpr table toy --metrics=results/evaluation/metrics.tsv" in text


def test_its_rule_s_command_draws_it(package):
    line = "A\tA\tregression\trandom\tfull\t5\t0\tPCC\t0.5\t0.01\t20\t\n"
    header = "cell_line trained_on task scheme method K fold metric value p_value n reason"
    (package / "metrics.tsv").write_text(header.replace(" ", "\t") + "\n" + line)
    command = [sys.executable, "-m", "deepexpr", "table", "toy", "--metrics=metrics.tsv"]
    command += ["--output", "toy.tsv", "--figure", "toy.png"]
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(package), os.environ.get("PYTHONPATH", "")])
    }
    subprocess.run(command, cwd=package, env=environment, check=True)
    assert (package / "toy.tsv").read_text() == "cell_line\tvalue\nA\t0.5\n"
    assert (package / "toy.png").read_bytes().startswith(b"\x89PNG")


def test_an_edit_of_it_is_seen(package, monkeypatch):
    monkeypatch.syspath_prepend(package)

    def fingerprint(text):
        (package / "lab_figures/toy.py").write_text(text)
        code_of.cache_clear()
        return code_fingerprint(["lab_figures.toy"])

    assert fingerprint(TOY) == fingerprint(TOY + "# a comment\n")
    assert fingerprint(TOY) != fingerprint(TOY.replace('"o"', '"x"'))
