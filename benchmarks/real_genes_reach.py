"""Neighbouring or far, on real loops: genes evaluated apart by how far their loops reach.

    python benchmarks/real_genes_reach.py --work DIR --output benchmarks/real_genes_reach.tsv
    python benchmarks/real_genes_reach.py --demo RESULTS --output benchmarks/reach_demo.tsv

--demo: the table of figure `reach` in the results of a finished run of the demo, scores alone.
Else DIR holds the held-out predictions of real_genes.py; nothing is trained but trees on loop sums
within 100 kb alone, the counterpart of those on all (a fold: 0.1 core-minutes). Groups of genes as
in figure `reach`: no loop, loops within 100 kb of the TSS only, a loop beyond. One row for each
line, held-out group of chromosomes, group of genes and method.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from real_genes_data import BIN, GROUPS, RealGenes, real_genes
from real_genes_loops import held_out, trees
from real_genes_rows import COLUMNS, LINES, WITH_LOOPS, file_of, keep, scores, targets

from deepexpr.features.words import loop_windows
from deepexpr.figures.reach import GROUPS as REACHES
from deepexpr.figures.reach import near_bins, reach_groups
from deepexpr.files import read_table, write_table

NEAR_TREES = "fine words and loops within 100 kb, trees"
#: Method in the table, its predictions' name in DIR, and whether these read loops.
METHODS = (
    ("tuned", "tuned {line}", True),
    ("tuned, sequence", "tuned {line}", False),
    ("trees with anchors", "fine words and anchors, trees", True),
    ("words", "fine words", False),
    ("ridge on loop sums", "fine words and loops", True),
    ("trees on loop sums", "fine words and loops, trees", True),
    ("trees on loop sums to 100 kb", NEAR_TREES, True),
)


def measure_near_trees(genes: RealGenes, work: Path) -> None:
    """Held-out predictions of trees that read only the loops within 100 kb, where not there yet."""
    near = near_bins(next(iter(genes.bins.values())).shape[1], BIN)
    loops = {
        ("near", name): loop_windows(np.where(near, genes.bins[name], 0), BIN)
        for _, name, _ in WITH_LOOPS
    }
    for group in range(GROUPS):
        path = file_of(work, NEAR_TREES, group, 0)
        if not path.is_file():
            found = np.load(file_of(work, "fine words", group, 0))
            keep(path, held_out(targets(genes), found, loops, "near", trees, genes.group == group))


def rows_of(genes: RealGenes, work: Path, group: int) -> list[dict]:
    """All rows of one held-out group of chromosomes."""
    y, rows = targets(genes), []
    for column, loops, line in WITH_LOOPS:
        reach = reach_groups(genes.bins[loops], BIN)
        test = (genes.group == group) & np.isfinite(y[:, LINES.index(line)])
        for method, what, with_loops in METHODS:
            path = file_of(work, what.format(line=line), group, 0)
            if not path.is_file():
                continue
            place = COLUMNS.index(column if with_loops else line)
            predicted = np.load(path)
            for of in ("all", *REACHES):
                own = test & ((reach == of) | (of == "all"))
                r = scores(predicted[own][:, [place]], y[own][:, [place]])[0]
                rows.append({"line": line, "group": group, "method": method, "loops": of,
                             "genes": int(own.sum()), "r": r})  # fmt: skip
    return rows


def demo_rows(results: Path) -> pd.DataFrame:
    """The scores of a run's figure: `group` is the fold, `r` missing where it has too few genes."""
    figure = read_table(results / "figures" / "reach.tsv")
    figure = figure.drop(columns="group").assign(loops=figure["group"])
    names = {"cell_line": "line", "fold": "group", "n": "genes", "value": "r"}
    return figure.rename(columns=names)[["line", "group", "method", "loops", "genes", "r"]]


def main() -> None:
    """Measure what is there."""
    parser = argparse.ArgumentParser(description=__doc__)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--work", type=Path)
    source.add_argument("--demo", type=Path, metavar="RESULTS")
    parser.add_argument("--output", required=True, type=Path)
    args = parser.parse_args()
    if args.demo:
        table = demo_rows(args.demo)
    else:
        genes = real_genes()
        measure_near_trees(genes, args.work)
        table = pd.DataFrame([row for g in range(GROUPS) for row in rows_of(genes, args.work, g)])
    write_table(table.round(4), args.output)
    means = table.groupby(["line", "loops", "method"], sort=False)
    shown = means.agg(
        genes=("genes", "sum"), folds=("r", "count"), r=("r", "mean"), sd=("r", "std")
    )
    print(shown.round(3).to_string())


if __name__ == "__main__":
    main()
