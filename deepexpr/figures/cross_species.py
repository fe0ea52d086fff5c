"""Prediction across species: scores of models trained on another assembly, and of copying."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from deepexpr.evaluation.best import is_network
from deepexpr.evaluation.metrics import BEYOND_COPY
from deepexpr.figures import style
from deepexpr.figures.inputs import Inputs, read_tables
from deepexpr.figures.performance import AXIS_LABELS, best_of, failures, total_genes
from deepexpr.schemas import METRICS, Column, Table

#: As metrics, of genes with one orthologue or of those without.
CROSS_SPECIES_COLUMNS = Table(Column("group", "name"), *METRICS.columns)
ONE, APART = "one orthologue", "no orthologue"
TITLE = "Prediction across species"
PANEL = ("cell_line", "trained_on", "metric")


def build_cross_species(inputs: Inputs) -> pd.DataFrame:
    """Scores by fold of genes with one orthologue in the other species, then of those without."""
    given = ((ONE, inputs.species), (APART, inputs.species_apart))
    parts = [read_tables(paths, METRICS).assign(group=group) for group, paths in given]
    filled = [part for part in parts if len(part)] or parts[:1]
    return pd.concat(filled, ignore_index=True)[list(CROSS_SPECIES_COLUMNS)]


def draw_cross_species(table: pd.DataFrame) -> Figure:
    """A panel per cell line and score: a row per method, folds as points, their mean as a bar."""
    if table.empty:
        return style.only_words(TITLE, "No gene of one species was predicted by the other.")
    shown = table[table["metric"] != BEYOND_COPY]
    keys = list(dict.fromkeys(shown[list(PANEL)].itertuples(index=False, name=None)))
    methods = style.ordered_methods(shown["method"])[::-1]
    columns = 2 if len(keys) in (2, 4) else 3
    figure, axes = style.grid(
        len(keys), columns=columns, panel=(2.6, 0.3 * len(methods) + 1.1),
        sharex=shown["metric"].nunique() == 1,
    )  # fmt: skip
    for axis, key in zip(axes, keys, strict=True):
        _panel(axis, style.rows_of(shown, PANEL, key), methods)
    names = [AXIS_LABELS.get(key[2], key[2]) for key in keys]
    if len(set(names)) == 1:
        style.label_outside(axes, names[0], "")
    else:
        for axis, name in zip(axes, names, strict=True):
            axis.set_xlabel(name)
    style.titles(axes, [_title(key, table, shown) for key in keys])
    apart = [("#555555", ONE)] + [("white", APART)] * bool((shown["group"] == APART).any())
    handles = [
        Line2D([], [], linestyle="", marker="o", markersize=4, markeredgecolor="#555555",
               markerfacecolor=face, label=name)
        for face, name in apart
    ]  # fmt: skip
    style.legend_below(figure, handles, len(handles))
    return figure


def _panel(axis: Axes, own: pd.DataFrame, methods: list[str]) -> None:
    """Genes with one orthologue as full marks in the upper half of a row, the others below."""
    for place, method in enumerate(methods):
        for group, shift in ((ONE, 0.17), (APART, -0.17)):
            values = style.rows_of(own, ("method", "group"), (method, group))["value"].dropna()
            if values.empty:
                continue
            colour = style.colour(method)
            face = colour if group == ONE else "none"
            height = place + shift
            axis.scatter(values, np.full(len(values), height), s=12, marker=style.marker(method),
                         facecolors=face, edgecolors=colour if group == APART else "#333333",
                         linewidths=0.25 if group == ONE else 0.7)  # fmt: skip
            mean = [values.mean()] * 2
            axis.plot(mean, [height - 0.15, height + 0.15], color="black", linewidth=1.2, zorder=3)
    axis.set_yticks(range(len(methods)), [_label(method) for method in methods])
    axis.set_ylim(-0.6, len(methods) - 0.4)
    axis.xaxis.set_major_locator(MaxNLocator(4))
    axis.grid(axis="x")
    axis.margins(x=0.08)
    if own["value"].isna().all():
        style.say(axis, f"No score: {failures(own)}")


def _title(key: tuple, table: pd.DataFrame, shown: pd.DataFrame) -> tuple[str, list[str]]:
    """Heading, and lines of detail: sources, genes, best baseline, what is beyond copying."""
    line, trained_on, metric = key
    own = style.rows_of(shown, PANEL, key)
    one, apart = (own[own["group"] == group] for group in (ONE, APART))
    genes = f"{total_genes(one):,} genes with one orthologue, {total_genes(apart):,} without"
    details = [f"trained on {str(trained_on).replace(',', ', ')}, K = {own['K'].iloc[0]}", genes]
    details.append(best_of(one))
    beyond = style.rows_of(table, PANEL, (line, trained_on, BEYOND_COPY if metric == "PCC" else ""))
    means = beyond.groupby("method")["value"].mean().dropna().to_dict()
    networks = [method for method in style.ordered_methods(means) if is_network(method)][:1]
    details += [f"r beyond copying: {style.label(m)} {means[m]:.3f}" for m in networks]
    return str(line), [*details, failures(own)]


def _label(method: str) -> str:
    return "Measured in the other" if method == "copy" else style.label(method)
