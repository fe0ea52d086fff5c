"""Figure 2C: the loops of one gene in every cell line, over a genome axis, with its expression.

The table holds all parts in one long form, so that any gene can be redrawn from its TSV.
"""

import difflib
import logging
from pathlib import Path as FilePath

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Polygon
from matplotlib.path import Path

from deepexpr.errors import InputError
from deepexpr.figures import style
from deepexpr.figures.declaration import columns_of
from deepexpr.figures.inputs import Inputs
from deepexpr.files import read
from deepexpr.hichip.chromosomes import read_chromosomes
from deepexpr.schemas import GENES, SIGNAL, TRANSCRIPTS

logger = logging.getLogger(__name__)

#: part is "region" (start, end of the window; name = the gene asked for), "gene" (start, end of
#: a gene's body, 1 bp where only its TSS is known; strand), "loop" (start, end of one anchor;
#: start2, end2 of the other; value = log2(1 + normalised PETs); at_gene 1 where it touches the
#: gene's 5 kb bin) or "expression" (value in log10). 0-based, half-open, bp.
GENE_TRACKS_COLUMNS = columns_of(
    "part cell_line chromosome start end name strand start2 end2 value at_gene note",
    words="part note",
)

#: The window: what the gene's own loops span and a tenth more, at least and at most these bp.
LEAST_REACH, MOST_REACH = 100_000, 1_000_000
BIN = 5_000

#: Width of a letter of a gene's name, as a share of the window; the asked gene's other loops.
LETTER = 0.0115
OTHERS = "#C8C8C8"


def build_gene_tracks(inputs: Inputs) -> pd.DataFrame:
    """Window, genes, loops and expression around `inputs.gene`; InputError for an unknown gene."""
    from deepexpr.features.dataset import Dataset

    genes = read(GENES, inputs.genes)
    datasets = [Dataset.open(path) for path in inputs.dataset]
    gene = _find_gene(genes, inputs.gene or strongest_gene(datasets), str(inputs.genes))
    loops = {line: _cis_loops(path, gene["chromosome"]) for line, path in inputs.signal.items()}
    touching = {line: _touching(table, int(gene["tss"])) for line, table in loops.items()}
    start, end = _window(gene, [table[touching[line]] for line, table in loops.items()])
    if inputs.chrom_sizes:
        sizes = read_chromosomes(inputs.chrom_sizes).lengths
        end = min(end, sizes.get(gene["chromosome"], end))
    rows = [{"part": "region", "start": start, "end": end, "name": gene["gene"]}]
    rows += _gene_rows(genes, inputs, gene["chromosome"], start, end)
    for dataset in datasets:
        line = dataset.cell_line
        rows.append(_expression_row(dataset, gene["gene"]))
        if line in loops:
            rows += _loop_rows(loops[line], touching[line], line, start, end)
    table = pd.DataFrame(rows).reindex(columns=list(GENE_TRACKS_COLUMNS))
    table["chromosome"] = gene["chromosome"]
    logger.info("%s: %d rows in %s:%d-%d", gene["gene"], len(table), gene["chromosome"], start, end)
    return table


def strongest_gene(datasets: list) -> str:
    """The gene with most normalised PETs in its loops, summed over cell lines; ties by name."""
    totals: dict[str, float] = {}
    for dataset in datasets:
        if not dataset.has_hichip:
            continue
        counts = np.asarray(dataset.loop_count, dtype=float).ravel()
        for name, count in zip(dataset.gene.tolist(), counts, strict=True):
            totals[name] = totals.get(name, 0.0) + float(count)
    if not totals:
        return str(datasets[0].gene[0])
    return min(totals, key=lambda name: (-totals[name], name))


def draw_gene_tracks(table: pd.DataFrame) -> Figure:
    """Arcs of loops by cell line over a genome axis, gene models below, expression beside."""
    if table.empty:
        return style.only_words("Loops and expression of one gene", "No gene was chosen.")
    region = table[table["part"] == "region"]
    if region.empty:
        raise InputError(
            "The table has no row for the window that is drawn.",
            where="column part",
            expected="one row with part = region",
            fix="Make the table again with `deepexpr table 2C`.",
        )
    region = region.iloc[0]
    expression = table[table["part"] == "expression"]
    lines = list(dict.fromkeys(expression["cell_line"]))
    genes = _levels(table[table["part"] == "gene"], region)
    below_height = 0.3 + 0.27 * (genes["level"].max() + 1 if len(genes) else 1)
    height = 1.0 * len(lines) + below_height + 0.45
    figure = Figure(figsize=(style.TWO_COLUMNS, min(height, style.PAGE)), layout="constrained")
    layout = figure.add_gridspec(
        len(lines) + 1, 2, width_ratios=(5.2, 1), height_ratios=[1] * len(lines) + [below_height]
    )
    below = figure.add_subplot(layout[len(lines), 0])
    _genes_panel(below, genes, region)
    loops = table[table["part"] == "loop"]
    strongest = float(loops["value"].max()) if len(loops) else 1.0
    widest = float(expression["value"].max()) if expression["value"].notna().any() else 1.0
    for row, line in enumerate(lines):
        arcs = figure.add_subplot(layout[row, 0], sharex=below)
        note = expression.loc[expression["cell_line"] == line, "note"].dropna()
        own = loops[loops["cell_line"] == line]
        _arcs_panel(arcs, own, strongest, region, "".join(note))
        at_gene = int(own["at_gene"].sum())
        others = f"{len(own) - at_gene:,} others in the window"
        noun = "loop" if at_gene == 1 else "loops"
        style.title(arcs, line, f"n = {at_gene:,} {noun} at {region['name']}, {others}")
        bar = figure.add_subplot(layout[row, 1])
        value = expression.loc[expression["cell_line"] == line, "value"].iloc[0]
        _expression_panel(bar, value, widest, last=row == len(lines) - 1)
    return figure


def _find_gene(genes: pd.DataFrame, name: str, where: str) -> pd.Series:
    upper = genes["gene"].astype(str).str.upper()
    found = genes[upper == name.upper()]
    if found.empty:
        near = difflib.get_close_matches(name.upper(), upper.tolist(), n=5)
        raise InputError(
            f"The gene {name!r} is not among the genes.",
            where=where,
            expected=f"one of {len(genes)} gene symbols",
            found=f"similar: {', '.join(near)}" if near else "nothing similar",
            fix="Use the symbol as it is written in the gene table.",
        )
    return found.iloc[0]


def _cis_loops(path, chromosome: str) -> pd.DataFrame:
    table = read(SIGNAL, path)
    cis = (table["chromosome1"] == chromosome) & (table["chromosome2"] == chromosome)
    return table[cis].reset_index(drop=True)


def _touching(loops: pd.DataFrame, tss: int) -> np.ndarray:
    """Loops with an anchor over the 5 kb bin centred on the TSS (method.md, 2.7); (n,) bool."""
    low, high = tss - BIN // 2, tss + BIN // 2
    first = (loops["start1"] < high) & (loops["end1"] > low)
    second = (loops["start2"] < high) & (loops["end2"] > low)
    return (first | second).to_numpy()


def _window(gene: pd.Series, loops: list[pd.DataFrame]) -> tuple[int, int]:
    tss = int(gene["tss"])
    ends = [LEAST_REACH]
    for table in loops:
        if len(table):
            ends += [tss - int(table["start1"].min()), int(table["end2"].max()) - tss]
    reach = min(int(1.1 * max(ends)), MOST_REACH)
    return max(0, tss - reach), tss + reach


def gene_bodies(genes: pd.DataFrame, transcripts: FilePath | None) -> pd.DataFrame:
    """Bodies of genes, or their TSS where no transcripts are given, as rows of the part "gene"."""
    known = genes.set_index("gene")
    bodies = pd.DataFrame({"start": known["tss"], "end": known["tss"] + 1})
    if transcripts:
        table = read(TRANSCRIPTS, transcripts)
        own = table[table["gene"].isin(known.index)]
        own = own[own["chromosome"].eq(own["gene"].map(known["chromosome"]))]
        bodies.update(own.groupby("gene").agg({"start": "min", "end": "max"}))
    bodies = bodies.astype(int).assign(
        part="gene", chromosome=known["chromosome"], strand=known["strand"]
    )
    return bodies.rename_axis("name").reset_index()


def _gene_rows(genes: pd.DataFrame, inputs: Inputs, chromosome: str, start: int, end: int) -> list:
    """Genes whose body, or TSS where no transcripts were given, lies in the window."""
    bodies = gene_bodies(genes[genes["chromosome"] == chromosome], inputs.transcripts)
    bodies = bodies[(bodies["end"] > start) & (bodies["start"] < end)]
    return bodies.sort_values(["start", "end"]).to_dict("records")


def _expression_row(dataset, gene: str) -> dict:
    row = {"part": "expression", "cell_line": dataset.cell_line, "name": gene}
    if not dataset.has_hichip:
        row["note"] = "No HiChIP data of this cell line."
    here = np.flatnonzero(np.asarray(dataset.gene) == gene)
    return row | ({"value": float(dataset.expression[here[0]])} if len(here) else {})


def _loop_rows(loops: pd.DataFrame, touching: np.ndarray, line: str, start: int, end: int) -> list:
    inside = (loops["end1"] > start) & (loops["start2"] < end)
    return [
        {
            "part": "loop", "cell_line": line, "start": row.start1, "end": row.end1,
            "start2": row.start2, "end2": row.end2, "value": row.signal, "at_gene": int(touches),
        }
        for row, touches, kept in zip(loops.itertuples(), touching, inside, strict=True)
        if kept
    ]  # fmt: skip


def _arcs_panel(
    axis: Axes, loops: pd.DataFrame, strongest: float, region: pd.Series, note: str
) -> None:
    axis.set_ylim(0, strongest * 1.1 or 1)
    axis.tick_params(labelbottom=False)
    axis.set_ylabel("log2(1 +\nnorm. PETs)")
    if loops.empty:
        style.say(axis, note or "No loop in this window.", 60)
    # Loops of the gene are drawn last, over the others.
    for row in loops.sort_values(["at_gene", "value"]).itertuples():
        left, right = (row.start + row.end) / 2, (row.start2 + row.end2) / 2
        own = row.at_gene == 1
        path = Path(
            [(left, 0), (left, row.value * 4 / 3), (right, row.value * 4 / 3), (right, 0)],
            [1, 4, 4, 4],
        )
        look = {"edgecolor": style.VERMILLION if own else OTHERS, "linewidth": 1.2 if own else 0.6}
        axis.add_patch(PathPatch(path, fill=False, **look))
    axis.set_xlim(region["start"], region["end"])


def _levels(genes: pd.DataFrame, region: pd.Series) -> pd.DataFrame:
    """Genes with the row that each is drawn in, and the middle of its name where that fits.

    The gene asked for is always named, the others longest first, no name over another.
    """
    start, end = float(region["start"]), float(region["end"])
    span = end - start
    genes = genes.sort_values(["start", "end", "name"]).reset_index(drop=True)
    ends: list[float] = []
    levels = []
    for row in genes.itertuples():
        level = next((i for i, last in enumerate(ends) if last < row.start), len(ends))
        ends[level : level + 1] = [max(row.end, row.start + 0.004 * span) + 0.004 * span]
        levels.append(level)
    genes = genes.assign(level=levels, middle=np.nan, asked=genes["name"] == region["name"])
    length = genes["end"] - genes["start"]
    order = genes.assign(length=length).sort_values(["asked", "length"], ascending=False).index
    taken: dict[int, list[tuple[float, float]]] = {}
    for index in order:
        row = genes.loc[index]
        half = (len(str(row["name"])) + 1) * LETTER * span / 2
        middle = (max(row["start"], start) + min(row["end"], end)) / 2
        middle = min(max(middle, start + half), end - half)
        beside = taken.setdefault(row["level"], [])
        if all(middle + half <= low or middle - half >= high for low, high in beside):
            beside.append((middle - half, middle + half))
            genes.loc[index, "middle"] = middle
    return genes


def _genes_panel(axis: Axes, genes: pd.DataFrame, region: pd.Series) -> None:
    axis.set_xlim(region["start"], region["end"])
    axis.spines["left"].set_visible(False)
    axis.set_yticks([])
    span = float(region["end"] - region["start"])
    for row in genes.itertuples():
        _gene_model(axis, row, span)
    axis.set_ylim(-max(genes["level"].max() if len(genes) else 0, 0) - 0.35, 0.75)
    axis.xaxis.set_major_formatter(lambda x, _: f"{x / 1e6:.9g}")
    axis.set_xlabel(f"Position on {region['chromosome']}, Mb")


def _gene_model(axis: Axes, row, span: float) -> None:
    """Body of a gene, pointed at its 3' end; its name over it where that fits."""
    colour = style.VERMILLION if row.asked else "#555555"
    left, right = row.start, max(row.end, row.start + 0.004 * span)
    tip = min(0.008 * span, right - left)
    if row.strand == "-":
        left, right, tip = right, left, -tip
    low, high = -0.14 - row.level, 0.14 - row.level
    corners = [
        (left, low), (right - tip, low), (right, -row.level), (right - tip, high), (left, high),
    ]  # fmt: skip
    axis.add_patch(Polygon(corners, color=colour, linewidth=0))
    if np.isfinite(row.middle):
        axis.text(
            row.middle, 0.2 - row.level, row.name, ha="center", va="bottom", fontsize=5.5,
            color=colour, style="italic", fontweight="bold" if row.asked else "normal",
        )  # fmt: skip


def _expression_panel(axis: Axes, value: float, widest: float, *, last: bool) -> None:
    low = min(-1.0, value if np.isfinite(value) else -1.0)
    axis.set_xlim(low, max(widest, 0) * 1.05 + 0.2)
    axis.set_ylim(-1, 1)
    axis.set_yticks([])
    axis.spines["left"].set_visible(False)
    if np.isfinite(value):
        axis.barh(0, value - low, left=low, height=0.7, color=style.BLUE)
        axis.set_title(f"{value:.2f}", fontsize=6.5, fontweight="normal")
    else:
        style.say(axis, "not in this cell line's genes", 14)
    axis.tick_params(labelbottom=last)
    if last:
        # Beside the genes, where nothing else is: the layout need not make room for it.
        words = "Expression,\nlog10(count + 0.1)"
        label = axis.annotate(
            words, (0.5, 0), (0, -14), xycoords="axes fraction", textcoords="offset points",
            ha="center", va="top", annotation_clip=False,
        )  # fmt: skip
        label.set_in_layout(False)
