"""Words in windows and loops in windows, counted by hand and as the network's layers count."""

import numpy as np
import pytest

from deepexpr.features.sequence import encode_bytes, one_hot
from deepexpr.features.words import WORD_BLOCKS, Block, loop_totals, loop_windows, window_words


def test_words_are_counted_by_window_and_strand():
    sequence = encode_bytes(["AACNTTAA"])
    values, widths = window_words(
        sequence, [Block(2, (0.0, 0.5, 1.0), False), Block(2, (0.0, 1.0), True)]
    )
    assert widths == [32, 10]
    counts = np.rint(values[0] ** 2 - 0.375).astype(int)
    # AA, AC in AACN; TT, TA, AA in TTAA; no word with N, none across the middle.
    assert [i for i in range(32) if counts[i]] == [0, 1, 16 + 0, 16 + 12, 16 + 15]
    # On both strands AA and TT are one word (3), AC one, TA (its own reverse complement) one.
    assert sorted(counts[32:]) == [0, 0, 0, 0, 0, 0, 0, 1, 1, 3]
    assert counts[32] == 3


def test_a_gap_takes_any_letters():
    sequence = encode_bytes(["ACGTNNNN", "ACNTNNNN", "NACGTCCN"])
    blocks = [Block(2, (0.0, 1.0), False, gap) for gap in (0, 1, 2)]
    values, widths = window_words(sequence, blocks)
    assert widths == [16, 16, 16]
    letters = "ACGT"
    found = [
        sorted(letters[i % 16 // 4] + "-" * (i // 16) + letters[i % 4] for i in np.flatnonzero(row))
        for row in np.rint(values**2 - 0.375)
    ]
    assert found[0] == ["A--T", "A-G", "AC", "C-T", "CG", "GT"]
    assert found[1] == ["A--T", "AC", "C-T"]  # an N in the gap does not matter
    assert found[2] == [
        "A--T",
        "A-G",
        "AC",
        "C--C",
        "C-T",
        "CC",
        "CG",
        "G--C",
        "G-C",
        "GT",
        "T-C",
        "TC",
    ]


def test_soft_windows_share_a_word_by_its_distance_from_their_edges():
    block = Block(2, (0.0, 0.5, 1.0), False, soft=True)
    for start in range(11):
        text = "N" * start + "AC" + "N" * (10 - start)
        counts = window_words(encode_bytes([text]), [block])[0].reshape(3, 16) ** 2 - 0.375
        assert np.flatnonzero(counts.sum(axis=0).round(5)).tolist() == [1]
        middle = start + 1
        expected = (
            np.interp(middle, [0, 6, 12], [1, 0, 0]),
            np.interp(middle, [0, 6, 12], [0, 1, 0]),
        )
        np.testing.assert_allclose(counts[:, 1], [*expected, 1 - sum(expected)], atol=1e-5)


@pytest.mark.parametrize("name", WORD_BLOCKS)
def test_the_networks_layer_counts_the_same(name):
    from deepexpr.model.layers import WordCounts

    rng = np.random.default_rng(2)
    sequence = np.frombuffer(b"ACGTN", np.uint8)[rng.choice(5, (3, 400), p=[0.24] * 4 + [0.04])]
    values, widths = window_words(sequence, WORD_BLOCKS[name])
    layers = [
        WordCounts(b.word, [round(s * 400) for s in b.edges], b.both_strands, b.gap, b.soft)
        for b in WORD_BLOCKS[name]
    ]
    expected = [np.asarray(layer(one_hot(sequence))) for layer in layers]
    assert widths == [part.shape[1] for part in expected]
    np.testing.assert_allclose(values, np.hstack(expected), atol=1e-5)


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
