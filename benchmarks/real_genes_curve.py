"""How many real genes it takes: words, ridge and trees, and the networks, on the same draws.

    python benchmarks/real_genes_curve.py --work DIR --output benchmarks/real_genes_curve.tsv \
        --genes 500 --method closed --method tuned --group 0

A group of chromosomes of real_genes.py is held out; of the other genes `--genes` are drawn (seed:
the group), a ninth of which validates the networks; closed forms learn from all of them. One row
per line, group, number and method; what is in the table is not done again. "trained": `tuned` with
its convolution trained however few genes there are; "motifs": the closed forms with known motifs
beside the words. All genes: real_genes.tsv.
"""

from __future__ import annotations

import argparse
import os
import time
from itertools import product
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
from real_genes_data import GROUPS, MOTIFS, RealGenes, loops, real_genes
from real_genes_loops import features_of, linear, trees
from real_genes_rows import WITH_LOOPS
from real_genes_tuned import TRAINING, bundle_scores, dataset_of, fold_of
from scipy.stats import pearsonr

from deepexpr.features.motif_scans import Matrices, block_spread, motif_scans, read_matrices
from deepexpr.features.words import WORD_BLOCKS, window_words
from deepexpr.files import write_table
from deepexpr.model.backend import configure
from deepexpr.model.variants.tuned import Network
from deepexpr.model.words import solve_words

METHODS = ("closed", "motifs", "tuned", "trained", "paper")
#: The first row of each, by which it is known whether it was measured.
FIRST_ROW = {"closed": "words", "motifs": "words and motifs"}
#: From so many genes on `tuned` has finer words, beside which few epochs are enough.
FINE_FROM = Network.model_fields["fine_words_from"].default


def drawn(splits: pd.DataFrame, genes: int, seed: int) -> pd.DataFrame:
    """The test genes, and `genes` of the others, the first ninth drawn of which validates."""
    test = splits[splits["role"] == "test"]
    taken = splits.drop(test.index).sample(genes, random_state=seed)
    role = np.where(np.arange(genes) < genes // 9, "validation", "train")
    return pd.concat([test, taken.assign(role=role)]).sort_index()


def closed_forms(
    genes: RealGenes, line: str, features: dict, train, test, matrices: Matrices | None = None
) -> list[tuple]:
    """Method, r by sequence, r with loops: of words, and of their score beside loops; `matrices`:
    with these known motifs."""
    kind = "fine" if len(train) >= FINE_FROM else "coarse"
    y, rows = genes.expression[line], np.concatenate([train, test])
    counts, blocks = window_words(genes.sequence[rows], WORD_BLOCKS[kind])
    n, named = len(train), ""
    if matrices is not None:
        scans, more = motif_scans(genes.sequence[rows], matrices)
        counts, blocks, named = np.hstack([counts, scans]), blocks + more, " and motifs"
    spread = block_spread(kind, blocks, matrices is not None)
    found = solve_words(counts[:n], blocks, y[train], "regression", spread=spread)
    left_out, held = found.left_out[:, -1], found.of(counts[n:])[:, -1]
    alone = pearsonr(held, y[test])[0]
    result = [(f"words{named}", alone, np.nan)]
    for name, model, read in (("ridge", linear, "windows"), ("trees", trees, "anchors")):
        x = features[read]
        predict = model(np.column_stack([left_out, x[train]]), y[train])
        joint = predict(np.column_stack([held, x[test]]))
        result.append((f"{name}{named}", alone, pearsonr(joint, y[test])[0]))
    return result


def network(method: str, data, splits: pd.DataFrame, folder: Path) -> tuple[float, float]:
    """r by sequence and with loops of a network's bundle on the test genes."""
    few = (splits["role"] != "test").sum() < FINE_FROM
    settings = {"variant": "paper" if method == "paper" else "tuned"}
    settings |= {"convolution_from": 1} if method == "trained" else {}
    changed = {} if few and method != "paper" else TRAINING[settings["variant"]]
    return bundle_scores(data, splits, settings, changed, folder)


def measured(done: pd.DataFrame, key: dict, method: str) -> bool:
    """Whether the table has the rows of this method."""
    if not len(done):
        return False
    same = (done[list(key)] == list(key.values())).all(axis=1)
    return bool((done["method"][same] == FIRST_ROW.get(method, method)).any())


def main() -> None:
    """Measure what is not in the table yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", required=True, type=Path)
    parser.add_argument("--output", required=True, type=Path)
    parser.add_argument("--genes", action="append", type=int)
    parser.add_argument("--method", action="append", choices=METHODS)
    parser.add_argument("--group", action="append", type=int, choices=range(GROUPS))
    parser.add_argument("--line", default="K562", choices=["K562", "GM12878"])
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    configure(threads=1)
    genes, line = real_genes(), args.line
    signal = next(name for _, name, of in WITH_LOOPS if of == line)
    data = dataset_of(genes, line, loops(signal), args.work / f"{line}.h5")
    row_of = {gene: i for i, gene in enumerate(genes.gene)}
    features = {kind: x for (kind, _), x in features_of(genes, {signal}).items()}
    done = pd.read_csv(args.output, sep="\t") if args.output.is_file() else pd.DataFrame()
    wanted = product(
        args.method or METHODS, args.group or range(GROUPS), args.genes or (500, 1000, 2000, 4000)
    )
    for method, group, number in wanted:
        key, began = {"line": line, "group": group, "genes": number}, time.process_time()
        if measured(done, key, method):
            continue
        splits = drawn(fold_of(genes, data, group), number, group)
        if method in FIRST_ROW:
            test = splits["role"] == "test"
            rows = [np.array([row_of[g] for g in splits["gene"][part]]) for part in (~test, test)]
            motifs = read_matrices(str(MOTIFS)) if method == "motifs" else None
            found = closed_forms(genes, line, features, *rows, motifs)
        else:
            folder = args.work / f"{method}-{line}-{group}-{number}"
            found = [(method, *network(method, data, splits, folder))]
        minutes = round((time.process_time() - began) / 60, 2)
        new = pd.DataFrame(found, columns=["method", "sequence", "loops"])
        new = new.assign(**key, cpu_minutes=minutes)[[*key, *new.columns, "cpu_minutes"]]
        done = pd.concat([done, new.round(4)], ignore_index=True)
        write_table(done, args.output)
        print(new.round(4).to_string(index=False, header=False), flush=True)


if __name__ == "__main__":
    main()
