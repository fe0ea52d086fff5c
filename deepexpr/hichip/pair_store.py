"""Sort and deduplicate any number of pairs in bounded memory.

Within one pair of chromosomes, two positions (31 bits each) and two strands make one 64-bit
key, so sorting and finding duplicates is sorting integers. Full chunks are sorted and spilled
to an unnamed temporary file; reading back merges them window by window.
"""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np

from deepexpr.hichip.bam_mates import PairBatch
from deepexpr.hichip.runs import Spill, windows

#: Pairs held in memory before a chunk is spilled, and pairs per window read back.
CHUNK = 1_000_000

_POSITION_BITS, _STRAND_BITS = 31, 2
_MASK = np.uint64((1 << _POSITION_BITS) - 1)


class SortedPairs(NamedTuple):
    """Distinct pairs of one pair of chromosomes, sorted by position.

    `chromosome1` <= `chromosome2` are indices; `position1`, `position2` (n,) int64, 1-based;
    `reverse1`, `reverse2` (n,) int64 (1 = minus strand); `duplicates`: pairs taken out.
    """

    chromosome1: int
    chromosome2: int
    position1: np.ndarray
    position2: np.ndarray
    reverse1: np.ndarray
    reverse2: np.ndarray
    duplicates: int


class PairStore:
    """Collects pairs, gives them back flipped to the upper triangle, sorted and deduplicated.

    Two pairs are duplicates when both 5' positions and both strands are equal (method.md, 2.3).
    """

    def __init__(self, n_chromosomes: int, folder: str | Path, chunk: int = CHUNK) -> None:
        self._n = n_chromosomes
        self._chunk = chunk
        self._spilled = Spill(folder, np.uint64)
        self._segments: dict[int, list[tuple[int, int]]] = defaultdict(list)
        self._held: list[tuple[np.ndarray, np.ndarray]] = []
        self._n_held = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._spilled.close()

    def add(self, batch: PairBatch) -> None:
        """Take over a batch of pairs."""
        for start in range(0, len(batch.position), self._chunk):
            part = PairBatch(*(a[start : start + self._chunk] for a in batch))
            self._held.append(_keys(part, self._n))
            self._n_held += len(part.position)
            if self._n_held >= self._chunk:
                self._spill()

    def sorted(self) -> Iterator[SortedPairs]:
        """All pairs in order of chromosomes, then positions, then strands."""
        self._spill()
        spilled = self._spilled.read()
        for group in sorted(self._segments):
            pieces = [spilled[start:end] for start, end in self._segments[group]]
            for window in windows(pieces, self._chunk):
                keys = np.concatenate([p[s] for p, s in zip(pieces, window, strict=True)])
                if len(pieces) > 1:
                    keys.sort()
                if len(keys):
                    yield _unpack(group, self._n, keys)
                self._spilled.forget()

    def _spill(self) -> None:
        if not self._n_held:
            return
        groups = np.concatenate([g for g, _ in self._held])
        keys = np.concatenate([k for _, k in self._held])
        self._held, self._n_held = [], 0
        order = np.argsort(groups, kind="stable")
        groups, keys = groups[order], keys[order]
        starts = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]])
        for start, end in zip(starts, [*starts[1:], len(keys)], strict=True):
            keys[start:end].sort()
            place = (self._spilled.written + int(start), self._spilled.written + int(end))
            self._segments[int(groups[start])].append(place)
        self._spilled.append(keys)


def _keys(batch: PairBatch, n_chromosomes: int) -> tuple[np.ndarray, np.ndarray]:
    """Chromosome-pair number (n,) and key (n,) uint64 of each pair, flipped to the upper
    triangle: by chromosome, then position, then strand."""
    chromosome = batch.chromosome.astype(np.int64)
    end = (chromosome << 32) | (batch.position << 1) | batch.reverse
    low, high = end.min(axis=1), end.max(axis=1)
    groups = (low >> 32) * n_chromosomes + (high >> 32)
    kind = np.uint16 if n_chromosomes**2 <= 0xFFFF else np.int64  # 16 bits sort by radix
    positions = [((e & 0xFFFFFFFF) >> 1).astype(np.uint64) for e in (low, high)]
    strands = ((low & 1) << 1 | (high & 1)).astype(np.uint64)
    key = (positions[0] << np.uint64(_POSITION_BITS + _STRAND_BITS)) | (
        positions[1] << np.uint64(_STRAND_BITS)
    )
    return groups.astype(kind), key | strands


def _unpack(group: int, n_chromosomes: int, keys: np.ndarray) -> SortedPairs:
    distinct = keys[np.r_[True, keys[1:] != keys[:-1]]]
    return SortedPairs(
        *divmod(group, n_chromosomes),
        (distinct >> np.uint64(_POSITION_BITS + _STRAND_BITS)).astype(np.int64),
        ((distinct >> np.uint64(_STRAND_BITS)) & _MASK).astype(np.int64),
        ((distinct >> np.uint64(1)) & np.uint64(1)).astype(np.int64),
        (distinct & np.uint64(1)).astype(np.int64),
        len(keys) - len(distinct),
    )
