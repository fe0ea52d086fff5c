"""Words in windows and loops in windows, counted by hand and as the network's layers count."""

import numpy as np
import pytest

from deepexpr.features.sequence import encode_bytes, one_hot
from deepexpr.features.words import WORD_BLOCKS, loop_totals, loop_windows, window_words


def test_words_are_counted_by_window_and_strand():
    sequence = encode_bytes(["AACNTTAA"])
    values, widths = window_words(sequence, ((2, (0.0, 0.5, 1.0), False), (2, (0.0, 1.0), True)))
    assert widths == [32, 10]
    counts = np.rint(values[0] ** 2 - 0.375).astype(int)
    # AA, AC in AACN; TT, TA, AA in TTAA; no word with N, none across the middle.
    assert [i for i in range(32) if counts[i]] == [0, 1, 16 + 0, 16 + 12, 16 + 15]
    # On both strands AA and TT are one word (3), AC one, TA (its own reverse complement) one.
    assert sorted(counts[32:]) == [0, 0, 0, 0, 0, 0, 0, 1, 1, 3]
    assert counts[32] == 3


def test_the_networks_layer_counts_the_same():
    from deepexpr.model.layers import WordCounts

    rng = np.random.default_rng(2)
    sequence = np.frombuffer(b"ACGTN", np.uint8)[rng.choice(5, (3, 400), p=[0.24] * 4 + [0.04])]
    values, widths = window_words(sequence)
    layers = [
        WordCounts(word, [round(s * 400) for s in shares], both)
        for word, shares, both in WORD_BLOCKS
    ]
    expected = [np.asarray(layer(one_hot(sequence))) for layer in layers]
    assert widths == [part.shape[1] for part in expected]
    np.testing.assert_allclose(values, np.hstack(expected), atol=1e-6)


def test_loops_are_summed_within_distances_and_in_doubling_windows():
    number = np.zeros((1, 12))
    number[0, [0, 5, 6, 8, 9]] = [5, 1, 2, 3, 7]  # the TSS lies between bins 5 and 6
    bins = np.log2(1 + number).astype(np.float32)
    found = 2 ** loop_windows(bins, 5000)[0] - 1
    within, windows = found[:4], found[4:-1]
    np.testing.assert_allclose(within, [3, 13, 18, 18], rtol=1e-5)
    # Edges 0, 1, 2, 4, 6: right and left of each.
    np.testing.assert_allclose(windows, [2, 1, 0, 0, 10, 0, 0, 5], atol=1e-4)
    assert loop_windows(bins, 5000)[0, -1] == pytest.approx(np.sqrt(5))
    assert 2 ** loop_totals(bins, 5000)[0] - 1 == pytest.approx([13, 18, 18], rel=1e-5)
