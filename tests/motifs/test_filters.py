"""Filters to matrices: against a slow reference, by hand, and its limits."""

import numpy as np
import pytest

from deepexpr.errors import InputError
from deepexpr.motifs import filters
from deepexpr.motifs.filters import filter_motifs, filter_pwms, filter_table
from deepexpr.schemas import FILTERS


def random_sequences(rng, n, length, letters=b"ACGTN"):
    return np.frombuffer(letters, dtype=np.uint8)[rng.integers(0, len(letters), (n, length))]


def slow_counts(weights, sequences, alpha):
    """The rule of docs/method.md, section 5, word for word."""
    width, _, number = weights.shape
    counts = np.zeros((number, width, 4), dtype=int)
    sites = np.zeros(number, dtype=int)
    for k in range(number):
        eav = sum(max(weights[m, :, k]) for m in range(width))
        for sequence in sequences:
            for i in range(len(sequence) - width + 1):
                letters = ["ACGT".find(chr(c)) for c in sequence[i : i + width]]
                activation = sum(weights[m, n, k] for m, n in enumerate(letters) if n >= 0)
                if activation > alpha * eav and eav > 0:
                    sites[k] += 1
                    for m, n in enumerate(letters):
                        if n >= 0:
                            counts[k, m, n] += 1
    return counts, sites


@pytest.mark.parametrize("width", [1, 4, 10])
def test_counts_equal_the_slow_reference(width, monkeypatch):
    monkeypatch.setattr(filters, "_WORDS_PER_BATCH", 50)
    monkeypatch.setattr(filters, "_WINDOWS_PER_BATCH", 100)
    rng = np.random.default_rng(width)
    weights = rng.normal(size=(width, 4, 6))
    weights[:, :, 5] = -1.0  # EAV < 0
    sequences = random_sequences(rng, 12, 40)
    found = filter_pwms(weights, sequences, alpha=0.5)
    counts, sites = slow_counts(weights, sequences, alpha=0.5)
    np.testing.assert_array_equal(found.counts, counts)
    np.testing.assert_array_equal(found.sites, sites)
    assert found.sites[5] == 0
    assert found.windows == 12 * (40 - width + 1)


def test_a_filter_by_hand():
    weights = np.zeros((2, 4, 1))
    weights[0, 0, 0] = weights[1, 1, 0] = 1.0  # AC; EAV 2, threshold 1.4: both letters needed
    found = filter_pwms(weights, np.frombuffer(b"ACCACNAA", dtype=np.uint8)[None, :])
    assert found.sites.tolist() == [2]
    assert found.counts[0].tolist() == [[2, 0, 0, 0], [0, 2, 0, 0]]
    assert found.eav.tolist() == [2.0]


def test_filters_that_never_fire_are_reported_and_give_no_motif():
    weights = np.zeros((3, 4, 2))
    weights[:, 3, 0] = 1.0
    weights[:, 0, 1] = 1.0
    found = filter_pwms(weights, np.frombuffer(b"AAAAAAAC", dtype=np.uint8)[None, :])
    motifs = filter_motifs(found)
    assert [m.name for m in motifs] == ["filter_1"]
    assert motifs[0].sites == 5
    table = filter_table(found, fold=2)
    assert tuple(table.columns) == FILTERS
    assert table["fired"].tolist() == [0, 1]
    assert table["consensus"].tolist() == ["", "AAA"]
    assert np.isnan(table["information_content"][0])
    assert table["information_content"][1] == pytest.approx(6.0)


def test_planted_word_is_recovered():
    rng = np.random.default_rng(3)
    sequences = random_sequences(rng, 50, 200, b"ACGT").copy()
    word = b"TGACGTCA"
    for row, start in enumerate(rng.integers(0, 190, 50)):
        sequences[row, start : start + 8] = np.frombuffer(word, dtype=np.uint8)
    weights = np.full((8, 4, 1), -0.5)
    for m, letter in enumerate(word.decode()):
        weights[m, "ACGT".index(letter), 0] = 1.0
    motif = filter_motifs(filter_pwms(weights, sequences))[0]
    assert motif.consensus == word.decode()
    assert motif.sites >= 50


@pytest.mark.parametrize(
    ("shape", "length", "message"), [((8, 5, 2), 20, "one-hot"), ((8, 4, 2), 7, "shorter")]
)
def test_errors(shape, length, message):
    with pytest.raises(InputError, match=message):
        filter_pwms(np.ones(shape), np.full((1, length), 65, dtype=np.uint8))
