"""Figures 2A and 2B: do genes with more HiChIP loops have higher expression?"""

import logging
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, LogNorm
from matplotlib.figure import Figure
from scipy.ndimage import gaussian_filter
from scipy.stats import pearsonr

from deepexpr.figures import style
from deepexpr.figures.declaration import columns_of
from deepexpr.figures.inputs import Inputs

logger = logging.getLogger(__name__)

#: One row per gene; loop_count is the sum of normalised PETs over the gene's loops, expression
#: is in log10. A row with a `note` and no gene says why a cell line has no values.
LOOP_SIGNAL_COLUMNS = columns_of(
    "cell_line gene loop_count log2_loop_count expression note", words="note",
    loop_count="PETs", log2_loop_count="log2(1 + PETs)", expression=style.EXPRESSION_UNIT,
)  # fmt: skip
LOOP_NUMBER_COLUMNS = columns_of(
    "cell_line gene loop_number expression note", words="note", expression=style.EXPRESSION_UNIT
)

#: Bins per axis of the density, and the smoothing's standard deviation in bins.
DENSITY_BINS = 60
DENSITY_SMOOTHING = 1.5

#: Viridis without its palest end, which would not stand out from the paper in grey.
COLOURS = ListedColormap(mpl.colormaps["viridis"](np.linspace(0, 0.85, 256)), name="density")

Y_LABEL = f"Expression,\n{style.EXPRESSION_UNIT}"
NO_HICHIP = "No HiChIP data: this cell line was run in sequence-only mode."


def build_loop_signal(inputs: Inputs) -> pd.DataFrame:
    """Summed loop counts and expression of every gene, from dataset files (method.md, 6, 2A)."""

    def signal(dataset) -> dict[str, np.ndarray]:
        counts = np.asarray(dataset.loop_count, dtype=float).ravel()
        return {"loop_count": counts, "log2_loop_count": np.log2(1 + counts)}

    return _from_datasets(inputs, LOOP_SIGNAL_COLUMNS, signal)


def build_loop_number(inputs: Inputs) -> pd.DataFrame:
    """Number of loops and expression of every gene, from dataset files (method.md, 6, 2B)."""

    def number(dataset) -> dict[str, np.ndarray]:
        return {"loop_number": np.asarray(dataset.loop_number, dtype=int).ravel()}

    return _from_datasets(inputs, LOOP_NUMBER_COLUMNS, number)


def draw_loop_signal(table: pd.DataFrame) -> Figure:
    """Density scatter of loop signal against expression, one panel per cell line."""
    title = "Loop signal and expression"
    if table.empty:
        return style.only_words(title, "No cell line was given.")
    lines = list(dict.fromkeys(table["cell_line"]))
    figure, axes = style.panels_of_lines(len(lines))
    drawn = [_density_panel(axis, line, table) for axis, line in zip(axes, lines, strict=True)]
    points = [artist for artist in drawn if artist is not None]
    if points:
        top = max(float(artist.get_array().max()) for artist in points)
        norm = LogNorm(vmin=0.1, vmax=max(top, 1.0))
        for artist in points:
            artist.set_norm(norm)
        bar = figure.colorbar(points[0], ax=axes, fraction=0.05, pad=0.02, extend="min", shrink=0.8)
        bar.set_label("Smoothed density,\ngenes per cell of a 60 × 60 grid")
        bar.ax.minorticks_off()
    style.label_outside(axes, "Summed loop signal,\nlog2(1 + normalised PETs)", Y_LABEL)
    return figure


def draw_loop_number(table: pd.DataFrame) -> Figure:
    """Boxes of expression by number of loops, one panel per cell line."""
    title = "Number of loops and expression"
    if table.empty:
        return style.only_words(title, "No cell line was given.")
    lines = list(dict.fromkeys(table["cell_line"]))
    figure, axes = style.grid(len(lines), columns=2, panel=(3.4, 2.3), sharex=False)
    for axis, line in zip(axes, lines, strict=True):
        _boxes_panel(axis, line, table)
    style.label_outside(axes, "Number of loops at the promoter (below: number of genes)", Y_LABEL)
    return figure


def _from_datasets(inputs: Inputs, columns: tuple[str, ...], loops) -> pd.DataFrame:
    """Genes, `loops` of them and their expression, of every cell line."""
    from deepexpr.features.dataset import Dataset

    tables = []
    for path in inputs.dataset:
        dataset = Dataset.open(path)
        values: dict[str, Any] = {"note": [NO_HICHIP]}
        if dataset.has_hichip:
            expression = np.asarray(dataset.expression, dtype=float)
            values = {"gene": dataset.gene, **loops(dataset), "expression": expression}
        tables.append(pd.DataFrame(values).assign(cell_line=dataset.cell_line))
        logger.info("%s: %d genes", dataset.cell_line, len(dataset))
    return pd.concat(tables, ignore_index=True).reindex(columns=list(columns))


def _rows_of(table: pd.DataFrame, line: str, x: str) -> tuple[pd.DataFrame, str]:
    """Rows with values of one cell line, and its note ("" if there is none)."""
    own = table[table["cell_line"] == line]
    notes = own["note"].dropna()
    return own.dropna(subset=[x, "expression"]), str(notes.iloc[0]) if len(notes) else ""


def _correlation_text(x: np.ndarray, y: np.ndarray) -> str:
    head = f"n = {len(x):,} genes"
    if len(x) < 3 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return f"{head}\nr not defined (no variation)"
    result = pearsonr(x, y)
    return f"{head}\nr = {result.statistic:.3f}, {style.p_text(result.pvalue)}"


def _density_panel(axis: Axes, line: str, table: pd.DataFrame):
    own, note = _rows_of(table, line, "log2_loop_count")
    if own.empty:
        style.title(axis, line, "n = 0 genes\n")
        style.say(axis, note or "No gene has values.")
        return None
    x, y = own["log2_loop_count"].to_numpy(float), own["expression"].to_numpy(float)
    style.title(axis, line, _correlation_text(x, y))
    if not np.any(x > 0):
        style.say(axis, "No loop at any gene of this cell line.")
        return None
    density = _density(x, y)
    order = np.argsort(density, kind="stable")
    return axis.scatter(
        x[order], y[order], c=density[order], s=3, linewidths=0, rasterized=True, cmap=COLOURS
    )


def _density(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Smoothed number of genes in the grid cell of each point; (n,) float64."""
    counts, x_edges, y_edges = np.histogram2d(x, y, bins=DENSITY_BINS)
    smooth = gaussian_filter(counts, DENSITY_SMOOTHING)
    column = np.clip(np.searchsorted(x_edges, x, side="right") - 1, 0, DENSITY_BINS - 1)
    row = np.clip(np.searchsorted(y_edges, y, side="right") - 1, 0, DENSITY_BINS - 1)
    return np.maximum(smooth[column, row], 1e-3)


def _boxes_panel(axis: Axes, line: str, table: pd.DataFrame) -> None:
    own, note = _rows_of(table, line, "loop_number")
    if own.empty:
        style.title(axis, line, "n = 0 genes")
        style.say(axis, note or "No gene has values.")
        axis.set_xticks([])
        return
    number, y = own["loop_number"].to_numpy(int), own["expression"].to_numpy(float)
    style.title(axis, line, _correlation_text(number.astype(float), y).replace("\n", ", "))
    cap = _last_class(number)
    classes = np.minimum(number, cap)
    present = np.unique(classes)
    groups = [y[classes == k] for k in present]
    axis.boxplot(
        groups, positions=present, widths=0.65, patch_artist=True,
        boxprops={"facecolor": "#BBDDF2", "edgecolor": style.BLUE, "linewidth": 0.7},
        medianprops={"color": style.VERMILLION, "linewidth": 1.2},
        whiskerprops={"color": style.BLUE, "linewidth": 0.7},
        capprops={"color": style.BLUE, "linewidth": 0.7},
        flierprops={"marker": ".", "markersize": 1.5, "markeredgecolor": style.GREY},
    )  # fmt: skip
    names = [f"≥{k}" if k == cap and number.max() > cap else str(k) for k in present]
    counts = [f"{len(group):,}" for group in groups]
    labels = [f"{name}\n{count}" for name, count in zip(names, counts, strict=True)]
    axis.set_xticks(present, labels, fontsize=6)
    if number.max() == 0:
        axis.set_xlim(-0.7, 2.2)
        style.say_at(axis, 0.7, "No loop at any gene of this cell line.")


def _last_class(number: np.ndarray) -> int:
    """Where the open last class begins: at most 8, with at least 1 % of the genes in it."""
    least = max(3, int(0.01 * len(number)))
    big_enough = [k for k in range(1, 9) if np.sum(number >= k) >= least]
    return max(big_enough, default=max(1, int(min(number.max(), 8))))
