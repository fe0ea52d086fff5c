"""Variants of one cell line: effect against distance to the TSS, and by motifs made or broken."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from deepexpr.figures import style
from deepexpr.figures.declaration import columns_of
from deepexpr.figures.inputs import Inputs
from deepexpr.files import read
from deepexpr.schemas import VARIANTS

#: One row per variant x promoter; variant is chromosome:position:reference>alternate, position from
#: 1; known motifs made and broken, as numbers; of: how many rows these were taken from.
VARIANTS_COLUMNS = columns_of(
    "cell_line variant gene tss_distance change folds_sd percentile made broken of",
    words="variant",
)
TITLE = "Variants in promoters"
#: Rows kept, evenly, of a longer table.
MOST = 20_000
#: What a variant does to known motifs, in the order drawn, with its colour.
_GROUPS = (
    ("none", style.GREY), ("made", style.GREEN), ("broken", style.VERMILLION),
    ("both", style.PURPLE),
)  # fmt: skip


def build_variants(inputs: Inputs) -> pd.DataFrame:
    """The table of `deepexpr variants`, evenly thinned where it is long."""
    return thinned(read(VARIANTS, inputs.variants), inputs.cell_line, "tss_distance")


def thinned(table: pd.DataFrame, cell_line: str | None, distance: str) -> pd.DataFrame:
    """What is drawn of schemas.VARIANTS or PLACE_VARIANTS; distance : its column for the axis."""
    step = max(1, -(-len(table) // MOST))
    kept = table.iloc[::step]
    number = kept[["made", "broken"]].fillna("").map(lambda text: len(text.split("|")) * bool(text))
    place = kept["chromosome"] + ":" + (kept["start"] + 1).astype(str)
    return pd.DataFrame(
        {
            "cell_line": cell_line,
            "variant": place + ":" + kept["reference"] + ">" + kept["alternate"],
            "gene": kept["gene"],
            "tss_distance": kept[distance],
            "change": kept["effect"],
            "folds_sd": kept["folds_sd"],
            "percentile": kept["percentile"],
            "made": number["made"],
            "broken": number["broken"],
            "of": len(table),
        },
        columns=list(VARIANTS_COLUMNS),
    )


def draw_variants(table: pd.DataFrame) -> Figure:
    """Left: change against distance, its strongest named; right: its size by motifs."""
    return draw_effects(table, TITLE, "promoter", "bp from the TSS (gene's orientation)")


def draw_effects(table: pd.DataFrame, title: str, place: str, distance: str) -> Figure:
    """The same of variants in a kind of place; distance : label of the axis."""
    if table.empty:
        return style.only_words(title, f"No variant lies in a {place}.")
    figure, (places, groups) = style.grid(
        2, columns=2, panel=(3.4, 2.6), sharex=False, sharey=False
    )
    kind = _kinds(table)
    _places(places, table, kind)
    places.set_xlabel(distance)
    _sizes(groups, np.abs(table["change"].to_numpy(float)), kind)
    total = int(table["of"].iloc[0])
    shown = f"{len(table):,} " + (f"of {total:,} " if total > len(table) else "")
    style.titles(
        (places, groups),
        [
            (_heading(table),
             [f"{shown}variants x {place}s; alternate less reference allele"]),
            ("Effect by known motifs", [
                f"{int((kind != 'none').sum()):,} make or break one or more"
            ]),
        ],
    )  # fmt: skip
    handles = [
        Line2D([], [], linestyle="", marker="o", markersize=3, color=colour, label=f"motif {name}"
               if name in ("made", "broken") else f"{name}".replace("none", "no motif changed"))
        for name, colour in _GROUPS
        if (kind == name).any()
    ]  # fmt: skip
    style.legend_below(figure, handles, len(handles))
    return figure


def _heading(table: pd.DataFrame) -> str:
    line = style.prefix(table["cell_line"])
    return f"{line}effect by place" if line else "Effect by place"


def _kinds(table: pd.DataFrame) -> np.ndarray:
    """The group of each row: none, made, broken or both."""
    made, broken = (table[name].to_numpy(float) > 0 for name in ("made", "broken"))
    return np.select([made & broken, made, broken], ["both", "made", "broken"], "none")


def _places(axis: Axes, table: pd.DataFrame, kind: np.ndarray) -> None:
    x, y = (table[name].to_numpy(float) for name in ("tss_distance", "change"))
    for name, colour in _GROUPS:
        chosen = kind == name
        axis.scatter(x[chosen], y[chosen], s=4, linewidths=0, alpha=0.6, color=colour,
                     rasterized=True)  # fmt: skip
    axis.xaxis.set_major_locator(MaxNLocator(5))
    axis.axhline(0, color="#333333", linewidth=0.5)
    axis.axvline(0, color=style.GREY, linewidth=0.6, linestyle=":")
    axis.set_ylabel("Effect, units of the prediction")
    for gene in table["gene"].iloc[np.abs(y).argsort()[::-1][:3]].drop_duplicates():
        best = int(np.abs(np.where(table["gene"] == gene, y, 0)).argmax())
        # A name at the right edge stands to the left of its point, inside the panel.
        right = x[best] > 0.6 * x.max()
        axis.annotate(gene, (x[best], y[best]), xytext=(-3 if right else 3, 1),
                      textcoords="offset points", ha="right" if right else "left",
                      fontsize=5.5)  # fmt: skip


def _sizes(axis: Axes, sizes: np.ndarray, kind: np.ndarray) -> None:
    names = [name for name, _ in _GROUPS if (kind == name).any()]
    values = [np.maximum(sizes[kind == name], 1e-6) for name in names]
    boxes = axis.boxplot(values, showfliers=False, patch_artist=True, widths=0.6)
    for box, name in zip(boxes["boxes"], names, strict=True):
        box.set(facecolor=dict(_GROUPS)[name], alpha=0.6)
    for line in boxes["medians"]:
        line.set_color("black")
    labels = [f"{name}\n{len(each):,}" for name, each in zip(names, values, strict=True)]
    axis.set_xticks(range(1, len(names) + 1), labels)
    axis.set_yscale("log")
    axis.set_ylabel("|effect|, units of the prediction")
