"""TomTom by the compiled parts of memelite, in one thread, without its program around them.

memelite's own ``tomtom`` puts its parts into one program for many threads, which numba compiles
for three quarters of a minute when it is first used on a machine; the parts alone take a
quarter of a minute, and give the same bits. They have no names of their own for users, so they
are called only in the version of memelite whose parts these are.
"""

import importlib
from collections.abc import Sequence

import numpy as np

#: The version of memelite whose parts are called as here (as locked in requirements/).
VERSION = "0.5.0"

#: As in memelite's `tomtom`: bins of a score, and bins by which a median is found.
_SCORE_BINS, _MEDIAN_BINS = 100, 1000


def compare_columns(
    queries: Sequence[np.ndarray], targets: Sequence[np.ndarray]
) -> tuple[np.ndarray, ...]:
    """Best alignment of each query with each target, on both strands.

    queries, targets : (4, width) float64, probabilities of A, C, G, T by column.
    Returns what memelite's `tomtom` returns for exact columns: p-values, scores, offsets,
    overlaps and strands (0: as given), each (queries, targets) float64.
    """
    parts = importlib.import_module("memelite.tomtom")
    both = [*targets, *(target[::-1, ::-1] for target in targets)]
    query, query_norm = _joined(queries)
    target, target_norm = _joined(both)
    query, target = np.asfortranarray(query), np.ascontiguousarray(target)
    counts = np.ones(target.shape[1], dtype=np.int64)
    columns = np.arange(target.shape[1], dtype=np.uint64)
    lengths = np.array([each.shape[1] for each in both])
    longest = int(lengths.max())
    needed = np.zeros(longest + 1, dtype=bool)
    needed[lengths] = True
    median_bins = np.empty((_MEDIAN_BINS, 2))
    strands = np.empty((len(both), 5))
    best = np.empty((len(queries), len(targets), 5))
    start = 0
    for row, width in enumerate(each.shape[1] for each in queries):
        distances = np.empty((target.shape[1], width))
        scores = np.empty((target.shape[1], width), dtype=np.int16)
        histogram, medians = np.empty((width, _SCORE_BINS + 1)), np.empty(width)
        low, scale, offset = parts._distances_and_medians(
            query, target, distances, medians, median_bins, query_norm, target_norm, counts,
            start, width, _SCORE_BINS,
        )  # fmt: skip
        parts._integer_histogram(
            target, distances, scores, histogram, medians, counts, start, width, low, scale, offset
        )
        size = width * (_SCORE_BINS + offset)
        spans, packed = np.empty((2, width, width, size))
        survival = np.empty((longest + 1) * (size + 2))
        first, bins = parts._p_value_backgrounds_windowed(
            histogram, spans, survival, packed, width, _SCORE_BINS, longest, offset, needed,
            packed.ravel(),
        )  # fmt: skip
        survival = survival[: (longest + 1) * bins].reshape(longest + 1, bins)
        parts._p_values(scores, survival, columns, lengths, -1, width, offset, strands, 1, first)
        parts._merge_rc_results_into(strands, best[row])
        start += width
    return tuple(best.transpose(2, 0, 1))


def _joined(motifs: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """All columns side by side, (4, columns), and each column's squared norm."""
    columns = np.concatenate(motifs, axis=1)
    return columns, (columns**2).sum(axis=0)
