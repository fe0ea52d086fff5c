"""Training curves, and what the steps cost in time and memory."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullFormatter

from deepexpr.figures import style
from deepexpr.figures.inputs import Inputs
from deepexpr.files import read_table

#: One row per epoch; losses in units of the (scaled) target, cross-entropy for classification.
TRAINING_CURVES_COLUMNS = ("run", "fold", "member", "step", "epoch", "loss", "val_loss")
HISTORY = TRAINING_CURVES_COLUMNS[1:]

#: Snakemake's own columns, seconds and MiB of resident memory; missing where it measured none.
BENCHMARKS_COLUMNS = ("step", "s", "max_rss")

STEP_LABELS = {
    "sequence": "step 1, sequence", "distal": "step 2, HiChIP", "full": "one step",
    "hichip": "HiChIP",
}  # fmt: skip


def build_training_curves(inputs: Inputs) -> pd.DataFrame:
    """Losses by epoch of every run, from training histories."""
    tables = [
        read_table(path, HISTORY)[list(HISTORY)].assign(run=run)
        for run, path in inputs.history.items()
    ]
    filled = [table for table in tables if len(table)]
    columns = list(TRAINING_CURVES_COLUMNS)
    return (
        pd.concat(filled, ignore_index=True)[columns] if filled else pd.DataFrame(columns=columns)
    )


def build_benchmarks(inputs: Inputs) -> pd.DataFrame:
    """Wall time and memory by step (the longest of its jobs), from Snakemake's benchmark files.

    A file is named ``{job}.{step}.tsv`` or ``{step}.tsv``; times are in s, memory in MB.
    """
    rows = []
    for path in sorted(inputs.benchmark.rglob("*.tsv")):
        table = read_table(path, ("s", "max_rss"), na_values=["-"])
        rows.append((path.name.split(".")[-2], table["s"].mean(), table["max_rss"].mean()))
    jobs = pd.DataFrame(rows, columns=list(BENCHMARKS_COLUMNS))
    step, *values = BENCHMARKS_COLUMNS
    return jobs.groupby(step, sort=False)[values].max().reset_index()


def draw_training_curves(table: pd.DataFrame) -> Figure:
    """Training and validation loss by epoch, a panel per run and step, a line per network."""
    if table.empty:
        return style.only_words("Training curves", "No network was trained.")
    keys = list(dict.fromkeys(zip(table["run"], table["step"], strict=True)))
    figure, axes = style.grid(
        len(keys), columns=min(3, len(keys)), panel=(2.25, 1.75), sharex=False, sharey=False
    )
    for axis, (run, step) in zip(axes, keys, strict=True):
        _curves(axis, str(run), step, table[(table["run"] == run) & (table["step"] == step)])
    style.label_outside(axes, "Epoch", "Loss")
    handles = [
        Line2D([], [], color=style.GREY, label="training"),
        Line2D([], [], color=style.VERMILLION, label="validation"),
        Line2D(
            [], [], linestyle="none", marker="o", markersize=3, color="black",
            label="best epoch, weights kept",
        ),
    ]  # fmt: skip
    style.legend_below(figure, handles, 3)
    return figure


def _curves(axis: Axes, run: str, step: str, rows: pd.DataFrame) -> None:
    networks = rows.groupby(["fold", "member"])
    for _, one in networks:
        one = one.sort_values("epoch")
        axis.plot(one["epoch"], one["loss"], color=style.GREY, linewidth=0.6, alpha=0.6)
        axis.plot(one["epoch"], one["val_loss"], color=style.VERMILLION, linewidth=0.8, alpha=0.7)
        if one["val_loss"].notna().any():
            best = one.loc[one["val_loss"].idxmin()]
            axis.plot(best["epoch"], best["val_loss"], "o", color="black", markersize=2)
    label = STEP_LABELS.get(step, step)
    style.title(axis, run, f"{label}, n = {networks.ngroups} networks")
    axis.margins(x=0.05)


def draw_benchmarks(table: pd.DataFrame) -> Figure:
    """Wall time and resident memory by step, on logarithmic axes."""
    table = table.dropna(subset=["s"])
    if table.empty:
        return style.only_words("Run time and memory", "No step was measured.")
    table = table.iloc[::-1]
    figure = Figure(figsize=(style.TWO_COLUMNS, 0.6 + 0.16 * len(table)), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    for axis, column, text in (
        (left, "s", "Wall time, s"),
        (right, "max_rss", "Largest resident memory, MiB"),
    ):
        values = table[column].where(table[column] > 0)
        # Points, not bars: a logarithmic axis has no zero for bars to start at.
        axis.plot(values, range(len(table)), "o", color=style.BLUE, markersize=4)
        if values.notna().any():
            axis.set_xscale("log")
            axis.set_xlim(10 ** np.floor(np.log10(values.min())), 2 * values.max())
            axis.xaxis.set_minor_formatter(NullFormatter())
        axis.set_xlabel(text)
        axis.grid()
    left.set_yticks(range(len(table)), table["step"])
    left.set_ylim(-0.6, len(table) - 0.4)
    return figure
