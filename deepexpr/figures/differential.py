"""Loops that differ between cell lines: volcano, MA plot, and the change of expression beside."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from deepexpr.figures import style
from deepexpr.figures.inputs import Inputs
from deepexpr.files import read
from deepexpr.schemas import DIFFERENTIAL, Column, Table

#: schemas.DIFFERENTIAL of every comparison.
DIFFERENTIAL_COLUMNS = Table(Column("comparison", "words"), *DIFFERENTIAL.columns)
TITLE = "Loops that differ between cell lines"
#: False discovery rate below which a loop is drawn as different.
LEVEL = 0.1


def build_differential(inputs: Inputs) -> pd.DataFrame:
    """The tables of all comparisons, under each other."""
    tables = [
        read(DIFFERENTIAL, path).assign(comparison=name)
        for name, path in inputs.differential.items()
    ]
    table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
    return table.reindex(columns=list(DIFFERENTIAL_COLUMNS))


def draw_differential(table: pd.DataFrame) -> Figure:
    """A row of three panels per comparison."""
    names = list(dict.fromkeys(table["comparison"].dropna()))
    if not names:
        return style.only_words(TITLE, "No comparison of cell lines was asked for.")
    figure, axes = style.grid(
        3 * len(names), columns=3, panel=(2.25, 2.2), sharex=False, sharey=False
    )
    texts = []
    for row, name in enumerate(names):
        own = table[table["comparison"] == name].dropna(subset=["log2_change", "p_value", "mean"])
        differs = own["q_value"].to_numpy(float) < LEVEL
        volcano, ma, beside = axes[3 * row : 3 * row + 3]
        details = [f"{len(own):,} loops", f"{differs.sum():,} with q < {LEVEL:g}"]
        change = own["log2_change"].to_numpy(float)
        more = [f"of these {(differs & (change > 0)).sum():,} have more PETs in",
                f"the second line, {(differs & (change < 0)).sum():,} in the first"]  # fmt: skip
        texts += [(name, details), ("By abundance", more), _expression(beside, own, differs)]
        with np.errstate(divide="ignore"):
            minus_log = -np.log10(np.maximum(own["p_value"].to_numpy(float), 1e-300))
        _points(volcano, change, minus_log, differs)
        _points(ma, np.log2(1 + own["mean"].to_numpy(float)), change, differs)
        volcano.set(xlabel="log2 change of PETs", ylabel="-log10 p")
        ma.set(xlabel="log2(1 + mean PETs)", ylabel="log2 change of PETs")
    style.titles(axes, texts)
    handles = [
        Line2D([], [], linestyle="", marker="o", markersize=3, color=colour, label=words)
        for colour, words in ((style.GREY, "no difference"), (style.VERMILLION, f"q < {LEVEL:g}"))
    ]
    style.legend_below(figure, handles, 2)
    return figure


def _points(axis: Axes, x: np.ndarray, y: np.ndarray, differs: np.ndarray) -> None:
    for chosen, colour in ((~differs, style.GREY), (differs, style.VERMILLION)):
        axis.scatter(x[chosen], y[chosen], s=3, linewidths=0, alpha=0.5, color=colour,
                     rasterized=True)  # fmt: skip


def _expression(axis: Axes, own: pd.DataFrame, differs: np.ndarray) -> tuple[str, list[str]]:
    """Change of the genes' expression against that of the loop; heading and details."""
    known = own["expression_change"].notna().to_numpy()
    rows = own[known]
    x, y = (rows[c].to_numpy(float) for c in ("log2_change", "expression_change"))
    _points(axis, x, y, differs[known])
    axis.set(xlabel="log2 change of PETs", ylabel="change of expression, log10")
    if not known.any():
        style.say(axis, "No loop is at a gene with expression.")
    both = differs[known]
    details = [
        f"{known.sum():,} of {len(own):,} loops are at a gene,",
        f"{both.sum():,} of {differs.sum():,} with q < {LEVEL:g}",
    ]
    if both.sum() > 2 and np.ptp(x[both]) and np.ptp(y[both]):
        ranks = rows.loc[both, ["log2_change", "expression_change"]].rank()
        details.append(f"Spearman of these {ranks.corr().iloc[0, 1]:.2f}")
    return "Expression of its genes", details
