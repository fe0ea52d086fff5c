"""The arrays that the paper's authors worked on: promoters and bins, row by row with a gene table.

As their published script reads them: X_seq.npy of (genes, 2001, 4), one-hot, the TSS in the
middle; exp_CELLLINE.npy of (genes, 400), the bins around the TSS; rna_CELLLINE.txt, symbol and
count, whose rows give both arrays their genes. Where the genes lie is not in them, but may
stand in a table beside.
"""

import logging
from pathlib import Path

import numpy as np
import pandas as pd

from deepexpr.errors import InputError
from deepexpr.files import reading, require_file
from deepexpr.letters import ASCII
from deepexpr.schemas import GENES

log = logging.getLogger(__name__)

#: Chromosome of genes whose place is not known; `tss` is then the row in the gene table.
NOWHERE = "unplaced"


def read_rows(path: str | Path) -> list[str]:
    """The gene of every row: the first column of a table without a header."""
    with reading(path, "table of genes") as handle:
        return [line.split()[0] for line in handle if line.strip()]


def array_genes(rows: list[str], places: pd.DataFrame | None = None) -> pd.DataFrame:
    """Genes (schemas.GENES) in the order of the rows; of a symbol that repeats, its first row.

    places : columns gene, chromosome, tss (0-based) and strand of every gene, where they are known.
    """
    table = pd.DataFrame({"gene": rows, "tss": np.arange(len(rows))})
    repeated = table["gene"].duplicated()
    if repeated.any():
        log.warning(
            "%d rows repeat the symbol of an earlier one and are left out", int(repeated.sum())
        )
    table = table[~repeated].assign(
        chromosome=NOWHERE, strand="+", transcript="unknown", biotype="protein_coding"
    )
    if places is not None:
        table = table.drop(columns=["chromosome", "tss", "strand"])
        table = table.merge(places.drop_duplicates("gene"), on="gene", how="left")
        lost = table.loc[table["chromosome"].isna(), "gene"]
        if len(lost):
            raise InputError(
                f"{len(lost)} genes of the rows have no place, such as {lost.iloc[0]}.",
                expected="every gene of the array in the table of places",
            )
        table["tss"] = table["tss"].astype(np.int64)
    return table[list(GENES)].reset_index(drop=True)


def array_promoters(path: str | Path, rows: list[str], length: int = 2000) -> dict[str, str]:
    """Promoters by gene, cut from a one-hot array so that the TSS stays at index length // 2.

    Its channels are A, C, G, T: the script does not say, and this is the usual order. A position
    with no 1 is N; one with several is an error.
    """
    array = _load(path, rows, 3)
    width = array.shape[1]
    first = width // 2 - length // 2
    if array.shape[2] != 4 or first < 0 or first + length > width:
        raise InputError(
            "The array does not hold promoters.",
            where=str(path),
            expected=f"(genes, {length} or more, 4)",
            found=str(array.shape),
        )
    promoters = {}
    for gene, row in zip(rows, array, strict=True):
        part = np.asarray(row[first : first + length])
        if gene in promoters:
            continue
        if not np.isin(part, (0, 1)).all() or (part.sum(axis=1) > 1).any():
            raise InputError(
                f"The promoter of {gene} is not one-hot.",
                where=str(path),
                expected="0 and 1, at most one 1 at each position",
            )
        codes = np.where(part.any(axis=1), part.argmax(axis=1), 4)
        promoters[gene] = ASCII[codes].tobytes().decode()
    return promoters


def array_bins(path: str | Path, rows: list[str], bins: int) -> pd.DataFrame:
    """Bins by gene (float32, `bins` columns), log2(1 + count) as they were deposited."""
    array = _load(path, rows, 2)
    if array.shape[1] != bins:
        raise InputError(
            f"The array has {array.shape[1]} bins.",
            where=str(path),
            expected=f"{bins}, features.bins of the configuration",
            fix="Correct features.bins, or give the array that belongs to it.",
        )
    values = np.asarray(array, np.float32)
    if not np.isfinite(values).all() or (values < 0).any():
        raise InputError(
            "The bins hold something else than signals.",
            where=str(path),
            expected="numbers of 0 or more",
        )
    table = pd.DataFrame(values, index=rows)
    return table[~table.index.duplicated()]


def _load(path: str | Path, rows: list[str], dimensions: int) -> np.ndarray:
    """A .npy file, mapped and not read; its rows are those of the gene table."""
    path = require_file(path, "array")
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except ValueError as error:
        raise InputError(f"Not an array of numpy: {error}.", where=str(path)) from error
    if array.ndim != dimensions or len(array) != len(rows):
        raise InputError(
            "The array does not fit the table of genes.",
            where=str(path),
            expected=f"{dimensions} dimensions, {len(rows)} rows",
            found=f"shape {array.shape}",
            fix="Give the array and the table of one species.",
        )
    return array
