"""Letters as bytes and as one-hot arrays."""

import numpy as np
import pytest
from decoded import decode_bytes

from deepexpr.errors import InputError
from deepexpr.features.sequence import dinucleotide_shuffle, encode_bytes, one_hot


def test_letters_become_upper_case_and_iupac_becomes_n():
    encoded = encode_bytes(["acgtn", "RYKMV"])
    assert encoded.dtype == np.uint8
    assert decode_bytes(encoded) == ["ACGTN", "NNNNN"]
    assert encode_bytes([]).shape == (0, 0)


def test_one_hot_is_in_the_order_acgt_and_n_is_zeros():
    hot = one_hot(encode_bytes(["ACGTN"]))
    assert hot.shape == (1, 5, 4)
    assert hot.dtype == np.float32
    np.testing.assert_array_equal(hot[0], [*np.eye(4), np.zeros(4)])


@pytest.mark.parametrize(
    ("sequences", "message", "where"),
    [
        (["ACGT", "ACG"], "differ in length", "sequence 2"),
        (["ACGT", "AC-T"], "the letter '-'", "sequence 2, position 3"),
        (["ACGE"], "the letter 'E'", "sequence 1, position 4"),
        (["ACGé"], "the letter 'é'", None),
    ],
)
def test_what_is_no_dna_is_named(sequences, message, where):
    with pytest.raises(InputError, match=message) as caught:
        encode_bytes(sequences)
    assert caught.value.where == where


def test_dinucleotide_shuffles_keep_every_pair_of_neighbours():
    rng = np.random.default_rng(4)
    rows = np.frombuffer(b"ACGTN", np.uint8)[rng.choice(5, (6, 300), p=[0.3, 0.1, 0.3, 0.25, 0.05])]
    rows[5] = ord("A")  # nothing to shuffle
    shuffled = dinucleotide_shuffle(rows, np.random.default_rng(1))

    def pairs(row):
        return np.unique(np.stack([row[:-1], row[1:]]), axis=1, return_counts=True)

    for before, after in zip(rows, shuffled, strict=True):
        for a, b in zip(pairs(before), pairs(after), strict=True):
            np.testing.assert_array_equal(a, b)
        assert (before[0], before[-1]) == (after[0], after[-1])
    assert (shuffled[:5] != rows[:5]).mean() > 0.5
    again = dinucleotide_shuffle(rows, np.random.default_rng(1))
    np.testing.assert_array_equal(shuffled, again)
