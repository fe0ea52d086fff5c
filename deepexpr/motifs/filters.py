"""Position weight matrices of first-layer convolution filters (method.md, 5, paper §2.5).

A window of m letters is active for a filter where its activation, the sum of the weights
of its letters (the bias is no part of it), exceeds alpha x EAV; EAV is the largest
activation that any window can have. The letters of all active windows, pooled, make the
filter's matrix.

The activation depends on the window's letters alone, so windows are counted by word first
and each distinct word is convolved once: 18,000 promoters hold 36 million windows of 8
letters, but there are only 5^8 words. The counts are the same integers.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from deepexpr.errors import InputError
from deepexpr.features.motif import Motif, column_information
from deepexpr.letters import CODES, window_numbers
from deepexpr.motifs.sections import FilterSection
from deepexpr.schemas import FILTERS

logger = logging.getLogger(__name__)

#: Up to this width all 5^m words are counted in one table (5^9 x 8 bytes = 16 MB).
_DENSE_WIDTH = 9
#: Distinct words convolved at once: bounds the memory to words x filters x 8 bytes.
_WORDS_PER_BATCH = 1 << 16
#: Windows encoded at once.
_WINDOWS_PER_BATCH = 1 << 22

#: One-hot rows of the codes: A, C, G, T, and zeros for N.
_ONE_HOT = np.vstack([np.eye(4), np.zeros((1, 4))])


@dataclass(frozen=True)
class FilterCounts:
    """Letters of the active windows of each filter.

    counts : (filters, m, 4) int64, letters A, C, G, T at each position of the active windows
        (an N in a window counts for no letter).
    sites : (filters,) int64, number of active windows.
    windows : number of windows looked at in all sequences.
    eav : (filters,) float64, the largest possible activation, sum over m of the best weight.
    """

    counts: np.ndarray
    sites: np.ndarray
    windows: int
    eav: np.ndarray


def filter_pwms(
    weights: np.ndarray, sequences: np.ndarray, alpha: float = FilterSection().alpha
) -> FilterCounts:
    """Count the letters under the active windows of each filter.

    Parameters
    ----------
    weights : (m, 4, filters), a Conv1D kernel over one-hot letters A, C, G, T.
    sequences : uint8 (n, L), ASCII; any letter but A, C, G, T counts as N (all zeros).
    alpha : share of EAV, in (0, 1), that the activation must exceed (method.md, 5: 0.7).

    Only whole windows count (no padding). A filter with EAV <= 0 never fires: no window can
    then exceed alpha x EAV, but for those of N alone. Raises InputError for other shapes or
    sequences shorter than the filters.
    """
    weights = np.asarray(weights, dtype=np.float64)
    _check(weights, sequences)
    width, _, filters = weights.shape
    eav = weights.max(axis=1).sum(axis=0)
    threshold = np.where(eav > 0, alpha * eav, np.inf)
    kernel = weights.reshape(width * 4, filters)
    counts = np.zeros((filters, width * 4))
    sites = np.zeros(filters)
    for words, multiplicity in _distinct_words(sequences, width):
        for start in range(0, len(words), _WORDS_PER_BATCH):
            part = slice(start, start + _WORDS_PER_BATCH)
            letters = _ONE_HOT[_digits(words[part], width)].reshape(-1, width * 4)
            # float64 sums of integers below 2^53 are exact.
            active = (letters @ kernel > threshold) * multiplicity[part, None].astype(np.float64)
            counts += active.T @ letters
            sites += active.sum(axis=0)
    windows = len(sequences) * (sequences.shape[1] - width + 1)
    fired = int((sites > 0).sum())
    logger.info("%d windows, %d of %d filters fired", windows, fired, filters)
    shaped = np.rint(counts).astype(np.int64).reshape(filters, width, 4)
    return FilterCounts(shaped, np.rint(sites).astype(np.int64), windows, eav)


def filter_motifs(found: FilterCounts) -> list[Motif]:
    """Motifs filter_{i} of the filters that fired, i from 0 in the layer's order.

    A filter whose active windows hold a position with N only is taken as not fired.
    """
    return [
        Motif.from_counts(f"filter_{i}", "", counts)
        for i, counts in enumerate(found.counts)
        if counts.sum(axis=1).min() > 0
    ]


def filter_table(found: FilterCounts, fold: int) -> pd.DataFrame:
    """One row per filter, fired or not: columns schemas.FILTERS (information content in bits)."""
    motifs = {motif.name: motif for motif in filter_motifs(found)}
    rows = []
    for i, sites in enumerate(found.sites):
        motif = motifs.get(f"filter_{i}")
        rows.append(
            {
                "filter": f"filter_{i}",
                "fold": fold,
                "sites": int(sites),
                "fired": int(motif is not None),
                "share": sites / found.windows,
                "information_content": (
                    column_information(motif.probabilities).sum() if motif else np.nan
                ),
                "consensus": motif.consensus if motif else "",
                "eav": found.eav[i],
            }
        )
    return pd.DataFrame(rows, columns=list(FILTERS))


def _check(weights: np.ndarray, sequences: np.ndarray) -> None:
    if weights.ndim != 3 or weights.shape[1] != 4:
        raise InputError(
            "The filters do not read one-hot letters.",
            expected="weights of shape (width, 4, filters)",
            found=str(weights.shape),
            fix="Use a network with a sequence module.",
        )
    if sequences.ndim != 2 or sequences.shape[1] < weights.shape[0]:
        raise InputError(
            "The sequences are shorter than the filters.",
            expected=f"at least {weights.shape[0]} letters",
            found=f"{sequences.shape[-1]} letters",
        )


def _distinct_words(sequences: np.ndarray, width: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Words (base-5 numbers, int64) and how often each stands in the sequences, in blocks.

    One block for narrow filters. Wider ones give a block per batch of sequences, and a word
    may then come in several blocks.
    """
    dense = np.zeros(5**width, dtype=np.int64) if width <= _DENSE_WIDTH else None
    per_batch = max(1, _WINDOWS_PER_BATCH // sequences.shape[1])
    for start in range(0, len(sequences), per_batch):
        codes = CODES[sequences[start : start + per_batch]]
        words = window_numbers(codes, width, 5).ravel()
        if dense is None:
            yield np.unique(words, return_counts=True)
        else:
            dense += np.bincount(words, minlength=len(dense))
    if dense is not None:
        present = np.flatnonzero(dense)
        yield present, dense[present]


def _digits(words: np.ndarray, width: int) -> np.ndarray:
    """The letters (codes 0-4) of base-5 words: (len(words), width)."""
    powers = 5 ** np.arange(width - 1, -1, -1, dtype=np.int64)
    return words[:, None] // powers % 5
