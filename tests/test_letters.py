"""Letters as numbers, and the other strand."""

import numpy as np
import pytest

from deepexpr.letters import (
    ASCII,
    CODES,
    IUPAC,
    other_strand_numbers,
    reverse_complement,
    word_numbers,
)


def coded(text):
    return CODES[np.frombuffer(text.encode(), np.uint8)]


def test_words_are_numbers_in_base_4():
    assert word_numbers(coded("ACGTNacg"), 2).tolist() == [1, 6, 11, -1, -1, 1, 6]
    assert word_numbers(coded("ACGTNACG").reshape(2, 4), 3).tolist() == [[6, 27], [-1, 6]]


def test_words_may_have_a_gap_between_their_halves():
    assert word_numbers(coded("ACNGT"), 2, 1).tolist() == [-1, 6, -1]
    assert word_numbers(coded("ACNNG"), 3, 2).tolist() == [-1]
    assert word_numbers(coded("AANNGT"), 3, 2).tolist() == [-1, 11]
    assert word_numbers(coded("ACG"), 4, 2).tolist() == []


@pytest.mark.parametrize("width", [1, 2, 5])
def test_the_number_of_the_other_strand_is_that_of_the_turned_word(width):
    words = np.arange(4**width)
    letters = ASCII[words[:, None] // 4 ** np.arange(width)[::-1] % 4]
    turned = word_numbers(CODES[reverse_complement(letters)], width).ravel()
    np.testing.assert_array_equal(other_strand_numbers(width), turned)
    np.testing.assert_array_equal(word_numbers(CODES[letters], width).ravel(), words)


def test_text_keeps_codes_and_case():
    assert reverse_complement("AaCRYNn") == "nNRYGtT"
    for code, bases in IUPAC.items():
        turned = int(f"{bases:04b}"[::-1], 2)  # A and T change places, C and G too
        assert IUPAC[reverse_complement(code)] == turned


def test_arrays_turn_along_their_last_axis_and_keep_n():
    encoded = np.frombuffer(b"AACGTNTTTTTT", np.uint8).reshape(2, 6)
    assert reverse_complement(encoded).tobytes() == b"NACGTTAAAAAA"
