"""Scores of a motif in sequences, and how probable each is: exact, of windows of random letters."""

import numpy as np

from deepexpr.features.motif import Motif

#: Scores are rounded to this many bits for the exact distribution (as MEME's FIMO does).
STEP = 0.02


def thresholds(
    motif: Motif, background: np.ndarray, p_value: float
) -> list[tuple[np.ndarray, int]]:
    """The motif on either strand and the least score of a match with p <= `p_value`: (matrix
    int32 (width, 5), score), + first; a strand on which nothing can match is left out.

    The fifth letter is any other than A, C, G, T: it costs more than a window can gain.
    """
    scores = np.rint(motif.log_odds(background, pseudocount=0.01) / STEP).astype(np.int32)
    found = []
    for matrix in (scores, scores[::-1, ::-1]):
        above, lowest = tail(matrix, background)
        if (above <= p_value).any():
            padded = np.hstack([matrix, np.full((len(matrix), 1), -(10**7), np.int32)])
            found.append((padded, lowest + int(np.argmax(above <= p_value))))
    return found


def match_scores(codes: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Scores of a matrix of `thresholds` in every window of sequences: int32 (n, L - width + 1).

    codes : (n, L), 0 to 4. All sequences go column by column of the motif.
    """
    number = codes.shape[1] - len(matrix) + 1
    values = np.zeros((len(codes), number), dtype=np.int32)
    for j, column in enumerate(matrix):
        values += column[codes[:, j : j + number]]
    return values


def tail(scores: np.ndarray, background: np.ndarray) -> tuple[np.ndarray, int]:
    """(P(score >= s) for s from the lowest score on, the lowest score)."""
    lowest = int(scores.min(axis=1).sum())
    size = int(scores.max(axis=1).sum()) - lowest + 1
    density = np.zeros(size)
    density[0] = 1.0
    for column in scores - scores.min(axis=1, keepdims=True):
        new = np.zeros(size)
        for shift, frequency in zip(column, background, strict=True):
            new[shift:] += frequency * density[: size - shift]
        density = new
    return np.minimum(np.cumsum(density[::-1])[::-1], 1.0), lowest
