"""Figures 3, 4 and 5: scores of every method, each fold a point over the mean."""

import logging
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from deepexpr.evaluation.best import best_baseline
from deepexpr.figures import style
from deepexpr.figures.inputs import Inputs, read_tables
from deepexpr.files import read_table
from deepexpr.schemas import METRICS, Table

logger = logging.getLogger(__name__)

#: One row per fold; `value` is missing where `reason` says why. p_full is the one-sided p of
#: the rank-sum test "the full network scores higher than this method", adjusted over
#: all comparisons of one cell line, task and K (Benjamini-Hochberg); missing without a test.
AUC_COLUMNS = Table(*METRICS.columns, "p_full")
PCC_COLUMNS = AUC_COLUMNS
CROSS_COLUMNS = AUC_COLUMNS

#: A method below the full network at this adjusted p carries a star.
SIGNIFICANT = 0.05
#: What a panel is of.
PANEL = ("cell_line", "trained_on", "scheme", "metric")
TEST_KEYS = ("cell_line", "trained_on", "task", "scheme", "K", "metric")

AXIS_LABELS = {"AUC": "Area under the ROC curve (AUC)", "PCC": "Pearson r (PCC)"}
SCHEME_LABELS = {
    "random": "random folds",
    "chromosome": "chromosomes held out",
    "family": "gene families held out",
}


def build_auc(inputs: Inputs) -> pd.DataFrame:
    """AUC per cell line, method, K and fold, models trained and tested on one cell line."""
    return with_tests(own_scores(inputs, "AUC"), inputs)


def build_pcc(inputs: Inputs) -> pd.DataFrame:
    """Pearson r per cell line, method, K and fold, models trained and tested on one cell line."""
    return with_tests(own_scores(inputs, "PCC"), inputs)


def build_cross(inputs: Inputs) -> pd.DataFrame:
    """Scores in a cell line of models trained on the others (metrics of `deepexpr cross`)."""
    scores = read_tables(inputs.cross, METRICS)
    foreign = scores[scores["cell_line"] != scores["trained_on"]].reset_index(drop=True)
    return with_tests(foreign, inputs)


def draw_auc(table: pd.DataFrame) -> Figure:
    """AUC by K and method, one panel per cell line and scheme."""
    return _draw(table, "Classification of high and low expression", "No classifier was evaluated.")


def draw_pcc(table: pd.DataFrame) -> Figure:
    """Pearson r by K and method, one panel per cell line and scheme."""
    return _draw(table, "Prediction of expression", "No regression was evaluated.")


def draw_cross(table: pd.DataFrame) -> Figure:
    """Scores across cell lines by K and method, one panel per cell line predicted."""
    return _draw(
        table,
        "Prediction across cell lines",
        "Prediction across cell lines needs at least two cell lines of one assembly; "
        "none was evaluated.",
    )


def own_scores(inputs: Inputs, metric: str | None, scan: str = "kb$|-only-") -> pd.DataFrame:
    """Metrics of models trained and tested on the same cell line, without the methods that are
    named like `scan`: networks of a part of the loops."""
    scores = read_tables(inputs.metrics, METRICS)
    own = scores["cell_line"] == scores["trained_on"]
    own &= ~scores["method"].astype(str).str.contains(scan)
    keep = own if metric is None else own & (scores["metric"] == metric)
    logger.info("%d of %d rows of metrics are plotted", int(keep.sum()), len(scores))
    return scores[keep].reset_index(drop=True)


def with_tests(scores: pd.DataFrame, inputs: Inputs) -> pd.DataFrame:
    """`scores` with the column p_full from the tests table, if it was given."""
    if inputs.tests is None:
        return scores.assign(p_full=np.nan)
    columns = (*TEST_KEYS, "quantity", "method", "other", "p_adjusted")
    tests = read_table(inputs.tests, columns)
    chosen = tests[(tests["quantity"] == "score") & (tests["method"] == "full")]
    against = chosen[[*TEST_KEYS, "other", "p_adjusted"]]
    against = against.rename(columns={"other": "method", "p_adjusted": "p_full"})
    return scores.merge(against, how="left", on=[*TEST_KEYS, "method"])


def total_genes(rows: pd.DataFrame) -> int:
    """Genes tested: the sum of n over the folds of one K, the largest over methods."""
    sums = rows.groupby(["method", "K"])["n"].sum()
    return int(sums.max()) if len(sums) else 0


def best_of(rows: pd.DataFrame) -> str:
    """Words for the best baseline of a panel at its largest K, "" without one."""
    best = best_baseline(rows[rows["K"] == rows["K"].max()])
    return f"best baseline: {style.label(best[0])}, {best[1]:.3f}" if best else ""


def failures(rows: pd.DataFrame) -> str:
    """Words for folds without a value, "" if all have one."""
    lost = rows[rows["value"].isna()]
    if lost.empty:
        return ""
    reasons = lost["reason"].dropna()
    why = f": {reasons.iloc[0]}" if len(reasons) else ""
    return f"{len(lost)} of {len(rows)} scores missing{why}"


def _draw(table: pd.DataFrame, title: str, nothing: str) -> Figure:
    if table.empty:
        return style.only_words(title, nothing)
    keys = list(dict.fromkeys(table[list(PANEL)].itertuples(index=False, name=None)))
    methods = style.ordered_methods(table["method"])
    folds = sorted(table["K"].unique())
    if len(folds) == 1:
        return _dot_plots(table, keys, methods)
    columns = 1 if len(folds) * len(methods) > 20 or len(keys) in (1, 3) else 2
    figure, axes = style.grid(
        len(keys),
        columns=columns,
        panel=(style.TWO_COLUMNS / columns, 1.9),
        sharey=_one_metric(table),
    )
    for axis, key in zip(axes, keys, strict=True):
        _dodged(axis, style.rows_of(table, PANEL, key), methods, folds)
    style.titles(axes, [_panel_title(key, style.rows_of(table, PANEL, key)) for key in keys])
    style.label_outside(axes, "Number of folds, K", "")
    for axis, key in zip(axes, keys, strict=True):
        if axis.get_subplotspec().is_first_col() or not _one_metric(table):
            axis.set_ylabel(AXIS_LABELS.get(key[3], key[3]))
    handles = [_handle(m) for m in methods]
    if _is_below(table):
        handles.append(_star())
    if _has_empty(table):
        handles.append(_cross())
    style.legend_below(figure, handles, min(len(handles), 4))
    return figure


def _dot_plots(table: pd.DataFrame, keys: list[tuple], methods: list[str]) -> Figure:
    columns = min(3, len(keys)) if len(keys) != 4 else 2
    figure, axes = style.grid(
        len(keys),
        columns=columns,
        panel=(2.6, 0.28 * len(methods) + 0.95),
        sharex=_one_metric(table),
    )
    for axis, key in zip(axes, keys, strict=True):
        rows = style.rows_of(table, PANEL, key)
        for place, method in enumerate(reversed(methods)):
            values = rows.loc[rows["method"] == method, "value"].dropna().to_numpy(float)
            _points(axis, values, place, method, horizontal=True)
            if not len(values):
                axis.annotate(
                    _why_empty(rows, method), (0.02, place), xycoords=("axes fraction", "data"),
                    va="center", fontsize=6, color="#666666",
                )  # fmt: skip
            if _is_below(rows[rows["method"] == method]):
                axis.annotate("*", (1.01, place), xycoords=("axes fraction", "data"), va="center")
        axis.set_yticks(range(len(methods)), [style.label(m) for m in reversed(methods)])
        axis.set_ylim(-0.6, len(methods) - 0.4)
        axis.set_xlabel(AXIS_LABELS.get(key[3], key[3]))
        axis.xaxis.set_major_locator(MaxNLocator(4))
        axis.grid(axis="x")
        axis.margins(x=0.08)
        _say_missing(axis, rows)
    k = int(table["K"].iloc[0])
    names = max(len(style.label(m)) for m in methods) / style.LETTERS_PER_INCH
    style.titles(
        axes,
        [_panel_title(key, style.rows_of(table, PANEL, key), k) for key in keys],
        beside=max(1.0, names + 0.3),
    )
    if _is_below(table):
        style.legend_below(figure, [_star()], 1)
    return figure


def _dodged(axis: Axes, rows: pd.DataFrame, methods: list[str], folds: list[int]) -> None:
    step = 0.84 / len(methods)
    for number, k in enumerate(folds):
        for index, method in enumerate(methods):
            chosen = rows[(rows["K"] == k) & (rows["method"] == method)]
            place = number + (index - (len(methods) - 1) / 2) * step
            values = chosen["value"].dropna().to_numpy(float)
            _points(axis, values, place, method, step=step)
            if len(chosen) and not len(values):
                axis.plot(
                    place, 0.03, "x", transform=axis.get_xaxis_transform(), markersize=3,
                    color=style.colour(method),
                )  # fmt: skip
            if _is_below(chosen) and len(values):
                axis.annotate(
                    "*", (place, values.max()), xytext=(0, 0), textcoords="offset points",
                    ha="center", va="bottom",
                )  # fmt: skip
        if number:
            axis.axvline(number - 0.5, color="#DDDDDD", linewidth=0.6, zorder=0)
    axis.set_xticks(range(len(folds)), [str(k) for k in folds])
    axis.set_xlim(-0.5, len(folds) - 0.5)
    axis.grid(axis="y")
    _say_missing(axis, rows)


def _points(
    axis: Axes,
    values: np.ndarray,
    place: float,
    method: str,
    *,
    step: float = 0.7,
    horizontal=False,
) -> None:
    """Folds as points spread over `step`, and their mean as a bar across them."""
    if not len(values):
        return
    spread = (np.arange(len(values)) - (len(values) - 1) / 2) / max(len(values), 4) * step * 0.7
    where, mean = place + spread, values.mean()
    ends = [place - step * 0.42, place + step * 0.42]
    look: dict[str, Any] = {
        "s": 10,
        "color": style.colour(method),
        "marker": style.marker(method),
        "edgecolors": "#333333",
        "linewidths": 0.25,
        "alpha": 0.9,
        "zorder": 2,
    }
    if horizontal:
        axis.scatter(values, where, **look)
        axis.plot([mean, mean], ends, color="black", linewidth=1.2, zorder=3)
    else:
        axis.scatter(where, values, **look)
        axis.plot(ends, [mean, mean], color="black", linewidth=1.2, zorder=3)


def _is_below(rows: pd.DataFrame) -> bool:
    return bool((rows["p_full"] < SIGNIFICANT).any())


def _panel_title(key: tuple, rows: pd.DataFrame, k: int | None = None) -> tuple[str, list[str]]:
    """Heading and lines of detail of a panel."""
    line, trained_on, scheme, _ = key
    splits, number = SCHEME_LABELS.get(scheme, scheme), f"n = {total_genes(rows):,} genes"
    detail = [f"K = {k}, {splits}", number] if k else [f"{splits}, {number}"]
    if line != trained_on:
        detail.insert(0, f"trained on {str(trained_on).replace(',', ', ')}")
    detail.append(best_of(rows))
    return str(line), [*detail, failures(rows)]


def _say_missing(axis: Axes, rows: pd.DataFrame) -> None:
    missing = failures(rows)
    if rows["value"].notna().sum() == 0:
        style.say(axis, f"No score: {missing}")


def _why_empty(rows: pd.DataFrame, method: str) -> str:
    """Words in place of a method's points: it was not run, or ran without a score, which a panel
    without any score says once."""
    own = rows[rows["method"] == method]
    reasons = own["reason"].dropna()
    if own.empty:
        return "not run"
    if rows["value"].isna().all():
        return ""
    return f"no score: {reasons.iloc[0]}" if len(reasons) else "no score"


def _has_empty(table: pd.DataFrame) -> bool:
    """Whether a method that was run has no score at one K of a panel."""
    scores = table.groupby([*PANEL, "K", "method"])["value"].count()
    return bool((scores == 0).any())


def _one_metric(table: pd.DataFrame) -> bool:
    return table["metric"].nunique() == 1


def _handle(method: str) -> Line2D:
    return Line2D(
        [], [], linestyle="none", marker=style.marker(method), color=style.colour(method),
        markersize=4, label=style.label(method),
    )  # fmt: skip


def _cross() -> Line2D:
    return Line2D(
        [], [], linestyle="none", marker="x", color="black", markersize=3,
        label="was run, and has no score",
    )  # fmt: skip


def _star() -> Line2D:
    return Line2D(
        [], [], linestyle="none", marker="$*$", color="black", markersize=4,
        label=f"below {style.label('full')}, adjusted p < {SIGNIFICANT}",
    )  # fmt: skip
