"""What is kept of each measurement of real_genes.py: predictions in a file, scores in a row."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from real_genes_data import RealGenes
from scipy.stats import pearsonr

from deepexpr.files import write_table

LINES = ("K562", "Jurkat", "HCT116", "GM12878", "K562_roadmap")
#: Columns with loops: name, loops, line.
WITH_LOOPS = (("K562+loops", "K562", "K562"), ("GM12878+loops", "GM12878", "GM12878"))
COLUMNS = (*LINES, *(name for name, _, _ in WITH_LOOPS))
TABLE = ("what", "group", "seed", *COLUMNS, "epochs", "cpu_minutes", "note")


def targets(genes: RealGenes) -> np.ndarray:
    """(n, COLUMNS) float64, NaN where a line has no value of a gene."""
    lines = [*LINES, *(line for _, _, line in WITH_LOOPS)]
    return np.column_stack([genes.expression[line] for line in lines])


def scores(predicted: np.ndarray, observed: np.ndarray, score=None) -> list[float]:
    """`score` (default: Pearson r) per column over the genes with a value; NaN where nothing is
    predicted."""
    result = []
    for p, y in zip(predicted.T, observed.T, strict=True):
        known = np.isfinite(p) & np.isfinite(y)
        both = (p[known], y[known])
        enough = known.sum() > 2
        result.append((score(*both) if score else pearsonr(*both)[0]) if enough else np.nan)
    return result


def add_row(output: Path, what, group, seed, values, epochs, minutes, note="") -> None:
    """Add the experiment to the table, in place of an earlier row of the same name."""
    row = dict(zip(COLUMNS, np.round(values, 4), strict=True))
    row |= {"what": what, "group": group, "seed": seed, "epochs": epochs, "note": note}
    row["cpu_minutes"] = round(minutes, 2)
    table = pd.DataFrame([row], columns=list(TABLE))
    if output.is_file():
        before = pd.read_csv(output, sep="\t", keep_default_na=False)
        same = (before["what"] == what) & (before["group"].astype(str) == str(group))
        same &= before["seed"].astype(str) == str(seed)
        table = pd.concat([before[~same], table.astype(object)], ignore_index=True)
    write_table(table, output)
    print(table.tail(1).to_string(index=False, header=False), flush=True)


def file_of(work: Path, what: str, group: int, seed) -> Path:
    """Where the held-out predictions of an experiment are kept."""
    return work / f"{what.replace(', ', '-').replace(' ', '-')}.{group}.{seed}.npy"


def keep(path: Path, values: np.ndarray) -> None:
    """Write the array whole or not at all."""
    part = path.with_suffix(".part.npy")
    np.save(part, values)
    part.replace(path)
