"""Genes of several folds on the device: each different row once, and row numbers for each fold."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from deepexpr.features.dataset import PROMOTER
from deepexpr.features.sequence import one_hot
from deepexpr.model.backend import jax_module
from deepexpr.model.examples import Examples, batches_of

#: One-hot code of every byte, (256, 4) float32.
_CODES = one_hot(np.arange(256, dtype=np.uint8))
_N = ord("N")


class Genes:
    """Examples and targets of some folds.

    parts : of each fold, as `Trainer.fit` takes them. names : the inputs that are read.
    batch : genes per step.
    tables : on the device, by name, every different row of all folds; `targets` has theirs.
    targets : (n,) of each fold.
    """

    def __init__(
        self, parts: Sequence[tuple[Examples, np.ndarray]], names: Sequence[str], batch: int
    ) -> None:
        self.names, self.batch = list(names), batch
        self.targets = [targets for _, targets in parts]
        numpy = jax_module().numpy
        self.tables: dict[str, Any] = {"targets": numpy.asarray(np.concatenate(self.targets))}
        ends = np.cumsum([len(targets) for targets in self.targets])
        self._rows = {"targets": np.split(np.arange(ends[-1], dtype=np.int32), ends[:-1])}
        for name in self.names:
            table, self._rows[name] = _different([part.arrays[name] for part, _ in parts])
            self.tables[name] = numpy.asarray(table)

    def size(self, fold: int) -> int:
        """Genes of a fold."""
        return len(self.targets[fold])

    def steps(self, fold: int) -> int:
        """Steps of an epoch of a fold."""
        return -(-self.size(fold) // self.batch)

    def batches(
        self, folds: Sequence[int], generators: Sequence[np.random.Generator], shift: int
    ) -> dict[str, Any]:
        """An epoch of these folds, in the order and with the shifts of `Trainer.epoch`.

        rows : by name (steps, folds, batch) int32 row numbers of the tables. shifts : likewise, in
        bp, where promoters are shifted. there : (steps, folds) whether a fold has that step, where
        not all have.
        """
        steps = max(self.steps(fold) for fold in folds)
        rows = np.zeros((steps, len(folds), self.batch), np.int64)
        shifts = np.zeros((steps, len(folds), self.batch), np.int32)
        there = np.zeros((steps, len(folds)), bool)
        for place, (fold, rng) in enumerate(zip(folds, generators, strict=True)):
            order = rng.permutation(self.size(fold))
            for step, (own, _) in enumerate(batches_of(self.size(fold), self.batch, order)):
                rows[step, place], there[step, place] = own, True
                if shift and PROMOTER in self.names:
                    shifts[step, place] = rng.integers(-shift, shift + 1, self.batch)
        found: dict[str, Any] = {"rows": self._in_tables(folds, rows)}
        if shift and PROMOTER in self.names:
            found["shifts"] = shifts
        if not there.all():
            found["there"] = there
        return found

    def in_order(self, folds: Sequence[int], size: int) -> dict[str, np.ndarray]:
        """By name (batches, folds, size) row numbers; beyond a fold's genes stand its first."""
        most = max(self.size(fold) for fold in folds)
        rows = np.zeros((-(-most // size) * size, len(folds)), np.int64)
        for place, fold in enumerate(folds):
            rows[: self.size(fold), place] = np.arange(self.size(fold))
        return self._in_tables(folds, rows.reshape(-1, size, len(folds)).swapaxes(1, 2))

    def mean(self, folds: Sequence[int], losses: np.ndarray) -> dict[int, float]:
        """Mean loss of the steps that each fold has, of losses (steps, folds)."""
        return {
            fold: float(losses[: self.steps(fold), place].mean())
            for place, fold in enumerate(folds)
        }

    def _in_tables(self, folds: Sequence[int], rows: np.ndarray) -> dict[str, np.ndarray]:
        """Genes of each fold, (steps, folds, n), to row numbers of each table."""
        return {
            name: np.stack(
                [known[fold][rows[:, place]] for place, fold in enumerate(folds)], axis=1
            )
            for name, known in self._rows.items()
        }


def _different(arrays: Sequence[np.ndarray]) -> tuple[np.ndarray, list[np.ndarray]]:
    """Each different row once, and for each array the numbers of its rows there, int32."""
    known: dict[bytes, int] = {}
    kept: list[np.ndarray] = []
    numbers = []
    for array in arrays:
        found = np.empty(len(array), np.int32)
        for i, row in enumerate(array):
            found[i] = known.setdefault(row.tobytes(), len(known))
            if found[i] == len(kept):
                kept.append(row)
        numbers.append(found)
    return np.stack(kept), numbers


def read_inputs(jax, tables, rows, shifts, names: Sequence[str]):
    """What a model is called with for rows (n,) of the tables; shifts : (n,) in bp, or None."""
    inputs = []
    for name in names:
        values = tables[name][rows[name]]
        if values.dtype == np.uint8:
            if shifts is not None and name == PROMOTER:
                values = _shifted(jax.numpy, values, shifts)
            values = jax.numpy.asarray(_CODES)[values]
        inputs.append(values)
    return inputs if len(inputs) > 1 else inputs[0]


def _shifted(numpy, letters, shifts):
    """As deepexpr.model.examples.shifted, on the device."""
    length = letters.shape[1]
    places = numpy.arange(length)[None] + shifts[:, None]
    moved = numpy.take_along_axis(letters, numpy.clip(places, 0, length - 1), axis=1)
    return numpy.where((places >= 0) & (places < length), moved, np.uint8(_N))
