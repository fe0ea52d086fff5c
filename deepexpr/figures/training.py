"""Training curves, and what the steps cost in time and memory."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, NullFormatter

from deepexpr.figures import style
from deepexpr.figures.declaration import columns_of
from deepexpr.figures.inputs import Inputs, read_tables
from deepexpr.files import read_table
from deepexpr.schemas import TREES

#: One row per epoch; losses in units of the (scaled) target, cross-entropy for classification.
TRAINING_CURVES_COLUMNS = columns_of("run fold member step epoch loss val_loss", words="run")

#: One row per rule in the order of the data: its stage, its jobs, and of the longest and of the
#: largest of them wall time in s and resident memory in MiB (missing where none was measured).
BENCHMARKS_COLUMNS = columns_of("stage step jobs s max_rss", words="stage", s="s", max_rss="MiB")

#: Stages in the order of the data; benchmark files lie in a folder per stage.
STAGES = (
    "reference", "expression", "hichip", "loops", "features", "models", "baselines", "evaluation",
    "motifs",
)  # fmt: skip

STEP_LABELS = {
    "sequence": "step 1, sequence", "distal": "step 2, HiChIP", "full": "one step",
    "hichip": "HiChIP", "together": "step 1, with contacted places",
    TREES: "step 2, boosted trees",
}  # fmt: skip


def build_training_curves(inputs: Inputs) -> pd.DataFrame:
    """Losses by epoch of every run, from training histories."""
    return read_tables(inputs.history, TRAINING_CURVES_COLUMNS)


def build_benchmarks(inputs: Inputs) -> pd.DataFrame:
    """Jobs, wall time and memory by step (max per rule), from Snakemake's benchmark files.

    A file is named ``{stage}/{job}.{step}.tsv`` or ``{stage}/{step}.tsv``.
    """
    rows = []
    for path in inputs.of_jobs(inputs.benchmark, "tsv"):
        table = read_table(path, ("s", "max_rss"), na_values=["-", "NA"])
        stage = path.relative_to(inputs.benchmark).parts[0]
        rows += [(stage, path.name.split(".")[-2], *own) for own in table[["s", "max_rss"]].values]
    jobs = pd.DataFrame(rows, columns=["stage", "step", "s", "max_rss"])
    steps = jobs.groupby(["stage", "step"], sort=False).agg(
        jobs=("s", "size"), s=("s", "max"), max_rss=("max_rss", "max")
    )
    order = {stage: place for place, stage in enumerate(STAGES)}
    table = steps.reset_index().sort_values(
        "stage", key=lambda own: own.map(order).fillna(len(order)), kind="stable"
    )
    return table[list(BENCHMARKS_COLUMNS)].reset_index(drop=True)


def draw_training_curves(table: pd.DataFrame) -> Figure:
    """Training and validation loss by epoch, a panel per run and step, a line per network."""
    if table.empty:
        return style.only_words("Training curves", "No network was trained.")
    keys = list(dict.fromkeys(zip(table["run"], table["step"], strict=True)))
    columns = 3 if len(keys) <= 12 else 4
    figure, axes = style.grid(
        len(keys), columns=columns, panel=(2.25, 1.75), sharex=False, sharey=False
    )
    rows = [table[(table["run"] == run) & (table["step"] == step)] for run, step in keys]
    for axis, own in zip(axes, rows, strict=True):
        _curves(axis, own)
    style.titles(axes, [_panel_title(*key, own) for key, own in zip(keys, rows, strict=True)])
    style.label_outside(axes, "Epoch", "Loss")
    handles = [
        Line2D([], [], color=style.GREY, linestyle="--", label="training"),
        Line2D([], [], color=style.VERMILLION, label="validation"),
        Line2D(
            [], [], linestyle="none", marker="o", markersize=3, color="black",
            label="best epoch, weights kept",
        ),
    ]  # fmt: skip
    style.legend_below(figure, handles, 3)
    return figure


def _panel_title(run: str, step: str, rows: pd.DataFrame) -> tuple[str, list[str]]:
    """Heading and lines of detail; a run is named "cell line, task and kind"."""
    line, *rest = str(run).rsplit(" ", 2)
    number = rows.groupby(["fold", "member"]).ngroups
    loss = "cross-entropy" if "classification" in rest else "mean squared error"
    how = "one step" if rest[-1:] == ["hichip"] else STEP_LABELS.get(step, step)
    lost = rows.groupby(["fold", "member"])["val_loss"].apply(lambda own: own.isna().all()).sum()
    words = f"{lost} without a validation loss" if lost else ""
    return line, [", ".join(map(style.label, rest)), how, loss, f"n = {number} networks", words]


def _curves(axis: Axes, rows: pd.DataFrame) -> None:
    for _, one in rows.groupby(["fold", "member"]):
        one = one.sort_values("epoch")
        axis.plot(one["epoch"], one["loss"], "--", color=style.GREY, linewidth=0.6)
        axis.plot(one["epoch"], one["val_loss"], color=style.VERMILLION, linewidth=0.8, alpha=0.8)
        if one["val_loss"].notna().any():
            best = one.loc[one["val_loss"].idxmin()]
            axis.plot(best["epoch"], best["val_loss"], "o", color="black", markersize=2)
    if not rows[["loss", "val_loss"]].notna().to_numpy().any():
        style.say(axis, "No loss was finite: training diverged.", 24)
    axis.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    axis.yaxis.set_major_locator(MaxNLocator(4))
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
        (left, "s", "Wall time of the longest job, s"),
        (right, "max_rss", "Memory of the largest job, MiB"),
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
    labels = [f"{row.step} (n = {row.jobs:,})" for row in table.itertuples()]
    left.set_yticks(range(len(table)), labels)
    left.set_ylim(-0.6, len(table) - 0.4)
    return figure
