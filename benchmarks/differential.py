"""Differential loops of the demo beside what was planted, and beside pydeseq2.

    nice python benchmarks/differential.py --results results --truth resources/demo/truth \\
        --output benchmarks/differential.tsv [--pydeseq2 PYTHON]

The loops of two cell lines of a finished demo are counted in all replicates and tested by
`deepexpr.hichip.negative_binomial`, and by pydeseq2 (its Wald test, without Cook's filter and
without independent filtering) with the same multiple testing. pydeseq2 asks for an older pandas
than this project's, so it runs in an environment of its own, whose Python is given. A loop that is
called is right where it was planted in one of the two lines only, and the change has its direction.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from deepexpr.files import read_table, write_table
from deepexpr.hichip.bedpe import ANCHORS, read_contacts
from deepexpr.hichip.coverage import false_discovery
from deepexpr.hichip.negative_binomial import compare_groups
from deepexpr.hichip.signal import count_loops, read_called_loops

LEVEL = 0.1
PLACE = ["chromosome1", "start1", "chromosome2", "start2"]

_PYDESEQ2 = """
import sys, time, warnings
warnings.filterwarnings("ignore")
import pandas as pd
from pydeseq2.dds import DeseqDataSet
from pydeseq2.ds import DeseqStats
counts = pd.read_csv(sys.argv[1], sep="\\t", index_col=0)
groups = pd.DataFrame({"line": [name.split(".")[0] for name in counts]}, index=counts.columns)
start = time.process_time()
data = DeseqDataSet(counts=counts.T, metadata=groups, design="~line", quiet=True, n_cpus=1,
                    refit_cooks=False)
data.deseq2()
test = DeseqStats(data, contrast=["line", "second", "first"], quiet=True, n_cpus=1,
                  cooks_filter=False, independent_filter=False)
test.summary()
seconds = time.process_time() - start
table = test.results_df[["log2FoldChange", "pvalue"]].set_axis(["change", "p"], axis=1)
table.assign(dispersion=data.var["dispersions"], seconds=seconds,
             trend=data.uns["disp_function_type"]).to_csv(sys.argv[2], sep="\\t")
"""


def counted(results: Path, lines: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The union of both lines' loops, and its PETs in their replicates ("first.1" and so on)."""
    loops = [read_called_loops(results / f"loops/{line}/loops.bedpe")[ANCHORS] for line in lines]
    union = pd.concat(loops).drop_duplicates().sort_values(ANCHORS, ignore_index=True)
    counts = {
        f"{name}.{i}": count_loops(union, read_contacts(path), path.parent.name)
        for name, line in zip(("first", "second"), lines, strict=True)
        for i, path in enumerate(sorted(results.glob(f"hichip/{line}_*/contacts.tsv.gz")), 1)
    }
    return union, pd.DataFrame(counts)


def planted(union: pd.DataFrame, truth: Path, lines: list[str]) -> np.ndarray:
    """(n,) 1 where a loop was planted in the second line only, -1 in the first only, else 0."""
    table = read_table(truth / "loops.tsv")
    places = [set(table.loc[table["cell_line"] == x, PLACE].itertuples(index=False, name=None))
              for x in lines]  # fmt: skip
    own = list(union[PLACE].itertuples(index=False, name=None))
    first, second = (np.array([place in known for place in own]) for known in places)
    return second.astype(int) - first.astype(int)


def score(method: str, change: np.ndarray, p: np.ndarray, way: np.ndarray, seconds: float) -> dict:
    """One row: how many loops a method calls, and how many of these were planted so."""
    called = false_discovery(p, len(p)) < LEVEL
    right = called & (np.sign(change) == way) & (way != 0)
    row = {
        "method": method, "loops": len(p), "planted_in_one": int((way != 0).sum()),
        "called": int(called.sum()), "right": int(right.sum()),
        "wrong": int((called & ~right).sum()), "cpu_seconds": round(seconds, 2),
    }  # fmt: skip
    print(row, flush=True)
    return row


def main() -> None:
    """Count, test, compare, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--results", type=Path, required=True, help="of a finished demo")
    parser.add_argument("--truth", type=Path, required=True, help="what the demo planted")
    parser.add_argument("--lines", nargs=2, default=["Alpha", "Beta"])
    parser.add_argument("--pydeseq2", help="Python of an environment that has pydeseq2")
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()
    union, counts = counted(args.results, args.lines)
    way = planted(union, args.truth, args.lines)
    start = time.process_time()
    second = np.array([name.startswith("second") for name in counts])
    own = compare_groups(counts.to_numpy(), second)
    rows = [score("deepexpr", own.log2_change, own.p, way, time.process_time() - start)]
    if args.pydeseq2:
        with tempfile.TemporaryDirectory() as folder:
            paths = [Path(folder, name) for name in ("counts.tsv", "result.tsv")]
            counts.rename(index=lambda i: f"loop{i}").to_csv(paths[0], sep="\t")
            subprocess.run([args.pydeseq2, "-c", _PYDESEQ2, *paths], check=True)
            theirs = read_table(paths[1])
        trend = theirs["trend"].iloc[0]
        change, p = (theirs[name].to_numpy(float) for name in ("change", "p"))
        rows.append(score(f"pydeseq2, {trend} trend", change, p, way, theirs["seconds"].iloc[0]))
    write_table(pd.DataFrame(rows), args.output)


if __name__ == "__main__":
    main()
