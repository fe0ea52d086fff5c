"""Boosted trees in place of the distal module's dense layers, from so many training genes on."""

import dataclasses
import json

import numpy as np
import pytest

from deepexpr.errors import InputError
from deepexpr.features.dataset import ANCHORS, Dataset, write_dataset
from deepexpr.features.words import loop_windows
from deepexpr.figures.quality import _trained
from deepexpr.files import read_table
from deepexpr.model import trees as grown
from deepexpr.model.bundle import Bundle
from deepexpr.model.config import make_configs
from deepexpr.model.distal_trees import build_tree_distal, tree_columns
from deepexpr.model.examples import Examples
from deepexpr.model.gradient import promoter_gradient
from deepexpr.model.layers import LoopWindows
from deepexpr.model.network import PROXIMAL, SEQUENCE_SCORE, Shape, TwoModules

TREES = {"trees_from": 100}
BINS = 40


@pytest.fixture(autouse=True)
def few_rounds(monkeypatch):
    monkeypatch.setattr(grown, "MOST_ROUNDS", 25)


def columns(genes: int, width: int) -> np.ndarray:
    rng = np.random.default_rng(genes)
    return np.round(rng.normal(size=(genes, width)), 1).astype(np.float32)


@pytest.mark.parametrize("task", ["regression", "classification"])
def test_a_saved_network_says_what_the_library_says(task):
    """Through the layer, of the same loops and scores: the boosted models' own mean."""
    outputs = 2 if task == "classification" else 1
    rng = np.random.default_rng(0)
    bins = np.log2(1 + rng.poisson(0.3, (400, BINS))).astype(np.float32)
    score = columns(400, outputs)
    loops = np.array(LoopWindows(5000)(bins))
    x = tree_columns(score, loops)
    y = x[:, 0] + loops[:, 3] + rng.normal(0, 0.3, 400)
    y = (y > np.median(y)).astype(int) if task == "classification" else y
    trees, history = grown.grow_trees(x, y, task, [np.arange(400) % 9 == 0])
    assert [row[0] for row in history] == list(range(1, 26))
    shape = Shape(160, BINS, 5000, task)
    settings, _ = make_configs({"variant": "tuned"}, {})
    distal = build_tree_distal(TwoModules.of(settings), shape, trees, True)
    with_trees = np.array(distal([bins, score])) + score
    rounds = int(np.argmin([row[2] for row in history])) + 1
    models = grown._grow(x, y, task, rounds)
    name = "decision_function" if task == "classification" else "predict"
    expected = np.mean([getattr(model, name)(x) for model in models], axis=0)
    found = with_trees[:, -1] if outputs == 1 else with_trees[:, 1] - with_trees[:, 0]
    np.testing.assert_allclose(found, expected, atol=2e-5)
    assert np.unique(found).size > 20


def test_loops_are_summed_as_for_closed_forms():
    bins = np.log2(1 + np.random.default_rng(1).poisson(0.2, (30, 400))).astype(np.float32)
    bins[0] = 0
    found = np.array(LoopWindows(5000)(bins))
    np.testing.assert_allclose(found, loop_windows(bins, 5000), atol=1e-5)


@pytest.fixture(scope="module")
def anchored(toy):
    """The dataset with anchors that tell of the expression what its bins do not."""
    dataset = toy.dataset(1)
    rng = np.random.default_rng(2)
    anchors = rng.normal(size=(len(dataset), 3)).astype(np.float32)
    expression = dataset.expression + 1.5 * anchors[:, 0]
    path = toy.folder / "anchored.h5"
    changed = dataclasses.replace(dataset, expression=expression, others={ANCHORS: anchors})
    write_dataset(changed, path)
    return path


@pytest.fixture(scope="module")
def trained(toy, train, anchored):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grown, "MOST_ROUNDS", 60)
        model = {"words": True, "fine_words_from": None} | TREES
        training = {"epochs": 2}
        return train(toy.folder / "trees", "full", "regression", model, training, dataset=anchored)


def test_the_bundle_predicts_what_training_found(trained, anchored):
    bundle, dataset = Bundle.open(trained / "bundle"), Dataset.open(anchored)
    table = read_table(trained / "predictions.tsv")
    again = bundle.predict_held_out(dataset).set_index("gene")["predicted"]
    np.testing.assert_allclose(again[table["gene"]], table["predicted"], atol=1e-8)
    assert np.corrcoef(table["observed"], table["predicted"])[0, 1] > 0.7
    assert set(bundle.info["recipes"].values()) == {
        "coarse words, boosted trees beside the words alone"
    }
    assert bundle.inputs[ANCHORS] == (3,)


def test_trees_read_the_words_alone_and_the_convolution_is_added(trained, anchored):
    bundle = Bundle.open(trained / "bundle")
    examples = Examples(Dataset.open(anchored).inputs)

    def predicted():
        found = (bundle.predict_examples(examples, 0, sequence_only=only) for only in (False, True))
        return [values[0] for values in found]

    full, alone = predicted()
    score = bundle.models(0)[0].get_layer(PROXIMAL).get_layer(SEQUENCE_SCORE)
    score.set_weights([np.zeros_like(array) for array in score.get_weights()])
    without, words = predicted()
    assert np.abs(alone - words).max() > 0.01
    np.testing.assert_allclose(full - without, alone - words, atol=1e-5)


def test_anchors_are_read_and_asked_for(trained, anchored, toy):
    bundle, dataset = Bundle.open(trained / "bundle"), Dataset.open(anchored)
    inputs = Examples(dataset.inputs)
    turned = inputs.changed(**{ANCHORS: -inputs.arrays[ANCHORS]})
    held = (bundle.predict_examples(inputs, 0) - bundle.predict_examples(turned, 0))[0]
    assert np.corrcoef(held, inputs.arrays[ANCHORS][:, 0])[0, 1] > 0.7
    with pytest.raises(InputError, match="needs anchors") as caught:
        bundle.predict(Dataset.open(toy.h5))
    assert "--signal" in str(caught.value)
    alone = bundle.predict_examples(inputs, 0, sequence_only=True)
    assert np.isfinite(alone).all()


def test_letters_have_the_gradient_of_the_sequence_score(trained, anchored):
    bundle, dataset = Bundle.open(trained / "bundle"), Dataset.open(anchored)
    few = Examples(dataset.inputs).take(np.arange(4))
    expected = promoter_gradient(bundle.proximal(0), few)
    expected *= bundle.info["normalisation"]["0"]["target_sd"]
    assert np.abs(expected).max() > 0
    np.testing.assert_allclose(bundle.promoter_gradients(few, 0)[0], expected, atol=1e-6)


def test_fewer_genes_keep_the_dense_layers(toy, train_only, anchored):
    model = {"variant": "tuned", "filters": 4, "words": False, "first_pool": 4}
    folder = train_only(toy.folder / "few", "full", "regression", model)
    record = json.loads((folder / "fold.json").read_text())
    assert (record["recipe"], set(record["inputs"])) == ("dense layers", {"promoter", "bins"})


def test_classes_and_loops_alone(toy, train):
    output = train(toy.folder / "classes", "hichip", "classification", TREES)
    table = read_table(output / "predictions.tsv")
    assert table["predicted"].between(0, 1).all()
    positive, negative = (table["predicted"][table["observed"] == c] for c in (1, -1))
    assert positive.mean() > negative.mean() + 0.1


def test_rounds_of_trees_are_told_from_epochs(trained):
    history = read_table(trained / "history.tsv")
    assert history.groupby("step")["epoch"].max().to_dict() == {"sequence": 2, "trees": 60}
    found = _trained(history)["epoch"].max()
    assert set(found.index.get_level_values("step")) == {"sequence"}
    alone = _trained(history[history["step"] == "trees"])["epoch"].max()
    assert alone.tolist() == [60, 60]
