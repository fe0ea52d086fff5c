"""Regions of a BED file, and what lies in them: blacklists and peaks."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deepexpr.errors import InputError
from deepexpr.reference.aliases import Aliases
from deepexpr.reference.bed import bed_rows

logger = logging.getLogger(__name__)

#: Positions lie below 2^31 (deepexpr.hichip.chromosomes); an end may be one more.
_BITS = 32
#: Regions that cover more of the genome than this are told.
MOST = 0.5


@dataclass(frozen=True)
class Regions:
    """Merged intervals by chromosome: name -> starts and ends, (n,) int64 each, ascending and
    disjoint, 0-based half-open, bp."""

    intervals: dict[str, tuple[np.ndarray, np.ndarray]]

    @property
    def length(self) -> int:
        """bp that they cover."""
        return sum(int((ends - starts).sum()) for starts, ends in self.intervals.values())

    def overlap(self, chromosome: str, start: np.ndarray, end: np.ndarray) -> np.ndarray:
        """(m,) bool: which intervals [start, end) of one chromosome share a base with a region."""
        if chromosome not in self.intervals:
            return np.zeros(len(start), bool)
        starts, ends = self.intervals[chromosome]
        # Of disjoint regions only the last that begins before `end` can reach `start`.
        last = np.searchsorted(starts, end, side="left") - 1
        return (last >= 0) & (ends[np.maximum(last, 0)] > start)

    def lookup(self, index: Mapping[str, int]) -> "Lookup":
        """The same for single positions on chromosomes that have numbers."""
        parts = [
            (np.int64(index[name]) << _BITS | starts, np.int64(index[name]) << _BITS | ends)
            for name, (starts, ends) in self.intervals.items()
        ]
        starts, ends = (
            np.concatenate([p[i] for p in parts] or [np.empty(0, np.int64)]) for i in (0, 1)
        )
        order = np.argsort(starts)
        return Lookup(starts[order], ends[order])


@dataclass(frozen=True)
class Lookup:
    """Disjoint regions of all chromosomes on one axis, ascending: (n,) int64 starts and ends."""

    starts: np.ndarray
    ends: np.ndarray

    def inside(self, chromosome: np.ndarray, position: np.ndarray) -> np.ndarray:
        """Which 0-based positions, of any shape, lie in a region: bool."""
        if not len(self.starts):
            return np.zeros(position.shape, bool)
        place = chromosome.astype(np.int64) << _BITS | position
        last = np.searchsorted(self.starts, place, side="right") - 1
        return (last >= 0) & (self.ends[np.maximum(last, 0)] > place)


def read_regions(
    path: str | Path,
    names: Sequence[str],
    what: str,
    aliases: Aliases | None = None,
    sizes: Mapping[str, int] | None = None,
) -> Regions:
    """Read the regions of a BED file; overlapping and touching ones are merged.

    names : the genome's chromosomes; regions on others are left out, with a warning, since such
    files cover whole assemblies. aliases : other names under which the file may have them.
    sizes : lengths of the chromosomes (bp); what reaches over an end is cut there, with a warning.
    Raises InputError for lines that are no intervals, for a file without any, where no region is on
    `names`, and where one begins beyond its chromosome's end.
    """
    by_name: dict[str, list[tuple[int, int]]] = {}
    for row in bed_rows(path, what):
        name = aliases[row.chromosome] if aliases else row.chromosome
        by_name.setdefault(name, []).append((row.start, row.end))
    if not by_name:
        raise InputError(
            f"The {what} holds no region.",
            where=str(path),
            expected="lines of chromosome, start, end",
            fix="Give the file that has them, or leave it out (null in the configuration).",
        )
    others = sorted(set(by_name) - set(names))
    if len(others) == len(by_name):
        raise InputError(
            f"No region of the {what} is on a chromosome of the genome.",
            where=str(path),
            expected="names such as " + ", ".join(list(names)[:3]),
            found=", ".join(others[:3]),
            fix="Use the file of the same assembly, with the genome's names (chr1 is not 1).",
        )
    if others:
        logger.warning(
            "%s: regions on %d chromosome(s) that the genome lacks are left out, such as %s",
            path, len(others), ", ".join(others[:3]),
        )  # fmt: skip
    if sizes:
        _cut_at_ends(by_name, sizes, path, what)
    merged = Regions({name: _merge(by_name[name]) for name in names if name in by_name})
    logger.info("%s: %d bp in regions of the %s", path, merged.length, what)
    if sizes and merged.length > MOST * sum(sizes.values()):
        share = merged.length / sum(sizes.values())
        logger.warning("%s: the %s covers %.0f %% of the genome", path, what, 100 * share)
    return merged


def _cut_at_ends(
    by_name: dict[str, list[tuple[int, int]]], sizes: Mapping[str, int], path, what: str
) -> None:
    """Cut regions at their chromosome's end; InputError for one that begins beyond it."""
    over = 0
    for name in by_name.keys() & sizes.keys():
        size = sizes[name]
        if beyond := [row for row in by_name[name] if row[0] >= size]:
            start, end = beyond[0]
            raise InputError(
                f"{len(beyond)} region(s) of the {what} begin beyond the end of {name}.",
                where=str(path),
                expected=f"regions within {size:,} bp",
                found=f"{name}:{start}-{end}",
                fix="Use the file of the same assembly.",
            )
        over += sum(end > size for _, end in by_name[name])
        by_name[name] = [(start, min(end, size)) for start, end in by_name[name]]
    if over:
        logger.warning(
            "%s: %d region(s) of the %s reach over the end of their chromosome and are cut there: "
            "is it the file of this assembly?", path, over, what,
        )  # fmt: skip


def _merge(intervals: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    table = np.array(sorted(intervals), np.int64)
    starts, reach = table[:, 0], np.maximum.accumulate(table[:, 1])
    first = np.flatnonzero(np.r_[True, starts[1:] > reach[:-1]])
    return starts[first], np.maximum.reduceat(table[:, 1], first)
