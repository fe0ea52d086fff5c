"""The paper's numbers beside ours, as a table figure and a page."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy.stats import pearsonr

from deepexpr.figures import pages, style
from deepexpr.figures.declaration import columns_of
from deepexpr.figures.inputs import Inputs, read_tables
from deepexpr.figures.tables import draw_table
from deepexpr.files import read_table
from deepexpr.schemas import METRICS, TOMTOM_SUMMARY

#: As deepexpr.evaluation.paper writes it; `spread` is the standard deviation over folds.
PAPER_COLUMNS = columns_of(
    "quantity cell_line unit paper ours difference spread folds within_spread status note",
    words="quantity unit within_spread status note",
)

HEADER = (
    "Figure and quantity", "Cell line", "Unit", "Paper", "Ours", "Difference", "Spread of folds",
    "Within spread", "Note",
)  # fmt: skip
TITLE = "The paper's numbers beside ours"

#: The cell line of the paper's figures 2, 8 and 9.
PAPER_LINE = "mESC"


def build_paper(inputs: Inputs) -> pd.DataFrame:
    """Every number of the paper (method.md, 6) with ours, from metrics, datasets and matches."""
    from deepexpr.evaluation.paper import paper_beside_ours

    metrics = read_tables((*inputs.metrics, *inputs.cross), METRICS)
    table = paper_beside_ours(metrics, _given(inputs), full_reach=inputs.full_reach)
    return table[list(PAPER_COLUMNS)]


def draw_paper(table: pd.DataFrame) -> Figure:
    """The comparison as a table two columns wide; rows outside the spread in colour."""
    if table.empty:
        return style.only_words(TITLE, "No number of the paper was compared.")
    outside = np.flatnonzero((table["within_spread"] == "no").to_numpy())
    return draw_table(
        TITLE, HEADER, _text_rows(table), numeric=(3, 4, 5, 6), emphasise=outside.tolist()
    )


def page_paper(table: pd.DataFrame) -> str:
    """The comparison as HTML."""
    return pages.table(HEADER, _text_rows(table))


def _given(inputs: Inputs) -> dict[str, float]:
    """Numbers that are no scores of predictions; only of the paper's own cell line."""
    from deepexpr.features.dataset import Dataset

    given: dict[str, float] = {}
    for path in inputs.dataset:
        dataset = Dataset.open(path)
        if dataset.cell_line != PAPER_LINE or not dataset.has_hichip:
            continue
        values = {
            "loop_count": np.log2(1 + dataset.loop_count.ravel()),
            "loop_number": dataset.loop_number.ravel(),
        }
        for key, x in values.items():
            if np.ptp(x) > 0:
                given[key] = float(pearsonr(x, dataset.expression).statistic)
    for key, matches in (
        ("filters_matched", inputs.motif_summary.get("mESC filters")),
        ("enhancer_motifs_matched", inputs.motif_summary.get("mESC enhancers")),
    ):
        if matches is not None:
            given[key] = _matched_share(matches)
    return given


def _matched_share(path: Path) -> float:
    found = read_table(path, TOMTOM_SUMMARY).iloc[0]
    return found["matched"] / found["queries"] if found["queries"] else np.nan


def _text_rows(table: pd.DataFrame) -> list[list[str]]:
    rows = []
    for row in table.itertuples():
        ran = row.status != "not run"
        digits = 2 if str(row.unit).startswith("%") else 4
        numbers = [
            _number(row.ours, digits), _number(row.difference, digits, "+"),
            _number(row.spread, digits),
        ]  # fmt: skip
        rows.append(
            [
                row.quantity, row.cell_line.replace(",", ", "), row.unit,
                _number(row.paper, digits),
                *(numbers if ran else ["not\u00a0run", "–", "–"]),
                row.within_spread if ran else "–",
                "" if pd.isna(row.note) else str(row.note),
            ]
        )  # fmt: skip
    return rows


def _number(value: float, digits: int, sign: str = "") -> str:
    if not np.isfinite(value):
        return "–"
    return f"{value:{sign}.{digits}f}".replace("-", "−")
