"""What in one gene's promoter and loops moves its prediction.

In-silico mutagenesis: the prediction itself, asked again with one thing changed. It needs no
gradients, so it works with any backend, and its unit is that of the prediction.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import numpy as np
import pandas as pd

from deepexpr.errors import InputError
from deepexpr.features.dataset import Dataset
from deepexpr.schemas import ATTRIBUTION, BIN_ATTRIBUTION

logger = logging.getLogger(__name__)

METHODS = ("mutagenesis", "masking")

#: (sequences uint8 (n, L) or None, bins (n, B) or None) -> predictions (folds, n) float64.
Predict = Callable[[np.ndarray | None, np.ndarray | None], np.ndarray]

_LETTERS = np.frombuffer(b"ACGT", dtype=np.uint8)
_N = ord("N")


def attribute_sequence(
    dataset: Dataset, gene: str, predict: Predict, method: str = "mutagenesis", batch: int = 256
) -> pd.DataFrame:
    """Attribution of each base of a promoter: columns schemas.ATTRIBUTION, one row per position.

    "mutagenesis": prediction minus the mean of those with each other base there (3 L
    predictions per fold). "masking": minus that with N there (L predictions). Mean over folds;
    folds_sd is their standard deviation. An N of the promoter has attribution 0.
    """
    if method not in METHODS:
        raise InputError(f"Unknown method {method!r}.", expected=" or ".join(METHODS))
    row = int(dataset.index_of([gene])[0])
    sequence = dataset.sequence[row]
    bins = None if dataset.bins is None else dataset.bins[row]
    variants, positions = sequence_variants(sequence, method)
    logger.info("%s: %d variants of the promoter", gene, len(variants))
    predicted = [
        predict(part, None if bins is None else np.repeat(bins[None], len(part), axis=0))
        for part in np.split(variants, range(batch, len(variants), batch))
    ]
    values = np.concatenate(predicted, axis=1)
    reference, changed = values[:, :1], values[:, 1:]
    effect = np.zeros((len(values), len(sequence)))
    number = np.maximum(np.bincount(positions, minlength=len(sequence)), 1)
    for fold, differences in enumerate(reference - changed):
        effect[fold] = np.bincount(positions, differences, minlength=len(sequence)) / number
    table = pd.DataFrame(
        {
            "gene": gene,
            "position": np.arange(len(sequence)),
            "tss_distance": np.arange(len(sequence)) - dataset.tss_index,
            "base": [chr(letter) for letter in sequence],
            "attribution": effect.mean(axis=0),
            "folds_sd": effect.std(axis=0),
        }
    )
    return table[list(ATTRIBUTION)]


def sequence_variants(sequence: np.ndarray, method: str) -> tuple[np.ndarray, np.ndarray]:
    """(variants (1 + m, L) uint8 with the sequence itself first, position of each of the m)."""
    positions, letters = [], []
    for i, letter in enumerate(sequence):
        if letter == _N:
            continue
        others = _LETTERS[letter != _LETTERS] if method == "mutagenesis" else [_N]
        positions += [i] * len(others)
        letters += list(others)
    variants = np.repeat(sequence[None], 1 + len(positions), axis=0)
    variants[np.arange(1, len(variants)), positions] = letters
    return variants, np.array(positions, dtype=np.int64)


def attribute_bins(dataset: Dataset, gene: str, predict: Predict) -> pd.DataFrame:
    """What each distal bin adds: prediction minus that with the bin empty.

    Columns schemas.BIN_ATTRIBUTION, one row per bin in genomic order; empty bins have 0.
    Raises InputError where the dataset has no HiChIP.
    """
    if dataset.bins is None:
        raise InputError("The dataset has no bins.", where=str(dataset.path or dataset.cell_line))
    row = int(dataset.index_of([gene])[0])
    bins, sequence = dataset.bins[row], dataset.sequence[row]
    filled = np.flatnonzero(bins)
    variants = np.repeat(bins[None], 1 + len(filled), axis=0)
    variants[np.arange(1, len(variants)), filled] = 0.0
    logger.info("%s: %d of %d bins hold loops", gene, len(filled), len(bins))
    values = predict(np.repeat(sequence[None], len(variants), axis=0), variants)
    effect = np.zeros((len(values), len(bins)))
    effect[:, filled] = values[:, :1] - values[:, 1:]
    first = int(dataset.tss[row]) - len(bins) // 2 * dataset.bin_size
    starts = first + np.arange(len(bins)) * dataset.bin_size
    table = pd.DataFrame(
        {
            "gene": gene,
            "bin": np.arange(len(bins)),
            "chromosome": str(dataset.chromosome[row]),
            "start": starts,
            "end": starts + dataset.bin_size,
            "signal": bins,
            "attribution": effect.mean(axis=0),
            "folds_sd": effect.std(axis=0),
        }
    )
    return table[list(BIN_ATTRIBUTION)]
