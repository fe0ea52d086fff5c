"""Run by test_model_stacked.py where Keras runs on JAX: python stacked_under_jax.py FOLDER
[CASE].

Trains every variant on three folds of different sizes, one by one and as a stack in both forms, and
writes the weights where each fit started and ended, the histories, and the order of stopping.
"""

import contextlib
import sys
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import numpy as np
from conftest import make_dataset
from keras.src.backend.common.dtypes import BIT64_TO_BIT32_DTYPE

from deepexpr.features.dataset import CONTACTS, ENHANCERS
from deepexpr.model import stacked
from deepexpr.model.backend import jax_module, keras
from deepexpr.model.config import make_configs
from deepexpr.model.network import Shape
from deepexpr.model.stacked_forms import InTurns, SideBySide
from deepexpr.model.steps import fold_data
from deepexpr.model.variants import builder

SMALL = {"filters": 6, "layers": 2, "growth": 3, "dense": [8], "distal": [8]}
STILL = {"dropout": 0.0, "distal_dropout": 0.0}
ONCE = {"batch_size": 4, "epochs": 1}
TWICE = ONCE | {"distal_batch_size": 4, "distal_epochs": 1}
#: Training genes of each fold: 50 steps of 4, the last of one fold with genes of its first.
SIZES = (200, 197, 200)
FORMS = {"side": SideBySide, "turn": InTurns}
#: AdamW divides by the gradients' size: what is 0 but for rounding (a bias before a batch
#: normalisation, a unit nearly off) becomes a full step. These cases are in float64, whose rounding
#: is far below AdamW's epsilon: only differences of sense are left.
DOUBLE = ("tuned_double", "lstm", "embedding", "enhancers")
#: Beside words, with so few genes.
TRAINED = {"convolution_from": 1}
#: Contacted places of a gene, and their letters.
SLOTS, WIDTH = 3, 40
#: Cases that TensorFlow trains from the same start; the others: docs/network.md.
ON_TENSORFLOW = ("paper",)
#: Name -> (model, training, task). 50 steps without dropout; then dropout, shifts and all of the
#: stopping rule.
CASES = {
    "paper": ({"variant": "paper", "blocks": 2} | SMALL | STILL, TWICE, "regression"),
    "authors_code": (
        {"variant": "authors_code", "blocks": 1, "conv_dropout": 0.0} | SMALL | STILL,
        ONCE | {"learning_rate": 1e-3}, "classification",
    ),
    "tuned": (
        {"variant": "tuned", "first_pool": 4, "bins_dropout": 0.0} | TRAINED | SMALL | STILL, TWICE,
        "regression",
    ),
    # With its dropout and shifts, which both trainers draw alike.
    "tuned_double": (
        {"variant": "tuned", "first_pool": 4} | TRAINED | SMALL | {"distal_dropout": 0.1},
        TWICE | {"shift": 20}, "regression",
    ),
    "lstm": (
        {"variant": "lstm", "first_pool": 4, "filters": 6, "recurrent": 3, "dense": [8]}
        | TRAINED | STILL, ONCE, "regression",
    ),
    "embedding": (
        {"variant": "embedding", "first_pool": 4, "token": 2, "vector": 5, "layers": 2, "growth": 3,
         "dense": [8]} | TRAINED | STILL, ONCE, "regression",
    ),
    "enhancers": (
        {"variant": "enhancers", "first_pool": 4, "bins_dropout": 0.0, "judge": 5, "words": False}
        | SMALL | STILL | {"layers": 1}, TWICE, "regression",
    ),
    "stops": (
        {"variant": "paper", "blocks": 1} | SMALL,
        {"batch_size": 16, "epochs": 30, "patience": 2, "plateau_factor": 0.5,
         "plateau_patience": 1, "shift": 3, "distal_epochs": 1}, "regression",
    ),
}  # fmt: skip


def places_of(dataset):
    """The dataset with contacted places: the more loops, the stronger; a third of them empty."""
    rng, n = np.random.default_rng(2), len(dataset)
    letters = np.frombuffer(b"ACGT", np.uint8)[rng.integers(0, 4, (n, SLOTS, WIDTH))]
    strength = dataset.bins[:, :SLOTS] * (rng.random((n, SLOTS)) < 2 / 3)
    away = rng.normal(0, 1e5, (n, SLOTS)) * (strength > 0)
    contacts = np.stack([strength, away], axis=2).astype(np.float32)
    return replace(dataset, others={ENHANCERS: letters, CONTACTS: contacts})


def folds_of(built, task, dataset):
    """Data of three folds, prepared."""
    rng = np.random.default_rng(0)
    for size in SIZES:
        order = rng.permutation(len(dataset))
        data = fold_data(dataset, order[:size], order[size : size + 70], task, built.standardise)
        yield built.prepare(data, False)


def made(case):
    """Builder and folds of a case."""
    settings, training, task = CASES[case]
    # Their distal module is that of tuned.
    kind = "sequence" if case in ("lstm", "embedding") else "full"
    dataset = make_dataset(1)
    dataset = places_of(dataset) if case == "enhancers" else dataset
    others = {name: array.shape[1:] for name, array in dataset.others.items()}
    shape = Shape(160, 40, 5000, task, others=others)
    built = builder(*make_configs(settings, training), shape, kind)
    return built, list(folds_of(built, task, dataset))


def main(folder, *cases):
    """Write CASE.npz of every case: start-, one-, side-, turn-, by fold and weight; histories."""
    for case in cases or CASES:
        with double() if case in DOUBLE else contextlib.nullcontext():
            found = trained(case)
        np.savez(folder / f"{case}.npz", **{k.replace("/", "."): v for k, v in found.items()})


@contextlib.contextmanager
def double():
    """While this lasts networks are built and trained in float64, which Keras on JAX takes for
    float32 in half of its operations."""
    with jax_module().enable_x64(True), patch.dict(BIT64_TO_BIT32_DTYPE, float64="float64"):
        keras.config.set_dtype_policy("float64")
        try:
            yield
        finally:
            keras.config.set_dtype_policy("float32")


def trained(case):
    """What all ways of training make of a case, by name."""
    built, folds = made(case)
    found = {}
    for name, form in FORMS.items():
        stopped: list[int] = []
        runs = [noted(built.fits(d, 10 + i, f"fold {i}"), i, stopped) for i, d in enumerate(folds)]
        with patch.object(stacked, "form_of_device", lambda form=form: form):
            for i, trained in stacked.Stacks().run(runs):
                found |= arrays(name, i, *trained)
        found[f"{name}-stopped"] = np.array(stopped)
    for i, data in enumerate(folds):
        if case in ON_TENSORFLOW:
            found |= {f"start-{i}-{n:03d}": w for n, w in enumerate(start_of(built, data, 10 + i))}
        found |= arrays("one", i, *built.train(data, 10 + i, f"fold {i}"))
    return found


def start_of(built, data, seed):
    """Weights that the first fit of a fold starts from."""
    fit = next(built.fits(data, seed, ""))
    trainer = fit.trainer()
    trainer.reset(fit.seed)
    if fit.prepare:
        fit.prepare(trainer.model)
    return trainer.model.get_weights()


def noted(fits, fold, stopped):
    """`fits`; each time that a network of it is there, `fold` is put into `stopped`."""
    answer = None
    while True:
        try:
            fit = fits.send(answer)
        except StopIteration as done:
            return done.value
        answer = yield fit
        stopped.append(fold)


def arrays(name, fold, model, history):
    """Weights and losses of a fold."""
    found = {f"{name}-{fold}-{w.path}": keras.ops.convert_to_numpy(w) for w in model.weights}
    return found | {f"{name}-history-{fold}": np.array([row[1:] for row in history])}


if __name__ == "__main__":
    assert keras.backend.backend() == "jax"
    main(Path(sys.argv[1]), *sys.argv[2:])
