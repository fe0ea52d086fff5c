"""The letters of DNA, once: their numbers, IUPAC codes, the other strand, words as numbers.

Sequences are text where they come from files and ASCII bytes (uint8) in arrays; everything that
counts letters has them in the order A, C, G, T.
"""

from typing import overload

import numpy as np

#: Order of codes, of one-hot arrays and of every matrix.
LETTERS = "ACGT"

#: ASCII of each code: uint8 (5,); the last, N, stands for all that is not known.
ASCII = np.frombuffer(b"ACGTN", dtype=np.uint8)

#: Code of an ASCII letter, small or capital; 4 for every other: uint8 (256,).
CODES = np.full(256, 4, dtype=np.uint8)
CODES[np.frombuffer(b"ACGTacgt", dtype=np.uint8)] = [0, 1, 2, 3] * 2

#: IUPAC codes as sets of bases; bit 0..3 = A, C, G, T.
IUPAC = {
    "A": 1, "C": 2, "G": 4, "T": 8, "R": 5, "Y": 10, "S": 6, "W": 9, "K": 12, "M": 3,
    "B": 14, "D": 13, "H": 11, "V": 7, "N": 15,
}  # fmt: skip

#: Complement of an ASCII letter; N for every other: uint8 (256,).
COMPLEMENT = np.full(256, ASCII[4], dtype=np.uint8)
COMPLEMENT[ASCII[:4]] = ASCII[3::-1]

_OF_TEXT = str.maketrans("ACGTRYKMBDHVacgtrykmbdhv", "TGCAYRMKVHDBtgcayrmkvhdb")


@overload
def reverse_complement(sequence: str) -> str: ...
@overload
def reverse_complement(sequence: np.ndarray) -> np.ndarray: ...
def reverse_complement(sequence):
    """The other strand: of text, IUPAC codes and case kept; of capital ASCII letters, uint8
    (..., L), along the last axis."""
    if isinstance(sequence, str):
        return sequence.translate(_OF_TEXT)[::-1]
    return COMPLEMENT[sequence][..., ::-1]


def window_numbers(codes: np.ndarray, width: int, base: int) -> np.ndarray:
    """Each window of `width` codes (..., L) as a number in `base`: int64 (..., L - width + 1)."""
    places = max(0, codes.shape[-1] - width + 1)
    numbers = np.zeros((*codes.shape[:-1], places), dtype=np.int64)
    for i in range(width):
        numbers *= base
        numbers += codes[..., i : i + places]
    return numbers


def word_numbers(codes: np.ndarray, width: int, gap: int = 0) -> np.ndarray:
    """The same in base 4, and -1 where a letter of the word is not known (code 4).

    gap : letters of any kind between the halves of a word, of which the first has width // 2.
    """
    if gap:
        half, places = width // 2, max(0, codes.shape[-1] - width - gap + 1)
        first = word_numbers(codes[..., : half + places - 1], half)
        second = word_numbers(codes[..., half + gap :], width - half)
        numbers = first * 4 ** (width - half) + second
        return np.where((first < 0) | (second < 0), -1, numbers)
    numbers = window_numbers(codes, width, 4)
    numbers[window_numbers(codes > 3, width, 1) > 0] = -1  # in base 1: how many are not known
    return numbers


def other_strand_numbers(width: int) -> np.ndarray:
    """The number of each word's reverse complement: int64 (4**width,)."""
    powers = 4 ** np.arange(width)[::-1]
    digits = (np.arange(4**width)[:, None] // powers) % 4
    return ((3 - digits[:, ::-1]) * powers).sum(axis=1)
