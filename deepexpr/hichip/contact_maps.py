"""Contact maps of other programs (.cool, .mcool, .hic) as contacts and depths of bins.

Raw counts of fixed bins are taken, never balanced values. .cool is HDF5 and read as such
(https://cooler.readthedocs.io/en/latest/schema.html); .hic needs the package hictkpy, which is not
among the requirements.
"""

import importlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np
import pandas as pd

from deepexpr.errors import InputError
from deepexpr.hichip.anchors import bins
from deepexpr.hichip.chromosomes import Chromosomes
from deepexpr.hichip.contacts import ContactMap
from deepexpr.hichip.quality import judge
from deepexpr.hichip.sections import ContactSection
from deepexpr.schemas import QC

log = logging.getLogger(__name__)

#: Pixels read at a time.
ROWS = 1 << 20


class Pixels(NamedTuple):
    """Elements of a map: `one`, `other` (n,) int64 bins, numbered through the genome in the order
    of the file; `pairs` (n,) that were counted."""

    one: np.ndarray
    other: np.ndarray
    pairs: np.ndarray


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

    Raises InputError for a map of another resolution or genome, of bins that are not fixed, or of
    counts that are not whole.
    """
    with _open(path, settings.resolution) as (chromosomes, batches):
        ids = genome.require_same(chromosomes.names, chromosomes.sizes, str(path))
        anchors = bins(genome, settings.resolution)
        numbers = -(-np.array(chromosomes.sizes, np.int64) // settings.resolution)
        place = np.concatenate(
            [anchors.offsets[i] + np.arange(n) for i, n in zip(ids, numbers, strict=True)]
        )
        depth = np.zeros(len(anchors), np.int64)
        parts, seen = [], np.zeros(5, np.int64)
        for batch in batches:
            if (batch.pairs % 1 != 0).any() or (batch.pairs < 0).any():
                raise InputError(
                    "The contact map holds values that are no counts.",
                    where=str(path),
                    expected="raw counts of pairs",
                    found=str(batch.pairs[(batch.pairs % 1 != 0) | (batch.pairs < 0)][0]),
                    fix="Give the map as it was before any normalisation.",
                )
            count = batch.pairs.astype(np.int64)
            ends = np.sort(np.stack([place[batch.one], place[batch.other]]), axis=0)
            for end in ends:
                np.add.at(depth, end, count)
            trans = anchors.chromosome[ends[0]] != anchors.chromosome[ends[1]]
            within = ends[0] == ends[1]
            gap = anchors.midpoint[ends[1]] - anchors.midpoint[ends[0]]
            far = ~trans & (gap > settings.max_distance)
            keep = ~(trans | within | far) & (count > 0)
            seen += [count.sum(), *(count[some].sum() for some in (trans, within, far, keep))]
            parts.append(np.stack([ends[0][keep], ends[1][keep], count[keep]]))
    table = np.concatenate([np.empty((3, 0), np.int64), *parts], axis=1)
    first, second, count = table[:, np.lexsort((table[1], table[0]))]
    counts = MapCounts(*map(int, seen))
    log.info(
        "%s: %d pairs, %d trans, %d within a bin, %d farther than %d bp; %d in %d contacts",
        path, counts.pairs, counts.trans, counts.within, counts.far, settings.max_distance,
        counts.kept, len(count),
    )  # fmt: skip
    return ContactMap(anchors, [(first, second, count)], depth), counts


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
    return judge(table)[list(QC)]


@contextmanager
def _open(path: str | Path, resolution: int) -> Iterator[tuple[Chromosomes, Iterator[Pixels]]]:
    if h5py.is_hdf5(path):
        with h5py.File(path) as handle:
            yield _read_cool(handle, path, resolution)
    elif _begins_as_hic(path):
        yield _read_hic(path, resolution)
    else:
        raise InputError(
            "The file is no contact map.",
            where=str(path),
            expected=".cool or .mcool (HDF5), or .hic",
            fix="Check the path; pairs and tables of loops have columns of their own.",
        )


def _begins_as_hic(path: str | Path) -> bool:
    if not Path(path).is_file():
        return False
    with open(path, "rb") as handle:
        return handle.read(3) == b"HIC"


def _read_cool(
    handle: h5py.File, path: str | Path, resolution: int
) -> tuple[Chromosomes, Iterator[Pixels]]:
    group: Any = handle
    if "resolutions" in handle:
        if str(resolution) not in handle["resolutions"]:
            raise _no_resolution(path, resolution, sorted(map(int, handle["resolutions"])))
        group = handle["resolutions"][str(resolution)]
    if not {"bins", "chroms", "pixels"} <= set(group):
        raise InputError(
            "The file is no contact map.", where=str(path), expected="groups bins, chroms, pixels",
            found=", ".join(group), fix="Give a .cool or .mcool file.",
        )  # fmt: skip
    own = group.attrs.get("bin-size")
    if own is None or not np.issubdtype(type(own), np.integer) or int(own) != resolution:
        raise _no_resolution(path, resolution, [own])
    names = [n.decode() if isinstance(n, bytes) else n for n in group["chroms/name"][:]]
    sizes = tuple(map(int, group["chroms/length"][:]))
    pixels = group["pixels"]

    def batches() -> Iterator[Pixels]:
        for start in range(0, len(pixels["count"]), ROWS):
            part = slice(start, start + ROWS)
            one, other = (pixels[f"bin{i}_id"][part].astype(np.int64) for i in (1, 2))
            yield Pixels(one, other, pixels["count"][part])

    return Chromosomes(tuple(names), sizes, str(path)), batches()


def _read_hic(path: str | Path, resolution: int) -> tuple[Chromosomes, Iterator[Pixels]]:
    try:
        hictkpy = importlib.import_module("hictkpy")
    except ImportError:
        raise InputError(
            "Reading .hic needs the package hictkpy, which is not installed.",
            where=str(path),
            fix="pip install hictkpy, or convert the file to .mcool.",
        ) from None
    found = list(hictkpy.MultiResFile(str(path)).resolutions())
    if resolution not in found:
        raise _no_resolution(path, resolution, found)
    file = hictkpy.File(str(path), resolution)
    lengths = {name: size for name, size in file.chromosomes().items() if name.lower() != "all"}

    def batches() -> Iterator[Pixels]:
        table = file.fetch(normalization="NONE").to_coo()  # of the upper triangle
        for start in range(0, table.nnz, ROWS):
            part = slice(start, start + ROWS)
            one, other = (ends[part].astype(np.int64) for ends in (table.row, table.col))
            yield Pixels(one, other, table.data[part])

    return Chromosomes(tuple(lengths), tuple(map(int, lengths.values())), str(path)), batches()


def _no_resolution(path: str | Path, resolution: int, found: list) -> InputError:
    return InputError(
        f"The contact map has no bins of {resolution} bp.",
        where=str(path),
        expected=f"fixed bins of {resolution} bp (hichip.resolution)",
        found=", ".join("bins of several sizes" if f is None else f"{f} bp" for f in found[:8]),
        fix="Set hichip.resolution to one that it has, or make the map again.",
    )
