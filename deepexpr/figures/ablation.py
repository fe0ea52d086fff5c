"""Figures 6 and 7: what each input is worth, and how far loops have to reach."""

import re
from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from deepexpr.evaluation.best import best_baseline
from deepexpr.figures import style
from deepexpr.figures.inputs import Inputs, read_tables
from deepexpr.figures.performance import (
    AXIS_LABELS,
    SCHEME_LABELS,
    best_of,
    failures,
    own_scores,
    total_genes,
)
from deepexpr.schemas import METRICS, NETWORK_KINDS, Column, Table

ABLATION_COLUMNS = METRICS
#: As metrics, and how far from the TSS loops were used, in kb to either side.
DISTANCE_COLUMNS = Table(*METRICS.columns, Column("distance_kb", unit="kb"))

#: K of the paper's comparison; the largest K there is where it was not run.
PREFERRED_K = 10

#: What a panel is of.
PANEL = ("metric", "scheme", "cell_line")

#: How the names of networks begin that read the loops of one target of several.
OF_TARGET = "full-only-"
SHORT_LABELS = {"full": "both\ninputs", "sequence": "sequence\nonly", "hichip": "HiChIP\nonly"}


def build_ablation(inputs: Inputs) -> pd.DataFrame:
    """Scores of the network with both inputs, with either left out, with the loops of one target
    of several alone (methods full-only-YY1...), and of the best baseline."""
    scores = own_scores(inputs, None, scan="kb$")
    kept = scores["method"].isin(NETWORK_KINDS) | scores["method"].str.startswith(OF_TARGET)
    for _, group in scores.groupby(["metric", "scheme", "cell_line", "K"]):
        best = best_baseline(group)
        if best:
            kept.loc[group.index[group["method"] == best[0]]] = True
    return scores[kept].reset_index(drop=True)


def build_distance(inputs: Inputs) -> pd.DataFrame:
    """Scores of the full network by the reach of its HiChIP input (methods full, full-500kb...)."""
    scores = read_tables(inputs.metrics, METRICS)
    own = scores[scores["cell_line"] == scores["trained_on"]]
    full = inputs.full_reach // 1000
    own = own.assign(distance_kb=[reach_kb(str(method), full) for method in own["method"]])
    chosen = own[own["distance_kb"] > 0]
    scanned = chosen[chosen["distance_kb"] != full]
    keys = ["cell_line", "task", "scheme", "K"]
    # The full reach alone is no scan: it is kept where another reach stands beside it.
    kept = chosen.merge(scanned[keys].drop_duplicates(), on=keys)
    return kept[list(DISTANCE_COLUMNS)].reset_index(drop=True)


def reach_kb(method: str, full: int) -> int:
    """How far a full network looks, kb: `full` for "full", 500 for "full-500kb", 0 for others."""
    match = re.fullmatch(r"full(?:-(\d+)kb)?", method)
    if match is None:
        return 0
    return int(match[1]) if match[1] else full


def draw_ablation(table: pd.DataFrame) -> Figure:
    """Folds as points joined across the three networks; change of the mean in per cent; dashed the
    mean of the best baseline."""
    title = "What each input is worth"
    if table.empty:
        return style.only_words(title, "No network was evaluated, so there is nothing to ablate.")
    table = one_k(table)
    keys = _keys(table)
    # Panels share their x axis.
    of_targets = table["method"][table["method"].str.startswith(OF_TARGET)]
    kinds = [*NETWORK_KINDS, *sorted(of_targets.unique())]
    figure, axes = _panels(keys)
    for axis, key in zip(axes, keys, strict=True):
        _ablation_panel(axis, key, style.rows_of(table, PANEL, key), kinds)
    style.titles(axes, [_title(key, style.rows_of(table, PANEL, key)) for key in keys])
    return figure


def draw_distance(table: pd.DataFrame) -> Figure:
    """Score by the reach of the HiChIP input, folds as points around the mean."""
    if table.empty:
        return style.only_words(
            "Distance of the loops used",
            "No scan of distances was run: it needs networks trained with shorter HiChIP inputs.",
        )
    table = one_k(table)
    keys = _keys(table)
    figure, axes = _panels(keys)
    for axis, key in zip(axes, keys, strict=True):
        _distance_panel(axis, key, style.rows_of(table, PANEL, key))
    style.titles(axes, [_title(key, style.rows_of(table, PANEL, key)) for key in keys])
    return figure


def one_k(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of one K (a column): the paper's, or the largest."""
    present = set(table["K"])
    return table[table["K"] == (PREFERRED_K if PREFERRED_K in present else max(present))]


def _keys(table: pd.DataFrame) -> list[tuple]:
    unique = table[list(PANEL)].drop_duplicates()
    return list(unique.sort_values(["metric", "scheme"], kind="stable").itertuples(index=False))


def _panels(keys: list[tuple]) -> tuple[Figure, list[Axes]]:
    """Panels of one metric share their y axis: in a row, or all where there is one metric."""
    lines = len({key[2] for key in keys})
    one_metric = len({key[0] for key in keys}) == 1
    whole = [n for n in (3, 2, lines) if lines % n == 0 and n <= 3]  # columns of whole rows
    in_rows = bool(whole) and len(keys) % lines == 0
    columns = min(lines, whole[0]) if in_rows else min(3, len(keys))
    sharey: bool | Literal["row"] = True if one_metric else ("row" if in_rows else False)
    return style.grid(len(keys), columns=columns, panel=(2.25, 2.1), sharey=sharey)


def _title(key: tuple, rows: pd.DataFrame) -> tuple[str, list[str]]:
    """Heading and lines of detail of a panel."""
    _, scheme, line = key
    k = f"K = {rows['K'].iloc[0]}, {SCHEME_LABELS.get(scheme, scheme)}"
    return str(line), [k, f"n = {total_genes(rows):,} genes", best_of(rows), failures(rows)]


def _score_axis(axis: Axes, key: tuple) -> None:
    metric = key[0]
    if axis.get_subplotspec().is_first_col() or not axis.get_shared_y_axes().get_siblings(axis):
        axis.set_ylabel(AXIS_LABELS.get(metric, metric))
    axis.grid(axis="y")


def _short_label(kind: str) -> str:
    target = kind.removeprefix(OF_TARGET)
    return SHORT_LABELS[kind] if target == kind else f"both,\n{target}"


def _ablation_panel(axis: Axes, key: tuple, rows: pd.DataFrame, kinds: list[str]) -> None:
    _score_axis(axis, key)
    by_fold = rows.pivot_table(index="fold", columns="method", values="value", dropna=False)
    by_fold = by_fold.reindex(columns=kinds)
    axis.set_xticks(range(len(kinds)), [_short_label(kind) for kind in kinds])
    axis.set_xlim(-0.5, len(kinds) - 0.5)
    if not by_fold.notna().to_numpy().any():
        style.say(axis, "No fold has a score.")
        return
    for values in by_fold.to_numpy():
        axis.plot(range(len(kinds)), values, color="#BBBBBB", linewidth=0.5, zorder=1)
    means = by_fold.mean()
    for place, kind in enumerate(kinds):
        folds = by_fold[kind].dropna()
        style_of = "full" if kind.startswith(OF_TARGET) else kind
        axis.scatter(
            np.full(len(folds), place), folds, s=11, color=style.colour(style_of),
            marker=style.marker(style_of), edgecolors="#333333", linewidths=0.25, zorder=2,
        )  # fmt: skip
        if folds.empty:
            # A network that ran has no score where it predicts one value for all genes.
            words = "no score" if kind in set(rows["method"]) else "not run"
            axis.annotate(
                words, (place, 0.5), xycoords=("data", "axes fraction"), ha="center",
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
            )  # fmt: skip
            continue
        axis.plot([place - 0.22, place + 0.22], [means[kind]] * 2, color="black", linewidth=1.4)
    best = best_baseline(rows)
    if best:
        axis.axhline(best[1], color="#555555", linewidth=0.8, linestyle="--", zorder=0)
    _changes(axis, by_fold)


def _changes(axis: Axes, by_fold: pd.DataFrame) -> None:
    """Per cent of the full network's mean lost or won by each other, over the folds of both."""
    axis.margins(y=0.2)
    for place, kind in enumerate(by_fold.columns[1:], start=1):
        both = by_fold[["full", kind]].dropna().mean()
        if both["full"] > 0:
            axis.annotate(
                f"{100 * (both[kind] / both['full'] - 1):+.1f} %".replace("-", "−"), (place, 0.98),
                xycoords=("data", "axes fraction"), ha="center", va="top", fontsize=6.5,
            )  # fmt: skip


def _distance_panel(axis: Axes, key: tuple, rows: pd.DataFrame) -> None:
    _score_axis(axis, key)
    distances = sorted(rows["distance_kb"].unique())
    axis.set_xscale("log")
    axis.xaxis.set_major_locator(FixedLocator(distances))
    axis.xaxis.set_minor_locator(NullLocator())
    axis.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"±{x:g}"))
    axis.set_xlim(distances[0] / 1.5, distances[-1] * 1.5)
    axis.set_xlabel("HiChIP input around the TSS, kb")
    if rows["value"].notna().sum() == 0:
        style.say(axis, "No fold has a score.")
        return
    means = rows.groupby("distance_kb")["value"].mean().reindex(distances)
    axis.scatter(
        rows["distance_kb"], rows["value"], s=11, color=style.colour("full"), edgecolors="#333333",
        linewidths=0.25, alpha=0.8,
    )  # fmt: skip
    axis.plot(distances, means, color="black", linewidth=1.2, marker="_", markersize=9)
