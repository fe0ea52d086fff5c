"""Where known motifs match in one sequence, with exact p-values of their scores."""

import logging
from collections.abc import Sequence

import numpy as np
import pandas as pd

from deepexpr.features.motif import Motif
from deepexpr.features.motif_scores import STEP, match_scores, tail, thresholds
from deepexpr.letters import CODES
from deepexpr.schemas import ATTRIBUTION_HITS

logger = logging.getLogger(__name__)

#: Sequences that `holds` looks at together.
_PART = 1000


def scan(
    sequence: np.ndarray, motif: Motif, background: np.ndarray, p_value: float
) -> list[tuple[int, str, float, float]]:
    """(start, orientation, score in bits, p) of the matches with p <= `p_value`, both strands.

    sequence : uint8 (L,) ASCII; windows with other letters than A, C, G, T never match.
    background : (4,) frequencies A, C, G, T; p is that of one window of such letters.
    """
    if len(sequence) < motif.width:
        return []
    codes = CODES[sequence]
    scores = np.rint(motif.log_odds(background, pseudocount=0.01) / STEP).astype(np.int64)
    upward, lowest = tail(scores, background)
    reverse, _ = tail(scores[::-1, ::-1], background)
    hits = []
    for orientation, matrix, own in (("+", scores, upward), ("-", scores[::-1, ::-1], reverse)):
        values, whole = _window_scores(codes, matrix)
        p = own[values - lowest]
        hits += [
            (int(start), orientation, float(values[start] * STEP), float(p[start]))
            for start in np.flatnonzero(whole & (p <= p_value))
        ]
    return hits


def holds(
    sequences: np.ndarray, motif: Motif, background: np.ndarray, p_value: float
) -> np.ndarray:
    """Whether each of `sequences`, uint8 (n, L), has a match of `motif` as `scan` finds; bool (n,).

    They go in parts that fit the memory.
    """
    found = np.zeros(len(sequences), dtype=bool)
    if sequences.shape[1] < motif.width:
        return found
    for matrix, least in thresholds(motif, background, p_value):
        for start in range(0, len(sequences), _PART):
            values = match_scores(CODES[sequences[start : start + _PART]], matrix)
            found[start : start + _PART] |= (values >= least).any(axis=1)
    return found


def known_hits(
    attribution: pd.DataFrame,
    motifs: Sequence[Motif],
    background: np.ndarray,
    *,
    p_value: float,
    share: float,
) -> pd.DataFrame:
    """Matches of known motifs at high attribution: columns schemas.ATTRIBUTION_HITS, by start.

    attribution : of one gene, schemas.ATTRIBUTION. share : a match counts where the absolute
    mean attribution of its bases is among this share of the windows of its width.
    """
    letters = "".join(attribution["base"]).encode()
    sequence = np.frombuffer(letters, dtype=np.uint8)
    gene = attribution["gene"].iloc[0]
    cumulated = np.concatenate([[0.0], np.cumsum(attribution["attribution"])])
    rows, matches = [], 0
    for motif in motifs:
        width = motif.width
        means = (cumulated[width:] - cumulated[:-width]) / width
        hits = scan(sequence, motif, background, p_value)
        matches += len(hits)
        limit = np.quantile(np.abs(means), 1.0 - share) if hits else 0.0
        for start, orientation, score, p in hits:
            if abs(means[start]) >= limit and means[start] != 0:
                rows.append(
                    (gene, start, start + width, orientation, motif.name, motif.alt_name, score,
                     p, means[start])
                )  # fmt: skip
    logger.info("%d of %d matches of known motifs at high attribution", len(rows), matches)
    table = pd.DataFrame(rows, columns=list(ATTRIBUTION_HITS))
    return table.sort_values(["start", "p_value", "motif"], kind="stable", ignore_index=True)


def letter_frequencies(sequences: np.ndarray) -> np.ndarray:
    """(4,) frequencies of A, C, G, T in uint8 sequences, the same on both strands."""
    counts = np.bincount(CODES[sequences].ravel(), minlength=5)[:4] + 1.0
    counts = counts + counts[::-1]
    return counts / counts.sum()


def _window_scores(codes: np.ndarray, matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(score of each window, whether it holds A, C, G, T only); int64 and bool (L - w + 1,)."""
    number = len(codes) - len(matrix) + 1
    padded = np.hstack([matrix, matrix.min(axis=1, keepdims=True)])
    values, whole = np.zeros(number, dtype=np.int64), np.ones(number, dtype=bool)
    for j, column in enumerate(padded):
        letters = codes[j : j + number]
        values += column[letters]
        whole &= letters < 4
    return values, whole
