"""Are the differences on real genes more than chance? Two tests within the same folds.

    python benchmarks/real_genes_tests.py --output benchmarks/real_genes_tests.tsv

Of real_genes.tsv, real_genes_differences.tsv (five groups of chromosomes) and real_genes_folds.tsv
beside it: the mean of both methods, how many folds the first is better in, the two-sided
signed-rank p and that of the t test corrected for shared training genes. With five groups the
signed-rank p is never below 0.0625.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from deepexpr.evaluation.comparison import resampled_t, signed_rank
from deepexpr.files import write_table

LOOPED = ("K562+loops", "GM12878+loops")
FOUR = ("K562", "Jurkat", "HCT116", "GM12878")
MOTIFS = "fine words and motifs"
#: First method, second, columns.
GROUPS = (
    ("tuned, K562", "fine words and anchors, trees", ("K562+loops",)),
    ("tuned, GM12878", "fine words and anchors, trees", ("GM12878+loops",)),
    ("tuned, K562", "fine words and loops", ("K562+loops",)),
    ("tuned, GM12878", "fine words and loops", ("GM12878+loops",)),
    ("tuned, K562", "fine words", ("K562",)),
    ("tuned, GM12878", "fine words", ("GM12878",)),
    *((f"{name}, K562", "fine words", ("K562",)) for name in ("lstm", "embedding")),
    *((f"{name}, K562", "tuned, K562", ("K562", "K562+loops")) for name in ("lstm", "embedding")),
    ("tuned, K562", "paper, K562", ("K562", "K562+loops")),
    ("fine words and loops", "paper, K562", ("K562+loops",)),
    ("fine words and anchors, trees", "fine words and loops", LOOPED),
    ("fine words and anchors, trees", "fine words and loops, trees", LOOPED),
    ("fine words and anchors, trees, AUC", "fine words and loops, AUC", LOOPED),
    ("fine words, 131 samples and anchors, trees", "fine words and anchors, trees", LOOPED),
    ("fine words, 131 samples", "fine words", FOUR),
    ("fine words, 131 samples, joined", "fine words, 131 samples", FOUR),
    ("fine words, 131 samples, joined", "fine words", FOUR),
    ("joined words and anchors, trees", "fine words and anchors, trees", LOOPED),
    ("tuned, 131 samples, K562", "fine words, 131 samples, joined", ("K562",)),
    ("tuned, 131 samples, GM12878", "fine words, 131 samples, joined", ("GM12878",)),
    ("tuned, 131 samples, K562", "joined words and anchors, trees", ("K562+loops",)),
    ("tuned, 131 samples, GM12878", "joined words and anchors, trees", ("GM12878+loops",)),
    ("fine words and motifs", "fine words", FOUR),
    ("fine words and shuffled", "fine words", FOUR),
    ("fine words and motifs", "fine words and shuffled", FOUR),
    (f"{MOTIFS}, 131 samples, joined", "fine words, 131 samples, joined", FOUR),
    (f"{MOTIFS}, 131 samples, joined", "fine words", FOUR),
    ("words, motifs and anchors, trees", "fine words and anchors, trees", LOOPED),
    ("words, motifs and anchors, trees, AUC", "fine words and anchors, trees, AUC", LOOPED),
    ("joined words, motifs and anchors, trees", "joined words and anchors, trees", LOOPED),
    *(
        (f"tuned, motifs, 131 samples, {line}", f"{MOTIFS}, 131 samples, joined", (line,))
        for line in FOUR
    ),
    *(
        (f"tuned, motifs, 131 samples, {line}", "joined words, motifs and anchors, trees",
         (f"{line}+loops",))
        for line in ("K562", "GM12878")
    ),
)  # fmt: skip
#: Of random folds and families: the same.
FOLDS = (
    ("trees", "ridge", LOOPED),
    ("tuned", "words", ("K562", "GM12878")),
    ("tuned", "ridge", LOOPED),
    ("tuned", "trees", LOOPED),
)

#: Of the difference between GM12878 and K562: first and second, by the rows' names.
ANCHORED = "trees on anchors of both and scores"
DIFFERENCES = tuple(
    (ANCHORED, other)
    for other in (
        "ridge on loops of both and scores",
        "trees on loops of both and scores",
        "difference of loop totals, 1 Mb",
    )
)


def tested(first: pd.Series, second: pd.Series, folds: int) -> dict:
    """A row of the table from scores by fold; folds that both have."""
    both = pd.concat([first, second], axis=1).dropna().to_numpy()
    difference = both[:, 0] - both[:, 1]
    statistic, p, low, high, _ = resampled_t(difference, folds)
    mean = both.mean(axis=0) if len(both) else [np.nan, np.nan]
    return {
        "folds": len(both), "first_mean": mean[0], "second_mean": mean[1],
        "difference": mean[0] - mean[1], "first_better": int((difference > 0).sum()),
        "signed_rank_p": signed_rank(both[:, 0], both[:, 1], "two-sided")[2],
        "resampled_t": statistic, "resampled_t_p": p, "low": low, "high": high,
    }  # fmt: skip


def main() -> None:
    """Test what has been measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", required=True, type=Path)
    args = parser.parse_args()
    rows = []
    groups = pd.read_csv(args.output.with_name("real_genes.tsv"), sep="\t")
    groups = groups[groups["seed"].isin(["0", "1", 0, 1])].set_index(["what", "group"])
    for first, second, columns in GROUPS:
        if first in groups.index and second in groups.index:
            for column in columns:
                values = [groups.loc[name, column] for name in (first, second)]
                rows.append(("groups", "", first, second, column, tested(*values, folds=5)))
    table = pd.read_csv(args.output.with_name("real_genes_differences.tsv"), sep="\t")
    lines = table.set_index(["what", "group"])["spearman"]
    for first, second in DIFFERENCES:
        result = tested(lines[first], lines[second], folds=5)
        rows.append(("groups", "", first, second, "GM12878-K562, Spearman", result))
    path = args.output.with_name("real_genes_folds.tsv")
    keys = ["scheme", "seed", "folds"]
    folds = pd.read_csv(path, sep="\t") if path.is_file() else pd.DataFrame(columns=keys)
    for (scheme, seed, number), part in folds.groupby(keys):
        scores = part.set_index(["method", "fold"])
        for first, second, columns in FOLDS:
            for column in columns:
                if first not in scores.index or scores.loc[first, column].isna().all():
                    continue
                values = [scores.loc[name, column] for name in (first, second)]
                rows.append((scheme, seed, first, second, column, tested(*values, folds=number)))
    table = pd.DataFrame(
        [(*keys, *result.values()) for *keys, result in rows],
        columns=["scheme", "seed", "first", "second", "column", *rows[0][-1]],
    )
    write_table(table.round(5), args.output)
    print(table.round(4).to_string(index=False))


if __name__ == "__main__":
    main()
