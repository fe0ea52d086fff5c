"""Letters as bytes and as one-hot arrays."""

import numpy as np
import pytest

from deepexpr.errors import InputError
from deepexpr.features.sequence import decode_bytes, encode_bytes, one_hot, reverse_complement


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


def test_reverse_complement_keeps_n():
    encoded = encode_bytes(["AACGTN", "TTTTTT"])
    assert decode_bytes(reverse_complement(encoded)) == ["NACGTT", "AAAAAA"]
    np.testing.assert_array_equal(reverse_complement(reverse_complement(encoded)), encoded)


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
