"""Files of contact maps, opened: .cool and .mcool (HDF5), and .hic.

.cool is read as its schema says (https://cooler.readthedocs.io/en/latest/schema.html), .hic by
hictkpy. Whatever such a file lacks, or a library cannot read in it, is one InputError with the
file's name.
"""

import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np

from deepexpr.errors import InputError
from deepexpr.hichip.chromosomes import Chromosomes
from deepexpr.hichip.map_names import SEPARATOR, split_map

#: Pixels read at a time.
ROWS = 1 << 20
#: Groups of a .cool.
PARTS = ("bins", "chroms", "pixels")
#: What h5py and hictkpy raise on damaged files.
_UNREADABLE = (
    OSError, KeyError, RuntimeError, ValueError, IndexError, TypeError, AttributeError,
)  # fmt: skip


class Pixels(NamedTuple):
    """Elements of a map: `one`, `other` (n,) int64 bins, numbered through the genome in the order
    of the file; `pairs` (n,) that were counted."""

    one: np.ndarray
    other: np.ndarray
    pairs: np.ndarray


class OpenMap(NamedTuple):
    """A map that stays open: its chromosomes, all pixels in parts, and some of them to look at."""

    chromosomes: Chromosomes
    batches: Iterator[Pixels]
    look: Callable[[], Pixels]


@contextmanager
def open_map(text: str | Path, resolution: int) -> Iterator[OpenMap]:
    """Open a map of bins of `resolution` bp.

    text : the file, or FILE::/GROUP of one that holds several. Raises InputError for a file that
    is no map, is damaged, has other bins, or whose pixels are no counts.
    """
    path, group = split_map(str(text))
    if not Path(path).is_file():
        raise InputError(
            "The contact map does not exist.",
            where=path,
            found=f"no such file, seen from {Path.cwd()}",
            fix="Correct the path.",
        )
    with ExitStack() as open_files:
        if h5py.is_hdf5(path):
            with _readable(path):
                handle = open_files.enter_context(h5py.File(path))
                found = _read_cool(_group(handle, path, group, resolution), path, resolution)
        elif _begins_as_hic(path):
            with _readable(path):
                found = _read_hic(path, resolution)
        else:
            raise InputError(
                "The file is no contact map.",
                where=path,
                expected=".cool or .mcool (HDF5), or .hic",
                fix="Check the path; pairs and tables of loops have columns of their own.",
            )
        yield OpenMap(
            found.chromosomes,
            _checked(found.batches, found.chromosomes, resolution),
            lambda: next(_checked(map(_call, [found.look]), found.chromosomes, resolution)),
        )


@contextmanager
def _readable(path: str) -> Iterator[None]:
    """What a library says of a file that it cannot read, as an InputError with its name."""
    try:
        yield
    except _UNREADABLE as error:
        raise InputError(
            "The contact map cannot be read: it is damaged, cut, or lacks a part.",
            where=path,
            expected="a complete .cool, .mcool or .hic",
            found=" ".join(str(error).split())[:200] or type(error).__name__,
            fix="Copy or download the file again, or make it anew.",
        ) from error


def _call(read: Callable[[], Pixels]) -> Pixels:
    return read()


def _checked(
    batches: Iterator[Pixels], chromosomes: Chromosomes, resolution: int
) -> Iterator[Pixels]:
    """The same, where all are counts of bins that are there."""
    path = chromosomes.source
    number = sum(-(-size // resolution) for size in chromosomes.sizes)
    while True:
        with _readable(path):
            batch = next(batches, None)
        if batch is None:
            return
        wrong = (batch.pairs % 1 != 0) | (batch.pairs < 0)
        if wrong.any():
            raise InputError(
                "The contact map holds values that are no counts.",
                where=path,
                expected="raw counts of pairs",
                found=str(batch.pairs[wrong][0]),
                fix="Give the map as it was before any normalisation.",
            )
        for ends in (batch.one, batch.other):
            outside = (ends < 0) | (ends >= number)
            if outside.any():
                raise InputError(
                    "The contact map counts pairs of a bin that it does not have.",
                    where=path,
                    expected=f"bins 0 to {number - 1}",
                    found=f"bin {ends[outside][0]}",
                    fix="Copy or download the file again, or make it anew.",
                )
        yield batch


def _begins_as_hic(path: str) -> bool:
    with open(path, "rb") as handle:
        return handle.read(3) == b"HIC"


def _group(handle: h5py.File, path: str, group: str, resolution: int) -> Any:
    """The group of a map in its file: the one that is named, or that of the resolution."""
    here: Any = handle
    if group:
        if group not in handle:
            raise InputError(
                f"The file has no map /{group}.",
                where=path,
                expected="one of " + ", ".join(f"{SEPARATOR}/{name}" for name in _maps(handle)),
                fix=f"Correct what stands behind {SEPARATOR}, or leave it out.",
            )
        here = handle[group]
    if "resolutions" in here:
        sizes = here["resolutions"]
        if str(resolution) not in sizes:
            raise no_resolution(path, resolution, sorted(sizes, key=lambda s: (len(s), s)))
        here = sizes[str(resolution)]
    if not isinstance(here, h5py.Group) or not set(PARTS) <= set(here):
        inner = ", ".join(f"{path}{SEPARATOR}/{name}" for name in _maps(handle)[:3])
        raise InputError(
            "The file is no contact map.",
            where=path,
            expected="groups " + ", ".join(PARTS),
            found=", ".join(here) if isinstance(here, h5py.Group) else "an array",
            fix=f"Name the map in the file: {inner}." if inner else "Give a .cool or .mcool file.",
        )
    return here


def _maps(handle: h5py.File) -> list[str]:
    """Groups of a file that are maps."""
    found: list[str] = []

    def look(name: str, item: Any) -> None:
        if isinstance(item, h5py.Group) and set(PARTS) <= set(item):
            found.append(name)

    handle.visititems(look)
    return found


def _read_cool(group: Any, path: str, resolution: int) -> OpenMap:
    own = group.attrs.get("bin-size")
    if own is None or np.size(own) != 1 or str(np.asarray(own).item()) != str(resolution):
        raise no_resolution(path, resolution, [own])
    names = [n.decode() if isinstance(n, bytes) else str(n) for n in group["chroms/name"][:]]
    sizes = tuple(map(int, group["chroms/length"][:]))
    _require_fixed_bins(group["bins"], names, sizes, path, resolution)
    pixels = group["pixels"]
    columns = [pixels[name] for name in ("bin1_id", "bin2_id", "count")]
    if len({len(column) for column in columns}) > 1:
        raise ValueError("bin1_id, bin2_id and count are of different lengths")

    def read(start: int) -> Pixels:
        one, other, count = (column[start : start + ROWS] for column in columns)
        return Pixels(one.astype(np.int64), other.astype(np.int64), count)

    total = len(columns[0])
    return OpenMap(
        Chromosomes(tuple(names), sizes, path),
        map(read, range(0, total, ROWS)),
        lambda: read(max(0, total - ROWS)),
    )


def _require_fixed_bins(
    bins: Any, names: list[str], sizes: tuple[int, ...], path: str, resolution: int
) -> None:
    """The table of bins must cut every chromosome from its first base on, the last bin shorter."""
    numbers = [-(-size // resolution) for size in sizes]
    chromosome = np.repeat(np.arange(len(sizes)), numbers)
    start = np.concatenate([np.arange(n) * resolution for n in numbers] or [np.empty(0, int)])
    end = np.minimum(start + resolution, np.array(sizes, np.int64)[chromosome])
    found = [bins[name][:] for name in ("chrom", "start", "end")]
    right = (chromosome, start, end)
    common = min(len(start), *map(len, found))
    odd = np.zeros(common, bool)
    for own, other in zip(found, right, strict=True):
        odd |= own[:common] != other[:common]
    if not odd.any() and all(len(own) == len(start) for own in found):
        return
    row = int(odd.argmax()) if odd.any() else common
    raise InputError(
        "The contact map's bins are not of one size.",
        where=f"{path}, row {row + 1} of its table of bins",
        expected=_place(right, row, names),
        found=_place(found, row, names),
        fix=f"Make the map again with bins of {resolution} bp from the first base of each "
        "chromosome, as `cooler cload` does.",
    )


def _place(table: Any, row: int, names: list[str]) -> str:
    """A row of a table of bins in words."""
    if row >= min(map(len, table)):
        return "no such row"
    number, start, end = (int(column[row]) for column in table)
    name = names[number] if 0 <= number < len(names) else f"chromosome number {number}"
    return f"{name}:{start}-{end}"


def _read_hic(path: str, resolution: int) -> OpenMap:
    try:
        import hictkpy  # 0.1 s, and only for such files
    except ImportError:
        raise InputError(
            "Reading .hic needs the package hictkpy, which is not installed.",
            where=path,
            fix="Install it as requirements/pipeline.txt has it, or convert the file to .mcool.",
        ) from None
    # Its log goes nowhere after a fork, which concerns nobody: nothing of it is read here.
    warnings.filterwarnings("ignore", message="hictkpy: detected a call to fork")
    found = list(hictkpy.MultiResFile(path).resolutions())
    if resolution not in found:
        raise no_resolution(path, resolution, found)
    file: Any = hictkpy.File(path, resolution)  # its types know no two calls in one
    lengths = {name: size for name, size in file.chromosomes().items() if name.lower() != "all"}

    def pixels(*place: str) -> Any:
        return file.fetch(*place, normalization="NONE").to_coo()  # of the upper triangle

    def batches() -> Iterator[Pixels]:
        table = pixels()
        for start in range(0, table.nnz, ROWS):
            part = slice(start, start + ROWS)
            one, other = (ends[part].astype(np.int64) for ends in (table.row, table.col))
            yield Pixels(one, other, table.data[part])

    def look() -> Pixels:
        table = pixels(list(lengths)[-1])
        return Pixels(table.row.astype(np.int64), table.col.astype(np.int64), table.data)

    sizes = tuple(map(int, lengths.values()))
    return OpenMap(Chromosomes(tuple(lengths), sizes, path), batches(), look)


def no_resolution(path: str, resolution: int, found: list) -> InputError:
    """The map has bins of other sizes: `found`, bp; None for bins of several sizes."""
    return InputError(
        f"The contact map has no bins of {resolution} bp.",
        where=path,
        expected=f"fixed bins of {resolution} bp (hichip.resolution)",
        found=", ".join("bins of several sizes" if f is None else f"{f} bp" for f in found[:8]),
        fix="Set hichip.resolution to one that it has, or make the map again.",
    )
