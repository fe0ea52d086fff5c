"""Loops that both callers call, and those that one of them calls alone, by distance."""

import itertools

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from deepexpr.figures import style
from deepexpr.figures.declaration import columns_of
from deepexpr.figures.inputs import Inputs
from deepexpr.files import read
from deepexpr.hichip.callers.both import confidence_column
from deepexpr.hichip.places import anchor_gap
from deepexpr.schemas import LOOPS

#: part: who calls them; kb_from, kb_to: between which distances of the anchors (half-open).
CALLERS_COLUMNS = columns_of(
    "cell_line part kb_from kb_to loops", words="cell_line part", kb_from="kb", kb_to="kb"
)
TITLE = "Loops of both callers"
#: Edges of the classes of distance, kb; what is farther is in the last.
EDGES = (0, 20, 50, 100, 200, 500, 1000, 2000)
PARTS = {"both": style.BLUE, "Origami only": style.ORANGE, "coverage only": style.GREEN}
LABELS = {"both": "both callers", "Origami only": "Origami alone (its posterior ranks, but promises"
          " too much)", "coverage only": "coverage alone (false discovery rate)"}  # fmt: skip


def build_callers(inputs: Inputs) -> pd.DataFrame:
    """Called loops of every cell line by class of distance and by who calls them."""
    tables = [_counts(line, read(LOOPS, path), inputs.confidence)
              for line, path in inputs.contacts.items()]  # fmt: skip
    table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
    return table.reindex(columns=list(CALLERS_COLUMNS))


def _counts(line: str, contacts: pd.DataFrame, cutoff: float) -> pd.DataFrame:
    gap = anchor_gap(contacts)
    origami, coverage = (
        (contacts[confidence_column(name)].to_numpy(float) > cutoff) & (gap > 0)
        for name in ("origami", "coverage")
    )
    place = np.clip(np.searchsorted(EDGES, gap / 1000, side="right") - 1, 0, len(EDGES) - 2)
    masks = zip(PARTS, (origami & coverage, origami & ~coverage, coverage & ~origami), strict=True)
    parts = [
        pd.DataFrame(
            {"cell_line": line, "part": part, "kb_from": EDGES[:-1], "kb_to": EDGES[1:],
             "loops": np.bincount(place[mask], minlength=len(EDGES) - 1)}
        )
        for part, mask in masks
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def draw_callers(table: pd.DataFrame) -> Figure:
    """A panel per cell line: stacked bars by distance."""
    lines = list(dict.fromkeys(table["cell_line"]))
    if not lines:
        return style.only_words(TITLE, "No loops were called in this run.")
    figure, axes = style.grid(len(lines), columns=min(3, len(lines)), panel=(2.5, 2.3), sharey=True)
    style.titles(
        axes,
        [_panel(axis, line, table[table["cell_line"] == line])
         for axis, line in zip(axes, lines, strict=True)],
    )  # fmt: skip
    style.label_outside(axes, "kb between the anchors", "loops")
    handles = [Patch(color=colour, label=LABELS[part]) for part, colour in PARTS.items()]
    style.legend_below(figure, handles, 3)
    return figure


def _panel(axis: Axes, line: str, own: pd.DataFrame) -> tuple[str, list[str]]:
    """Draw the bars; heading and details of the panel."""
    counts = own.pivot_table(index="kb_from", columns="part", values="loops").reindex(
        columns=list(PARTS)
    )
    below = np.zeros(len(counts))
    for part, colour in PARTS.items():
        axis.bar(range(len(counts)), counts[part], bottom=below, color=colour, label=part)
        below += counts[part].to_numpy(float)
    labels = [f"{a:g}–{b:g}" for a, b in itertools.pairwise(EDGES[:-1])] + [f"≥ {EDGES[-2]:g}"]
    axis.set_xticks(range(len(counts)), labels, rotation=60, fontsize=6)
    sums = counts.sum()
    total = sums.sum()
    if not total:
        return line, ["no loop by either"]
    details = [f"both {sums['both']:,.0f} of {total:,.0f}, Jaccard {sums['both'] / total:.2f}"]
    alone = ", ".join(f"{part} {sums[part]:,.0f}" for part in [*PARTS][1:])
    return line, [*details, alone]
