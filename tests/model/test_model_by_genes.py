"""The words of `tuned` are coarse or fine by the number of training genes, fold by fold."""

import logging

import numpy as np
import pytest

from deepexpr.features.dataset import PROMOTER
from deepexpr.features.words import WORD_BLOCKS, WORD_SPREAD, window_words
from deepexpr.model.by_genes import ByGenes
from deepexpr.model.config import make_configs
from deepexpr.model.examples import Examples
from deepexpr.model.network import WORD_SCORE, Scaling, Shape
from deepexpr.model.steps import FoldData, TwoSteps
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


def recipe(model: dict, kind: str = "sequence"):
    settings = make_configs({"variant": "tuned"} | SMALL | model, {"epochs": 1})
    return builder(*settings, SHAPE, kind)


@pytest.mark.parametrize(("genes", "told", "words"), [(19, "few", "coarse"), (20, "many", "fine")])
def test_the_number_of_training_genes_chooses_and_the_log_says_so(genes, told, words, caplog):
    caplog.set_level(logging.INFO)
    made = recipe({"fine_words_from": 20})
    data = made.prepare(fold(genes))
    assert f"{genes} training genes: the recipe for {told} genes (many: from 20)" in caplog.text
    network, _ = made.train(data, 1, "")
    letters = np.concatenate([data.train.arrays[PROMOTER], data.validation.arrays[PROMOTER]])
    counts, blocks = window_words(letters, WORD_BLOCKS[words])
    targets = np.concatenate([data.train_targets, data.validation_targets])
    spread = WORD_SPREAD[words]
    expected = solve_words(counts, blocks, targets, "regression", spread=spread).kernel
    kernel = network.get_layer("proximal").get_layer(WORD_SCORE).get_weights()[0]
    np.testing.assert_allclose(kernel, expected, atol=1e-5)


def test_words_are_coarse_where_nothing_is_to_choose():
    assert isinstance(recipe({}), ByGenes)
    alone = [recipe({"fine_words_from": None}), recipe({"words": False}), recipe({}, "hichip")]
    assert [made.config.word_blocks for made in alone if isinstance(made, TwoSteps)] == [
        "coarse"
    ] * 3
