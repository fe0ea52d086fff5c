"""Filters that match JASPAR: of networks from a random start, trained and not, on real promoters.

    python benchmarks/real_genes_motifs.py --work DIR --output benchmarks/real_genes_motifs.tsv \
        --recipe average --line K562 --group 0

A sequence network without words and without a start at words is trained on four of the groups of
real_genes.py, the fifth held out; its filters become matrices by each tenth promoter of these
genes, both strands, and are compared with JASPAR (verb tomtom, E < 0.05). Beside it, by the same
promoters: filters of REPEATS untrained networks of the same shape; random words as filters, as
words make the start of `tuned`; and the trained filters' matrices with their columns shuffled. p:
Fisher's exact test, one-sided, against each. One row per recipe, cell line and group; with
--summary the rows of all groups are added up (their networks share genes).
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
from real_genes_data import GROUPS, loops, real_genes
from real_genes_tuned import dataset_of, fold_of
from scipy.stats import fisher_exact

from deepexpr.files import write_table
from deepexpr.letters import reverse_complement
from deepexpr.model.backend import configure, keras
from deepexpr.model.bundle import Bundle
from deepexpr.model.config import make_configs
from deepexpr.model.crossvalidation import run_job
from deepexpr.model.jobs import make_job
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

FILTERS = 48
MODEL = {"variant": "tuned", "filters": FILTERS, "words": False, "kmer_start": False}
#: What each recipe changes of MODEL, and its training.
RECIPES = {
    "average": ({}, {"epochs": 6, "patience": 3}),
    "slow": (
        {"batch_norm": False},
        {"epochs": 16, "patience": 5, "learning_rate": 1e-3},
    ),
    "max": (
        {"both_strands": False, "first_pool": 1, "pool": 20, "pool_type": "max"},
        {"epochs": 8, "patience": 3, "learning_rate": 1e-3},
    ),
}
LINES = ("K562", "GM12878")
NULLS = ("untrained", "words", "shuffled")
#: Untrained networks, sets of random words, shuffles.
REPEATS = 5
#: Filters become matrices by each tenth promoter.
EVERY = 10
WORD = 6


def untrained(settings, shape, group: int) -> np.ndarray:
    """Filters (width, 4, filters) of REPEATS networks that were never trained; others by group."""
    found = []
    for seed in range(REPEATS):
        keras.utils.set_random_seed(group * REPEATS + seed)
        start = build_proximal(TwoModules.of(settings), shape)
        found.append(np.array(start.get_layer(FIRST_CONVOLUTION).get_weights()[0]))
    return np.concatenate(found, axis=2)


def random_words(shape: tuple[int, int, int], group: int) -> np.ndarray:
    """Filters (width, 4, filters) with a word of random letters in the middle (kmer_start)."""
    rng = np.random.default_rng(group)
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


def measure(recipe: str, line: str, group: int, genes, targets, work: Path) -> dict:
    """The row of a recipe, a cell line and a held-out group."""
    began = time.process_time()
    data = dataset_of(genes, line, loops(line), work / f"{line}.h5")
    splits = fold_of(genes, data, group)
    changed, training = RECIPES[recipe]
    settings = make_configs(MODEL | changed, training)
    job = make_job(data, splits, "regression", "sequence", *settings, 1, "chromosome")
    folder = work / f"motifs-{recipe}-{line}-{group}"
    if not (folder / "bundle").is_dir():
        run_job(job, folder)
    bundle = Bundle.open(folder / "bundle")
    known = data.sequence[data.index_of(splits["gene"][splits["role"] != "test"])][::EVERY]
    learnt = bundle.first_filters(group)
    size = (*learnt.shape[:2], REPEATS * FILTERS)
    nulls = [untrained(settings[0], job.shape, group), random_words(size, group)]
    # One pass over the promoters for all filters.
    pooled = filter_pwms(
        np.concatenate([learnt, *nulls], axis=2), np.concatenate([known, reverse_complement(known)])
    )
    motifs = filter_motifs(pooled)
    best = matching(motifs, targets)
    index = best["query"].str.removeprefix("filter_").astype(int).to_numpy()
    of = np.digitize(index, [FILTERS, (1 + REPEATS) * FILTERS])
    own = [m for m in motifs if int(m.name.removeprefix("filter_")) < FILTERS]
    rng = np.random.default_rng(group)
    shuffled = sum(
        len(matching([shuffle_columns(m, rng) for m in own], targets)) for _ in range(REPEATS)
    )
    row = {"recipe": recipe, "line": line, "group": group, "filters": FILTERS}
    row |= {"matching": int((of == 0).sum()), "of_each_null": REPEATS * FILTERS}
    row |= dict(zip(NULLS, [int((of == 1).sum()), int((of == 2).sum()), shuffled], strict=True))
    names = sorted(set(best["target_name"][of == 0].astype(str)))
    return tested(row) | {
        "r": round(bundle.info["metrics"][str(group)]["value"], 4),
        "motifs": " ".join(names),
        "cpu_minutes": round((time.process_time() - began) / 60, 2),
    }


def tested(row: dict) -> dict:
    """The row with p against each null."""
    found, number, size = row["matching"], row["filters"], row["of_each_null"]
    for name in NULLS:
        counts = [[found, number - found], [row[name], size - row[name]]]
        row[f"{name}_p"] = float(f"{fisher_exact(counts, 'greater')[1]:.2g}")
    return row


def summary(done: pd.DataFrame) -> pd.DataFrame:
    """All groups of a recipe and a line added up."""
    keys, added = ["recipe", "line"], ["filters", "matching", "of_each_null", *NULLS]
    rows = []
    for key, part in done[done["group"] != "all"].groupby(keys, sort=False):
        row = dict(zip(keys, key, strict=True)) | {"group": "all"}
        row |= {name: int(part[name].sum()) for name in added}
        row = tested(row) | {"r": round(float(part["r"].mean()), 4)}
        names = {one for text in part["motifs"].dropna() for one in text.split()}
        rows.append(row | {"motifs": " ".join(sorted(names)), "cpu_minutes": np.nan})
    return pd.DataFrame(rows)


def main() -> None:
    """Measure what is not in the table yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", required=True, type=Path)
    parser.add_argument("--output", required=True, type=Path)
    parser.add_argument("--recipe", default="average", choices=list(RECIPES))
    parser.add_argument("--line", action="append", choices=LINES)
    parser.add_argument("--group", action="append", type=int, choices=range(GROUPS))
    parser.add_argument("--summary", action="store_true", help="only add up what is there")
    args = parser.parse_args()
    done = pd.read_csv(args.output, sep="\t") if args.output.is_file() else pd.DataFrame()
    if args.summary:
        single = done[done["group"].astype(str) != "all"]
        table = pd.concat([single, summary(single)], ignore_index=True)
        write_table(table, args.output)
        print(table[table["group"].astype(str) == "all"].to_string(index=False))
        return
    configure(threads=1)
    genes, targets = real_genes(), load_targets(TomtomSection().targets, "vertebrates")
    for group in args.group or range(GROUPS):
        for line in args.line or LINES:
            one = [args.recipe, line, str(group)]
            if len(done):
                keys = done[["recipe", "line", "group"]].astype(str)
                if (keys == one).all(axis=1).any():
                    continue
            row = measure(args.recipe, line, group, genes, targets, args.work)
            done = pd.concat([done, pd.DataFrame([row])], ignore_index=True)
            write_table(done, args.output)
            print(row, flush=True)


if __name__ == "__main__":
    main()
