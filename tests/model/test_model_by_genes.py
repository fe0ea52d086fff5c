"""What `tuned` is made of follows from the number of training genes, fold by fold."""

from dataclasses import replace

import numpy as np
import pytest

from deepexpr.features.dataset import PROMOTER
from deepexpr.features.words import WORD_BLOCKS, WORD_SPREAD, window_words
from deepexpr.model import steps
from deepexpr.model import trees as grown
from deepexpr.model.config import make_configs
from deepexpr.model.examples import Examples
from deepexpr.model.network import WORD_SCORE, Scaling, Shape
from deepexpr.model.steps import FoldData
from deepexpr.model.training import forward
from deepexpr.model.trees import grow_trees
from deepexpr.model.variants import builder
from deepexpr.model.words import solve_words

SHAPE = Shape(200, 0, 5000, "regression")
SMALL = {"filters": 4, "first_pool": 4, "layers": 0, "kmer_start": False}


def fold(genes: int) -> FoldData:
    rng = np.random.default_rng(genes)
    letters = np.frombuffer(b"ACGT", np.uint8)[rng.integers(0, 4, (genes + 5, SHAPE.length))]
    targets = rng.normal(size=genes + 5).astype(np.float32)
    return FoldData(
        Examples({PROMOTER: letters[:genes]}), Examples({PROMOTER: letters[genes:]}),
        targets[:genes], targets[genes:], Scaling(),
    )  # fmt: skip


def recipe(model: dict, kind: str = "sequence", **training):
    settings = make_configs({"variant": "tuned"} | SMALL | model, {"epochs": 1} | training)
    return builder(*settings, SHAPE, kind)


@pytest.mark.parametrize(("genes", "words"), [(19, "coarse"), (20, "fine")])
def test_the_number_of_training_genes_chooses(genes, words):
    made = recipe({"fine_words_from": 20, "convolution_from": 1})
    data = made.prepare(fold(genes))
    assert data.recipe == f"{words} words"
    network, _ = made.train(data, 1, "")
    letters = np.concatenate([data.train.arrays[PROMOTER], data.validation.arrays[PROMOTER]])
    counts, blocks = window_words(letters, WORD_BLOCKS[words])
    targets = np.concatenate([data.train_targets, data.validation_targets])
    spread = WORD_SPREAD[words]
    expected = solve_words(counts, blocks, targets, "regression", spread=spread).kernel
    kernel = network.get_layer("proximal").get_layer(WORD_SCORE).get_weights()[0]
    np.testing.assert_allclose(kernel, expected, atol=1e-5)


@pytest.mark.parametrize("variant", ["tuned", "lstm"])
def test_with_few_genes_the_words_are_the_whole_score(variant):
    """An epoch of training would change them; filters stay where they start."""
    small = {"filters": 4, "first_pool": 4, "convolution_from": 20, "variant": variant}
    made = builder(*make_configs(small, {"epochs": 3}), SHAPE, "sequence")
    data = made.prepare(fold(19))
    model, history = made.train(data, 1, "")
    assert data.recipe == "coarse words, layers beside them not trained"
    (step, epoch, _, loss), *others = history
    assert (step, epoch, others) == ("sequence", 0, [])
    found = data.words.validation[:, 0]
    np.testing.assert_allclose(loss, np.mean((found - data.validation_targets) ** 2), rtol=1e-5)
    letters = data.validation.arrays[PROMOTER]
    counts, _ = window_words(letters, WORD_BLOCKS["coarse"])
    np.testing.assert_allclose(
        forward(model, data.validation), data.words.final.of(counts), atol=1e-5
    )
    more = fold(20)
    assert len(made.train(made.prepare(more), 1, "")[1]) == 4


def names(model: dict, kind: str) -> dict[int, str]:
    return {genes: name for genes, (name, _) in recipe(model, kind).recipes.items()}


def test_each_threshold_is_a_recipe_of_its_own():
    few = "coarse words, layers beside them not trained"
    assert names({}, "full") == {
        1: f"{few}, dense layers", 400: f"{few}, boosted trees", 1000: f"{few}, boosted trees",
        1500: "coarse words, boosted trees", 3000: "fine words, boosted trees",
    }  # fmt: skip
    trained = {"convolution_from": 1}
    assert names(trained | {"trees_from": 2000}, "full") == {
        1: "coarse words, dense layers", 2000: "coarse words, boosted trees",
        3000: "fine words, boosted trees",
    }  # fmt: skip
    assert names(trained, "full") == {
        1: "coarse words, dense layers", 400: "coarse words, boosted trees beside the words alone",
        1000: "coarse words, boosted trees", 3000: "fine words, boosted trees",
    }  # fmt: skip
    assert names(trained | {"trees_from": None}, "full").keys() == {1, 3000}
    assert names({}, "sequence") == {1: few, 1500: "coarse words", 3000: "fine words"}
    assert names({}, "hichip") == {1: "dense layers", 400: "boosted trees"}
    assert names({"words": False}, "sequence") == {1: ""}
    assert names({"fine_words_from": None}, "sequence").keys() == {1, 1500}


def test_trees_read_the_whole_score_where_units_join_samples():
    """The units' part of the words' score is not the one that trees could read alone."""
    settings = {"fine_words_from": 600, "convolution_from": 1}
    made = recipe(settings, "full", samples="samples.tsv").recipes
    configs = {genes: each.config for genes, (_, each) in made.items()}
    assert {genes: (c.joined, c.beside_words) for genes, c in configs.items()} == {
        1: (False, False), 400: (False, True), 600: (True, False), 1000: (True, False),
    }  # fmt: skip


def test_with_few_genes_parts_of_all_choose_the_number_of_trees(monkeypatch):
    """Beside left-out scores of them all, as in the baseline `trees`."""
    asked = {}

    def grow(x, y, task, checks):
        asked["x"], asked["checks"] = x, checks
        return grow_trees(x, y, task, checks)

    monkeypatch.setattr(grown, "MOST_ROUNDS", 5)
    monkeypatch.setattr(steps, "grow_trees", grow)
    shape = Shape(200, 4, 5000, "regression")
    small = {"filters": 4, "first_pool": 4, "trees_from": 20, "distance": None, "totals": []}
    made = builder(*make_configs({"variant": "tuned"} | small, {}), shape, "full")
    data = fold(60)
    bins = np.random.default_rng(1).poisson(1.0, (65, 4)).astype(np.float32)
    parts = (data.train.changed(bins=bins[:60]), data.validation.changed(bins=bins[60:]))
    data = made.prepare(replace(data, train=parts[0], validation=parts[1]))
    assert data.recipe == "coarse words, layers beside them not trained, boosted trees"
    model, history = made.train(data, 1, "")
    counts, blocks = window_words(
        np.concatenate([p.arrays[PROMOTER] for p in parts]), WORD_BLOCKS["coarse"]
    )
    targets = np.concatenate([data.train_targets, data.validation_targets])
    left_out = solve_words(counts, blocks, targets, "regression").left_out[:, 0]
    np.testing.assert_allclose(asked["x"][:, 0], left_out, atol=1e-5)
    assert np.sum(asked["checks"], axis=0).tolist() == [1] * 65
    assert len(asked["checks"]) == grown.PARTS
    assert [step for step, *_ in history].count("trees") == 5
    assert np.isfinite(forward(model, parts[1])).all()
