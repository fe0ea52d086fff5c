"""Where chains start: words that are more frequent than the background explains.

A Gibbs sampler from random matrices needs thousands of iterations to find its first sites.
Starting from enriched words (with their one-letter neighbours, on both strands) is usual
practice and changes where a chain begins, not what it converges to.
"""

import numpy as np

from deepexpr.letters import word_numbers
from deepexpr.motifs.cismodule.sequences import N

WORD = 8
#: Chains after the first pass over a candidate word with this probability, to start elsewhere.
_SKIP = 0.3
_SHAPE = (4,) * WORD


def word_scores(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(excess, z), both (4,)*8 float64, over all words of 8 letters on both strands.

    codes : (total,) uint8 as in `SequenceSet`; Ns part words.
    excess : observed minus expected occurrences of the word.
    z : (observed - expected) / sqrt(expected + 1) summed over the word and its 24 one-letter
        neighbours.
    The expectation of a word is its background probability times the number of words.
    """
    observed, expected = np.zeros(4**WORD), np.zeros(4**WORD)
    words = word_numbers(codes, WORD)
    words = words[words >= 0]
    observed += np.bincount(words, minlength=4**WORD)
    expected += _expected(words)
    tables = (observed.reshape(_SHAPE), expected.reshape(_SHAPE))
    both = [counts + _reverse_complement(counts) for counts in tables]
    near_observed, near_expected = (_with_neighbours(counts) for counts in both)
    z = (near_observed - near_expected) / np.sqrt(near_expected + 1.0)
    return both[0] - both[1], z


def seed_matrices(
    excess: np.ndarray, z: np.ndarray, motifs: int, width: int, rng: np.random.Generator | None
) -> list[np.ndarray]:
    """`motifs` matrices (width, 4) around enriched words that do not overlap each other.

    excess, z : from `word_scores`. rng : None takes the best words, else words are passed
    over at random.
    """
    score = z.copy()
    matrices: list[np.ndarray] = []
    while len(matrices) < motifs:
        word = tuple(map(int, np.unravel_index(int(score.argmax()), _SHAPE)))
        related = _related(word)
        if rng is None or rng.random() >= _SKIP:
            matrices.append(_matrix(word, excess, width))
            score[related] = -np.inf
        else:
            score[word] = -np.inf
        if not np.isfinite(score).any():
            score = z.copy()
    return matrices


def residual_seed(
    codes: np.ndarray, spans: np.ndarray, width: int, rng: np.random.Generator
) -> np.ndarray:
    """A matrix (width, 4) for the words that `spans`, (n, 2) half-open places of sites, leave."""
    edges = np.zeros(len(codes) + 1, dtype=np.int64)
    np.add.at(edges, spans[:, 0], 1)
    np.add.at(edges, spans[:, 1], -1)
    masked = np.where(np.cumsum(edges[:-1]) > 0, N, codes).astype(np.uint8)
    return seed_matrices(*word_scores(masked), 1, width, rng)[0]


def _expected(words: np.ndarray) -> np.ndarray:
    """Expected counts of all words under a second-order chain fitted to the words themselves.

    The seeds need only a ranking; triplets are dense enough in any input.
    """
    triplets = np.bincount(words // 4 ** (WORD - 3), minlength=64).reshape(4, 4, 4) + 0.25
    step = triplets / triplets.sum(axis=2, keepdims=True)
    probability = triplets / triplets.sum()
    for _ in range(WORD - 3):
        probability = probability[..., None] * step
    return probability.ravel() * len(words)


def _reverse_complement(counts: np.ndarray) -> np.ndarray:
    """Counts indexed by the reverse complement of each word."""
    return counts[(slice(None, None, -1),) * WORD].transpose(range(WORD - 1, -1, -1))


def _with_neighbours(counts: np.ndarray) -> np.ndarray:
    near = sum(counts.sum(axis=i, keepdims=True) for i in range(WORD))
    return near - (WORD - 1) * counts


def _related(word: tuple[int, ...]) -> np.ndarray:
    """(4,)*8 bool: words that overlap with `word` on either strand, shifted by up to 4.

    They may differ in 2 letters of an overlap of 7 or 8, in 1 of 5 or 6, in none of 4.
    """
    letters = np.indices(_SHAPE, dtype=np.uint8).reshape(WORD, -1)
    mask = np.zeros(4**WORD, dtype=bool)
    forward = np.array(word)
    for text in (forward, 3 - forward[::-1]):
        for shift in range(-4, 5):
            low, high = max(0, shift), min(WORD, WORD + shift)
            differing = (letters[low:high] != text[low - shift : high - shift, None]).sum(axis=0)
            mask |= differing <= (high - low - 3) // 2
    return mask.reshape(_SHAPE)


def _matrix(word: tuple[int, ...], excess: np.ndarray, width: int) -> np.ndarray:
    """The word and its neighbours, weighted by their excess, in the middle of `width` columns."""
    own = max(float(excess[word]), 1.0)
    matrix = np.full((width, 4), 0.25)
    offset = max(0, (width - WORD) // 2)
    skip = max(0, (WORD - width) // 2)
    for i in range(min(WORD, width)):
        index: list = list(word)
        index[skip + i] = slice(None)
        # Neighbours are counted at a quarter: much of their excess is noise, and a blurred start
        # fits everywhere a little, which is slow and unspecific.
        column = 0.25 * np.clip(excess[tuple(index)], 0.0, own)
        column[word[skip + i]] = own
        column += 0.02 * own
        matrix[offset + i] = column / column.sum()
    return matrix
