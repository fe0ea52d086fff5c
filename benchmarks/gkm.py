"""Gapped k-mers: speed and memory beside scikit-learn's CountVectorizer for plain 6-mers.

    python benchmarks/gkm.py --output benchmarks/gkm.tsv

Promoters: the real ones of ../shared/data, and rotated copies of them up to --promoters. Each row
is one fresh process on one core, after compilation; memory is what the process grew by at its
peak while counting. CountVectorizer counts each strand's 6-mers for themselves; its columns are
merged with their reverse complements (not timed) and must equal ours, or the run stops.
"""

from __future__ import annotations

import argparse
import multiprocessing
import time
from pathlib import Path

import numpy as np
import pandas as pd
from real_data import many_promoters, require_data

from deepexpr.baselines.gkm import count_gkm, vocabulary
from deepexpr.files import write_table

SEED = 1
_PARTNER = str.maketrans("ACGT", "TGCA")


def _memory_gb(field: str) -> float:
    """VmRSS (now) or VmHWM (the peak since it was set back) of this process (Linux)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field)) / 2**20


def measure_ours(number: int, length: int, informative: int) -> dict:
    """Time `count_gkm`; for plain 6-mers also the sum of the counts by column, to compare."""
    sequences = many_promoters(number, SEED)
    count_gkm(sequences[:2], length, informative)  # compiles
    name = f"gkm ({length}, {informative})"
    row = _measured(name, sequences, lambda: count_gkm(sequences, length, informative))
    # Only what is compared goes back to the parent, a copy of all counts.
    return row if length == informative == 6 else row | {"counts": None}


def measure_library(number: int) -> dict:
    """Time CountVectorizer on the same letters, and merge its strands for the comparison."""
    from sklearn.feature_extraction.text import CountVectorizer

    sequences = [row.tobytes().decode() for row in many_promoters(number, SEED)]
    counter = CountVectorizer(analyzer="char", ngram_range=(6, 6), lowercase=False)
    row = _measured("CountVectorizer 6-mers", sequences, lambda: counter.fit_transform(sequences))
    columns = {name: i for i, name in enumerate(vocabulary(6, 6).names)}
    names = counter.get_feature_names_out()
    place = [columns.get(min(n, n.translate(_PARTNER)[::-1]), -1) for n in names]
    counts = row.pop("counts").tocoo()
    merged = np.zeros((len(sequences), len(columns)), dtype=np.int64)
    column = np.array(place)[counts.col]
    known = column >= 0  # words with N are none of ours
    np.add.at(merged, (counts.row[known], column[known]), counts.data[known])
    return row | {"counts": merged}


def _measured(name: str, sequences, count) -> dict:
    Path("/proc/self/clear_refs").write_text("5")  # sets the peak back to what is held now
    before = _memory_gb("VmRSS")
    start = time.process_time()
    counts = count()
    seconds = time.process_time() - start
    return {
        "case": name,
        "promoters": len(sequences),
        "features": counts.shape[1],
        "cpu_seconds": round(seconds, 2),
        "peak_growth_gb": round(_memory_gb("VmHWM") - before, 3),
        "nonzero": counts.nnz,
        "counts": counts,
    }


def main() -> None:
    """Run every case in its own process, compare the counts, print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", required=True, help="TSV of the measurements")
    parser.add_argument("--promoters", type=int, default=18_000)
    parser.add_argument("--words", default="6,6 6,4", help="length,informative ...")
    args = parser.parse_args()
    require_data()
    jobs = [(measure_library, (args.promoters,))]
    words = [map(int, word.split(",")) for word in args.words.split()]
    jobs += [(measure_ours, (args.promoters, *word)) for word in words]
    rows, library = [], None
    for function, arguments in jobs:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            row = pool.apply(function, arguments)
        counts = row.pop("counts")
        if library is None:
            library, reference = row, counts
        elif row["case"] == "gkm (6, 6)":
            if (counts.toarray() != reference).any():
                raise SystemExit("the counts differ from CountVectorizer's")
            row["counts_equal"] = "yes"
            row["times_faster"] = round(library["cpu_seconds"] / row["cpu_seconds"], 1)
        rows.append(row)
        print(row, flush=True)
    write_table(pd.DataFrame(rows), args.output)


if __name__ == "__main__":
    main()
