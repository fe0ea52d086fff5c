"""Counts as kallisto writes them.

Only abundance.tsv is read, as some builds of kallisto write no HDF5 (docs/method.md, section 1).
"""

import json
import logging
import re
from pathlib import Path
from typing import Any

import pandas as pd

from deepexpr.errors import InputError
from deepexpr.files import non_negative, read, read_table, reading
from deepexpr.schemas import Column, Table

log = logging.getLogger(__name__)

ABUNDANCE = Table(
    Column("target_id", "name"), Column("length", unit="bp"), Column("eff_length", unit="bp"),
    "est_counts", "tpm",
)  # fmt: skip

#: What run_info.json says of the reads.
READ_KEYS = ("n_processed", "n_pseudoaligned", "p_pseudoaligned")


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

    Raises InputError where it is below `minimum` (the reads are not of this transcriptome), or
    is not told.
    """
    info = read_run_info(path)
    reads, aligned = info.get("n_processed"), info.get("n_pseudoaligned")
    percent = info.get("p_pseudoaligned")  # kallisto before 0.44 writes none
    if percent is None and reads and aligned is not None:
        percent = 100 * aligned / reads
    where = str(run_info_path(path))
    if reads == 0 or not isinstance(percent, int | float) or not 0 <= percent <= 100:
        raise InputError(
            "kallisto read no read."
            if reads == 0
            else "The share of reads that pseudoaligned is not known.",
            where=where,
            expected="p_pseudoaligned from 0 to 100, or n_processed and n_pseudoaligned",
            found=", ".join(f"{key} {info.get(key)}" for key in READ_KEYS),
            fix="Check the read files."
            if reads == 0
            else "Run a current kallisto again, or set expression.minimum_pseudoaligned to 0.",
        )
    fraction = percent / 100
    log.info("%s: %.1f %% of the reads pseudoaligned", path, percent)
    if fraction < minimum:
        raise InputError(
            f"Only {fraction:.1%} of the reads pseudoaligned.",
            where=where,
            expected=f"at least {minimum:.1%}",
            fix="Check the species, the read files and the transcriptome; "
            "lower expression.minimum_pseudoaligned only for a known reason.",
        )
    return fraction


def require_all_read(path: str | Path, counted: str | Path) -> None:
    """Raise InputError where kallisto read another number of reads than the files hold.

    kallisto stops without an error at a damaged record, or where one mate's file ends.
    counted : TSV of `deepexpr reads` (metric, value), with the metric reads.
    """
    table = read_table(counted, ("metric", "value")).set_index("metric")["value"]
    processed = read_run_info(path).get("n_processed")
    if processed is None or int(processed) != int(table["reads"]):
        raise InputError(
            f"kallisto read {processed} of {int(table['reads'])} reads.",
            where=str(run_info_path(path)),
            expected=f"n_processed {int(table['reads'])}, all that the FASTQ files hold",
            fix="Delete this folder and run again; where it stays so, look at kallisto's log.",
        )


def read_run_info(path: str | Path) -> dict[str, Any]:
    """What kallisto says of a run, from run_info.json beside `path`; a `nan` is None."""
    info = run_info_path(path)
    with reading(info, "kallisto's run_info.json") as handle:
        text = handle.read()
    try:
        # kallisto writes -nan where it divides by no reads, which is no JSON.
        told = json.loads(re.sub(r":\s*-?nan\b", ": null", text, flags=re.IGNORECASE))
    except json.JSONDecodeError as error:
        raise InputError(
            f"kallisto's run_info.json cannot be read: {error}.",
            where=str(info),
            fix="Run kallisto again.",
        ) from error
    return told if isinstance(told, dict) else {}


def run_info_path(path: str | Path) -> Path:
    """run_info.json beside abundance.tsv, or in the folder `path`."""
    path = Path(path)
    return (path if path.is_dir() else path.parent) / "run_info.json"


def _numbers(values: pd.Series, path: str | Path, column: str) -> pd.Series:
    fix = "Run kallisto again, or mend the table."
    return non_negative(values, f"{column} are no counts", f"{path}, row", fix)
