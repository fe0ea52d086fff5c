"""Counts as other programs write them: kallisto's abundance.tsv, or a table of genes.

Only abundance.tsv is read, as some builds of kallisto write no HDF5 (spec §1).
"""

from __future__ import annotations

import json
import logging
from pathlib import Path

import numpy as np
import pandas as pd

from deepexpr.errors import InputError
from deepexpr.files import read_table, reading

log = logging.getLogger(__name__)

ABUNDANCE = ("target_id", "length", "eff_length", "est_counts", "tpm")


def read_abundance(path: str | Path) -> pd.Series:
    """Estimated counts (float64) by target of one kallisto run; `path` is the file or its folder.

    Raises InputError where a column is missing, a target repeats, a count is no number or
    negative, or no read was counted at all.
    """
    path = Path(path)
    if path.is_dir():
        path = path / "abundance.tsv"
    # tpm is "-nan" where nothing was counted, so it is not read as a number.
    table = read_table(path, ABUNDANCE, dtype={"target_id": str, "tpm": str}, keep_default_na=False)
    repeated = table["target_id"].duplicated()
    if repeated.any():
        raise InputError(
            f"The target {table.loc[repeated, 'target_id'].iloc[0]} stands more than once.",
            where=str(path),
            fix="Make the index from a FASTA with unique names.",
        )
    counts = _numbers(table["est_counts"], path, "est_counts")
    if not counts.sum() > 0:
        raise InputError(
            "No read was counted for any transcript.",
            where=str(path),
            found=f"{len(counts)} targets, est_counts all 0",
            fix="Check that reads and transcriptome are of one species; see run_info.json beside "
            "it for the number of reads.",
        )
    return pd.Series(counts.to_numpy(), index=table["target_id"].to_numpy(), name=path.parent.name)


def require_pseudoaligned(path: str | Path, minimum: float) -> float:
    """Fraction of reads that kallisto pseudoaligned, from run_info.json beside `path`.

    Raises InputError where it is below `minimum`: the reads are not of this transcriptome.
    """
    path = Path(path)
    info = (path if path.is_dir() else path.parent) / "run_info.json"
    with reading(info, "kallisto's run_info.json") as handle:
        fraction = json.load(handle)["p_pseudoaligned"] / 100
    log.info("%s: %.1f %% of the reads pseudoaligned", path, 100 * fraction)
    if fraction < minimum:
        raise InputError(
            f"Only {fraction:.1%} of the reads pseudoaligned.",
            where=str(info),
            expected=f"at least {minimum:.1%}",
            fix="Check the species, the read files and the transcriptome; "
            "lower expression.minimum_pseudoaligned only for a known reason.",
        )
    return fraction


def read_gene_counts(path: str | Path) -> pd.Series:
    """Counts (float64) by gene symbol: two tab-separated columns, with or without a header.

    A row that repeats symbol and count is the same gene written again; a symbol with several
    counts (several loci) has their sum.
    """
    with reading(path, "table of counts") as handle:
        rows = [line.rstrip("\n").split("\t") for line in handle if line.strip()]
    wrong = next((i for i, row in enumerate(rows) if len(row) != 2), None)
    if wrong is not None or not rows:
        raise InputError(
            "The table does not have two columns.",
            where=str(path) if wrong is None else f"{path}, line {wrong + 1}",
            expected="gene symbol, tab, count",
            found="no rows" if wrong is None else "\t".join(rows[wrong])[:100],
        )
    if _is_header(rows[0]):
        rows = rows[1:]
    table = pd.DataFrame(rows, columns=["gene", "count"])
    table["count"] = _numbers(table["count"], path, "count")
    copies = table.duplicated()
    table = table[~copies]
    several = table["gene"].duplicated()
    if copies.any() or several.any():
        log.warning(
            "%s: %d rows repeat a symbol and its count and were dropped, %d repeat a symbol with "
            "another count and were summed",
            path, copies.sum(), several.sum(),
        )  # fmt: skip
    return table.groupby("gene", sort=False)["count"].sum()


def _is_header(row: list[str]) -> bool:
    try:
        float(row[1])
    except ValueError:
        return True
    return False


def _numbers(values: pd.Series, path: str | Path, column: str) -> pd.Series:
    numbers = pd.to_numeric(values, errors="coerce").astype(float)
    bad = ~np.isfinite(numbers) | (numbers < 0)
    if bad.any():
        row = int(bad.to_numpy().argmax())
        raise InputError(
            f"{int(bad.sum())} value(s) of {column} are no counts.",
            where=f"{path}, row {row + 1}",
            expected="numbers of 0 or more",
            found=repr(str(values.iloc[row])),
            fix="Run kallisto again, or mend the table.",
        )
    return numbers
