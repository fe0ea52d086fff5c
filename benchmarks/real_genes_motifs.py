"""Filters that match JASPAR: of networks from a random start, trained and not, on real promoters.

    python benchmarks/real_genes_motifs.py --work DIR --output benchmarks/real_genes_motifs.tsv

A sequence network without words and without a start at words is trained on groups 1 to 4 of
real_genes.py; its filters become matrices by each fifth promoter of these genes (verb filters) and
are compared with JASPAR (verb tomtom, E < 0.05). Beside it filters of UNTRAINED untrained networks
of the same shape, by the same promoters. p: Fisher's exact test, one-sided, one row per cell line.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

# One core: the others of a shared machine are not ours.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
from real_genes_data import loops, real_genes
from real_genes_tuned import dataset_of, fold_of
from scipy.stats import fisher_exact

from deepexpr.files import write_table
from deepexpr.model.backend import configure, keras
from deepexpr.model.bundle import Bundle
from deepexpr.model.config import make_configs
from deepexpr.model.crossvalidation import make_job, run_job
from deepexpr.model.network import FIRST_CONVOLUTION, TwoModules, build_proximal
from deepexpr.motifs.filters import filter_motifs, filter_pwms
from deepexpr.motifs.jaspar import load_targets
from deepexpr.motifs.sections import TomtomSection
from deepexpr.motifs.tomtom import TomtomOptions, best_matches, compare, significant

MODEL = {"variant": "tuned", "filters": 48, "words": False, "kmer_start": False}
TRAINING = {"epochs": 6, "patience": 3}
UNTRAINED = 5
#: Filters become matrices by each fifth promoter.
EVERY = 5
GROUP = 0


def matches(weights: np.ndarray, promoters: np.ndarray, targets) -> tuple[int, str]:
    """How many filters (width, 4, filters) match, and the names of the motifs that do best."""
    motifs = filter_motifs(filter_pwms(weights, promoters))
    table = significant(compare(motifs, targets, TomtomOptions()), TomtomSection().e_value)
    if table.empty:
        return 0, ""
    best = best_matches(table)
    return len(best), " ".join(sorted(set(best["target_name"].astype(str))))


def main() -> None:
    """Measure what is not in the table yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", required=True, type=Path)
    parser.add_argument("--output", required=True, type=Path)
    args = parser.parse_args()
    configure(threads=1)
    genes, targets = real_genes(), load_targets(TomtomSection().targets, "vertebrates")
    done = pd.read_csv(args.output, sep="\t") if args.output.is_file() else pd.DataFrame()
    for line in ("K562", "GM12878"):
        if len(done) and line in set(done["line"]):
            continue
        began = time.process_time()
        data = dataset_of(genes, line, loops(line), args.work / f"{line}.h5")
        splits = fold_of(genes, data, GROUP)
        settings = make_configs(MODEL, TRAINING)
        job = make_job(data, splits, "regression", "sequence", *settings, 1, "chromosome")
        folder = args.work / f"motifs-{line}"
        run_job(job, folder)
        bundle = Bundle.open(folder / "bundle")
        known = data.sequence[data.index_of(splits["gene"][splits["role"] != "test"])][::EVERY]
        found, names = matches(bundle.first_filters(GROUP), known, targets)
        untrained = 0
        for seed in range(UNTRAINED):
            keras.utils.set_random_seed(seed)
            start = build_proximal(TwoModules.of(settings[0]), job.shape)
            weights = start.get_layer(FIRST_CONVOLUTION).get_weights()[0]
            untrained += matches(np.array(weights), known, targets)[0]
        number = MODEL["filters"]
        counts = [[found, number - found], [untrained, UNTRAINED * number - untrained]]
        row = {
            "line": line, "filters": number, "matching": found, "untrained": UNTRAINED * number,
            "untrained_matching": untrained, "p": float(fisher_exact(counts, "greater")[1]),
            "r": round(bundle.info["metrics"][str(GROUP)]["value"], 4), "motifs": names,
            "cpu_minutes": round((time.process_time() - began) / 60, 2),
        }  # fmt: skip
        done = pd.concat([done, pd.DataFrame([row])], ignore_index=True)
        write_table(done, args.output)
        print(row, flush=True)


if __name__ == "__main__":
    main()
