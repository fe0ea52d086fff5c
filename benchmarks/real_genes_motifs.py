"""Filters that match JASPAR: of networks from a random start, trained and not, on real promoters.

    python benchmarks/real_genes_motifs.py --work DIR --output benchmarks/real_genes_motifs.tsv

A sequence network without words and without a start at words is trained on groups 1 to 4 of
real_genes.py; its filters become matrices by each tenth promoter of these genes, both strands (the
network shares its filters between strands), and are compared with JASPAR (verb tomtom, E < 0.05).
Beside it, by the same promoters: filters of REPEATS untrained networks of the same shape; random
words as filters, as words make the start of `tuned`; and the trained filters' matrices with their
columns shuffled. p: Fisher's exact test, one-sided, against each. One row per cell line.
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
from deepexpr.letters import reverse_complement
from deepexpr.model.backend import configure, keras
from deepexpr.model.bundle import Bundle
from deepexpr.model.config import make_configs
from deepexpr.model.crossvalidation import make_job, run_job
from deepexpr.model.network import FIRST_CONVOLUTION, TwoModules, build_proximal
from deepexpr.motifs.filters import filter_motifs, filter_pwms
from deepexpr.motifs.jaspar import load_targets
from deepexpr.motifs.sections import TomtomSection
from deepexpr.motifs.tomtom import (
    TomtomOptions,
    best_matches,
    compare,
    shuffle_columns,
    significant,
)

MODEL = {"variant": "tuned", "filters": 48, "words": False, "kmer_start": False}
TRAINING = {"epochs": 6, "patience": 3}
#: Untrained networks, sets of random words, shuffles.
REPEATS = 5
#: Filters become matrices by each tenth promoter.
EVERY = 10
GROUP = 0
WORD = 6


def untrained(settings, shape) -> np.ndarray:
    """Filters (width, 4, filters) of REPEATS networks that were never trained."""
    found = []
    for seed in range(REPEATS):
        keras.utils.set_random_seed(seed)
        start = build_proximal(TwoModules.of(settings), shape)
        found.append(np.array(start.get_layer(FIRST_CONVOLUTION).get_weights()[0]))
    return np.concatenate(found, axis=2)


def random_words(shape: tuple[int, int, int]) -> np.ndarray:
    """Filters (width, 4, filters) with a word of random letters in the middle (kmer_start)."""
    rng = np.random.default_rng(0)
    width, _, filters = shape
    weights, start = rng.normal(0, 0.05, shape), (width - WORD) // 2
    middle = weights[start : start + WORD]
    middle[:] = -0.5 / 3
    letters = rng.integers(0, 4, (WORD, filters))
    middle[np.arange(WORD)[:, None], letters, np.arange(filters)] = 0.5
    return weights


def matching(motifs: list, targets) -> pd.DataFrame:
    """The best target of each motif that matches one."""
    table = significant(compare(motifs, targets, TomtomOptions()), TomtomSection().e_value)
    return best_matches(table) if len(table) else table


def measure(line: str, genes, targets, work: Path) -> dict:
    """The row of a cell line."""
    began = time.process_time()
    data = dataset_of(genes, line, loops(line), work / f"{line}.h5")
    splits = fold_of(genes, data, GROUP)
    settings = make_configs(MODEL, TRAINING)
    job = make_job(data, splits, "regression", "sequence", *settings, 1, "chromosome")
    folder = work / f"motifs-{line}"
    if not (folder / "bundle").is_dir():
        run_job(job, folder)
    bundle = Bundle.open(folder / "bundle")
    known = data.sequence[data.index_of(splits["gene"][splits["role"] != "test"])][::EVERY]
    learnt, number = bundle.first_filters(GROUP), MODEL["filters"]
    size = (*learnt.shape[:2], REPEATS * number)
    every = np.concatenate([learnt, untrained(settings[0], job.shape), random_words(size)], axis=2)
    # One pass over the promoters for all filters.
    pooled = filter_pwms(every, np.concatenate([known, reverse_complement(known)]))
    motifs = filter_motifs(pooled)
    best = matching(motifs, targets)
    index = best["query"].str.removeprefix("filter_").astype(int).to_numpy()
    of = np.digitize(index, [number, (1 + REPEATS) * number])
    own = [m for m in motifs if int(m.name.removeprefix("filter_")) < number]
    rng = np.random.default_rng(0)
    null = sum(
        len(matching([shuffle_columns(m, rng) for m in own], targets)) for _ in range(REPEATS)
    )
    found = int((of == 0).sum())
    row = {"line": line, "group": GROUP, "filters": number, "matching": found}
    beside = {"untrained": int((of == 1).sum()), "words": int((of == 2).sum()), "shuffled": null}
    for name, count in beside.items():
        counts = [[found, number - found], [count, REPEATS * number - count]]
        row[f"{name}_matching"] = count
        row[f"{name}_p"] = float(f"{fisher_exact(counts, 'greater')[1]:.2g}")
    names = sorted(set(best["target_name"][of == 0].astype(str)))
    return row | {
        "of_each_null": REPEATS * number,
        "r": round(bundle.info["metrics"][str(GROUP)]["value"], 4),
        "motifs": " ".join(names),
        "cpu_minutes": round((time.process_time() - began) / 60, 2),
    }


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
        row = measure(line, genes, targets, args.work)
        done = pd.concat([done, pd.DataFrame([row])], ignore_index=True)
        write_table(done, args.output)
        print(row, flush=True)


if __name__ == "__main__":
    main()
