"""Neighbouring or far: genes with and without loops beyond 100 kb, evaluated apart."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from deepexpr.evaluation.best import best_baseline
from deepexpr.evaluation.metrics import fold_metrics, read_predictions
from deepexpr.features.dataset import Dataset
from deepexpr.figures import style
from deepexpr.figures.ablation import one_k
from deepexpr.figures.inputs import Inputs
from deepexpr.figures.performance import AXIS_LABELS
from deepexpr.schemas import METRICS, Column, Table

#: As metrics, of the genes of one group.
REACH_COLUMNS = Table(Column("group", "name"), *METRICS.columns)
#: Where far begins, bp from the TSS; that of the shortest scan of distances.
FAR = 100_000
NONE, NEAR, BEYOND = "no loop", "within 100 kb", "beyond 100 kb"
GROUPS = (NONE, NEAR, BEYOND)
#: Genes of a fold's group below which its score is in the table but not drawn.
LEAST = 10
#: Networks that are shown, beside the best baseline.
NETWORKS = ("full", "full-100kb", "sequence")
TITLE = "Neighbouring or far"


def build_reach(inputs: Inputs) -> pd.DataFrame:
    """Scores by fold of each group of genes: networks, and the baseline that is best on all genes.

    Regression where there is any, at the paper's K or the largest.
    """
    groups = [_groups(Dataset.open(path)) for path in inputs.dataset]
    known = pd.concat([*groups, pd.DataFrame(columns=["cell_line", "gene", "group"])])
    predictions = read_predictions(inputs.outcome)
    if "regression" in set(predictions["task"]):
        predictions = predictions[predictions["task"] == "regression"]
    if len(predictions):
        predictions = one_k(predictions)
    own = predictions[predictions["cell_line"] == predictions["trained_on"]]
    own = own.merge(known, on=["cell_line", "gene"])
    overall = fold_metrics(own)
    kept = [
        (line, method)
        for line, scores in overall.groupby("cell_line")
        for method in (*NETWORKS, *(best_baseline(scores) or ())[:1])
    ]
    own = own.merge(pd.DataFrame(kept, columns=["cell_line", "method"]))
    parts = [
        fold_metrics(own[own["group"] == group]).assign(group=group)[list(REACH_COLUMNS)]
        for group in GROUPS
    ]
    return pd.concat(parts, ignore_index=True)


def _groups(dataset: Dataset) -> pd.DataFrame:
    """cell_line, gene and group of each gene; none without HiChIP."""
    if dataset.bins is None:
        return pd.DataFrame(columns=["cell_line", "gene", "group"])
    group = reach_groups(dataset.bins, dataset.bin_size)
    return pd.DataFrame({"cell_line": dataset.cell_line, "gene": dataset.gene, "group": group})


def reach_groups(bins: np.ndarray, bin_size: int) -> np.ndarray:
    """Which of GROUPS each gene is in, (n,), by its bins around the TSS, (n, B) or (n, B, M).

    bin_size : bp. Of several targets, a loop of any counts.
    """
    near = near_bins(bins.shape[1], bin_size)
    filled = bins.reshape(*bins.shape[:2], -1).max(axis=2) > 0
    conditions = [filled[:, ~near].any(axis=1), filled[:, near].any(axis=1)]
    return np.select(conditions, [BEYOND, NEAR], NONE)


def near_bins(number: int, bin_size: int) -> np.ndarray:
    """Which of `number` bins around the TSS lie within FAR of it, bool (number,)."""
    middle, reach = number // 2, FAR // bin_size
    place = np.arange(number)
    return (place >= middle - reach) & (place < middle + reach)


def draw_reach(table: pd.DataFrame) -> Figure:
    """A panel per cell line: folds as points around their mean, by group and method."""
    if table.empty:
        return style.only_words(TITLE, "No network was evaluated on genes with known loops.")
    lines = list(dict.fromkeys(table["cell_line"]))
    methods = style.ordered_methods(table["method"])
    figure, axes = style.grid(len(lines), columns=min(3, len(lines)), panel=(2.3, 2.3))
    for axis, line in zip(axes, lines, strict=True):
        _panel(axis, table[table["cell_line"] == line], methods)
    style.titles(axes, [_title(line, table[table["cell_line"] == line]) for line in lines])
    metric = str(table["metric"].iloc[0])
    style.label_outside(axes, "loops of the gene", AXIS_LABELS.get(metric, metric))
    handles = [
        Line2D([], [], linestyle="", marker=_marker(m), markersize=4, color=_colour(m),
               label=_label(m))
        for m in methods
    ]  # fmt: skip
    style.legend_below(figure, handles, len(handles))
    return figure


def _panel(axis: Axes, own: pd.DataFrame, methods: Sequence[str]) -> None:
    step = 0.8 / len(methods)
    for number, method in enumerate(methods):
        for place, group in enumerate(GROUPS):
            rows = style.rows_of(own, ("method", "group"), (method, group))
            values = rows.loc[rows["n"] >= LEAST, "value"].dropna().to_numpy(float)
            x = place + (number - (len(methods) - 1) / 2) * step
            axis.scatter(np.full(len(values), x), values, s=7, alpha=0.5, linewidths=0,
                         color=_colour(method), marker=_marker(method))  # fmt: skip
            if len(values):
                axis.hlines(values.mean(), x - step / 3, x + step / 3, color=_colour(method))
    axis.set_xticks(range(len(GROUPS)), [group.replace(" ", "\n", 1) for group in GROUPS])
    axis.set_xlim(-0.6, len(GROUPS) - 0.4)
    if not (own["value"].notna() & (own["n"] >= LEAST)).any():
        style.say(axis, f"No group of genes has {LEAST} in a fold and a score.")


def _title(line: str, own: pd.DataFrame) -> tuple[str, list[str]]:
    """Heading and details: genes of each group; full less baseline beyond 100 kb."""
    one = own[own["method"] == own["method"].iloc[0]]
    genes = [int(one.loc[one["group"] == group, "n"].sum()) for group in GROUPS]
    words = ", ".join(f"{number:,}" for number in genes)
    far = own[own["group"] == BEYOND].groupby("method")["value"].mean()
    others = [m for m in far.index if m not in NETWORKS]
    details = [f"{words} genes; K = {int(own['K'].iloc[0])}"]
    if "full" in far.index and others and not far[["full", *others]].isna().any():
        details.append(f"beyond 100 kb, full less baseline {far['full'] - far[others[0]]:+.3f}")
    return line, details


def _label(method: str) -> str:
    return (
        f"{style.label('full')}, bins to 100 kb" if method == "full-100kb" else style.label(method)
    )


def _colour(method: str) -> str:
    return style.BLACK if method == "full-100kb" else style.colour(method)


def _marker(method: str) -> str:
    return "p" if method == "full-100kb" else style.marker(method)
