"""Genes as model inputs: bytes in memory, one-hot floats for one batch at a time.

18,000 promoters are 36 MB as bytes and 576 MB as one-hot float32, so the floats of a batch are
made when it is its turn, together with the augmentation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from deepexpr.features.dataset import PROMOTER
from deepexpr.features.sequence import one_hot

if TYPE_CHECKING:
    from deepexpr.model.backend import keras

_N = ord("N")


class Examples:
    """Named inputs of n genes.

    arrays : by name, each with n rows: uint8 are ASCII letters (n, ..., L), which a model gets
        as one-hot float32 (n, ..., L, 4); all others are numbers, which it gets as they are.
        The promoter is called PROMOTER, the bins BINS (deepexpr.features.dataset).
    """

    def __init__(self, arrays: Mapping[str, np.ndarray]) -> None:
        self.arrays = dict(arrays)

    def __len__(self) -> int:
        return len(next(iter(self.arrays.values())))

    def take(self, rows: np.ndarray) -> Examples:
        """The examples `rows` (int64), in that order."""
        return Examples({name: array[rows] for name, array in self.arrays.items()})

    def only(self, names: Iterable[str]) -> Examples:
        """These inputs and no others."""
        return Examples({name: self.arrays[name] for name in names})

    def changed(self, **arrays: np.ndarray) -> Examples:
        """With these arrays, in place of those of the same name or beside the others."""
        return Examples(self.arrays | arrays)

    def floats(self) -> list[np.ndarray]:
        """What a model is called with, in the order of the inputs."""
        return [one_hot(a) if a.dtype == np.uint8 else a for a in self.arrays.values()]


def input_names(model: keras.Model) -> list[str]:
    """Names of the inputs of a model, in its order."""
    return [tensor.name for tensor in model.inputs]


def augment(examples: Examples, shift: int, rng: np.random.Generator) -> Examples:
    """Move each promoter by a random -shift..shift bp; what enters is N. The rest stays."""
    if not shift or PROMOTER not in examples.arrays:
        return examples
    promoter = examples.arrays[PROMOTER]
    offsets = rng.integers(-shift, shift + 1, len(promoter))
    return examples.changed(**{PROMOTER: shifted(promoter, offsets)})


def shifted(sequence: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Row i of `sequence` (n, L) uint8 read from position offsets[i]; beyond its ends stands N."""
    reach = int(np.abs(offsets).max(initial=0))
    length = sequence.shape[1]
    padded = np.pad(sequence, ((0, 0), (reach, reach)), constant_values=_N)
    windows = np.lib.stride_tricks.sliding_window_view(padded, length, axis=1)
    return windows[np.arange(len(sequence)), offsets + reach]


def batches_of(n: int, size: int, order: np.ndarray | None = None):
    """Row numbers of batches of exactly `size`, in `order`; the last one wraps around.

    Batches of one size keep a compiled step from being traced again. Yields (rows, kept): the
    first `kept` rows are new ones.
    """
    order = np.arange(n) if order is None else order
    for start in range(0, n, size):
        kept = min(size, n - start)
        yield np.resize(order[start:], size) if kept == n else _wrapped(order, start, size), kept


def _wrapped(order: np.ndarray, start: int, size: int) -> np.ndarray:
    rows = order[start : start + size]
    missing = size - len(rows)
    return rows if missing == 0 else np.concatenate([rows, np.resize(order, missing)])
