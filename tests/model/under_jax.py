"""Run by test_model_jax.py in a process whose KERAS_BACKEND is jax: python under_jax.py FOLDER.

Trains a job, and writes what JAX makes of it and of the models that TensorFlow saved in FOLDER.
"""

import json
import sys
from pathlib import Path

import numpy as np

from deepexpr.cli import main
from deepexpr.features.dataset import Dataset
from deepexpr.model.backend import gradient, keras
from deepexpr.model.bundle import Bundle


def verb(*arguments):
    if main([str(argument) for argument in arguments]) != 0:
        sys.exit(f"{arguments[0]} failed")


def train(folder, settings):
    common = ["--dataset", folder / "toy.h5", "--splits", folder / "splits.tsv", "--threads", 1]
    common += ["--task", "regression", "--model", json.dumps(settings["model"])]
    common += ["--training", json.dumps(settings["training"])]
    job = folder / "jax/job"
    verb("train", *common, "--kind", "full", "--output", job)
    options = ["--dataset", folder / "toy.h5", "--held-out", "--output", folder / "jax/again.tsv"]
    verb("predict", "--bundle", job / "bundle", *options)


def read_tensorflows(folder, settings):
    dataset = Dataset.open(folder / "toy.h5")
    found = {"bundle": Bundle.open(settings["bundle"]).predict(dataset)}
    inputs = dict(np.load(folder / "inputs.npz"))
    for file in sorted(folder.glob("*.keras")):
        model = keras.saving.load_model(file, compile=False)
        arrays = [inputs["promoter"], inputs["bins"]][: len(model.inputs)]
        found[file.stem] = model(arrays if len(arrays) > 1 else arrays[0], training=False)
    promoter, bins = inputs["promoter"], keras.ops.convert_to_tensor(inputs["bins"])
    model = keras.saving.load_model(folder / "tuned.keras", compile=False)
    found["gradient"] = gradient(
        lambda values: keras.ops.sum(model([values, bins], training=False)[:, -1]), promoter
    )
    np.savez(folder / "jax.npz", **{name: np.asarray(values) for name, values in found.items()})


if __name__ == "__main__":
    assert keras.backend.backend() == "jax"
    where = Path(sys.argv[1])
    settings = json.loads((where / "settings.json").read_text())
    train(where, settings)
    names = [path.read_text().strip() for path in Path("/proc/self/task").glob("*/comm")]
    assert names.count("tf_XLAEigen") <= 1, "as many threads as --threads says"
    read_tensorflows(where, settings)
