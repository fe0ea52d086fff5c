"""Table 1: the cell lines and how much data there is of each."""

import re
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from deepexpr.figures import style
from deepexpr.figures.declaration import columns_of
from deepexpr.figures.inputs import Inputs
from deepexpr.figures.tables import draw_table
from deepexpr.files import read
from deepexpr.schemas import QC, SIGNAL

#: One row per cell line. read_pairs: sequenced pairs of all its HiChIP samples; loops: called
#: loops; genes_with_loops: genes with at least one. Missing where there is no HiChIP.
TABLE1_COLUMNS = columns_of(
    "cell_line assembly genes hichip_samples read_pairs loops genes_with_loops"
)

HEADER = (
    "Cell line", "Assembly", "Genes", "HiChIP samples", "Read pairs", "Loops", "Genes with loops",
)  # fmt: skip


def build_table1(inputs: Inputs) -> pd.DataFrame:
    """Genes, samples, read pairs and loops of every cell line (Table 1 of the paper)."""
    from deepexpr.features.dataset import Dataset

    rows = []
    for path in inputs.dataset:
        dataset = Dataset.open(path)
        line = dataset.cell_line
        row = {"cell_line": line, "assembly": dataset.assembly, "genes": len(dataset)}
        if dataset.has_hichip:
            row["genes_with_loops"] = int((dataset.loop_number.ravel() > 0).sum())
        if line in inputs.signal:
            row |= loops_and_samples(inputs.signal[line])
        if line in inputs.qc:
            row |= _read_pairs(inputs.qc[line], inputs.signal.get(line))
        rows.append(row)
    return pd.DataFrame(rows).reindex(columns=list(TABLE1_COLUMNS))


def loops_and_samples(signal: Path) -> dict[str, int]:
    """How many loops a signal table holds, from how many samples."""
    table = read(SIGNAL, signal)
    return {"loops": len(table), "hichip_samples": len(_samples(table))}


def _samples(signal: pd.DataFrame) -> list[str]:
    return [name.removeprefix("count.") for name in signal.columns if name.startswith("count.")]


def _read_pairs(qc: Path, signal: Path | None) -> dict[str, int]:
    """Read pairs of the cell line's samples; the QC file may hold other cell lines' too."""
    table = read(QC[:3], qc)
    pairs = table[table["metric"] == "read_pairs"]
    if signal is not None:
        pairs = pairs[pairs["sample"].isin(_samples(read(SIGNAL, signal)))]
    return {"read_pairs": int(pairs["value"].astype(float).sum())} if len(pairs) else {}


def draw_table1(table: pd.DataFrame) -> Figure:
    """Table 1 as a figure."""
    if table.empty:
        return style.only_words("Cell lines and data", "No cell line was given.")
    return draw_table("Cell lines and data", HEADER, _text_rows(table), numeric=range(2, 7))


def page_table1(table: pd.DataFrame) -> str:
    """Table 1 as HTML."""
    from deepexpr.figures import pages

    return pages.table(HEADER, _text_rows(table))


def _text_rows(table: pd.DataFrame) -> list[list[str]]:
    rows = []
    for row in table[list(TABLE1_COLUMNS)].itertuples(index=False):
        absent = "none" if pd.isna(row.genes_with_loops) else "not known"
        rows.append([str(row[0]), str(row[1]), *(count_text(value, absent) for value in row[2:])])
    return rows


def count_text(value: float, absent: str) -> str:
    """A count with thousands separated; words where there is none."""
    return absent if pd.isna(value) else re.sub(r"\.0$", "", f"{float(value):,.0f}")
