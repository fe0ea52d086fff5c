"""Filters to matrices and TomTom: speed, memory, agreement with MEME's program, the honest null.

    python benchmarks/motifs.py --output benchmarks/motifs.tsv

filters : 128 random filters of 8 letters over --promoters promoters of 2 kb (real_data.py), and the
    same counts by a batched convolution over every window, which must be equal.
tomtom : memelite against MEME's TomTom 4.9.1, distance ed, complete scores, all pairs of
    ../shared/data/tomtom: log10 p, best offsets and orientations of the pairs with p < 1e-3.
known share : JASPAR motifs as queries with a tenth of their letters' probability blurred, beside
    column-shuffled ones: what the null says of motifs that are known.
Each row is one fresh process; seconds are CPU seconds after compilation.
"""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import resource
import time
from dataclasses import replace

import numpy as np
import pandas as pd
from real_data import DATA, many_promoters, require_data

from deepexpr.features.meme_format import read_meme
from deepexpr.features.sequence import one_hot
from deepexpr.files import write_table
from deepexpr.motifs.filters import filter_pwms
from deepexpr.motifs.jaspar import load_jaspar
from deepexpr.motifs.tomtom import TomtomOptions, compare, known_share

FILTERS, WIDTH, ALPHA, SEED = 128, 8, 0.7, 1


def _weights() -> np.ndarray:
    return np.random.default_rng(SEED).normal(size=(WIDTH, 4, FILTERS)).astype(np.float32)


def measure_filters(promoters: int) -> dict:
    """Time `filter_pwms`."""
    sequences = many_promoters(promoters, SEED)
    start, before = time.process_time(), _peak_gb()
    found = filter_pwms(_weights(), sequences, ALPHA)
    return {
        "case": f"filters, {FILTERS} x {promoters} promoters",
        "cpu_seconds": round(time.process_time() - start, 2),
        "peak_gb": round(max(before, _peak_gb()), 2),
        "windows": found.windows,
        "fired": int((found.sites > 0).sum()),
        "active_windows": int(found.sites.sum()),
    }


def measure_convolution(promoters: int, batch: int = 50) -> dict:
    """The same by convolving every window, in batches; stops where the counts differ."""
    sequences, weights = many_promoters(promoters, SEED), _weights().astype(np.float64)
    eav = weights.max(axis=1).sum(axis=0)
    kernel = weights.reshape(WIDTH * 4, FILTERS)
    counts, sites = np.zeros((FILTERS, WIDTH * 4)), np.zeros(FILTERS)
    start = time.process_time()
    for first in range(0, promoters, batch):
        letters = one_hot(sequences[first : first + batch])
        windows = np.lib.stride_tricks.sliding_window_view(letters, WIDTH, axis=1)
        windows = windows.transpose(0, 1, 3, 2).reshape(-1, WIDTH * 4).astype(np.float64)
        active = windows @ kernel > ALPHA * eav
        counts += active.astype(np.float64).T @ windows
        sites += active.sum(axis=0)
    seconds = time.process_time() - start
    found = filter_pwms(_weights(), sequences, ALPHA)
    same = (found.counts.reshape(FILTERS, -1) == counts).all() and (found.sites == sites).all()
    if not same:
        raise SystemExit("the counts differ from those of the convolution")
    return {
        "case": f"convolution of every window, {FILTERS} x {promoters} promoters",
        "cpu_seconds": round(seconds, 2),
        "peak_gb": round(_peak_gb(), 2),
        "counts_equal": "yes",
    }


def measure_tomtom() -> dict:
    """memelite against the reference run."""
    folder = DATA / "tomtom"
    queries = read_meme(folder / "query.meme")
    targets = read_meme(folder / "jaspar2018_core_vertebrates.meme")
    compare(queries[:1], targets)
    start = time.process_time()
    ours = compare(queries, targets)
    seconds = time.process_time() - start
    reference = pd.read_csv(folder / "tomtom_ed.txt.gz", sep="\t")
    reference = reference.rename(columns={"#Query ID": "query", "Target ID": "target"})
    both = ours.merge(reference, on=["query", "target"])
    sure = both[both["p-value"] < 1e-3]
    other = sure[sure["orientation"] != sure["Orientation"]]
    r = np.corrcoef(np.log10(both["p_value"]), np.log10(both["p-value"]))[0, 1]
    return {
        "case": "tomtom against MEME 4.9.1, distance ed",
        "cpu_seconds": round(seconds, 2),
        "pairs": len(both),
        "log10_p_r": round(float(r), 6),
        "sure_pairs": len(sure),
        "same_offset": round(float((sure["offset"] == sure["Optimal offset"]).mean()), 4),
        "same_orientation": round(1 - len(other) / len(sure), 4),
        "other_orientation": ", ".join(sorted(set(other["query"]))),
    }


def measure_share(number: int = 60) -> dict:
    """Known motifs, a little blurred, and their column shuffles."""
    targets = load_jaspar()
    rng = np.random.default_rng(SEED)
    chosen = [targets[i] for i in sorted(rng.choice(len(targets), number, replace=False))]
    queries = [
        replace(m, name=f"q{i}", probabilities=0.9 * m.probabilities + 0.025)
        for i, m in enumerate(chosen)
    ]
    start = time.process_time()
    options = TomtomOptions()
    row = known_share(
        compare(queries, targets, options), queries, targets, options, shuffles=10, seed=SEED
    ).iloc[0]
    return {
        "case": "known share, blurred JASPAR motifs",
        "cpu_seconds": round(time.process_time() - start, 2),
        "queries": int(row["queries"]),
        "matched": int(row["matched"]),
        "matched_shuffled_mean": float(row["matched_shuffled_mean"]),
        "matched_shuffled_max": int(row["matched_shuffled_max"]),
    }


def _peak_gb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def main() -> None:
    """Run the cases, each in its own process, print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", required=True, help="TSV of the measurements")
    parser.add_argument("--promoters", type=int, default=18_000)
    parser.add_argument("--convolved", type=int, default=1000, help="promoters of the convolution")
    args = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    require_data()
    rows = []
    for function, arguments in (
        (measure_filters, (args.promoters,)),
        (measure_filters, (args.convolved,)),
        (measure_convolution, (args.convolved,)),
        (measure_tomtom, ()),
        (measure_share, ()),
    ):
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            rows.append(pool.apply(function, arguments))
        print(rows[-1], flush=True)
        write_table(pd.DataFrame(rows), args.output)


if __name__ == "__main__":
    main()
