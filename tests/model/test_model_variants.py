"""A variant of somebody else's, with an input of its own: one module and an entry point."""

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from deepexpr import plugins
from deepexpr.cli import main
from deepexpr.features.dataset import Dataset, write_dataset

ROOT = Path(__file__).resolve().parents[2]

VARIANT = '''
from deepexpr.model import fields
from deepexpr.model.config import NetworkSettings, TrainingSettings
from deepexpr.model.lazily import keras, layers

LAYERS = "guest_layers"


class Network(NetworkSettings):
    """Some marks and the mean letters of a promoter."""

    variant: str = "toy"
    units: fields.Filters = 4


class Training(TrainingSettings):
    epochs: fields.Epochs = 2
    batch_size: fields.BatchSize = 32


def build(model, training, shape, kind):
    from deepexpr.model.one_step import OneStep

    def networks():
        from guest_layers import Halved

        promoter = keras.Input((shape.length, 4), name="promoter")
        marks = keras.Input(shape.others["marks"], name="marks")
        x = layers.Concatenate()([layers.GlobalAveragePooling1D()(promoter), marks])
        x = Halved(name="halved")(x)
        score = layers.Dense(shape.outputs)(layers.Dense(model.units, activation="relu")(x))
        network = keras.Model([promoter, marks], score)
        return network, network

    return OneStep(networks, 1, training, shape, kind)
'''

LAYERS = """
from deepexpr.model.backend import keras


@keras.saving.register_keras_serializable("guest")
class Halved(keras.layers.Layer):
    def call(self, x):
        return x / 2
"""


@pytest.fixture
def guest(tmp_path, monkeypatch):
    """An installed package that brings the variant."""
    (tmp_path / "guest_variant.py").write_text(VARIANT)
    (tmp_path / "guest_layers.py").write_text(LAYERS)
    folder = tmp_path / "guest-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: guest\nVersion: 1.0\n")
    lines = ["[deepexpr.model.variants]", "toy = guest_variant", ""]
    (folder / "entry_points.txt").write_text("\n".join(lines))
    monkeypatch.syspath_prepend(tmp_path)
    plugins.members.cache_clear()
    yield
    for name in ("guest_variant", "guest_layers"):
        sys.modules.pop(name, None)
    plugins.members.cache_clear()


def test_a_variant_is_a_file_and_an_input_is_the_dataset_and_the_variant(guest, toy, tmp_path):
    dataset = toy.dataset(1)
    marks = np.random.default_rng(0).normal(size=(len(dataset), 3)).astype(np.float32)
    write_dataset(dataclasses.replace(dataset, others={"marks": marks}), tmp_path / "marks.h5")
    read = Dataset.open(tmp_path / "marks.h5")
    rows = [read.gene.tolist().index(gene) for gene in dataset.gene]
    assert (read.others["marks"][rows] == marks).all()
    common = ["--dataset", str(tmp_path / "marks.h5")]
    train = ["train", *common, "--splits", str(toy.splits), "--task", "regression", "--seed", "1"]
    train += ["--kind", "full", "--output", str(tmp_path / "out"), "--threads", "1"]
    assert main([*train, "--model", '{"variant": "toy", "units": 3}']) == 0
    bundle = ["--bundle", str(tmp_path / "out" / "bundle")]
    predicted = tmp_path / "held_out.tsv"
    assert main(["predict", *bundle, *common, "--held-out", "--output", str(predicted)]) == 0
    recorded = pd.read_csv(tmp_path / "out" / "predictions.tsv", sep="\t")
    again = pd.read_csv(predicted, sep="\t").merge(recorded, on=["fold", "gene"])
    assert len(again) == len(dataset)
    np.testing.assert_allclose(again["predicted_x"], again["predicted_y"], rtol=1e-6)
    explained = ["interpret", *bundle, *common, "--gene", "G001", "--output", str(tmp_path / "why")]
    assert main([*explained, "--method", "gradient"]) == 0
    assert {path.name for path in (tmp_path / "why").iterdir()} == {"attribution.tsv", "motifs.tsv"}


@pytest.mark.slow
def test_layers_of_a_variant_are_known_to_a_process_that_did_not_train_it(guest, toy, tmp_path):
    dataset = toy.dataset(1)
    marks = np.ones((len(dataset), 3), np.float32)
    write_dataset(dataclasses.replace(dataset, others={"marks": marks}), tmp_path / "marks.h5")
    command = ["train", "--dataset", "marks.h5", "--splits", str(toy.splits), "--task",
               "regression", "--kind", "full", "--output", "out", "--model", '{"variant": "toy"}',
               "--training", '{"epochs": 1}']  # fmt: skip
    look = (
        "from deepexpr.figures.architecture import build_architecture as build;"
        "from deepexpr.figures.inputs import Inputs;"
        "print(*build(Inputs(bundle='out/bundle'))['type'])"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, [tmp_path, ROOT]))}
    for argv in (["-m", "deepexpr", *command], ["-c", look]):
        result = subprocess.run(
            [sys.executable, *argv], cwd=tmp_path, env=environment, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert result.returncode == 0, result.stderr
    assert "Halved" in result.stdout.split()


def test_an_input_that_lacks_is_named(guest, toy, tmp_path, capsys):
    dataset = toy.dataset(1)
    marks = np.ones((len(dataset), 3), np.float32)
    write_dataset(dataclasses.replace(dataset, others={"marks": marks}), tmp_path / "marks.h5")
    assert main(["train", "--dataset", str(tmp_path / "marks.h5"), "--splits", str(toy.splits),
                 "--task", "regression", "--kind", "full", "--output", str(tmp_path / "out"),
                 "--model", '{"variant": "toy"}', "--training", '{"epochs": 1}']) == 0  # fmt: skip
    command = ["predict", "--bundle", str(tmp_path / "out" / "bundle"), "--dataset", str(toy.h5)]
    assert main([*command, "--output", str(tmp_path / "o.tsv")]) == 1
    message = capsys.readouterr().err
    assert "needs marks" in message
    assert "Give a dataset with marks" in message
