"""Words chosen without a look at test genes: is the lead of the wide part over ridge a choice?

    python benchmarks/network_words.py --output benchmarks/network_words.tsv

The words of `tuned` were chosen by the scores of the very folds that network_real.py reports. Here
each fold chooses among SETS for itself, by the leave-one-out error on its own training and
validation genes, and is scored on its test genes; beside it are `tuned`'s fixed set and ridge on
4-mers. Genes and folds are those of network_real.py.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
from network_real import SCHEMES, SEED, ridge, row, scores
from real_data import datasets, require_data

from deepexpr.features.sequence import one_hot
from deepexpr.features.splits import fold_roles, make_splits
from deepexpr.files import write_table
from deepexpr.model.backend import configure
from deepexpr.model.layers import WordCounts
from deepexpr.model.words import solve_words

WHOLE, HALVES = (0, 2000), (0, 1000, 2000)
WINDOWS, EIGHTHS = (0, 700, 1000, 1300, 2000), tuple(range(0, 2001, 250))
#: Kinds of words: letters, windows in bp, both strands together.
KINDS = {
    "4 in windows": (4, WINDOWS, False),
    "4 in windows, both strands": (4, WINDOWS, True),
    "4 in eighths": (4, EIGHTHS, False),
    "6": (6, WHOLE, True),
    "6 in halves": (6, HALVES, True),
    "6 in windows": (6, WINDOWS, True),
}
TUNED = ("4 in windows", "6 in halves")
SETS = [
    ("4 in windows",), ("4 in windows, both strands",), ("4 in eighths",), ("6",),
    ("6 in halves",), ("6 in windows",), TUNED, ("4 in windows", "6"),
    ("4 in windows", "6 in windows"), ("4 in windows, both strands", "6 in halves"),
    ("4 in eighths", "6 in halves"), ("4 in windows", "4 in eighths", "6 in halves"),
]  # fmt: skip
METHOD = "words chosen within training genes"


def counts(dataset) -> dict[str, np.ndarray]:
    """Square-root counts (genes, columns) float32 of every kind of words."""
    parts = np.array_split(dataset.sequence, len(dataset) // 64 + 1)
    found = {}
    for name, (word, edges, both_strands) in KINDS.items():
        layer = WordCounts(word, list(edges), both_strands)
        found[name] = np.concatenate([np.asarray(layer(one_hot(part))) for part in parts])
    return found


def chosen_by_fold(dataset, splits) -> tuple[dict[str, pd.DataFrame], Counter]:
    """Held-out predictions by the chosen and by the fixed set, and what was chosen how often."""
    features, choices = counts(dataset), Counter()
    tables: dict[str, list] = {METHOD: [], "words of tuned": []}
    for fold in sorted(splits["fold"].unique()):
        roles = {r: dataset.index_of(g) for r, g in fold_roles(splits, fold).items()}
        known, test = np.concatenate([roles["train"], roles["validation"]]), roles["test"]
        values = dataset.expression[known]
        scaled = (values - values.mean()) / values.std()
        errors, predicted = {}, {}
        for words in SETS:
            blocks = [features[name].shape[1] for name in words]
            joined = np.hstack([features[name] for name in words])
            solved = solve_words(joined[known], blocks, scaled, "regression")
            errors[words] = float(np.mean((solved.left_out[:, 0] - scaled) ** 2))
            predicted[words] = solved.of(joined[test])[:, 0]
        best = min(errors, key=errors.get)
        choices[" + ".join(best)] += 1
        for method, words in ((METHOD, best), ("words of tuned", TUNED)):
            columns = {"fold": fold, "gene": dataset.gene[test], "predicted": predicted[words]}
            tables[method].append(pd.DataFrame(columns).assign(observed=dataset.expression[test]))
    return {method: pd.concat(parts) for method, parts in tables.items()}, choices


def main() -> None:
    """Measure every cell line and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", required=True, type=Path)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    require_data()
    configure(args.threads)
    rows = []
    for name, dataset in datasets().items():
        if "loops" in name:
            continue  # the same promoters and values as K562
        genes = pd.DataFrame({"gene": dataset.gene, "chromosome": dataset.chromosome})
        for scheme, folds in SCHEMES.items():
            splits = make_splits(genes, scheme, folds, SEED)
            base = scores(ridge(dataset, splits))
            rows.append(row(name, scheme, "ridge, 4-mers", dataset, base) | {"chosen": None})
            tables, choices = chosen_by_fold(dataset, splits)
            for method, table in tables.items():
                beside = ("ridge, 4-mers", base)
                told = "; ".join(f"{n} x {words}" for words, n in choices.most_common())
                line = row(name, scheme, method, dataset, scores(table), beside)
                rows.append(line | {"chosen": told if method == METHOD else None})
            write_table(pd.DataFrame(rows), args.output)
            print(pd.DataFrame(rows).to_string(index=False), flush=True)


if __name__ == "__main__":
    main()
