"""Genes as model inputs: bytes in memory, one-hot floats for one batch at a time.

18,000 promoters are 36 MB as bytes and 576 MB as one-hot float32, so the floats of a batch are
made when it is its turn, together with the augmentation.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from deepexpr.features.sequence import one_hot, reverse_complement

_N = ord("N")


@dataclass(frozen=True, eq=False)
class Examples:
    """Inputs of n genes, in the order the model takes them; None for an input it lacks.

    sequence : (n, L) uint8 ASCII. bins : (n, B) float32. frozen : (n, outputs) float32, the
    frozen sequence score of the second training step.
    """

    sequence: np.ndarray | None = None
    bins: np.ndarray | None = None
    frozen: np.ndarray | None = None

    def __len__(self) -> int:
        return len(next(a for a in (self.sequence, self.bins, self.frozen) if a is not None))

    def take(self, rows: np.ndarray) -> Examples:
        """The examples `rows` (int64), in that order."""
        parts = (self.sequence, self.bins, self.frozen)
        return Examples(*(None if part is None else part[rows] for part in parts))

    def model_inputs(self) -> list[np.ndarray]:
        """What a model is called with: one-hot (n, L, 4), bins, frozen score, as present."""
        inputs = [] if self.sequence is None else [one_hot(self.sequence)]
        return inputs + [part for part in (self.bins, self.frozen) if part is not None]


def inputs_of_kind(examples: Examples, kind: str) -> Examples:
    """Only the inputs that a network of `kind` (full, sequence, hichip) takes."""
    if kind == "sequence":
        return replace(examples, bins=None)
    return replace(examples, sequence=None) if kind == "hichip" else examples


def augment(examples: Examples, shift: int, strands: bool, rng: np.random.Generator) -> Examples:
    """Move each promoter by a random -shift..shift bp (N enters) and, if `strands`, turn half.

    Bins and frozen scores stay as they are.
    """
    sequence = examples.sequence
    if sequence is None or not (shift or strands):
        return examples
    if shift:
        sequence = shifted(sequence, rng.integers(-shift, shift + 1, len(sequence)))
    if strands:
        turned = rng.random(len(sequence)) < 0.5
        sequence = np.where(turned[:, None], reverse_complement(sequence), sequence)
    return Examples(sequence, examples.bins, examples.frozen)


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
