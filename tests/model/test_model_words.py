"""The wide part: counts of words by hand, weights against refitting, its place in the network."""

import itertools

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge

from deepexpr.features.dataset import Dataset
from deepexpr.features.sequence import encode_bytes, one_hot
from deepexpr.letters import reverse_complement
from deepexpr.model import network, words
from deepexpr.model.backend import keras
from deepexpr.model.bundle import Bundle
from deepexpr.model.config import make_configs
from deepexpr.model.layers import WordCounts
from deepexpr.model.network import Shape, TwoModules
from deepexpr.model.wide import build_word_columns
from deepexpr.model.words import (
    PENALTIES,
    decompose,
    ridge_by_factors,
    solve_words,
    standardisation,
    standardised,
)


def counted(text: str, word: str) -> int:
    return sum(text[i : i + len(word)] == word for i in range(len(text)))


def counts_of(layer, texts):
    return np.round(np.array(layer(one_hot(encode_bytes(texts)))) ** 2 - 0.375, 3)


def test_words_are_counted_within_their_window():
    rng = np.random.default_rng(0)
    texts = ["".join(rng.choice(list("ACGTN"), 40, p=[0.24] * 4 + [0.04])) for _ in range(3)]
    found = counts_of(WordCounts(2, [0, 15, 40], both_strands=False), texts)
    words = ["".join(letters) for letters in itertools.product("ACGT", repeat=2)]
    for row, text in zip(found, texts, strict=True):
        expected = [counted(part, word) for part in (text[:15], text[15:]) for word in words]
        assert row.tolist() == expected


def test_a_word_and_its_reverse_complement_share_a_count():
    layer = WordCounts(4, [0, 60], both_strands=True)
    assert layer.compute_output_shape((None, 60, 4)) == (None, 136)
    rng = np.random.default_rng(1)
    sequence = np.frombuffer(b"ACGT", np.uint8)[rng.integers(0, 4, (5, 60))]
    own, turned = (np.array(layer(one_hot(s))) for s in (sequence, reverse_complement(sequence)))
    np.testing.assert_array_equal(own, turned)
    # ACGT is its own reverse complement: one occurrence is one count.
    assert counts_of(layer, ["N" * 28 + "ACGT" + "N" * 28]).sum() == 1
    again = WordCounts.from_config(layer.get_config())
    assert (again.word, again.edges, again.both_strands) == (4, [0, 60], True)


def planted(n: int, p: int, noise: float = 0.5):
    rng = np.random.default_rng(2)
    features = np.sqrt(rng.poisson(4, (n, p)) + 0.375).astype(np.float32)
    targets = features @ rng.normal(0, 1, p) / np.sqrt(p) + rng.normal(0, noise, n)
    return features, targets.astype(np.float32)


@pytest.mark.parametrize(("n", "p"), [(40, 60), (60, 40)])  # either Gram matrix
def test_left_out_scores_are_those_of_refitting(n, p):
    features, targets = planted(n, p)
    solved = solve_words(features, [p], targets, "regression")
    assert solved.penalty in PENALTIES
    z = (features - features.mean(0)) / features.std(0) / np.sqrt(p)
    every = Ridge(solved.penalty).fit(z, targets).predict(z)
    np.testing.assert_allclose(solved.of(features)[:, 0], every, atol=2e-4)
    for i in range(0, n, 9):
        others = np.arange(n) != i
        refitted = Ridge(solved.penalty).fit(z[others], targets[others])
        # Refitting also moves the mean that is not penalised; the leverage holds that too.
        assert solved.left_out[i, 0] == pytest.approx(refitted.predict(z[[i]])[0], abs=2e-3)


def test_blocks_weigh_equally_and_constant_columns_nothing():
    features, targets = planted(80, 30)
    constant = np.ones((80, 5), np.float32)
    alone = solve_words(features, [30], targets, "regression")
    beside = solve_words(np.hstack([features, constant]), [30, 5], targets, "regression")
    assert (beside.kernel[30:] == 0).all()
    np.testing.assert_allclose(beside.left_out, alone.left_out, atol=1e-4)


def test_noise_is_not_fitted():
    features, _ = planted(100, 200)
    noise = np.random.default_rng(3).normal(0, 1, 100).astype(np.float32)
    solved = solve_words(features, [200], noise, "regression")
    assert solved.of(features).std() < 0.3


def test_classes_get_calibrated_logits():
    features, targets = planted(400, 20)
    classes = (targets > np.median(targets)).astype(np.int64)
    solved = solve_words(features, [20], classes, "classification")
    margin = solved.left_out[:, 1] - solved.left_out[:, 0]
    np.testing.assert_allclose(solved.left_out.sum(axis=1), 0, atol=1e-5)
    probability = 1 / (1 + np.exp(-margin))
    assert probability.mean() == pytest.approx(classes.mean(), abs=0.01)
    confident = probability > 0.7
    assert classes[confident].mean() == pytest.approx(probability[confident].mean(), abs=0.1)


@pytest.mark.parametrize("positive", [20, 98])
@pytest.mark.parametrize("features", ["constant", "noise"])
def test_words_that_tell_nothing_say_how_many_genes_are_of_each_class(features, positive):
    """Not the opposite of each gene's class, which leaving it out of the mean would tell."""
    classes = np.random.default_rng(1).permutation(np.arange(200) < positive).astype(np.int64)
    rows = planted(200, 400)[0] if features == "noise" else np.full((200, 400), 0.6, np.float32)
    solved = solve_words(rows, [200, 200], classes, "classification")
    margin = solved.left_out[:, 1] - solved.left_out[:, 0]
    assert margin.mean() == pytest.approx(np.log(positive / (200 - positive)), abs=0.1)
    assert margin.std() < 0.5


def test_words_that_tell_all_get_finite_logits():
    features = np.repeat(np.eye(2, dtype=np.float32), 10, axis=0)
    solved = solve_words(features, [2], np.repeat([0, 1], 10), "classification")
    margin = solved.left_out[:, 1] - solved.left_out[:, 0]
    assert 3 < np.abs(margin).min() <= np.abs(margin).max() < 30


def test_score_is_the_sum_of_convolution_and_words():
    shape = Shape(200, 40, 5000, "regression")
    config = TwoModules.of(make_configs({"variant": "tuned", "filters": 4, "first_pool": 4}, {})[0])
    proximal = network.build_proximal(config, shape)
    word_score = proximal.get_layer(network.WORD_SCORE)
    rng = np.random.default_rng(0)
    word_score.set_weights([rng.normal(0, 1, w.shape) for w in word_score.get_weights()])
    promoter = one_hot(encode_bytes(["ACGTA" * 40, "GGCTA" * 40]))
    counts, blocks = build_word_columns(config, shape)
    assert sum(blocks) == word_score.kernel.shape[0] == 4 * 256 + 2 * 2080
    expected = np.array(word_score(counts(promoter)))
    np.testing.assert_allclose(np.array(proximal(promoter)), expected, rtol=1e-5)  # starts at 0
    beside = network.build_beside_words(config, shape)
    frozen = np.array([[1.5], [-2.0]], np.float32)
    np.testing.assert_array_equal(np.array(beside([promoter, frozen])), frozen)


@pytest.mark.parametrize("spread", [1.0, 0.5, 0.0])
def test_blocks_weigh_the_same_and_columns_by_their_spread(spread):
    rng = np.random.default_rng(4)
    sd = np.array([0.3, 1.0, 2.0, 0.0, 0.5, 4.0])  # one column does not vary and is left out
    features = (rng.normal(size=(50_000, 6)) * sd).astype(np.float32)
    z = standardised(features, *standardisation(features, [4, 2], spread))
    found = z.std(axis=0)
    np.testing.assert_allclose(z.mean(axis=0), 0, atol=1e-3)
    for block in (slice(0, 3), slice(4, 6)):
        assert (found[block] ** 2).sum() == pytest.approx(1, rel=0.01)
        expected = (sd[block] / sd[block][0]) ** (1 - spread)
        np.testing.assert_allclose(found[block] / found[block][0], expected, rtol=0.05)
    assert found[3] == 0


def test_factors_find_what_the_eigenvectors_give(monkeypatch):
    monkeypatch.setattr(words, "PENALTIES", np.array([3.0]))
    features, targets = planted(150, 400, noise=2.0)
    parts = decompose(features, [400])
    expected = solve_words(features, [400], targets, "regression", parts)
    z = (features - parts.centre) * parts.scale
    values = np.column_stack([targets, 3 - 2 * targets]).astype(np.float64)
    weights, left_out, penalty = ridge_by_factors(z, values)
    assert penalty == expected.penalty == 3.0
    np.testing.assert_allclose(left_out[:, 0], expected.left_out[:, 0], atol=1e-3)
    np.testing.assert_allclose(left_out[:, 1], 3 - 2 * left_out[:, 0], atol=1e-3)
    np.testing.assert_allclose(weights[:, 0] * parts.scale, expected.kernel[:, 0], atol=1e-3)
    np.testing.assert_allclose(weights[:, 1], -2 * weights[:, 0], atol=1e-3)


def test_factors_choose_the_penalty_whose_left_out_scores_correlate_best(monkeypatch):
    features, targets = planted(150, 400, noise=2.0)
    z = standardised(features, *standardisation(features, [400]))
    values = targets[:, None].astype(np.float64)
    _, left_out, penalty = ridge_by_factors(z, values)
    reached = {}
    for one in PENALTIES[6:]:  # the smallest are lost in single precision
        monkeypatch.setattr(words, "PENALTIES", np.array([one]))
        reached[one] = np.corrcoef(ridge_by_factors(z, values)[1][:, 0], targets)[0, 1]
    assert penalty == max(reached, key=reached.get)
    assert np.corrcoef(left_out[:, 0], targets)[0, 1] == pytest.approx(reached[penalty], abs=1e-6)


def test_many_genes_with_more_columns_are_solved_by_factors(monkeypatch):
    monkeypatch.setattr(words, "PENALTIES", np.array([3.0]))
    features, targets = planted(60, 90)
    expected = solve_words(features, [90], targets, "regression")
    monkeypatch.setattr(words, "FACTORS_FROM", 60)
    monkeypatch.setattr(words, "decompose", None)
    found = solve_words(features, [90], targets, "regression")
    assert found.penalty == expected.penalty
    np.testing.assert_allclose(found.of(features), expected.of(features), atol=1e-3)


@pytest.fixture(scope="module")
def with_words(toy, train):
    return train(toy.folder / "words", "sequence", model={"words": True})


def test_words_stay_as_solved_through_both_steps(toy, train, with_words):
    """Full from the bundle and full alone solve the same weights; nothing changes them."""
    full = train(
        toy.folder / "words_full", "full", model={"words": True},
        pretrained=with_words / "bundle", training={"distal_epochs": 3},
    )  # fmt: skip
    alone = train(
        toy.folder / "words_alone", "full", model={"words": True}, training={"distal_epochs": 3}
    )
    tables = [pd.read_csv(f / "predictions.tsv", sep="\t") for f in (full, alone)]
    pd.testing.assert_frame_equal(*tables)
    bundles = [Bundle.open(f / "bundle") for f in (with_words, full)]
    for fold in bundles[0].folds:
        before, after = (b.proximal(fold).get_weights() for b in bundles)
        assert all(a.tobytes() == b.tobytes() for a, b in zip(before, after, strict=True))
        kernel = bundles[1].proximal(fold).get_layer(network.WORD_SCORE).get_weights()[0]
        assert np.abs(kernel).max() > 0


def test_no_test_gene_is_seen_by_the_words(toy, train, with_words):
    """Other values of the test genes of fold 0 leave its networks as they are, to the bit."""
    dataset = Dataset.open(toy.h5)
    splits = Bundle.open(with_words / "bundle").splits
    test = dataset.index_of(splits.query("fold == 0 and role == 'test'")["gene"])
    dataset.expression[test] += 100
    from deepexpr.features.dataset import write_dataset

    write_dataset(dataset, toy.folder / "changed.h5")
    again = train(
        toy.folder / "changed", "sequence", model={"words": True}, only_fold=0,
        dataset=toy.folder / "changed.h5",
    )  # fmt: skip
    one = again / ".partial" / "fold-0" / "model.keras"
    assert one.read_bytes() == (with_words / "bundle" / "fold-0" / "model.keras").read_bytes()


def test_classification_with_words(toy, train):
    output = train(toy.folder / "words_class", "full", "classification", model={"words": True},
                   training={"epochs": 3, "distal_epochs": 3})  # fmt: skip
    assert pd.read_csv(output / "predictions.tsv", sep="\t")["predicted"].between(0, 1).all()


def test_gradient_passes_through_the_counts():
    """Attribution needs a finite slope even where a word is absent."""
    from deepexpr.model.examples import Examples
    from deepexpr.model.gradient import promoter_gradient

    shape = Shape(200, 40, 5000, "regression")
    config = TwoModules.of(make_configs({"variant": "tuned", "filters": 4, "first_pool": 4}, {})[0])
    proximal = network.build_proximal(config, shape)
    layer = proximal.get_layer(network.WORD_SCORE)
    layer.set_weights([np.ones(w.shape, np.float32) for w in layer.get_weights()])
    gradient = promoter_gradient(
        network.assemble(proximal, None, shape, network.Scaling()),
        Examples({"promoter": encode_bytes(["ACGTA" * 40])}),
    )
    assert np.isfinite(gradient).all()
    assert np.abs(gradient).max() > 0
    assert keras.backend.floatx() == "float32"
