"""What in one gene's promoter and loops moves its prediction.

In-silico mutagenesis: the prediction itself, asked again with one thing changed. It needs no
gradients, so it works with any backend, and its unit is that of the prediction. The gradient gives
the same to first order for all letters at once, thousands of times cheaper: what to take for many
promoters.
"""

import logging
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from deepexpr.errors import InputError
from deepexpr.features.dataset import BINS, CONTACTS, PROMOTER, Dataset
from deepexpr.features.sequence import one_hot
from deepexpr.letters import ASCII
from deepexpr.schemas import ATTRIBUTION, BIN_ATTRIBUTION, PLACE_ATTRIBUTION

logger = logging.getLogger(__name__)

#: Inputs of n genes by name, as `Dataset.inputs`.
Inputs = Mapping[str, np.ndarray]

#: To predictions (folds, n) float64.
Predict = Callable[[Inputs], np.ndarray]

#: To how much of each contact counts: (folds, n, contacts, attentions), 0 to 1.
Attention = Callable[[Inputs], np.ndarray]

#: To d(prediction) / d(one-hot promoter), (folds, n, L, 4).
Gradient = Callable[[Inputs], np.ndarray]

#: Promoters whose gradients are in memory at once: x folds x L x 16 bytes.
_GRADIENT_BATCH = 64


def attribute_sequence(
    dataset: Dataset, gene: str, predict: Predict, method: str = "mutagenesis", batch: int = 256
) -> pd.DataFrame:
    """Attribution of each base of a promoter: columns schemas.ATTRIBUTION, one row per position.

    "mutagenesis": prediction minus the mean of those with each other base there (3 L
    predictions per fold). "masking": minus that with N there (L predictions). Mean over folds;
    folds_sd is their standard deviation. An N of the promoter has attribution 0.
    """
    row = int(dataset.index_of([gene])[0])
    sequence = dataset.sequence[row]
    variants, positions = sequence_variants(sequence, method)
    logger.info("%s: %d variants of the promoter", gene, len(variants))
    predicted = [
        predict(_changed(dataset, row, PROMOTER, part))
        for part in np.split(variants, range(batch, len(variants), batch))
    ]
    values = np.concatenate(predicted, axis=1)
    reference, changed = values[:, :1], values[:, 1:]
    effect = np.zeros((len(values), len(sequence)))
    number = np.maximum(np.bincount(positions, minlength=len(sequence)), 1)
    for fold, differences in enumerate(reference - changed):
        effect[fold] = np.bincount(positions, differences, minlength=len(sequence)) / number
    return _track(dataset, row, effect)


def attribute_by_gradient(dataset: Dataset, gene: str, gradient: Gradient) -> pd.DataFrame:
    """The same table as `attribute_sequence` from one gradient: mutagenesis to first order."""
    row = dataset.index_of([gene])
    effect = letter_effects(gradient(_rows(dataset, row)), dataset.sequence[row])
    return _track(dataset, int(row[0]), effect[:, 0])


def contributions(dataset: Dataset, rows: np.ndarray, gradient: Gradient) -> np.ndarray:
    """Attribution of each letter of many promoters, mean over folds: float64 (rows, L)."""
    parts = []
    for part in np.split(rows, range(_GRADIENT_BATCH, len(rows), _GRADIENT_BATCH)):
        effects = letter_effects(gradient(_rows(dataset, part)), dataset.sequence[part])
        parts.append(effects.mean(axis=0))
    logger.info("gradients of %d promoters", len(rows))
    return np.concatenate(parts)


def _rows(dataset: Dataset, rows: np.ndarray) -> Inputs:
    return {name: array[rows] for name, array in dataset.inputs.items()}


def _changed(dataset: Dataset, row: int, name: str, variants: np.ndarray) -> dict[str, np.ndarray]:
    """The inputs of one gene, as often as there are `variants` of its input `name`."""
    same = {
        key: np.repeat(array[[row]], len(variants), axis=0)
        for key, array in dataset.inputs.items()
        if key != name
    }
    return same | {name: variants}


def letter_effects(gradients: np.ndarray, sequences: np.ndarray) -> np.ndarray:
    """Letter's gradient less the mean of the three others': (folds, n, L) of (folds, n, L, 4).

    sequences : uint8 (n, L). For a linear model this is in-silico mutagenesis itself; what all
    four letters share (the part of a gradient that no sequence can show) falls out. N has 0.
    """
    letters = one_hot(sequences)
    own = (gradients * letters).sum(axis=-1, dtype=np.float64)
    others = (gradients.sum(axis=-1, dtype=np.float64) - own) / 3.0
    return (own - others) * letters.any(axis=-1)


def _track(dataset: Dataset, row: int, effect: np.ndarray) -> pd.DataFrame:
    """schemas.ATTRIBUTION of one gene from effects (folds, L)."""
    sequence = dataset.sequence[row]
    table = pd.DataFrame(
        {
            "gene": str(dataset.gene[row]),
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
        if letter == ASCII[4]:
            continue
        others = ASCII[:4][letter != ASCII[:4]] if method == "mutagenesis" else ASCII[4:]
        positions += [i] * len(others)
        letters += list(others)
    variants = np.repeat(sequence[None], 1 + len(positions), axis=0)
    variants[np.arange(1, len(variants)), positions] = letters
    return variants, np.array(positions, dtype=np.int64)


def attribute_bins(dataset: Dataset, gene: str, predict: Predict) -> pd.DataFrame:
    """What each distal bin adds: prediction minus that with the bin empty, of the contacted places
    in it too, where the dataset holds them.

    Columns schemas.BIN_ATTRIBUTION, one row per bin in genomic order; empty bins have 0.
    Raises InputError where the dataset has no HiChIP.
    """
    if dataset.bins is None:
        raise InputError("The dataset has no bins.", where=str(dataset.path or dataset.cell_line))
    row = int(dataset.index_of([gene])[0])
    bins = dataset.bins[row]
    # Of several targets a bin is emptied of all at once.
    signal = np.log2(1 + np.expm1(bins * np.log(2)).sum(axis=1)) if bins.ndim == 2 else bins
    filled = np.flatnonzero(signal)
    variants = np.repeat(bins[None], 1 + len(filled), axis=0)
    variants[np.arange(1, len(variants)), filled] = 0.0
    logger.info("%s: %d of %d bins hold loops", gene, len(filled), len(bins))
    first = int(dataset.tss[row]) - len(bins) // 2 * dataset.bin_size
    changed = _changed(dataset, row, BINS, variants)
    if CONTACTS in changed:
        turned = 1 if dataset.strand[row] == "+" else -1
        middle = dataset.tss[row] + turned * changed[CONTACTS][1:, :, 1].astype(np.int64)
        changed[CONTACTS][1:][(middle - first) // dataset.bin_size == filled[:, None]] = 0
    values = predict(changed)
    effect = np.zeros((len(values), len(bins)))
    effect[:, filled] = values[:, :1] - values[:, 1:]
    starts = first + np.arange(len(bins)) * dataset.bin_size
    table = pd.DataFrame(
        {
            "gene": gene,
            "bin": np.arange(len(bins)),
            "chromosome": str(dataset.chromosome[row]),
            "start": starts,
            "end": starts + dataset.bin_size,
            "signal": signal,
            "attribution": effect.mean(axis=0),
            "folds_sd": effect.std(axis=0),
        }
    )
    return table[list(BIN_ATTRIBUTION)]


def attribute_places(
    dataset: Dataset, gene: str, predict: Predict, attention: Attention
) -> pd.DataFrame:
    """What each contacted place adds: prediction minus that without its count; bins stay.

    Columns PLACE_ATTRIBUTION, one row per contact, the strongest first.
    Raises InputError where the dataset has no contacted places.
    """
    if CONTACTS not in dataset.others:
        raise InputError(
            "The dataset has no contacted places.", where=str(dataset.path or dataset.cell_line)
        )
    row = int(dataset.index_of([gene])[0])
    contacts = dataset.others[CONTACTS][row]
    filled = np.flatnonzero(contacts[:, 0])
    variants = np.repeat(contacts[None], 1 + len(filled), axis=0)
    variants[np.arange(1, len(variants)), filled] = 0
    changed = _changed(dataset, row, CONTACTS, variants)
    values = predict(changed)
    found = attention({name: array[:1] for name, array in changed.items()})
    effect = values[:, :1] - values[:, 1:]
    distance = contacts[filled, 1].astype(np.int64)
    table = pd.DataFrame(
        {
            "gene": gene,
            "slot": filled,
            "chromosome": str(dataset.chromosome[row]),
            "middle": dataset.tss[row] + distance * (1 if dataset.strand[row] == "+" else -1),
            "tss_distance": distance,
            "signal": contacts[filled, 0],
            "attention": found.mean(axis=(0, 1, 3))[filled],
            "attribution": effect.mean(axis=0),
            "folds_sd": effect.std(axis=0),
        }
    )
    return table[list(PLACE_ATTRIBUTION)]
