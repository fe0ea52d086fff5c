"""Counts as other programs write them: kallisto's abundance.tsv, or a table of genes.

Only abundance.tsv is read, as some builds of kallisto write no HDF5 (spec §1).
"""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pandas as pd

from deepexpr.errors import InputError
from deepexpr.files import non_negative, read, reading
from deepexpr.schemas import Column, Table

log = logging.getLogger(__name__)

ABUNDANCE = Table(
    Column("target_id", "name"), Column("length", unit="bp"), Column("eff_length", unit="bp"),
    "est_counts", "tpm",
)  # fmt: skip


def read_abundance(path: str | Path) -> pd.Series:
    """Estimated counts (float64) by target of one kallisto run; `path` is the file or its folder.

    Raises InputError where a column is missing, a target repeats, a count is no number or
    negative, or no read was counted at all.
    """
    path = Path(path)
    if path.is_dir():
        path = path / "abundance.tsv"
    table = read(ABUNDANCE, path)
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


def read_gene_counts(path: str | Path, value_column: str | None = None) -> pd.Series:
    """Values (counts or TPM, float64) by gene symbol, from a tab-separated table.

    Symbols stand in the first column. A table of two columns needs no header; of several, with a
    header, `value_column` names the one. Lines that begin with # are left out.
    A row that repeats symbol and value is the same gene written again; a symbol with several
    values (several loci) has their sum.
    """
    with reading(path, "table of genes") as handle:
        lines = (line.rstrip("\r\n") for line in handle)
        rows = [line.split("\t") for line in lines if line and line[0] != "#"]
    place = _place_of(value_column, rows, path)
    wrong = next((i for i, row in enumerate(rows) if len(row) != len(rows[0])), None)
    if wrong is not None:
        raise InputError(
            "The rows of the table differ in length.",
            where=f"{path}, row {wrong + 1}",
            expected=f"{len(rows[0])} cells",
            found="\t".join(rows[wrong])[:100],
        )
    if value_column or _is_header(rows[0]):
        rows = rows[1:]
    rows = [[row[0].strip('"'), row[place]] for row in rows]
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


def check_value_column(path: str | Path, value_column: str | None = None) -> None:
    """Raise InputError where `read_gene_counts` would not know the column of the values."""
    with reading(path, "table of genes") as handle:
        first = next(
            (line.rstrip("\r\n") for line in handle if line.strip() and line[0] != "#"), ""
        )
    _place_of(value_column, [first.split("\t")] if first else [], path)


def _place_of(value_column: str | None, rows: list[list[str]], path: str | Path) -> int:
    """Where the values stand in a row."""
    head = [text.strip('"') for text in rows[0]] if rows else []
    if value_column and value_column in head[1:]:
        return head.index(value_column)
    if value_column or len(head) != 2:
        raise InputError(
            f"The table of genes has no column {value_column!r}."
            if value_column
            else "The table does not have two columns.",
            where=str(path),
            expected=value_column or "gene symbol, tab, value",
            found="\t".join(head)[:100] or "no rows",
            fix="Correct value_column in the unit sheet; it is a name in the table's header."
            if value_column
            else "Name the column of the values: value_column in the unit sheet.",
        )
    return 1


def _is_header(row: list[str]) -> bool:
    try:
        float(row[1])
    except ValueError:
        return True
    return False


def _numbers(values: pd.Series, path: str | Path, column: str) -> pd.Series:
    fix = "Run kallisto again, or mend the table."
    return non_negative(values, f"{column} are no counts", f"{path}, row", fix)
