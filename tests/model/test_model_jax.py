"""The model code under JAX: it trains, saves, loads, and reads what TensorFlow saved alike."""

import ast
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from deepexpr import model as package
from deepexpr.features.dataset import Dataset
from deepexpr.features.sequence import encode_bytes, one_hot
from deepexpr.model import network
from deepexpr.model.backend import gradient, keras
from deepexpr.model.bundle import Bundle
from deepexpr.model.config import make_configs
from deepexpr.model.network import Scaling, Shape, TwoModules
from deepexpr.model.saved import save_model
from deepexpr.model.variants.authors_code import networks

pytestmark = pytest.mark.slow  # another backend starts and compiles

#: One of each layer: JAX compiles every new shape, also of what initialises weights.
SMALL = {"filters": 4, "blocks": 1, "layers": 1, "growth": 3, "dense": [8]}
SHAPE = Shape(length=200, bins=40, bin_size=5000, task="regression")
#: Two implementations of float32.
CLOSE = {"rtol": 1e-4, "atol": 1e-4}


def two_steps(variant):
    config = TwoModules.of(make_configs({"variant": variant, **SMALL}, {})[0])
    return network.assemble(
        network.build_proximal(config, SHAPE),
        network.build_distal(config, SHAPE, Scaling(bins_scale=0.7), with_bias=False),
        SHAPE,
        Scaling(bins_scale=0.7),
    )


def at_once():
    config = make_configs({"variant": "authors_code", **SMALL}, {})[0]
    return networks(config, SHAPE, "full")[1]


MODELS = {"paper": lambda: two_steps("paper"), "tuned": lambda: two_steps("tuned"),
          "authors_code": at_once}  # fmt: skip


def perturb(model, rng):
    """Zeros, such as those of scores that start with nothing to say, would hide differences."""
    weights = [w + 0.05 * rng.random(w.shape).astype(w.dtype) for w in model.get_weights()]
    model.set_weights(weights)


@pytest.fixture(scope="module")
def jax(toy, full_run, tmp_path_factory):
    """What a process on JAX made of a job of its own and of TensorFlow's models."""
    if importlib.util.find_spec("jax") is None:
        pytest.skip("jax is not installed; requirements/test.txt has it")
    folder = tmp_path_factory.mktemp("jax")
    for name in ("toy.h5", "splits.tsv"):
        (folder / name).write_bytes((toy.folder / name).read_bytes())
    rng = np.random.default_rng(0)
    texts = ["".join(rng.choice(list("ACGTN"), SHAPE.length)) for _ in range(6)]
    promoter, bins = one_hot(encode_bytes(texts)), rng.random((6, SHAPE.bins), np.float32)
    np.savez(folder / "inputs.npz", promoter=promoter, bins=bins)
    models = {}
    for name, build in MODELS.items():
        keras.utils.set_random_seed(1)
        models[name] = build()
        perturb(models[name], rng)
        save_model(models[name], folder / f"{name}.keras")
    settings = {
        "model": toy.model,
        "training": toy.training | {"epochs": 4, "distal_epochs": 4},
        "bundle": str(full_run / "bundle"),
    }
    (folder / "settings.json").write_text(json.dumps(settings))
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("under_jax.py")), str(folder)],
        env=os.environ | {"KERAS_BACKEND": "jax", "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    assert "backend jax, device CPU" in done.stderr
    return SimpleNamespace(
        folder=folder, found=dict(np.load(folder / "jax.npz")), models=models,
        promoter=promoter, bins=bins, bundle=settings["bundle"],
    )  # fmt: skip


def test_trains_saves_and_loads(jax):
    recorded = pd.read_csv(jax.folder / "jax/job/predictions.tsv", sep="\t")
    again = pd.read_csv(jax.folder / "jax/again.tsv", sep="\t")
    both = recorded.merge(again, on=["gene", "fold"])
    assert len(both) == 300
    np.testing.assert_allclose(both["predicted_x"], both["predicted_y"], rtol=1e-6)
    assert both["predicted_x"].std() > 0.1
    history = pd.read_csv(jax.folder / "jax/job/history.tsv", sep="\t")
    assert (history.groupby("fold")["loss"].agg(lambda loss: loss.iloc[-1] < loss.iloc[0])).all()


def test_tensorflow_reads_what_jax_trained(jax):
    bundle = Bundle.open(jax.folder / "jax/job/bundle")
    held_out = bundle.predict_held_out(Dataset.open(jax.folder / "toy.h5"))
    recorded = pd.read_csv(jax.folder / "jax/job/predictions.tsv", sep="\t")
    both = recorded.merge(held_out, on=["gene", "fold"])
    np.testing.assert_allclose(both["predicted_x"], both["predicted_y"], **CLOSE)


def test_jax_predicts_with_a_bundle_of_tensorflow(jax):
    predicted = Bundle.open(jax.bundle).predict(Dataset.open(jax.folder / "toy.h5"))
    np.testing.assert_allclose(jax.found["bundle"], predicted, **CLOSE)


@pytest.mark.parametrize("variant", list(MODELS))
def test_variants_agree(jax, variant):
    model = jax.models[variant]
    own = np.array(model([jax.promoter, jax.bins], training=False))
    assert own.std(axis=0).min() > 1e-3
    np.testing.assert_allclose(jax.found[variant], own, **CLOSE)


def test_gradients_agree(jax):
    bins = keras.ops.convert_to_tensor(jax.bins)
    model = jax.models["tuned"]
    own = gradient(
        lambda values: keras.ops.sum(model([values, bins], training=False)[:, -1]), jax.promoter
    )
    assert np.abs(own).max() > 1e-3
    np.testing.assert_allclose(jax.found["gradient"], own, rtol=1e-3, atol=1e-5)


def test_only_the_backend_module_knows_a_backend():
    for path in Path(package.__path__[0]).glob("*.py"):
        tree = ast.parse(path.read_text())
        names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import)
                 for alias in node.names]  # fmt: skip
        names += [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        known = {name.split(".")[0] for name in names} & {"tensorflow", "jax", "torch"}
        assert not known or path.name == "backend.py", f"{path.name} imports {known}"
        assert path.name == "backend.py" or "keras" not in names, f"{path.name} imports keras"
