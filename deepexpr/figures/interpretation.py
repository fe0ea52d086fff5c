"""One gene explained: attribution along its promoter with known motifs, and its distal bins.

The table holds all parts in one long form, so that the figure can be redrawn from its TSV.
"""

import logging

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch

from deepexpr.figures import style
from deepexpr.figures.declaration import columns_of
from deepexpr.figures.inputs import Inputs
from deepexpr.figures.logos import LETTER_COLOURS, outline
from deepexpr.files import read
from deepexpr.schemas import ATTRIBUTION, ATTRIBUTION_HITS, BIN_ATTRIBUTION

logger = logging.getLogger(__name__)

#: part "letter": start (bp from the TSS), name the base, value its attribution. "motif": start,
#: end (bp from the TSS), name, strand, value its mean attribution, p_value of the match. "bin":
#: start, end on the genome (bp), signal, value its attribution. Attributions in units of the
#: prediction; sd between folds.
INTERPRETATION_COLUMNS = columns_of(
    "cell_line part gene chromosome start end name strand signal value sd p_value", words="part"
)

#: Known motifs that are named: the strongest that do not overlap one another.
MOST_NAMED = 8
#: Letters of the close-up.
CLOSE = 80


def build_interpretation(inputs: Inputs) -> pd.DataFrame:
    """The files of `deepexpr interpret` under each other; each may be absent, but not all."""
    folder = inputs.interpretation
    parts = []
    if (folder / "attribution.tsv").is_file():
        track = read(ATTRIBUTION, folder / "attribution.tsv")
        parts += [_letters(track), _motifs(folder, int(track["tss_distance"].iloc[0]))]
    if (folder / "bins.tsv").is_file():
        parts.append(_bins(folder))
    if not parts:
        from deepexpr.errors import InputError

        raise InputError(
            "The folder holds no interpretation.",
            where=str(folder),
            expected="attribution.tsv or bins.tsv of `deepexpr interpret`",
        )
    table = pd.concat([part for part in parts if len(part)], ignore_index=True)
    table = table.assign(cell_line=inputs.cell_line)
    return table.reindex(columns=list(INTERPRETATION_COLUMNS))


def _letters(track: pd.DataFrame) -> pd.DataFrame:
    names = {"tss_distance": "start", "base": "name", "attribution": "value", "folds_sd": "sd"}
    return track.rename(columns=names).assign(part="letter", end=track["tss_distance"] + 1)


def _motifs(folder, first: int) -> pd.DataFrame:
    hits = read(ATTRIBUTION_HITS, folder / "motifs.tsv")
    names = {"motif_name": "name", "orientation": "strand", "attribution": "value"}
    moved = {"start": hits["start"] + first, "end": hits["end"] + first}
    return hits.rename(columns=names).assign(part="motif", **moved)


def _bins(folder) -> pd.DataFrame:
    table = read(BIN_ATTRIBUTION, folder / "bins.tsv")
    return table.rename(columns={"attribution": "value", "folds_sd": "sd"}).assign(part="bin")


def draw_interpretation(table: pd.DataFrame) -> Figure:
    """Promoter track, close-up of its strongest stretch, and distal bins, as far as present."""
    if table.empty:
        return style.only_words("Interpretation of one gene", "No gene was interpreted.")
    letters = table[table["part"] == "letter"].sort_values("start")
    bins = table[table["part"] == "bin"].sort_values("start")
    heights = [1.25, 0.9] * bool(len(letters)) + [1.0] * bool(len(bins))
    figure = Figure(figsize=(style.TWO_COLUMNS, 0.4 + 1.25 * sum(heights)), layout="constrained")
    axes = list(np.atleast_1d(figure.subplots(len(heights), 1, height_ratios=heights)))
    gene = str(table["gene"].iloc[0])
    if len(letters):
        motifs = _apart(table[table["part"] == "motif"])
        head = f"{style.prefix(table['cell_line'])}what moves the prediction of {gene}"
        _promoter_panel(axes[0], letters, motifs, head)
        _close_panel(axes[1], letters, motifs)
    if len(bins):
        _bins_panel(axes[-1], bins, gene)
    return figure


def _apart(motifs: pd.DataFrame) -> pd.DataFrame:
    """The motifs with the strongest attribution (then p-value) that do not overlap."""
    kept: list = []
    order = motifs.assign(strength=-motifs["value"].abs()).sort_values(["strength", "p_value"])
    for row in order.itertuples():
        if len(kept) < MOST_NAMED and all(
            row.end <= other.start or row.start >= other.end for other in kept
        ):
            kept.append(row)
    return motifs.loc[[row.Index for row in kept]].sort_values("start")


def _promoter_panel(axis: Axes, letters: pd.DataFrame, motifs: pd.DataFrame, head: str) -> None:
    colours = np.where(letters["value"] > 0, style.VERMILLION, style.BLUE)
    axis.vlines(letters["start"], 0, letters["value"], colors=colours, linewidth=0.7)
    axis.axhline(0, color="#333333", linewidth=0.5)
    axis.axvline(0, color=style.GREY, linewidth=0.6, linestyle=":")
    low, high = float(letters["value"].min()), float(letters["value"].max())
    span = (high - low) or 1.0
    levels = [-np.inf] * 3
    axis.set_xlim(letters["start"].min(), letters["end"].max())
    for row in motifs.itertuples():
        # Names are wider than motifs: three lines, each name in the first with room.
        level = next((i for i, end in enumerate(levels) if row.start > end), len(levels) - 1)
        levels[level] = row.start + 28 * len(str(row.name))
        axis.axvspan(row.start, row.end, color=style.YELLOW, alpha=0.5, linewidth=0)
        text = f"{row.name} ({row.strand})"
        axis.text(row.start, high + (0.06 + 0.17 * level) * span, text, fontsize=5.5)
    axis.set_ylim(low - 0.05 * span, high + 0.55 * span)
    axis.set_ylabel("Attribution,\nunits of the prediction")
    axis.set_xlabel("Position in the promoter, bp from the TSS (gene's orientation)")
    number = (
        f"{len(motifs)} known motif{'s' * (len(motifs) > 1)}" if len(motifs) else "no known motif"
    )
    named = f"{number} at high attribution"
    style.title(axis, head, f"letters of the promoter; {named}")


def _close_panel(axis: Axes, letters: pd.DataFrame, motifs: pd.DataFrame) -> None:
    values = letters["value"].to_numpy(float)
    width = min(CLOSE, len(values))
    strength = np.convolve(np.abs(values), np.ones(width), mode="valid")
    first = int(strength.argmax())
    shown = letters.iloc[first : first + width]
    for row in shown.itertuples():
        if row.name in LETTER_COLOURS and abs(row.value) > 0:
            path = outline(row.name, row.start, min(row.value, 0.0), abs(row.value))
            axis.add_patch(PathPatch(path, facecolor=LETTER_COLOURS[row.name], linewidth=0))
    low, high = min(0.0, shown["value"].min()), max(0.0, shown["value"].max())
    margin = 0.08 * ((high - low) or 1.0)
    for row in motifs.itertuples():
        axis.axvspan(row.start, row.end, color=style.YELLOW, alpha=0.3, linewidth=0, zorder=0)
    axis.axhline(0, color="#333333", linewidth=0.5)
    axis.set_xlim(shown["start"].iloc[0], shown["end"].iloc[-1])
    axis.set_ylim(low - margin, high + margin)
    axis.set_ylabel("Attribution,\nunits of the prediction")
    axis.set_xlabel(f"The {width} bp with most attribution, bp from the TSS")


def _bins_panel(axis: Axes, bins: pd.DataFrame, gene: str) -> None:
    filled = bins[bins["signal"] > 0]
    middle = (filled["start"] + filled["end"]) / 2e6
    width = float((bins["end"] - bins["start"]).iloc[0]) / 1e6
    axis.bar(
        middle, filled["value"], width=max(width, 0.004), color=style.GREEN,
        yerr=filled["sd"], error_kw={"linewidth": 0.5, "ecolor": style.GREY},
    )  # fmt: skip
    axis.axhline(0, color="#333333", linewidth=0.5)
    axis.set_xlim(max(0, bins["start"].min()) / 1e6, bins["end"].max() / 1e6)
    axis.axvline((bins["start"].min() + bins["end"].max()) / 2e6, color=style.GREY, linestyle=":",
                 linewidth=0.6)  # fmt: skip
    if filled.empty:
        style.say(axis, f"{gene} has no loop within the bins.", 60)
    axis.set_ylabel("Attribution,\nunits of the prediction")
    axis.set_xlabel(f"Position on {bins['chromosome'].iloc[0]}, Mb (dotted: TSS)")
    text = f"{len(filled)} of {len(bins)} bins hold loops; bars: sd between folds"
    style.title(axis, "Distal bins: prediction less that with the bin empty", text)
