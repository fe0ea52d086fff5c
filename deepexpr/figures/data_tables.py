"""The page of tables: every predicted gene, every loop and every score, to sort, search and keep.

One file that opens offline: the rows are packed into it (gzip, base64), and some lines of script
(data_tables.js) unpack, sort, search and save them. A kept library of tables would be several
times the size of all that this page needs.
"""

import html
import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from deepexpr.figures import pages, style
from deepexpr.figures.declaration import columns_of
from deepexpr.figures.inputs import Inputs, read_best, read_tables
from deepexpr.figures.matches import matched
from deepexpr.figures.tables import draw_table
from deepexpr.files import read
from deepexpr.schemas import METRICS, NETWORK_KINDS, SIGNAL

logger = logging.getLogger(__name__)

#: One table of three kinds of rows ("genes", "loops", "scores"), empty where a column is another's.
TABLES_COLUMNS = columns_of(
    "table cell_line gene chromosome start end start2 end2 measured predicted measured_percentile"
    " predicted_percentile probability loops signal motifs task method K metric value sd folds",
    words="table motifs task",
)

#: What the page shows of each kind: column -> heading; "#" marks numbers of so many digits.
SHOWN = {
    "genes": {
        "cell_line": "Cell line", "gene": "Gene", "chromosome": "Chromosome", "start": "TSS #0",
        "measured": "Measured, log10 #2", "predicted": "Predicted, log10 #2",
        "measured_percentile": "Measured percentile #0",
        "predicted_percentile": "Predicted percentile #0",
        "probability": "P(high) #2", "loops": "Loops #0", "signal": "Loop signal #1",
        "motifs": "Motifs",
    },
    "loops": {
        "cell_line": "Cell line", "chromosome": "Chromosome", "start": "Start 1 #0",
        "end": "End 1 #0", "start2": "Start 2 #0", "end2": "End 2 #0", "signal": "Pairs #2",
        "gene": "Genes at its anchors",
    },
    "scores": {
        "cell_line": "Cell line", "task": "Task", "method": "Method", "K": "K #0",
        "metric": "Score", "value": "Mean #3", "sd": "SD over folds #3", "folds": "Folds #0",
    },
}  # fmt: skip

#: Loops of a cell line that the page holds, each gene's strongest first: more make it slow to open.
MOST_LOOPS = 20_000
#: A promoter holds a motif where a window matches with this p, 0.04 of them by chance.
P_VALUE = 1e-5
#: bp around the TSS in which an anchor is the gene's, as in the bins.
WINDOW = 5000


def build_tables(inputs: Inputs) -> pd.DataFrame:
    """Genes with predictions, loops and motifs; loops with their genes; scores of all methods."""
    from deepexpr.features.dataset import Dataset

    datasets = [Dataset.open(path) for path in inputs.dataset]
    predictions = read_best(inputs.predictions)
    parts = []
    for dataset in datasets:
        own = predictions[predictions["cell_line"] == dataset.cell_line]
        parts.append(predicted_genes(dataset, own).assign(motifs=_motifs(dataset, inputs)))
    for dataset in datasets:
        if dataset.cell_line in inputs.signal:
            parts.append(_loops(dataset, inputs.signal[dataset.cell_line]))
    parts.append(_scores(read_tables(inputs.metrics, METRICS)))
    filled = [part for part in parts if len(part)]
    table = pd.concat(filled, ignore_index=True) if filled else pd.DataFrame()
    logger.info("tables: %s", table.get("table", pd.Series(dtype=str)).value_counts().to_dict())
    return table.reindex(columns=list(TABLES_COLUMNS))


def predicted_genes(dataset, predictions: pd.DataFrame) -> pd.DataFrame:
    """A row for each gene of a dataset: what was measured and predicted of it, and its loops."""
    table = pd.DataFrame(
        {
            "table": "genes", "cell_line": dataset.cell_line, "gene": dataset.gene,
            "chromosome": dataset.chromosome, "start": dataset.tss, "measured": dataset.expression,
            "measured_percentile": _percentile(pd.Series(dataset.expression)),
        }
    )  # fmt: skip
    if dataset.has_hichip:
        table = table.assign(
            loops=dataset.loop_number.ravel(), signal=np.round(dataset.loop_count.ravel(), 3)
        )
    for task, column in (("regression", "predicted"), ("classification", "probability")):
        rows = predictions[predictions["task"] == task].drop_duplicates("gene")
        table[column] = table["gene"].map(rows.set_index("gene")["predicted"])
    by = "predicted" if table["predicted"].notna().any() else "probability"
    table["predicted_percentile"] = _percentile(table[by])
    return table


def _percentile(values: pd.Series) -> pd.Series:
    """Share of the genes at or below, in percent; equal values share the mean of their ranks."""
    return (values.rank(pct=True) * 100).round(1)


def _motifs(dataset, inputs: Inputs) -> list[str]:
    """Names of known motifs that the filters match and the gene's promoter holds, by gene."""
    from deepexpr.motifs.jaspar import load_targets
    from deepexpr.motifs.scanning import holds, letter_frequencies

    path = inputs.matches.get(f"{dataset.cell_line} filters")
    hits = matched(path, inputs.e_value) if path else pd.DataFrame()
    names: list[list[str]] = [[] for _ in range(len(dataset))]
    if len(hits):
        targets = {motif.name: motif for motif in load_targets(inputs.jaspar)}
        background = letter_frequencies(dataset.sequence)
        for target, name in zip(hits["target"], hits["target_name"], strict=True):
            for i in np.flatnonzero(holds(dataset.sequence, targets[target], background, P_VALUE)):
                names[i].append(str(name))
    return [", ".join(dict.fromkeys(own)) for own in names]


def _loops(dataset, path: Path) -> pd.DataFrame:
    loops = read(SIGNAL, path)[list(SIGNAL)].sort_values("normalised", ascending=False)
    loops = loops.assign(gene=_genes_at(dataset, loops))
    if len(loops) > MOST_LOOPS:
        logger.info("%s: %d of %d loops", dataset.cell_line, MOST_LOOPS, len(loops))
        rank = _rank_at_genes(loops["gene"].tolist())
        loops = loops.iloc[np.sort(np.argsort(rank, kind="stable")[:MOST_LOOPS])]
    return pd.DataFrame(
        {
            "table": "loops", "cell_line": dataset.cell_line, "chromosome": loops["chromosome1"],
            "start": loops["start1"], "end": loops["end1"], "start2": loops["start2"],
            "end2": loops["end2"], "signal": loops["normalised"].round(3), "gene": loops["gene"],
        }
    )  # fmt: skip


def _rank_at_genes(genes: list[str]) -> np.ndarray:
    """Of loops, strongest first, the best place that each has among the loops of one of its genes.

    0 for the strongest of a gene; loops at no gene come behind all others.
    """
    seen: dict[str, int] = {}
    ranks = np.full(len(genes), len(genes))
    for row, names in enumerate(genes):
        for name in filter(None, names.split(", ")):
            ranks[row] = min(ranks[row], seen.get(name, 0))
            seen[name] = seen.get(name, 0) + 1
    return ranks


def _genes_at(dataset, loops: pd.DataFrame) -> list[str]:
    """Names of the genes in whose window an anchor lies, by loop, joined by commas."""
    places = {}
    for name in np.unique(dataset.chromosome):
        rows = np.flatnonzero(dataset.chromosome == name)
        rows = rows[np.argsort(dataset.tss[rows], kind="stable")]
        places[name] = (dataset.tss[rows], dataset.gene[rows])
    found = []
    for loop in loops.itertuples():
        own: list[str] = []
        for chromosome, start, end in (
            (loop.chromosome1, loop.start1, loop.end1),
            (loop.chromosome2, loop.start2, loop.end2),
        ):
            if chromosome in places:
                tss, genes = places[chromosome]
                # [tss - w/2, tss + w/2) and [start, end) overlap.
                first = np.searchsorted(tss, start - WINDOW // 2, side="right")
                last = np.searchsorted(tss, end + WINDOW // 2, side="left")
                own += genes[first:last].tolist()
        found.append(", ".join(dict.fromkeys(own)))
    return found


def _scores(metrics: pd.DataFrame) -> pd.DataFrame:
    keys = ["cell_line", "task", "method", "K", "metric"]
    grouped = metrics.groupby(keys, sort=False)["value"]
    table = grouped.agg(value="mean", sd="std", folds="count").reset_index()
    return table.assign(table="scores")


def draw_tables(table: pd.DataFrame) -> Figure:
    """How many rows of each kind there are: the rows themselves are for the page."""
    if table.empty:
        return style.only_words("Tables", "No gene was predicted.")
    counts = table.groupby(["table", "cell_line"], sort=False).size()
    rows = [[kind, line, f"{number:,}"] for (kind, line), number in counts.items()]
    return draw_table("Tables", ("Table", "Cell line", "Rows"), rows, numeric=(2,))


def page_tables(table: pd.DataFrame) -> str:
    """Three tables in one place, as the body of an HTML page."""
    if table.empty:
        return "<p>No gene was predicted.</p>"
    note = (
        f"Held-out predictions of {_method(table)}. Percentiles are among the genes of the cell "
        "line. Motifs: known ones that the network's filters match and the promoter holds "
        f"(p ≤ {P_VALUE:g}). Pairs are normalised over the replicates. Loops: at most "
        f"{MOST_LOOPS:,} of each cell line, every gene's strongest first; those of a gene by a "
        "click on it."
    )
    return (
        "<style>body { max-width: 100rem; }</style>\n"
        f'<p class="quiet">{html.escape(note)}</p>\n<div id="tables"></div>\n'
        f"{pages.packed('packed', pages.zipped(_packed(table)))}\n"
        f"{pages.scripts('packed.js', 'data_tables.js')}"
    )


def _method(table: pd.DataFrame) -> str:
    methods = set(table.loc[table["table"] == "scores", "method"])
    best = next((kind for kind in NETWORK_KINDS if kind in methods), None)
    return style.label(best) if best else "the network"


def _packed(table: pd.DataFrame) -> list[dict]:
    """Each kind with its headings and its columns of plain values."""
    return [
        {"name": kind, "columns": list(_columns(table[table["table"] == kind], shown))}
        for kind, shown in SHOWN.items()
    ]


def _columns(rows: pd.DataFrame, shown: dict[str, str]) -> Iterator[dict]:
    for name, text in shown.items():
        heading, _, digits = text.partition(" #")
        values = rows[name]
        if name == "method":
            values = values.map(style.label)
        if digits and values.isna().all() and len(values):
            continue  # such as loops, where no cell line has HiChIP
        cells = _numbers(values, int(digits)) if digits else values.fillna("").astype(str).tolist()
        yield {
            "key": name, "head": heading, "digits": int(digits) if digits else None,
            "cells": cells,
        }  # fmt: skip


def _numbers(values: pd.Series, digits: int) -> list[float | int | None]:
    """Rounded numbers, whole ones without a point; None where there is none."""
    kept = [None if pd.isna(value) else round(float(value), digits) for value in values]
    return kept if digits else [None if value is None else int(value) for value in kept]
