"""Agreement of HiChIP replicates: correlation of the maps, and counts of the loops."""

import math
from itertools import combinations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from deepexpr.figures import style
from deepexpr.figures.declaration import columns_of
from deepexpr.figures.inputs import Inputs, read_tables
from deepexpr.figures.names import short_names
from deepexpr.figures.qc import verdict
from deepexpr.files import read
from deepexpr.schemas import CONCORDANCE, QC, SIGNAL, Column, Table

#: part "maps": one row per pair of samples and its stratum-adjusted correlation. part "loops": one
#: row per loop and pair of replicates, with its PETs in both; verdict in words at the cell line's
#: first row of maps.
REPLICATES_COLUMNS = Table(
    *columns_of("part cell_line", words="part").columns,
    *(Column(name, "words") for name in ("sample1", "sample2", "cell_line2", "verdict")),
    *columns_of("scc count1 count2", count1="PETs", count2="PETs").columns,
)
SAMPLES = ("sample1", "sample2")
TITLE = "Agreement of the replicates"
#: Letters of a sample's name, and lines over a panel, that the usual figure leaves room for.
SHORT, USUAL = 16, 4


def build_replicates(inputs: Inputs) -> pd.DataFrame:
    """Correlations of all samples, and the loops' counts in every two replicates."""
    maps = read_tables(inputs.concordance, CONCORDANCE).rename(columns={"cell_line1": "cell_line"})
    maps = maps.assign(part="maps", verdict=np.nan)
    maps["verdict"] = maps["verdict"].astype(object)
    judged = read_tables(inputs.replicate_qc, QC)
    for line, rows in judged.groupby("sample", sort=False):
        own = maps.index[(maps["cell_line"] == line) & (maps["replicates"] == 1)]
        maps.loc[own[:1], "verdict"] = verdict(rows)
    parts = [maps]
    for line, path in inputs.signal.items():
        counts = read(SIGNAL, path).filter(regex=r"^count\.")
        for one, other in combinations(counts.columns, 2):
            parts.append(
                pd.DataFrame({"count1": counts[one], "count2": counts[other]}).assign(
                    part="loops",
                    cell_line=line,
                    cell_line2=line,
                    sample1=one.removeprefix("count."),
                    sample2=other.removeprefix("count."),
                )
            )
    filled = [part for part in parts if len(part)]
    table = pd.concat(filled, ignore_index=True) if filled else maps
    return table.reindex(columns=list(REPLICATES_COLUMNS))


def draw_replicates(table: pd.DataFrame) -> Figure:
    """A map of all correlations, and per cell line the counts in its least alike replicates."""
    maps = table[(table["part"] == "maps") & table["sample1"].notna() & table["sample2"].notna()]
    if maps.empty:
        return style.only_words(TITLE, "No cell line has two HiChIP samples.")
    short = short_names(pd.concat([maps["sample1"], maps["sample2"]]).astype(str))
    table, maps = (
        part.assign(**{c: part[c].map(short) for c in SAMPLES}) for part in (table, maps)
    )
    own = maps[maps["cell_line"] == maps["cell_line2"]]
    lines = list(dict.fromkeys(own["cell_line"]))
    long = max(0, max(map(len, short.values())) - SHORT)
    wide = len(lines) in (1, 3) or (long and len(lines) < 6)
    figure, axes = style.grid(
        1 + len(lines), columns=2 if wide else 3, panel=(2.25, 2.5), sharex=False, sharey=False
    )
    _correlations(axes[0], maps)
    texts = [("Contact maps", ["stratum-adjusted correlation", "framed: samples of one cell line"])]
    texts += [
        _counts(axis, table, own[own["cell_line"] == line])
        for axis, line in zip(axes[1:], lines, strict=True)
    ]
    beside = 1 + 0.2 * long
    style.titles(axes, texts, beside)
    # Long verdicts would take their room from the panels.
    letters = style.letters_over(axes, beside)
    told = max(sum(math.ceil(len(line) / letters) for line in lines) for _, lines in texts)
    rows = axes[0].get_subplotspec().get_gridspec().nrows
    taller = figure.get_figheight() + 0.11 * rows * max(0, told - USUAL)
    figure.set_figheight(min(taller, style.PAGE))
    return figure


def _correlations(axis: Axes, maps: pd.DataFrame) -> None:
    """Every two samples, those of a cell line side by side, with the value in the cell."""
    firsts = maps[["sample1", "cell_line"]].set_axis(["sample", "line"], axis=1)
    seconds = maps[["sample2", "cell_line2"]].set_axis(["sample", "line"], axis=1)
    samples = list(dict.fromkeys(pd.concat([firsts, seconds])["sample"]))
    values = pd.DataFrame(np.nan, index=samples, columns=samples)
    for row in maps.itertuples():
        values.loc[row.sample1, row.sample2] = values.loc[row.sample2, row.sample1] = row.scc
    known = values.to_numpy(float)
    lowest = np.nanmin(known) if np.isfinite(known).any() else 0.0
    low = min(np.floor(10 * lowest - 1) / 10, 0.9)  # differences are small beside 0 to 1
    axis.set_facecolor("#EEEEEE")
    image = axis.imshow(known, vmin=low, vmax=1, cmap="Blues")
    _frame_lines(axis, pd.concat([firsts, seconds]).drop_duplicates()["line"])
    if len(samples) <= 8:
        for (i, j), value in np.ndenumerate(known):
            if np.isfinite(value):
                shade = "white" if value - low > 0.6 * (1 - low) else "black"
                axis.text(j, i, f"{value:.2f}", ha="center", va="center", fontsize=5, color=shade)
    places = range(len(samples))
    if max(map(len, samples)) <= SHORT:
        axis.set_xticks(places, samples, rotation=90, fontsize=5)
        axis.set_yticks(places, samples, fontsize=5)
    else:  # the same names once, and their numbers
        axis.set_xticks(places, [f"({i + 1})" for i in places], rotation=90, fontsize=5)
        axis.set_yticks(places, [f"{samples[i]} ({i + 1})" for i in places], fontsize=5)
    axis.figure.colorbar(image, ax=axis, shrink=0.6)


def _frame_lines(axis: Axes, lines: pd.Series) -> None:
    """A frame around the samples of each cell line, which stand side by side."""
    start = 0
    for number in lines.groupby(lines, sort=False).size():
        corner = (start - 0.5, start - 0.5)
        look = {"fill": False, "edgecolor": style.VERMILLION, "linewidth": 1, "clip_on": False}
        axis.add_patch(Rectangle(corner, number, number, **look))
        start += number


def _counts(axis: Axes, table: pd.DataFrame, own: pd.DataFrame) -> tuple[str, list[str]]:
    """The loops' counts in the two least alike replicates; heading and details of the panel."""
    least = own.sort_values("scc", kind="stable").iloc[0]
    line, one, other = least["cell_line"], least["sample1"], least["sample2"]
    told = own["verdict"].dropna()
    scc = "not defined" if pd.isna(least["scc"]) else f"{least['scc']:.3f}"
    details = [f"{len(own)} pair{'s' * (len(own) > 1)} of replicates, lowest SCC {scc}"]
    details += [str(told.iloc[0])] if len(told) else []
    loops = table[
        (table["part"] == "loops") & (table["sample1"] == one) & (table["sample2"] == other)
    ].dropna(subset=["count1", "count2"])
    for name, write in ((one, axis.set_xlabel), (other, axis.set_ylabel)):
        write(f"PETs in{' ' if len(name) <= SHORT else chr(10)}{name}")
    if loops.empty:
        style.say(axis, "No loop was called in this cell line.")
        return str(line), details
    x, y = (np.log2(1 + loops[c].to_numpy(float)) for c in ("count1", "count2"))
    # Counts are whole numbers: many loops share a place, and its area says how many.
    places = pd.Series(1, index=[x, y]).groupby(level=[0, 1]).sum()
    across, up = places.index.to_frame().to_numpy().T
    area = 2 + 100 * places.to_numpy(float) / places.max()
    axis.scatter(across, up, s=area, linewidths=0, alpha=0.6, color=style.BLUE, rasterized=True)
    top = max(x.max(), y.max(), 1.0)
    axis.plot([0, top], [0, top], color=style.GREY, linewidth=0.7)
    ticks = np.arange(0, top + 1, max(1, int(top // 4)))
    axis.set_xticks(ticks, [f"{2**t - 1:,.0f}" for t in ticks])
    axis.set_yticks(ticks, [f"{2**t - 1:,.0f}" for t in ticks])
    if len(loops) > 2 and np.ptp(x) and np.ptp(y):
        details.insert(1, f"{len(loops):,} loops, r = {np.corrcoef(x, y)[0, 1]:.3f} of log2")
    return str(line), details
