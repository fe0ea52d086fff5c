"""Motifs from attributions: planted words come back, noise gives none, gradients are exact."""

import argparse

import numpy as np
import pandas as pd
import pytest

from deepexpr.commands import attribution as command
from deepexpr.errors import InputError
from deepexpr.features.meme_format import read_meme
from deepexpr.features.sequence import one_hot
from deepexpr.letters import reverse_complement
from deepexpr.motifs.attribution import contributions, letter_effects
from deepexpr.motifs.seqlet_settings import SeqletSettings
from deepexpr.motifs.seqlets import attribution_motifs, false_discovery, find_seqlets
from deepexpr.options import add_verb
from deepexpr.schemas import ATTRIBUTION_MOTIFS

LETTERS = np.frombuffer(b"ACGT", np.uint8)
RAISES, LOWERS = "TGACTCATC", "GGAAACCGCA"


def planted(seed=0, promoters=80, length=200):
    """Promoters with the words on either strand, and contributions at the words over noise."""
    rng = np.random.default_rng(seed)
    sequences = LETTERS[rng.integers(0, 4, (promoters, length))].copy()
    values = rng.normal(0, 0.02, sequences.shape)
    for row in range(promoters):
        for slot, (word, effect) in enumerate(((RAISES, 1.0), (LOWERS, -0.5))):
            letters = np.frombuffer(word.encode(), np.uint8)
            if rng.random() < 0.5:
                letters = reverse_complement(letters)
            start = 20 + 90 * slot + int(rng.integers(0, 60))
            sequences[row, start : start + len(word)] = letters
            values[row, start : start + len(word)] = effect
    return sequences, values


def is_word(consensus, word):
    """Whether most of the word stands in the consensus, on either strand."""
    letters = np.frombuffer(word.encode(), np.uint8)
    turned = reverse_complement(letters).tobytes().decode()
    return any(w[i : i + 8] in consensus for w in (word, turned) for i in range(len(w) - 7))


def test_planted_words_are_pooled_on_both_strands():
    motifs, table = attribution_motifs(*planted(), SeqletSettings())
    assert tuple(table.columns) == ATTRIBUTION_MOTIFS
    assert table["effect"].tolist() == ["raises", "lowers"]
    assert is_word(motifs[0].consensus, RAISES)
    assert is_word(motifs[1].consensus, LOWERS)
    assert (table["seqlets"] >= 70).all()
    assert table["mean_attribution"].tolist() == pytest.approx([8.0, -4.0], rel=0.1)
    assert [motif.name for motif in motifs] == table["motif"].tolist()


def test_noise_gives_no_motif():
    rng = np.random.default_rng(3)
    sequences = LETTERS[rng.integers(0, 4, (80, 200))]
    motifs, table = attribution_motifs(sequences, rng.normal(size=(80, 200)), SeqletSettings())
    assert motifs == []
    assert table.empty


def test_false_discovery_is_what_shuffled_promoters_show():
    """Smooth attributions without a motif: the nominal 5 % are far from what is found by chance."""
    rng = np.random.default_rng(8)
    settings = SeqletSettings(least=2)
    real, shuffled = (
        np.apply_along_axis(np.convolve, 1, rng.normal(size=(60, 420)), np.ones(6), "same")
        for _ in range(2)
    )
    seqlets = find_seqlets(LETTERS[rng.integers(0, 4, real.shape)], real, settings)
    assert len(seqlets) > 50
    assert false_discovery(seqlets.threshold, real, shuffled, settings) > 0.7
    assert false_discovery(seqlets.threshold, real, 0 * shuffled, settings) == 0
    half = np.concatenate([shuffled, 0 * shuffled])  # counted by promoter
    assert false_discovery(seqlets.threshold, real, half, settings) == pytest.approx(
        0.5 * false_discovery(seqlets.threshold, real, shuffled, settings), rel=0.2
    )


def test_seqlets_do_not_overlap_and_keep_their_flanks():
    sequences, values = planted()
    settings = SeqletSettings(width=6, flank=3)
    found = find_seqlets(sequences, values, settings)
    for row in np.unique(found.promoter):
        starts = np.sort(found.start[found.promoter == row])
        assert (np.diff(starts) >= 6).all()
    i = 5
    low = found.start[i] - 3
    assert found.letters[i].tolist() == sequences[found.promoter[i], low : low + 12].tolist()
    assert (np.diff(found.weights[:, 3:9].sum(axis=1)) <= 1e-9).all()


def test_letter_effects_of_a_linear_model_are_its_mutagenesis():
    rng = np.random.default_rng(1)
    sequences = LETTERS[rng.integers(0, 4, (2, 5))].copy()
    sequences[0, 2] = ord("N")
    weights = rng.normal(size=(5, 4))
    effects = letter_effects(np.broadcast_to(weights, (3, 2, 5, 4)), sequences)
    own = (one_hot(sequences[1]) * weights).sum(axis=1)
    mutated = (weights.sum(axis=1) - own) / 3
    np.testing.assert_allclose(effects[0, 1], own - mutated)
    assert effects[0, 0, 2] == 0


@pytest.mark.parametrize("kind", ["sequence", "full"])
def test_gradients_of_a_network_are_its_finite_differences(kind):
    from deepexpr.model.backend import keras
    from deepexpr.model.examples import Examples
    from deepexpr.model.gradient import promoter_gradient

    keras.utils.set_random_seed(0)
    promoter, bins = keras.Input((12, 4), name="promoter"), keras.Input((3,), name="bins")
    score = keras.layers.Conv1D(5, 3, activation="tanh")(promoter)
    score = keras.layers.Dense(1)(keras.layers.Flatten()(score))
    inputs, values = promoter, np.zeros((3, 3), np.float32)
    rng = np.random.default_rng(0)
    if kind == "full":
        score = score + keras.layers.Dense(1)(bins) * score
        inputs, values = [promoter, bins], rng.normal(size=(3, 3)).astype(np.float32)
    model = keras.Model(inputs, score)
    sequences = LETTERS[rng.integers(0, 4, (3, 12))]
    gradient = promoter_gradient(model, Examples({"promoter": sequences, "bins": values}))
    assert gradient.shape == (3, 12, 4)
    hot, step = one_hot(sequences), 1e-2
    for place in ((0, 0, 0), (1, 5, 2), (2, 11, 3)):
        up, down = hot.copy(), hot.copy()
        up[place] += step
        down[place] -= step
        both = [model([x, values] if kind == "full" else x, training=False) for x in (up, down)]
        difference = keras.ops.convert_to_numpy(both[0] - both[1])[place[0], 0] / (2 * step)
        assert gradient[place] == pytest.approx(difference, rel=0.02, abs=1e-4)


def test_settings_that_cannot_be_used():
    with pytest.raises(InputError, match="Unknown key 'widht'"):
        SeqletSettings.of({"widht": 8}, "test")
    with pytest.raises(InputError, match="3 is less than the minimum of 5"):
        SeqletSettings(width=3)


class Additive:
    """A bundle whose prediction adds a weight per letter: what `planted` says."""

    def __init__(self, weights):
        self.weights = weights
        self.asked = 0

    def fitting(self, dataset):
        assert dataset.cell_line == "Toy"
        return dataset

    def promoter_gradients(self, examples, fold):
        assert fold is None
        # Real promoters, then shuffled ones: the same weights at the same places.
        rows = np.arange(self.asked, self.asked + len(examples)) % len(self.weights)
        self.asked += len(examples)
        return np.stack([self.weights[rows]] * 2)


def test_verb_writes_motifs_and_table(tmp_path, monkeypatch):
    from deepexpr.features.dataset import Dataset, write_dataset
    from deepexpr.model.bundle import Bundle

    sequences, values = planted()
    n = len(sequences)
    dataset = Dataset(
        gene=np.array([f"g{i:02d}" for i in range(n)]),
        chromosome=np.full(n, "chr1"),
        tss=np.arange(n) * 1000,
        strand=np.full(n, "+"),
        sequence=sequences,
        expression=np.arange(n, dtype=np.float32),
        label=np.where(np.arange(n) < n // 2, -1, 1).astype(np.int8),
        cell_line="Toy",
        assembly="toy",
        tss_index=100,
    )
    write_dataset(dataset, tmp_path / "toy.h5")
    bundle = Additive(one_hot(sequences) * values[:, :, None])
    monkeypatch.setattr(Bundle, "open", classmethod(lambda cls, path: bundle))
    parser = argparse.ArgumentParser()
    add_verb(parser, command)
    arguments = [
        "--bundle", "x", "--dataset", tmp_path / "toy.h5", "--table", tmp_path / "a.tsv",
        "--output", tmp_path / "a.meme",
    ]  # fmt: skip
    command.run(parser.parse_args(list(map(str, arguments))))
    table = pd.read_csv(tmp_path / "a.tsv", sep="\t")
    assert table["effect"].tolist() == ["raises", "lowers"]
    assert is_word(read_meme(tmp_path / "a.meme")[0].consensus, RAISES)
    # The toy's weights stand at fixed places: some of their letters stand there by chance as well.
    assert table["false_discovery"].between(0, 0.8, inclusive="neither").all()


def test_contributions_are_the_mean_over_folds_whatever_the_batch(monkeypatch):
    from deepexpr.motifs import attribution

    sequences, values = planted(promoters=5)
    weights = one_hot(sequences) * values[:, :, None]

    class Promoters:
        sequence, inputs = sequences, {"promoter": sequences}

    def gradient(inputs):
        promoters = inputs["promoter"]
        rows = [int(np.flatnonzero((sequences == one).all(axis=1))[0]) for one in promoters]
        return np.stack([weights[rows], 3 * weights[rows]])

    monkeypatch.setattr(attribution, "_GRADIENT_BATCH", 2)
    found = contributions(Promoters, np.arange(5), gradient)
    np.testing.assert_allclose(found, 2 * values, atol=1e-6)
