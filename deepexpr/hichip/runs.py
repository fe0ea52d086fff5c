"""Sorted runs of keys on disk, read back in order window by window: external merge sort.

Rows are held up to a number, sorted, and appended to unnamed temporary files; what is in memory
is one run, or one window of all runs, however many rows there are.
"""

import mmap
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

import numpy as np


class Spill:
    """Numbers of one kind in an unnamed temporary file in `folder`: appended, then mapped."""

    def __init__(self, folder: str | Path, kind: type[np.generic]) -> None:
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115
        self._kind = kind
        self._map: mmap.mmap | None = None
        self.written = 0

    def append(self, values: np.ndarray) -> None:
        """Write `values`, (n,), after those before."""
        self._file.write(np.ascontiguousarray(values, self._kind).data)
        self.written += len(values)

    def read(self) -> np.ndarray:
        """(written,) all numbers, mapped and not read."""
        if not self.written:
            return np.empty(0, self._kind)
        self._file.flush()
        self._map = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)
        return np.frombuffer(self._map, self._kind)

    def forget(self) -> None:
        """Give back the memory of what was looked at: it would else count until the end."""
        if self._map is not None:
            self._map.madvise(mmap.MADV_DONTNEED)

    def close(self) -> None:
        """Delete the file."""
        self._map = None
        self._file.close()


def windows(pieces: Sequence[np.ndarray], rows: int) -> Iterator[list[slice]]:
    """Cut sorted `pieces` into windows of about `rows` rows: a slice of each piece.

    Windows ascend, and equal keys lie in one window.
    """
    at = [0] * len(pieces)
    for bound in [*_splitters(pieces, rows), None]:
        ends = [len(p) if bound is None else int(np.searchsorted(p, bound)) for p in pieces]
        yield [slice(start, end) for start, end in zip(at, ends, strict=True)]
        at = ends


def _splitters(pieces: Sequence[np.ndarray], window: int) -> np.ndarray:
    """Keys that cut the union of sorted `pieces` into windows of at most about `window` keys."""
    if sum(map(len, pieces)) <= window:
        return np.empty(0, np.uint64)
    step = max(1, window // (4 * len(pieces)))
    samples = np.sort(np.concatenate([p[::step] for p in pieces]))
    return np.unique(samples[:: max(1, window // (2 * step))])[1:]


class Tally:
    """How often each key occurs, of any number of keys in any order.

    Held keys are counted when there are `held` of them, and their counts spilled; keys that come
    nearly sorted, as those of sorted pairs, so take 12 bytes of disk for each distinct one.
    """

    def __init__(self, folder: str | Path, held: int = 1 << 22) -> None:
        self._held = held
        self._parts: list[np.ndarray] = []
        self._number = 0
        self._keys, self._counts = Spill(folder, np.int64), Spill(folder, np.int32)
        self._ends = [0]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._keys.close()
        self._counts.close()

    def add(self, keys: np.ndarray) -> None:
        """Count (n,) int64 `keys`."""
        self._parts.append(keys)
        self._number += len(keys)
        if self._number >= self._held:
            keys, counts = self._count_held()
            self._keys.append(keys)
            self._counts.append(counts)
            self._ends.append(self._keys.written)

    def counted(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Distinct keys in order, (n,) int64, and their counts, (n,) int32, window by window."""
        last = self._count_held()
        keys, counts = self._keys.read(), self._counts.read()
        runs = [slice(*ends) for ends in zip(self._ends, self._ends[1:], strict=False)]
        pieces = [*((keys[run], counts[run]) for run in runs), last]
        for window in windows([key for key, _ in pieces], self._held):
            parts = [(k[s], c[s]) for (k, c), s in zip(pieces, window, strict=True)]
            yield _summed(*(np.concatenate(side) for side in zip(*parts, strict=True)))
            self._keys.forget()
            self._counts.forget()

    def _count_held(self) -> tuple[np.ndarray, np.ndarray]:
        held = np.concatenate([np.empty(0, np.int64), *self._parts])
        self._parts, self._number = [], 0
        keys, counts = np.unique(held, return_counts=True)
        return keys, counts.astype(np.int32)


def _summed(keys: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distinct keys in order, and the sums of their counts."""
    if not len(keys):
        return keys, counts
    order = np.argsort(keys, kind="stable")
    keys, counts = keys[order], counts[order]
    starts = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]])
    return keys[starts], np.add.reduceat(counts, starts)
