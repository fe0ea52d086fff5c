"""Random folds, families and chromosomes on the same real genes: words, ridge and trees; `tuned`.

    python benchmarks/real_genes_folds.py --work DIR --output benchmarks/real_genes_folds.tsv \
        --scheme random --seed 1 --folds 10

Genes: those of config/human, with a value in all four lines. Splits: the product's. Methods: the
fine words in closed form, and beside their left-out score loops as the baselines `ridge` and
`trees` read them; with `--tuned LINE` the network instead, by its saved bundles. One row per fold
and method; finished folds are not done again.

Products of all genes' words are taken once for all folds of the closed forms, so columns are scaled
by their spread over all genes (the baselines and `tuned`: over the training genes); test genes'
expression is not seen.
"""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
from real_data import LINES as COUNTED
from real_genes_data import RealGenes, loops, real_genes
from real_genes_loops import features_of, linear, trees
from real_genes_rows import WITH_LOOPS, keep, scores
from real_genes_tuned import TRAINING, bundle_scores, dataset_of

from deepexpr.features.families import find_families
from deepexpr.features.splits import make_splits
from deepexpr.features.words import WORD_BLOCKS, WORD_SPREAD, window_words
from deepexpr.files import write_table
from deepexpr.model.backend import configure
from deepexpr.model.words import PENALTIES, ridge_by_gram, standardisation, standardised

LINES = (*COUNTED, "GM12878")
#: Where the search of the penalty starts: every group of chromosomes chose it.
FIRST = 13


def genes_of_human() -> RealGenes:
    """The genes with a value in all LINES."""
    genes = real_genes()
    rows = np.flatnonzero(np.all([np.isfinite(genes.expression[line]) for line in LINES], axis=0))
    names = ("gene", "chromosome", "tss", "strand", "group", "sequence", "samples")
    taken = {name: getattr(genes, name)[rows] for name in names}
    dictionaries = {
        name: {key: array[rows] for key, array in getattr(genes, name).items()}
        for name in ("expression", "bins")
    }
    return replace(genes, **taken, **dictionaries)


def products(genes: RealGenes, path: Path) -> np.ndarray:
    """(n, n) float32, products of the genes' standardised fine words; kept in `path`."""
    if not path.is_file():
        counts, blocks = window_words(genes.sequence, WORD_BLOCKS["fine"])
        centre, scale = standardisation(counts, blocks, WORD_SPREAD["fine"])
        z = standardised(counts, centre, scale)
        keep(path, z @ z.T)
    return np.load(path)


def word_scores(gram: np.ndarray, y: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, float]:
    """Scores (n, k) of all genes, left-out where not `test`, and the penalty they chose."""
    rows, held = np.flatnonzero(~test), np.flatnonzero(test)
    own, across = gram[np.ix_(rows, rows)], gram[np.ix_(held, rows)]
    mean = own.mean(axis=0)  # columns are centred by the training genes, as the product does
    across = across - mean - across.mean(axis=1, keepdims=True) + mean.mean()
    own = own - mean - mean[:, None] + mean.mean()
    middle, sd = y[rows].mean(axis=0), y[rows].std(axis=0)
    values = ((y[rows] - middle) / sd).astype(np.float32)
    tried = {}

    def error(index: int) -> float:
        if not 0 <= index < len(PENALTIES):
            return np.inf
        if index not in tried:
            tried[index] = ridge_by_gram(own, values, float(PENALTIES[index]))
        return tried[index][0]

    best = FIRST
    step = -1 if error(best - 1) < error(best) else 1
    while error(best + step) < error(best):
        best += step
    _, along, residual = tried[best]
    result = np.empty(y.shape)
    result[rows] = y[rows] - residual * sd
    result[held] = middle + (across @ along) * sd
    return result, float(PENALTIES[best])


def with_loops(y, found, features, test, model, kind: str) -> np.ndarray:
    """Predictions (n, WITH_LOOPS) from the words' scores and loops; NaN of training genes."""
    result = np.full((len(y), len(WITH_LOOPS)), np.nan)
    for i, (_, name, line) in enumerate(WITH_LOOPS):
        column = LINES.index(line)
        x = np.column_stack([found[:, column], features[kind, name]])
        result[test, i] = model(x[~test], y[~test, column])(x[test])
    return result


def splits_of(genes: RealGenes, scheme: str, folds: int, seed: int) -> pd.DataFrame:
    """The product's splits."""
    table = pd.DataFrame({"gene": genes.gene, "chromosome": genes.chromosome})
    if scheme == "family":
        table["family"] = find_families(genes.sequence)
        size = table.groupby("family")["gene"].transform("size")
        print(f"{(size > 1).sum()} genes in {table['family'][size > 1].nunique()} families")
    return make_splits(table, scheme, folds, seed)


def closed_forms(genes: RealGenes, splits: pd.DataFrame, work: Path):
    """A function of the fold: rows of words, ridge and trees."""
    gram = products(genes, work / "fine-products.npy")
    y = np.column_stack([genes.expression[line] for line in LINES])
    own = np.column_stack([y[:, LINES.index(line)] for _, _, line in WITH_LOOPS])
    held = splits[splits["role"] == "test"].set_index("gene")["fold"].loc[genes.gene].to_numpy()
    features = features_of(genes, {name for _, name, _ in WITH_LOOPS})
    names = [name for name, _, _ in WITH_LOOPS]

    def rows(fold: int) -> pd.DataFrame:
        test = held == fold
        found, penalty = word_scores(gram, y, test)
        reached = [("words", dict(zip(LINES, scores(found[test], y[test]), strict=True)))]
        for method, model, kind in (("ridge", linear, "windows"), ("trees", trees, "anchors")):
            predicted = with_loops(y, found, features, test, model, kind)
            values = scores(predicted[test], own[test])
            reached.append((method, dict(zip(names, values, strict=True))))
        made = pd.DataFrame([{"method": method} | values for method, values in reached])
        return made.assign(genes=int(test.sum()), penalty=round(penalty, 2))

    return rows


def networks(genes: RealGenes, splits: pd.DataFrame, work: Path, line: str):
    """A function of the fold: the row of the line's network, as `real_genes.py tuned` trains it."""
    configure(threads=1)
    name, signal = next((name, of) for name, of, own in WITH_LOOPS if own == line)
    data = dataset_of(genes, line, loops(signal), work / f"{line}.human.h5")

    def rows(fold: int) -> pd.DataFrame:
        one = splits[splits["fold"] == fold]
        folder = work / f"tuned-{line}-{fold}"
        alone, both = bundle_scores(data, one, {"variant": "tuned"}, TRAINING["tuned"], folder)
        tested = int((one["role"] == "test").sum())
        return pd.DataFrame([{"method": "tuned", line: alone, name: both, "genes": tested}])

    return rows


def measured(done: pd.DataFrame, key: dict, line: str | None) -> bool:
    """Whether the table has the fold's closed forms, or the network of `line`."""
    if not len(done):
        return False
    same = done[(done[list(key)] == list(key.values())).all(axis=1)]
    if line is None:
        return bool((same["method"] == "words").any())
    return bool(same[line][same["method"] == "tuned"].notna().any())


def main() -> None:
    """Measure what is not in the table yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", required=True, type=Path)
    parser.add_argument("--output", required=True, type=Path)
    parser.add_argument("--scheme", required=True, choices=["random", "family", "chromosome"])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folds", type=int, default=10)
    parser.add_argument("--tuned", metavar="LINE", choices=[line for *_, line in WITH_LOOPS])
    args = parser.parse_args()
    genes = genes_of_human()
    splits = splits_of(genes, args.scheme, args.folds, args.seed)
    if args.tuned:
        rows_of = networks(genes, splits, args.work, args.tuned)
    else:
        rows_of = closed_forms(genes, splits, args.work)
    key = {"scheme": args.scheme, "seed": args.seed, "folds": args.folds}
    done = pd.read_csv(args.output, sep="\t") if args.output.is_file() else pd.DataFrame()
    for fold in range(args.folds):
        one = key | {"fold": fold}
        if measured(done, one, args.tuned):
            continue
        began = time.process_time()
        rows = rows_of(fold).assign(**one)
        rows["cpu_minutes"] = round((time.process_time() - began) / 60, 2)
        done = pd.concat([done, rows[[*one, *rows.columns.drop(list(one))]].round(4)])
        write_table(done, args.output)
        print(rows.round(4).to_string(index=False, header=False), flush=True)


if __name__ == "__main__":
    main()
