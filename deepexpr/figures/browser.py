"""A genome browser in the report: genes predicted highest and their loops, offline in one file.

igv.js (deepexpr/figures/igv) is packed into the page with the data of the regions around these
genes alone, so that the page stays small whatever the genome.
"""

import html
import logging
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from deepexpr.figures import pages, style
from deepexpr.figures.data_tables import WINDOW, predicted_genes
from deepexpr.figures.declaration import columns_of
from deepexpr.figures.gene_tracks import gene_bodies
from deepexpr.figures.inputs import Inputs, read_best
from deepexpr.figures.tables import draw_table
from deepexpr.files import read
from deepexpr.hichip.chromosomes import read_chromosomes
from deepexpr.schemas import GENES, SIGNAL

logger = logging.getLogger(__name__)

#: part is "chromosome" (its length as end; name = the assembly), "region" (what is first shown of
#: a gene that can be chosen, with its percentiles and loops), "gene" (a body), "loop" (its anchors;
#: value = pairs, normalised over the replicates), "signal" (an anchor; value = their sum over its
#: loops) or "expression" (the 5 kb around a TSS, with percentiles). 0-based, half-open, bp.
BROWSER_COLUMNS = columns_of(
    "part cell_line chromosome start end start2 end2 name strand value measured_percentile"
    " predicted_percentile loops",
    words="part",
)

#: Genes of a cell line that can be chosen: those predicted highest, those with loops first.
MOST_GENES = 30
#: bp around their TSS whose data the page holds, and that are shown of a gene without loops.
REACH, LEAST = 250000, 50_000
#: Loops of a cell line in these regions, strongest first.
MOST_LOOPS = 5000


def build_browser(inputs: Inputs) -> pd.DataFrame:
    """Chosen genes, and what lies around them: gene bodies, loops, signal and percentiles."""
    from deepexpr.features.dataset import Dataset

    predictions = read_best(inputs.predictions)
    lines, chosen, assembly = {}, {}, ""
    for path in inputs.dataset:
        dataset = Dataset.open(path)
        own = predictions[predictions["cell_line"] == dataset.cell_line]
        assembly = dataset.assembly
        lines[dataset.cell_line] = predicted_genes(dataset, own)
        chosen[dataset.cell_line] = _best(lines[dataset.cell_line])
    held = _Regions(pd.concat(chosen.values()) if chosen else pd.DataFrame())
    bodies = _bodies(inputs, held)
    parts = [_chromosomes(inputs, held, bodies).assign(name=assembly), bodies]
    for line, genes in lines.items():
        loops = _cis(inputs.signal[line]) if line in inputs.signal else _cis(None)
        parts.append(_shown(chosen[line], loops))
        drawn = (_loops(loops, held), _signal(loops, held))
        parts += [part.assign(cell_line=line) for part in drawn]
        parts.append(_expression(genes, held))
    filled = [part for part in parts if len(part)]
    table = pd.concat(filled, ignore_index=True) if filled else pd.DataFrame()
    logger.info("browser: %s", table.get("part", pd.Series(dtype=str)).value_counts().to_dict())
    return table.reindex(columns=list(BROWSER_COLUMNS))


def draw_browser(table: pd.DataFrame) -> Figure:
    """How much the page holds: the browser itself is for the page."""
    if table.empty:
        return style.only_words("Genome browser", "No gene was predicted.")
    counts = table["part"].value_counts(sort=False)
    rows = [[part, f"{number:,}"] for part, number in counts.items()]
    return draw_table("Genome browser", ("What", "Rows"), rows, numeric=(1,))


def page_browser(table: pd.DataFrame) -> str:
    """The browser with a list of the genes to choose from, as the body of an HTML page."""
    if not (table["part"] == "region").any():
        return "<p>No gene was predicted.</p>"
    note = (
        f"The genes predicted highest in each cell line (at most {MOST_GENES}, those with loops "
        f"first) and {REACH // 1000} kb to either side. Choose one, or write a gene or a place "
        "into the field of the browser; drag to move. Arcs: loops, by pairs normalised over the "
        "replicates. "
        "Bars below: their sum at each anchor; then percentiles of measured (grey) and predicted "
        "(blue) expression at each TSS, held-out genes."
    )
    code = (Path(__file__).parent / "igv" / "igv.min.js.gz").read_bytes()
    return (
        "<style>body { max-width: 100rem; }</style>\n"
        f'<p class="quiet">{html.escape(note)}</p>\n<div id="genes"></div>\n<div id="igv"></div>\n'
        f"{pages.packed('data', pages.zipped(_data(table)))}\n{pages.packed('code', code)}\n"
        f"{pages.scripts('packed.js', 'browser.js')}"
    )


class _Regions:
    """The parts of the genome that the page holds: REACH around the chosen genes, joined."""

    def __init__(self, chosen: pd.DataFrame) -> None:
        self.spans: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        for name, genes in chosen.groupby("chromosome", sort=False) if len(chosen) else ():
            tss = np.unique(genes["start"])
            first = np.flatnonzero(np.diff(tss, prepend=tss[0] - 2 * REACH - 1) > 2 * REACH)
            last = np.append(first[1:], len(tss)) - 1
            self.spans[str(name)] = (np.maximum(tss[first] - REACH, 0), tss[last] + REACH)

    def holds(self, chromosome: pd.Series, start: pd.Series, end: pd.Series) -> np.ndarray:
        """Which of the intervals [start, end) touch a region; (n,) bool."""
        found = np.zeros(len(chromosome), bool)
        for name, (low, high) in self.spans.items():
            rows = np.flatnonzero(chromosome == name)
            at = np.searchsorted(high, start.to_numpy()[rows], side="right")
            inside = at < len(low)
            found[rows[inside]] = low[at[inside]] < end.to_numpy()[rows[inside]]
        return found


def _best(genes: pd.DataFrame) -> pd.DataFrame:
    """The genes that can be chosen: with the highest held-out predictions, those with loops first.

    Where only classes were predicted, by the probability of the higher one.
    """
    by = "predicted" if genes["predicted"].notna().any() else "probability"
    looped = genes["loops"] > 0 if "loops" in genes else pd.Series(False, index=genes.index)
    ordered = genes.assign(looped=looped).dropna(subset=[by])
    return ordered.sort_values(["looped", by], ascending=False, kind="stable").head(MOST_GENES)


def _bodies(inputs: Inputs, held: _Regions) -> pd.DataFrame:
    """Bodies of genes, or their TSS where no transcripts are known."""
    bodies = gene_bodies(read(GENES, inputs.genes), inputs.transcripts)
    return bodies[held.holds(bodies["chromosome"], bodies["start"], bodies["end"])]


def _chromosomes(inputs: Inputs, held: _Regions, bodies: pd.DataFrame) -> pd.DataFrame:
    """The chromosomes with a region; as long as the last gene where their lengths are not known."""
    known = read_chromosomes(inputs.chrom_sizes).lengths if inputs.chrom_sizes else {}
    ends = {name: int(high[-1]) for name, (_, high) in held.spans.items()}
    ends |= bodies.groupby("chromosome")["end"].max().to_dict() if len(bodies) else {}
    lengths = [known.get(name, ends[name]) for name in held.spans]
    return pd.DataFrame(
        {"part": "chromosome", "chromosome": list(held.spans), "start": 0, "end": lengths}
    )


def _cis(path: Path | None) -> pd.DataFrame:
    """Loops within chromosomes: chromosome, start, end, start2, end2, value."""
    names = ["chromosome", "start", "end", "start2", "end2", "value"]
    if path is None:
        return pd.DataFrame(columns=names)
    table = read(SIGNAL, path)
    table = table[table["chromosome1"] == table["chromosome2"]]
    own = table[["chromosome1", "start1", "end1", "start2", "end2", "normalised"]]
    return own.set_axis(names, axis=1).round({"value": 3})


def _shown(chosen: pd.DataFrame, loops: pd.DataFrame) -> pd.DataFrame:
    """Windows of the chosen genes: what their own loops span and a tenth more."""
    halves = []
    near = dict(iter(loops.groupby("chromosome", sort=False)))
    for chromosome, tss in zip(chosen["chromosome"], chosen["start"], strict=True):
        own = near.get(chromosome, loops.iloc[:0])
        low, high = tss - WINDOW // 2, tss + WINDOW // 2
        at = own[
            ((own["start"] < high) & (own["end"] > low))
            | ((own["start2"] < high) & (own["end2"] > low))
        ]
        far = max(tss - at["start"].min(), at["end2"].max() - tss) if len(at) else 0
        halves.append(min(max(int(1.1 * far), LEAST), REACH))
    kept = chosen.reindex(columns=["cell_line", "chromosome", "gene", "start", "loops",
                                   "measured_percentile", "predicted_percentile"])  # fmt: skip
    kept = kept.rename(columns={"gene": "name"})
    half = np.array(halves, dtype=int)
    return kept.assign(
        part="region", start=np.maximum(chosen["start"] - half, 0), end=chosen["start"] + half
    )


def _loops(loops: pd.DataFrame, held: _Regions) -> pd.DataFrame:
    """Loops with an anchor in a region."""
    inside = held.holds(loops["chromosome"], loops["start"], loops["end"])
    inside |= held.holds(loops["chromosome"], loops["start2"], loops["end2"])
    kept = loops[inside].sort_values("value", ascending=False, kind="stable").head(MOST_LOOPS)
    return kept.assign(part="loop")


def _signal(loops: pd.DataFrame, held: _Regions) -> pd.DataFrame:
    """Pairs summed over the loops of each anchor in a region."""
    keys = ["chromosome", "start", "end"]
    second = loops[["chromosome", "start2", "end2", "value"]].set_axis([*keys, "value"], axis=1)
    first = loops[[*keys, "value"]]
    anchors = pd.concat([first, second]) if len(loops) else first
    sums = anchors.groupby(keys, as_index=False)["value"].sum().round(1)
    return sums[held.holds(sums["chromosome"], sums["start"], sums["end"])].assign(part="signal")


def _expression(genes: pd.DataFrame, held: _Regions) -> pd.DataFrame:
    """Percentiles of the genes in the regions, drawn over the 5 kb around the TSS."""
    kept = genes[held.holds(genes["chromosome"], genes["start"], genes["start"] + 1)]
    table = kept[["cell_line", "chromosome", "measured_percentile", "predicted_percentile"]]
    half = WINDOW // 2
    return table.assign(
        part="expression", name=kept["gene"], start=np.maximum(kept["start"] - half, 0),
        end=kept["start"] + half,
    )  # fmt: skip


def _data(table: pd.DataFrame) -> dict:
    """What browser.js reads: the genes to choose from, and a text for each track."""
    parts = dict(iter(table.groupby("part", sort=False)))
    empty = table.iloc[:0]
    regions = parts["region"]
    lines = list(dict.fromkeys(regions["cell_line"]))
    tracks = []
    for line in lines:
        own = {name: part[part["cell_line"] == line] for name, part in parts.items()}
        expression = own.get("expression", empty)
        tracks.append({
            "line": line,
            "loops": _text(own.get("loop", empty), "chromosome start end chromosome start2 end2",
                           "value", between=". "),
            "signal": _text(own.get("signal", empty), "chromosome start end", "value"),
            "measured": _text(expression, "chromosome start end", "measured_percentile"),
            "predicted": _text(expression, "chromosome start end", "predicted_percentile"),
        })  # fmt: skip
    shown = ["cell_line", "name", "predicted_percentile", "measured_percentile", "loops"]
    return {
        "heads": ["Cell line", "Gene", "Predicted percentile", "Measured percentile", "Loops"],
        "genes": [
            [None if pd.isna(value) else value for value in row]
            for row in regions[shown].astype(object).itertuples(index=False)
        ],
        "places": [
            f"{row.chromosome}:{int(row.start) + 1}-{int(row.end)}" for row in regions.itertuples()
        ],
        "name": str(parts["chromosome"]["name"].iloc[0]),
        "sizes": _text(parts["chromosome"], "chromosome", "end"),
        "bodies": _text(parts.get("gene", empty).assign(value=0), "chromosome start end name",
                        "value", "strand"),
        "tracks": tracks,
    }  # fmt: skip


def _text(rows: pd.DataFrame, places: str, value: str, *more: str, between: str = "") -> str:
    """Tab-separated lines without a heading; rows without a value are left out."""
    rows = rows.dropna(subset=[value])
    columns = []
    for name in (*places.split(), *between.split(), value, *more):
        if name not in rows:
            columns.append([name] * len(rows))
        elif name in ("start", "end", "start2", "end2"):
            columns.append([str(int(number)) for number in rows[name]])
        else:
            columns.append([f"{v:g}" if isinstance(v, float) else str(v) for v in rows[name]])
    return "\n".join(map("\t".join, zip(*columns, strict=True)))
