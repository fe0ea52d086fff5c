"""The dataset file: all that models, baselines and figures read of one cell line.

One HDF5 file holds the promoters, the binned loops and the expression of the same genes
in the same order, so no later step joins tables by name. It is checked when it is written
and again when it is opened.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Self

import h5py
import numpy as np

from deepexpr.errors import InputError
from deepexpr.files import atomic_path, require_file
from deepexpr.letters import ASCII
from deepexpr.provenance import sha256_file, versions

SCHEMA = "deepexpr-dataset/1"
EXPRESSION_UNIT = "log10(count + 0.1)"

#: Names of the two inputs that every network of the paper reads.
PROMOTER, BINS = "promoter", "bins"
#: What loops say of a gene beyond its bins (features.anchors), where the loops are known.
ANCHORS = "anchors"
#: Letters of the places that loops join to a gene, and of each its count and distance
#: (features.enhancers); where asked for.
ENHANCERS, CONTACTS = "enhancers", "contacts"
#: Group of the file that holds further inputs.
_OTHERS = "inputs"
#: Where the letters of contacted places lie.
_PLACES = "places"

_TEXT = ("gene", "chromosome", "strand")
_TYPES = {"tss": np.int64, "sequence": np.uint8, "expression": np.float32, "label": np.int8}
_HICHIP_TYPES = {"bins": np.float32, "loop_count": np.float32, "loop_number": np.int32}


@dataclass(frozen=True, eq=False)
class Dataset:
    """Promoters, loops and expression of n genes of one cell line, sorted by chromosome and TSS.

    gene, chromosome, strand : (n,) str. tss : (n,) int64, 0-based.
    sequence : (n, L) uint8, ASCII of A, C, G, T, N, in the gene's orientation; the TSS base
        is at index `tss_index`.
    bins : (n, B) float32, log2(1 + summed normalised counts), genomic orientation; bin 0 starts
        at TSS - B/2 * bin_size. None without HiChIP. (n, B, M) of a cell line with M targets.
    targets : names of these, M of them; () where the bins are (n, B), but one name where they are
        those of one target of a line that has several (`of_target`).
    loop_count : (n, 1) float32, normalised counts summed over all loops at the gene, or None.
    loop_number : (n, 1) int32, how many loops these are, or None.
    expression : (n,) float32, log10(count + 0.1), quantile-normalised; NaN where not measured.
    label : (n,) int8, +1 where the expression is at least the cell line's median, else -1; 0 where
        not measured. Such genes are for prediction alone, and `open` refuses them by default.
    others : further inputs of networks by name, (n, ...): uint8 for letters as in `sequence`, else
        float32. A variant reads them by name (deepexpr.model.variants).
    places : (n, N, 2) int64, where the letters of ENHANCERS lie on the gene's chromosome: start and
        end (0-based, half-open), 0 in empty slots; None where not known.
    """

    gene: np.ndarray
    chromosome: np.ndarray
    tss: np.ndarray
    strand: np.ndarray
    sequence: np.ndarray
    expression: np.ndarray
    label: np.ndarray
    cell_line: str
    assembly: str
    bins: np.ndarray | None = None
    loop_count: np.ndarray | None = None
    loop_number: np.ndarray | None = None
    tss_index: int = 1000
    bin_size: int = 5000
    path: Path | None = None
    others: Mapping[str, np.ndarray] = field(default_factory=dict)
    targets: tuple[str, ...] = ()
    places: np.ndarray | None = None

    def of_target(self, target: str) -> Self:
        """The same with the bins of one target alone, (n, B); loop counts stay those of all, and
        anchors and contacted places, which are of all together, are left out.

        Raises InputError where it has no such target.
        """
        if self.bins is None or self.bins.ndim == 2 or target not in self.targets:
            raise InputError(
                f"The dataset has no bins of a target {target!r} among several.",
                where=str(self.path or self.cell_line),
                found=", ".join(self.targets) or "bins of one target, without a name",
            )
        bins = self.bins[:, :, self.targets.index(target)]
        together = (ANCHORS, ENHANCERS, CONTACTS)
        others = {name: array for name, array in self.others.items() if name not in together}
        return replace(self, bins=bins, targets=(target,), others=others, places=None)

    @property
    def inputs(self) -> dict[str, np.ndarray]:
        """What networks may read, by name; PROMOTER first, then BINS where there is HiChIP."""
        bins = {} if self.bins is None else {BINS: self.bins}
        return {PROMOTER: self.sequence, **bins, **self.others}

    @classmethod
    def open(cls, path: str | Path, *, unmeasured: bool = False) -> "Dataset":
        """Read and check a dataset file; InputError names what is wrong with it.

        unmeasured : genes without a measured expression may be among its genes.
        """
        path = require_file(path, "dataset")
        try:
            with h5py.File(path, "r") as file:
                return _read(file, path, unmeasured)
        except OSError as error:
            raise InputError(
                "The dataset is not a readable HDF5 file.",
                where=str(path),
                found=str(error),
                fix="Make it again with `deepexpr dataset`.",
            ) from error

    def __len__(self) -> int:
        return len(self.gene)

    @property
    def has_hichip(self) -> bool:
        """Whether the cell line has binned loops."""
        return self.bins is not None

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the file, as hex: what a model was trained on."""
        if self.path is None:
            raise ValueError("this dataset was not read from a file")
        return sha256_file(self.path)

    @cached_property
    def _position(self) -> dict[str, int]:
        return {gene: i for i, gene in enumerate(self.gene.tolist())}

    def index_of(self, genes: Iterable[str]) -> np.ndarray:
        """Row numbers, int64, of `genes` in their order; InputError names those unknown."""
        genes = [str(gene) for gene in genes]
        unknown = [gene for gene in genes if gene not in self._position]
        if unknown:
            raise InputError(
                f"{len(unknown)} gene(s) are not in the dataset: "
                f"{', '.join(gene[:40] for gene in unknown[:5])}.",
                where=str(self.path or self.cell_line),
                expected=f"some of its {len(self)} genes, such as {', '.join(self.gene[:3])}",
                fix="Use the splits and names made from the same gene table.",
            )
        return np.array([self._position[gene] for gene in genes], dtype=np.int64)


def write_dataset(dataset: Dataset, path: str | Path, *, unmeasured: bool = False) -> None:
    """Check `dataset`, sort its genes by chromosome, TSS and name, and write it atomically.

    unmeasured : genes without a measured expression may be among its genes.
    """
    check_dataset(dataset, str(path), unmeasured)
    order = np.lexsort((dataset.gene, dataset.tss, dataset.chromosome))
    arrays = {name: getattr(dataset, name) for name in (*_TEXT, *_TYPES, *_HICHIP_TYPES)}
    attributes = {
        "schema": SCHEMA,
        "cell_line": dataset.cell_line,
        "assembly": dataset.assembly,
        "tss_index": dataset.tss_index,
        "bin_size": dataset.bin_size,
        "has_hichip": dataset.has_hichip,
        "versions": json.dumps(versions(), sort_keys=True),
        "expression_unit": EXPRESSION_UNIT,
    }
    if dataset.targets:
        attributes["targets"] = json.dumps(dataset.targets)
    with atomic_path(path) as temporary, h5py.File(temporary, "w") as file:
        file.attrs.update(attributes)
        for name, array in arrays.items():
            if array is not None:
                _write_array(file, name, np.asarray(array)[order])
        for name, array in sorted(dataset.others.items()):
            kind = array.dtype if array.dtype == np.uint8 else np.float32
            file.create_dataset(
                f"{_OTHERS}/{name}", data=array[order].astype(kind), track_times=False,
                compression="gzip", compression_opts=4,
            )  # fmt: skip
        if dataset.places is not None:
            _write_array(file, _PLACES, dataset.places[order])


def _write_array(file: h5py.File, name: str, array: np.ndarray) -> None:
    if name in _TEXT:
        file.create_dataset(name, data=array.astype(object), dtype=h5py.string_dtype())
        return
    dtype = (_TYPES | _HICHIP_TYPES | {_PLACES: np.int64})[name]
    options = {"compression": "gzip", "compression_opts": 4} if array.ndim > 1 else {}
    file.create_dataset(name, data=array.astype(dtype), track_times=False, **options)


def _read(file: h5py.File, path: Path, unmeasured: bool) -> Dataset:
    schema = file.attrs.get("schema")
    if schema != SCHEMA:
        raise InputError(
            "The file is not a dataset of this version.",
            where=str(path),
            expected=f"attribute schema = {SCHEMA}",
            found=repr(schema),
            fix="Make it again with `deepexpr dataset`.",
        )
    attributes = ("cell_line", "assembly", "tss_index", "bin_size", "has_hichip")
    if lacking := [name for name in attributes if name not in file.attrs]:
        raise InputError(
            f"The dataset lacks the attribute(s) {', '.join(lacking)}.",
            where=str(path),
            fix="Make it again with `deepexpr dataset`.",
        )
    names = (*_TEXT, *_TYPES, *(_HICHIP_TYPES if file.attrs["has_hichip"] else ()))
    missing = [name for name in names if not isinstance(file.get(name), h5py.Dataset)]
    if missing:
        raise InputError(
            f"The dataset lacks {', '.join(missing)}.", where=str(path), expected=", ".join(names)
        )
    arrays = {name: _read_array(file, name) for name in names}
    others = {name: array[...] for name, array in file.get(_OTHERS, {}).items()}
    dataset = Dataset(
        **arrays,
        others=others,
        places=file[_PLACES][...] if _PLACES in file else None,
        cell_line=str(file.attrs["cell_line"]),
        assembly=str(file.attrs["assembly"]),
        tss_index=int(file.attrs["tss_index"]),
        bin_size=int(file.attrs["bin_size"]),
        path=path,
        targets=tuple(json.loads(file.attrs.get("targets", "[]"))),
    )
    check_dataset(dataset, str(path), unmeasured)
    return dataset


def _read_array(file: h5py.File, name: str) -> np.ndarray:
    if name in _TEXT:
        return np.array(file[name].asstr()[...], dtype=str)
    return file[name][...]


def check_dataset(dataset: Dataset, where: str, unmeasured: bool = False) -> None:
    """Raise InputError unless the arrays agree in length, are finite and hold known letters.

    unmeasured : genes may have no expression (NaN, with the label 0).
    """
    n = len(dataset.gene)
    if n == 0:
        raise InputError("The dataset holds no gene.", where=where)
    for name in (*_TEXT, *_TYPES, *_HICHIP_TYPES):
        array = getattr(dataset, name)
        if array is not None:
            _check_array(name, array, where)
        if array is not None and len(array) != n:
            raise InputError(
                f"{name} has another length than gene.",
                where=where,
                expected=f"{n} rows",
                found=f"{len(array)} rows",
            )
    _check_hichip(dataset, where)
    _check_others(dataset, where)
    _check_places(dataset, where)
    measured = _measured(dataset, where, unmeasured)
    _check_finite(dataset, "expression", where, measured)
    for name in ("bins", "loop_count"):
        _check_finite(dataset, name, where)
    if dataset.bins is not None and (dataset.bins < 0).any():
        raise InputError(
            "bins holds values below 0.", where=where, expected="log2(1 + normalised count)"
        )
    if dataset.sequence.ndim != 2 or not 0 <= dataset.tss_index < dataset.sequence.shape[1]:
        raise InputError(
            "sequence does not hold the TSS.",
            where=where,
            expected=f"shape ({n}, more than {dataset.tss_index})",
            found=str(dataset.sequence.shape),
        )
    if not np.isin(dataset.sequence, ASCII).all():
        raise InputError("sequence holds letters other than A, C, G, T, N.", where=where)
    if not np.isin(dataset.label[measured], (-1, 1)).all():
        raise InputError("label holds values other than +1 and -1.", where=where)
    names, counts = np.unique(dataset.gene, return_counts=True)
    if (counts > 1).any():
        raise InputError(
            f"{(counts > 1).sum()} gene name(s) repeat: {', '.join(names[counts > 1][:5])}.",
            where=where,
            fix="Keep one row per gene.",
        )


def _check_array(name: str, array: np.ndarray, where: str) -> None:
    """Rank and kind of values; the shapes of sequence and loops are looked at further on."""
    flat = name not in ("sequence", *_HICHIP_TYPES)
    numeric = name in _TEXT or np.issubdtype(array.dtype, np.number)
    if array.ndim == 0 or not numeric or (flat and array.ndim != 1):
        raise InputError(
            f"{name} is not what a dataset holds.",
            where=where,
            expected=f"{'text' if name in _TEXT else 'numbers'}{', one a gene' if flat else ''}",
            found=f"{array.dtype} of the shape {array.shape}",
            fix="Make it again with `deepexpr dataset`.",
        )


def _check_hichip(dataset: Dataset, where: str) -> None:
    present = [name for name in _HICHIP_TYPES if getattr(dataset, name) is not None]
    if present and len(present) < len(_HICHIP_TYPES):
        raise InputError(
            "The loops of the dataset are incomplete.",
            where=where,
            expected=", ".join(_HICHIP_TYPES) + " together, or none of them",
            found=", ".join(present),
        )
    bins, count = dataset.bins, dataset.loop_count
    if count is not None and (count.ndim != 2 or count.shape[1] != 1):
        raise InputError(f"loop_count has the shape {count.shape}.", where=where)
    if bins is not None and (
        bins.ndim not in (2, 3)
        or (bins.ndim == 3 and not bins.shape[2] == len(set(dataset.targets)) > 1)
    ):
        raise InputError(
            f"bins has the shape {bins.shape}.",
            where=where,
            expected="(genes, bins), or (genes, bins, targets) with a name for each target",
            found="targets " + (", ".join(dataset.targets) or "without names"),
        )


def _check_others(dataset: Dataset, where: str) -> None:
    for name, array in dataset.others.items():
        letters = array.dtype == np.uint8
        sound = array.ndim > 1 and len(array) == len(dataset)
        sound &= bool(np.isin(array, ASCII).all() if letters else np.isfinite(array).all())
        if name in (PROMOTER, BINS) or not sound:
            raise InputError(
                f"The input {name!r} is not what a dataset holds.",
                where=where,
                expected=f"another name than {PROMOTER} and {BINS}, a row for each of the "
                f"{len(dataset)} genes, finite numbers or the letters A, C, G, T, N",
                found=f"{array.dtype} of the shape {array.shape}",
            )


def _check_places(dataset: Dataset, where: str) -> None:
    letters, places = dataset.others.get(ENHANCERS), dataset.places
    slots = None if letters is None else (*letters.shape[:2], 2)
    whole = places is None or np.issubdtype(places.dtype, np.integer)
    if places is not None and not (whole and places.shape == slots):
        raise InputError(
            "The places of the dataset's contacts are not what a dataset holds.",
            where=where,
            expected=f"whole numbers of the shape {slots}"
            if slots
            else f"no places, as {ENHANCERS}",
            found=f"{places.dtype} of the shape {places.shape}",
            fix="Make it again with `deepexpr dataset`.",
        )


def _measured(dataset: Dataset, where: str, unmeasured: bool) -> np.ndarray:
    """Genes with an expression, bool (n,); InputError where all should have one."""
    absent = np.isnan(dataset.expression) & (dataset.label == 0)
    if absent.any() and not unmeasured:
        raise InputError(
            f"{absent.sum()} of the {len(dataset)} genes have no measured expression, such as "
            f"{', '.join(dataset.gene[absent][:5])}.",
            where=where,
            expected="measured genes: nothing else can be trained on, or compared with",
            fix="It is for `deepexpr predict --dataset` alone; for all else make a dataset without "
            "--unmeasured.",
        )
    return ~absent


def _check_finite(dataset: Dataset, name: str, where: str, asked: np.ndarray | None = None) -> None:
    """InputError where `asked` genes, rows as bool (None: all), have a value that is not finite."""
    array = getattr(dataset, name)
    if array is None:
        return
    bad = ~np.isfinite(array.reshape(len(array), -1)).all(axis=1)
    bad &= True if asked is None else asked
    if bad.any():
        raise InputError(
            f"{name} is not a finite number for {bad.sum()} gene(s), such as "
            f"{', '.join(dataset.gene[bad][:5])}.",
            where=where,
            fix="Look for empty cells in the tables it was made from.",
        )
