"""What `tuned` is made of follows from the number of training genes, fold by fold."""

import numpy as np
import pytest

from deepexpr.features.dataset import PROMOTER
from deepexpr.features.words import WORD_BLOCKS, WORD_SPREAD, window_words
from deepexpr.model.config import make_configs
from deepexpr.model.examples import Examples
from deepexpr.model.network import WORD_SCORE, Scaling, Shape
from deepexpr.model.steps import FoldData
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
    made = recipe({"fine_words_from": 20})
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


def names(model: dict, kind: str) -> dict[int, str]:
    return {genes: name for genes, (name, _) in recipe(model, kind).recipes.items()}


def test_each_threshold_is_a_recipe_of_its_own():
    assert names({"trees_from": 2000}, "full") == {
        1: "coarse words, dense layers", 2000: "coarse words, boosted trees",
        3000: "fine words, boosted trees",
    }  # fmt: skip
    assert names({}, "full") == {
        1: "coarse words, dense layers", 400: "coarse words, boosted trees beside the words alone",
        1000: "coarse words, boosted trees", 3000: "fine words, boosted trees",
    }  # fmt: skip
    assert names({"trees_from": None}, "full").keys() == {1, 3000}
    assert names({}, "sequence") == {1: "coarse words", 3000: "fine words"}
    assert names({}, "hichip") == {1: "dense layers", 400: "boosted trees"}
    assert names({"words": False}, "sequence") == {1: ""}
    assert names({"fine_words_from": None}, "sequence") == {1: "coarse words"}


def test_trees_read_the_whole_score_where_units_join_samples():
    """The units' part of the words' score is not the one that trees could read alone."""
    made = recipe({"fine_words_from": 600}, "full", samples="samples.tsv").recipes
    configs = {genes: each.config for genes, (_, each) in made.items()}
    assert {genes: (c.joined, c.beside_words) for genes, c in configs.items()} == {
        1: (False, False), 400: (False, True), 600: (True, False), 1000: (True, False),
    }  # fmt: skip
