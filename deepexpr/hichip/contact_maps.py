"""Contact maps of other programs (.cool, .mcool, .hic) as contacts and depths of bins.

Raw counts of fixed bins are taken, never balanced values.
"""

import logging
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from deepexpr.errors import InputError
from deepexpr.hichip.anchors import Anchors, bins
from deepexpr.hichip.chromosomes import Chromosomes
from deepexpr.hichip.contacts import ContactMap
from deepexpr.hichip.map_files import Pixels, open_map
from deepexpr.hichip.quality import EXPECTATIONS, Expectation, judge
from deepexpr.hichip.sections import ContactSection
from deepexpr.schemas import QC

log = logging.getLogger(__name__)

#: A map does not tell how many pairs were sequenced: both metrics are the sum of its counts.
_SUM = Expectation(
    "pairs of the whole contact map, as how many were sequenced is not in it",
    (1, None), (1, None), "the map is empty",
)  # fmt: skip
_OF_MAPS = EXPECTATIONS | {"read_pairs": _SUM, "valid_pairs": _SUM}


class MapCounts(NamedTuple):
    """Pairs of a map: all, between chromosomes, within one bin, too far, and in contacts."""

    pairs: int
    trans: int
    within: int
    far: int
    kept: int


def contacts_of_map(
    path: str | Path, genome: Chromosomes, settings: ContactSection
) -> tuple[ContactMap, MapCounts]:
    """Contacts between distinct bins of one chromosome, at most `max_distance` apart, and depths.

    A map that holds both triangles of its matrix counts once. Raises InputError for a map of
    another resolution or genome, of bins that are not fixed, of counts that are not whole, or whose
    two triangles differ.
    """
    with open_map(path, settings.resolution) as (chromosomes, batches, _):
        anchors = bins(genome, settings.resolution)
        place = _places(chromosomes, genome, anchors)
        depth = np.zeros(len(anchors), np.int64)
        parts, seen, lost = [], np.zeros(5, np.int64), 0
        triangles = _Triangles()
        for batch in batches:
            upper = triangles.upper(batch)
            count = upper.pairs.astype(np.int64)
            ends = np.stack([place[upper.one], place[upper.other]])
            known = (ends >= 0).all(axis=0)
            lost += int(count[~known].sum())
            ends, count = np.sort(ends[:, known], axis=0), count[known]
            for end in ends:
                np.add.at(depth, end, count)
            trans = anchors.chromosome[ends[0]] != anchors.chromosome[ends[1]]
            within = ends[0] == ends[1]
            gap = anchors.midpoint[ends[1]] - anchors.midpoint[ends[0]]
            far = ~trans & (gap > settings.max_distance)
            keep = ~(trans | within | far) & (count > 0)
            seen += [count.sum(), *(count[some].sum() for some in (trans, within, far, keep))]
            parts.append(np.stack([ends[0][keep], ends[1][keep], count[keep]]))
    triangles.require_equal(str(path))
    table = np.concatenate([np.empty((3, 0), np.int64), *parts], axis=1)
    first, second, count = table[:, np.lexsort((table[1], table[0]))]
    _require_once(first, second, anchors, str(path))
    counts = MapCounts(*map(int, seen))
    log.info(
        "%s: %d pairs, %d trans, %d within a bin, %d farther than %d bp; %d in %d contacts%s",
        path, counts.pairs, counts.trans, counts.within, counts.far, settings.max_distance,
        counts.kept, len(count), f"; {lost} on other chromosomes left out" * bool(lost),
    )  # fmt: skip
    if not counts.kept:
        log.warning("%s: no contact between distinct bins: the tables are empty, and valid.", path)
    return ContactMap(anchors, [(first, second, count)], depth), counts


def look_at_map(path: str | Path, genome: Chromosomes, resolution: int) -> None:
    """What can be told of a map in a second: its parts, bins, chromosomes and some of its counts.

    Raises InputError as `contacts_of_map` would.
    """
    with open_map(path, resolution) as (chromosomes, _, look):
        genome.require_similar(chromosomes.names, chromosomes.sizes, str(path))
        look()


def _places(chromosomes: Chromosomes, genome: Chromosomes, anchors: Anchors) -> np.ndarray:
    """The anchor of each bin of the map, in its order; -1 on chromosomes that the genome lacks."""
    ids = genome.require_similar(chromosomes.names, chromosomes.sizes, chromosomes.source)
    numbers = -(-np.array(chromosomes.sizes, np.int64) // anchors.resolution)
    parts = [
        anchors.offsets[i] + np.arange(n) if i >= 0 else np.full(n, -1)
        for i, n in zip(ids, numbers, strict=True)
    ]
    return np.concatenate(parts)


class _Triangles:
    """The upper triangle of a map, and whether the lower one, where it has any, says the same."""

    def __init__(self) -> None:
        self.sums = {"upper": np.uint64(0), "lower": np.uint64(0)}
        self.has_lower = False

    def upper(self, batch: Pixels) -> Pixels:
        """The pixels of the upper triangle and the diagonal."""
        below, above = batch.one > batch.other, batch.one < batch.other
        self.has_lower |= bool(below.any())
        self._add("upper", batch.one[above], batch.other[above], batch.pairs[above])
        self._add("lower", batch.other[below], batch.one[below], batch.pairs[below])
        return Pixels(batch.one[~below], batch.other[~below], batch.pairs[~below])

    def _add(self, side: str, low: np.ndarray, high: np.ndarray, pairs: np.ndarray) -> None:
        """Sums of counts, each weighed by a number drawn from its bins (mod 2^64): they agree where
        the triangles do, in whatever order their pixels come."""
        key = low.astype(np.uint64) << np.uint64(32) | high.astype(np.uint64)
        for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):  # MurmurHash3's last steps
            key = (key ^ key >> np.uint64(33)) * np.uint64(factor)
        weighed = (key ^ key >> np.uint64(33)) * pairs.astype(np.uint64)
        self.sums[side] = np.add(self.sums[side], weighed.sum(dtype=np.uint64))

    def require_equal(self, path: str) -> None:
        """InputError where there is a lower triangle that differs from the upper one."""
        if not self.has_lower:
            return
        if self.sums["upper"] != self.sums["lower"]:
            raise InputError(
                "The contact map counts two bins in both directions, and not alike.",
                where=path,
                expected="each pair once (storage-mode symmetric-upper), or a symmetric matrix",
                found="pixels on both sides of the diagonal, whose counts differ",
                fix="Add the two directions up and write the map with "
                "cooler.create_cooler(..., symmetric_upper=True), or give the pairs.",
            )
        log.info("%s: a square matrix; its lower triangle repeats the upper one", path)


def _require_once(first: np.ndarray, second: np.ndarray, anchors: Anchors, path: str) -> None:
    again = (np.diff(first) == 0) & (np.diff(second) == 0)
    if again.any():
        row = int(again.argmax())
        name = anchors.chromosomes.names[anchors.chromosome[first[row]]]
        raise InputError(
            f"{int(again.sum())} pixel(s) of the contact map stand twice.",
            where=path,
            expected="each two bins once",
            found=f"{name}:{anchors.start[first[row]]} and {name}:{anchors.start[second[row]]}",
            fix="Merge them, or make the map again.",
        )


def map_quality(sample: str, counts: MapCounts) -> pd.DataFrame:
    """DataFrame[schemas.QC] of what a map can tell; its pairs stand for the sequenced ones too."""
    rows: dict[str, float] = {
        "read_pairs": counts.pairs,
        "trans": counts.trans,
        "trans_fraction": counts.trans / counts.pairs if counts.pairs else 0.0,
        "valid_pairs": counts.pairs,
    }
    table = pd.DataFrame(
        {"sample": sample, "metric": list(rows), "value": [float(v) for v in rows.values()]}
    )
    return judge(table, _OF_MAPS)[list(QC)]
