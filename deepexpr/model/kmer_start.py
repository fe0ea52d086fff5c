"""Where the first filters start: at k-mers whose number goes with the target in the training genes.

From some hundred genes a random filter of width 12 rarely finds a motif before the network has
learnt the noise by heart. Words that already tell expression apart, found by forward selection on
the training genes alone, are a start from which the filters are trained as usual.
"""

import numpy as np

from deepexpr.letters import CODES, other_strand_numbers, word_numbers

#: 2,080 words after merging reverse complements: each is met about twice in a random promoter.
WORD = 6

#: Genes that are counted at most; more change the selection little and cost memory.
MAX_GENES = 4000

#: Weight of a matching letter; a mismatch gets a third of it, negative, as in a log-odds matrix.
_MATCH = 0.5


def starting_filters(
    sequence: np.ndarray, targets: np.ndarray, shape: tuple[int, int, int], seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Weights (width, 4, filters) and biases (filters,), float32, of the first convolution.

    sequence : (n, L) uint8 of the training genes; targets : (n,) their scaled expression or class.
    Each filter holds one selected word in its middle; its response is above 0 for the word itself
    and barely for words with one mismatch. What is around the word starts at small random values.
    """
    width, _, filters = shape
    word = min(WORD, width)
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.permutation(len(sequence))[:MAX_GENES])
    words = select_words(sequence[rows], targets[rows], filters, word)
    weights = rng.normal(0.0, 0.05, shape).astype(np.float32)
    start = (width - word) // 2
    for column, number in enumerate(words):
        letters = (number // 4 ** np.arange(word)[::-1]) % 4
        weights[start : start + word, :, column] = -_MATCH / 3
        weights[np.arange(start, start + word), letters, column] = _MATCH
    one_mismatch = _MATCH * (word - 1) - _MATCH / 3
    return weights, np.full(filters, -one_mismatch, dtype=np.float32)


def select_words(sequence: np.ndarray, targets: np.ndarray, number: int, word: int) -> np.ndarray:
    """Forward selection of `number` words (codes in base 4, int64) that explain `targets` best.

    Counts are over both strands. Each step takes the word whose counts have the largest
    correlation with what the words before it leave unexplained.
    """
    counts = count_words(sequence, word)
    counts = np.sqrt(counts)  # repeats would otherwise decide
    counts -= counts.mean(axis=0)
    norms = np.linalg.norm(counts, axis=0)
    if not norms.any():
        return np.zeros(0, dtype=np.int64)  # promoters without letters, or all alike
    columns = np.flatnonzero(norms > 0.1 * np.median(norms[norms > 0]))
    counts = counts[:, columns] / norms[columns]
    residual = targets - targets.mean(dtype=np.float64)
    chosen: list[int] = []
    for _ in range(min(number, len(columns))):
        strength = np.abs(counts.T @ residual)
        strength[chosen] = -1
        chosen.append(int(strength.argmax()))
        basis = counts[:, chosen]
        fitted = basis @ np.linalg.lstsq(basis, targets - targets.mean(), rcond=None)[0]
        residual = targets - targets.mean() - fitted
    return columns[np.array(chosen, dtype=np.int64)]


def count_words(sequence: np.ndarray, word: int) -> np.ndarray:
    """How often each word occurs on either strand: (n, 4**word) float32.

    A word and its reverse complement share one count, under the smaller code; the other's is 0.
    """
    numbers = 4**word
    result = np.zeros((len(sequence), numbers), dtype=np.float32)
    for row, words in enumerate(word_numbers(CODES[sequence], word)):
        result[row] = np.bincount(words[words >= 0], minlength=numbers)
    codes, other = np.arange(numbers), other_strand_numbers(word)
    merged = result + np.where(other != codes, result[:, other], 0)
    merged[:, codes > other] = 0
    return merged
