"""Anchors: the intervals between which contacts are counted (docs/method.md, section 2.4).

Fixed bins of the genome, or peaks of a BED file. Either way they are numbered in genome order.
"""

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deepexpr.errors import InputError
from deepexpr.hichip.chromosomes import Chromosomes
from deepexpr.reference.bed import bed_rows

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Anchors:
    """Disjoint intervals in genome order.

    `chromosome` (n,) int32 index; `start`, `end` (n,) int64, 0-based half-open, bp; `offsets`
    (chromosomes + 1,) int64: where each chromosome's anchors begin; `resolution`: bp of fixed
    bins, 0 for peaks.
    """

    chromosomes: Chromosomes
    chromosome: np.ndarray
    start: np.ndarray
    end: np.ndarray
    offsets: np.ndarray
    resolution: int = 0

    def __len__(self) -> int:
        return len(self.start)

    @property
    def midpoint(self) -> np.ndarray:
        """(n,) int64, bp."""
        return (self.start + self.end) // 2

    def assign(self, chromosome: np.ndarray, position: np.ndarray) -> np.ndarray:
        """Anchor of each 0-based `position` on `chromosome` (any shape): int64, -1 for none."""
        if self.resolution:
            return self.offsets[chromosome] + position // self.resolution
        # Positions lie below 2^31: one sorted axis for the whole genome.
        axis = (self.chromosome.astype(np.int64) << 31) | self.start
        found = np.searchsorted(axis, (chromosome.astype(np.int64) << 31) | position, "right") - 1
        safe = np.maximum(found, 0)
        inside = (found >= 0) & (self.chromosome[safe] == chromosome) & (position < self.end[safe])
        return np.where(inside, found, -1)


def bins(chromosomes: Chromosomes, resolution: int) -> Anchors:
    """Bins of `resolution` bp over all chromosomes; the last of each is shorter."""
    sizes = np.array(chromosomes.sizes, np.int64)
    numbers = -(-sizes // resolution)
    offsets = np.concatenate([[0], np.cumsum(numbers)])
    chromosome = np.repeat(np.arange(len(sizes), dtype=np.int32), numbers)
    start = (np.arange(offsets[-1]) - offsets[chromosome]) * resolution
    end = np.minimum(start + resolution, sizes[chromosome])
    return Anchors(chromosomes, chromosome, start, end, offsets, resolution)


def read_anchors(path: str | Path, chromosomes: Chromosomes) -> Anchors:
    """Peaks of a BED file as anchors; overlapping and touching ones are merged."""
    rows = [(row.chromosome, row.start, row.end) for row in bed_rows(path, "BED file of anchors")]
    if not rows:
        raise InputError("The BED file holds no anchors.", where=str(path))
    ids = chromosomes.require_known([r[0] for r in rows], str(path))
    start = np.array([r[1] for r in rows], np.int64)
    end = np.array([r[2] for r in rows], np.int64)
    beyond = np.flatnonzero(end > np.array(chromosomes.sizes)[ids])
    if len(beyond):
        name, _, stop = rows[beyond[0]]
        raise InputError(
            f"{len(beyond)} anchor(s) reach beyond the end of the chromosome.",
            where=str(path),
            expected=f"an end up to {chromosomes.sizes[ids[beyond[0]]]} on {name}",
            found=str(stop),
            fix="Use peaks of the same assembly.",
        )
    order = np.lexsort((start, ids))
    ids, start, end = ids[order], start[order], end[order]
    reach = np.maximum.accumulate((ids.astype(np.int64) << 31) | end)
    new = np.r_[True, ((ids[1:].astype(np.int64) << 31) | start[1:]) > reach[:-1]]
    first = np.flatnonzero(new)
    log.info("%d peaks read, %d anchors after merging", len(rows), len(first))
    offsets = np.searchsorted(ids[first], np.arange(len(chromosomes) + 1))
    ends = np.maximum.reduceat(end, first)
    return Anchors(chromosomes, ids[first], start[first], ends, offsets)
