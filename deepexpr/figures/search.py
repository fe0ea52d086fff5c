"""What the baselines' searches saw: inner scores over the grid, and the choices."""

import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from deepexpr.figures import style
from deepexpr.figures.declaration import columns_of
from deepexpr.figures.inputs import Inputs, read_tables

#: One row per outer fold and grid point; score: mean over the inner folds, sd between them.
SEARCH_COLUMNS = columns_of("run fold penalty trees depth metric score sd chosen")

_LABELS = {"AUC": "Inner AUC", "R2": "Inner R²"}


def build_search(inputs: Inputs) -> pd.DataFrame:
    """The search tables of every run that had a grid, under each other."""
    table = read_tables(inputs.search, SEARCH_COLUMNS)
    return table[table["score"].notna()].reset_index(drop=True)


_DASHES = ("-", "--", "-.", ":")


def draw_search(table: pd.DataFrame) -> Figure:
    """Inner score over the grid, a panel per run; a line per outer fold, or per depth."""
    if table.empty:
        return style.only_words("Search of the baselines", "No baseline with a grid was fitted.")
    runs = list(dict.fromkeys(table["run"]))
    figure, axes = style.grid(
        len(runs), columns=min(3, len(runs)), panel=(2.25, 1.8), sharex=False, sharey=False
    )
    looks = _depth_looks(table)
    for axis, run in zip(axes, runs, strict=True):
        rows = table[table["run"] == run]
        if rows["trees"].notna().any():
            _forest(axis, rows, looks)
        else:
            _path(axis, rows)
        axis.set_ylabel(_LABELS.get(rows["metric"].iloc[0], rows["metric"].iloc[0]))
        axis.margins(x=0.05)
    style.titles(axes, [_panel_title(str(run), table[table["run"] == run]) for run in runs])
    chosen = Line2D([], [], linestyle="none", marker="o", markersize=3, color="black",
                    label="choice of an outer fold")  # fmt: skip
    lines = [Line2D([], [], **look, label=f"depth {depth:g}") for depth, look in looks.items()]
    style.legend_below(figure, [chosen, *lines], min(6, 1 + len(lines)))
    return figure


def _panel_title(run: str, rows: pd.DataFrame) -> tuple[str, list[str]]:
    """Heading and lines of detail; a run is named "cell line, task and method"."""
    line, *rest = run.rsplit(" ", 2)
    return line, [", ".join(rest), f"{rows['fold'].nunique()} outer folds"]


def _depth_looks(table: pd.DataFrame) -> dict[float, dict]:
    """Colour and dashes of each depth of the forests, the same in every panel."""
    depths = sorted(table["depth"].dropna().unique())
    colours = colormaps["viridis"].resampled(len(depths) + 1)
    return {
        depth: {"color": colours(i), "linestyle": _DASHES[i % len(_DASHES)]}
        for i, depth in enumerate(depths)
    }


def _path(axis: Axes, rows: pd.DataFrame) -> None:
    """Score against the penalty, a line per outer fold."""
    for _, one in rows.groupby("fold"):
        one = one.sort_values("penalty")
        axis.plot(one["penalty"], one["score"], color=style.GREY, linewidth=0.7, alpha=0.7)
    best = rows[rows["chosen"] == 1]
    axis.plot(best["penalty"], best["score"], "o", color="black", markersize=3, zorder=3)
    axis.set_xscale("log")
    axis.set_xlabel("Penalty")
    # A path that ended keeps its last score; scores far below the best would flatten the rest.
    low, high = rows["score"].min(), rows["score"].max()
    axis.set_ylim(max(low, high - 0.6) - 0.02, high + 0.02)


def _forest(axis: Axes, rows: pd.DataFrame, looks: dict[float, dict]) -> None:
    """Score against the number of trees, a line per depth: mean over the outer folds."""
    means = rows.groupby(["depth", "trees"])["score"].mean()
    for depth in sorted(rows["depth"].unique()):
        line = means[depth]
        axis.plot(line.index, line, **looks[depth])
    for (trees, depth), picked in rows[rows["chosen"] == 1].groupby(["trees", "depth"]):
        axis.plot(trees, means[depth, trees], "o", color="black", zorder=3,
                  markersize=2.5 + 0.6 * len(picked))  # fmt: skip
    axis.set_xlabel("Trees")
