"""A variant, a loop caller and a figure of another package, run by the pipeline without an edit."""

import shutil

import pytest
import yaml
from tiny_run import ARGUMENTS
from workflow_copy import Workflow

from deepexpr.files import read_table

pytestmark = pytest.mark.slow

CALLER = '''
from deepexpr.hichip.callers import Calls
from deepexpr.settings import Section

RATE = "none"


class Settings(Section):
    least: int = 2
    """PETs of a loop."""


SETTINGS = Settings


def threads(settings):
    return 1


def methods(settings):
    return "a threshold of PETs"


def call(contacts, depth, settings, seed):
    loops = contacts["count"] >= settings.least
    return Calls(loops.to_numpy(float), {"least": settings.least})
'''
VARIANT = '''
from deepexpr.model import fields
from deepexpr.model.config import NetworkSettings, TwoStepTraining
from deepexpr.model.lazily import keras, layers


class Network(NetworkSettings):
    variant: str = "toy"
    filters: fields.Filters = 4
    kernel: fields.Kernel = 4
    convolution_from: fields.ConvolutionFrom = 1  # the demo sets it


class Training(TwoStepTraining):
    """As the demo's settings have them."""


def build(model, training, shape, kind):
    from deepexpr.model.one_step import OneStep

    def networks():
        promoter = keras.Input((shape.length, 4), name="promoter")
        maps = layers.Conv1D(model.filters, model.kernel, activation="relu")(promoter)
        score = layers.Dense(shape.outputs)(layers.GlobalMaxPooling1D()(maps))
        network = keras.Model([promoter], score)
        return network, network

    return OneStep(networks, 1, training, shape, kind)
'''
FIGURE = """
from deepexpr.figures.declaration import DATA, FigureSpec
from deepexpr.files import read
from deepexpr.schemas import SIGNAL

FIGURE = FigureSpec("toy", "Loops of each cell line", __name__, "toy", DATA, ("signal",))
TOY_COLUMNS = ("cell_line", "loops")


def build_toy(inputs):
    import pandas as pd

    rows = [(line, len(read(SIGNAL, path))) for line, path in inputs.signal.items()]
    return pd.DataFrame(rows, columns=list(TOY_COLUMNS))


def draw_toy(table):
    from matplotlib.figure import Figure

    figure = Figure()
    figure.subplots().bar(table["cell_line"], table["loops"])
    return figure
"""
ENTRY_POINTS = """
[deepexpr.hichip.callers]
toy = lab.caller
[deepexpr.model.variants]
toy = lab.variant
[deepexpr.figures]
toy = lab.figure
"""
NETWORK = "results/models/Beta/regression/K3/sequence/predictions.tsv"
FIGURE_FILES = ("results/figures/toy.png", "results/figures/toy.tsv")


@pytest.fixture
def workflow(finished, tmp_path):
    """The finished run, copied, with the package where Python looks and its names in a file."""
    folder = tmp_path / "run"
    shutil.copytree(finished.folder, folder, symlinks=True)
    (folder / "lab").mkdir()
    for name, text in (("caller", CALLER), ("variant", VARIANT), ("figure", FIGURE)):
        (folder / f"lab/{name}.py").write_text(text)
    (folder / "lab/__init__.py").touch()
    (folder / "lab/figure.rst").write_text("Loops of each cell line.\n")
    info = folder / "lab-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: lab\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    chosen = {
        "model": {"variant": "toy"},
        "loops": {"caller": "toy", "caller_settings": {"least": 4}},
    }
    (folder / "toy.yaml").write_text(yaml.safe_dump(chosen))
    return Workflow(folder)


def test_what_another_package_brings_runs_through_the_pipeline(workflow):
    text = workflow.run(NETWORK, *FIGURE_FILES, *ARGUMENTS, "toy.yaml")
    for rule in ("call_loops", "train_network", "draw_toy"):
        assert f"rule {rule}:" in text
    results = workflow.folder / "results"
    for line in ("Alpha", "Beta"):
        contacts = read_table(results / f"loops/{line}/contacts.bedpe")
        assert ((contacts["count"] >= 4) == (contacts["confidence"] == 1)).all()
    assert (
        '"variant": "toy"'
        in (workflow.folder / NETWORK).with_name("bundle").joinpath("bundle.json").read_text()
    )
    drawn = read_table(workflow.folder / FIGURE_FILES[1]).set_index("cell_line")["loops"]
    for line, loops in drawn.items():
        assert loops == len(read_table(results / f"loops/{line}/signal.tsv"))
