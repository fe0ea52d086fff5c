"""The trainer stacked beside the sequential one on real genes, with dropout: what seeds change.

Held-out Pearson r of each fold of K562's genes of chr19 and chr22 by the promoter alone, `tuned`
without its words, which no trainer trains. Usage, from the project's folder:

    PYTHONPATH=. python benchmarks/stacked_real.py --output benchmarks/stacked_real.tsv

Runs that the output has are kept: a run that was stopped goes on, and `--seeds 20` adds to 10.
The seed decides batches, shifts and starting filters under both trainers, other weights and dropout
only within a backend; so the means of the folds are compared both paired by seed and unpaired.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd
from real_data import datasets, require_data
from scipy.stats import ttest_ind, wilcoxon

from deepexpr.features.dataset import write_dataset
from deepexpr.features.splits import make_splits
from deepexpr.files import write_table

LINE, FOLDS, SEEDS, EPOCHS = "K562", 3, 10, 6
MODEL = {"variant": "tuned", "words": False, "dropout": 0.2}
#: Keras' backend of each trainer.
BACKENDS = {"sequential": "tensorflow", "stacked": "jax"}


def trained(trainer: str, seed: int, folder: Path) -> pd.DataFrame:
    """Rows of one run of `deepexpr train`: its folds' scores, and the processor time of all."""
    output = folder / f"{trainer}-{seed}"
    training = {"trainer": trainer, "epochs": EPOCHS, "patience": EPOCHS}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-m", "deepexpr", "train", "--dataset", folder / "data.h5", "--splits",
         folder / "splits.tsv", "--task", "regression", "--kind", "sequence", "--model",
         json.dumps(MODEL), "--training", json.dumps(training), "--seed", str(seed), "--threads",
         "1", "--output", output],
        env=os.environ | {"KERAS_BACKEND": BACKENDS[trainer]}, check=True,
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    table = pd.read_csv(output / "predictions.tsv", sep="\t")
    rows = [
        (trainer, BACKENDS[trainer], seed, fold, len(of), of["observed"].corr(of["predicted"]))
        for fold, of in table.groupby("fold")
    ]
    columns = ["trainer", "backend", "seed", "fold", "genes", "pearson"]
    return pd.DataFrame(rows, columns=columns).assign(run_core_seconds=round(seconds))


def compare(table: pd.DataFrame) -> None:
    """Print each trainer's mean over folds, the spread of its seeds, and whether they differ."""
    means = table.pivot_table(index="seed", columns="trainer", values="pearson").dropna()
    print(means.agg(["count", "mean", "std"]).round(4).to_string())
    stacked, sequential = means["stacked"], means["sequential"]
    paired = wilcoxon(stacked, sequential).pvalue
    unpaired = ttest_ind(stacked, sequential, equal_var=False).pvalue
    print(
        f"stacked higher in {(stacked > sequential).sum()} of {len(means)} seeds, by "
        f"{(stacked - sequential).mean():+.4f} in the mean; signed-rank test over seeds p "
        f"{paired:.3f}, Welch's t-test p {unpaired:.3f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", required=True, metavar="TSV", type=Path)
    parser.add_argument("--seeds", type=int, default=SEEDS, help=f"how many ({SEEDS})")
    args = parser.parse_args()
    require_data()
    dataset = datasets()[LINE]
    genes = pd.DataFrame({"gene": dataset.gene, "chromosome": dataset.chromosome})
    table = pd.read_csv(args.output, sep="\t") if args.output.exists() else pd.DataFrame()
    there = set() if table.empty else set(zip(table["trainer"], table["seed"], strict=True))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_dataset(dataset, folder / "data.h5")
        write_table(make_splits(genes, "random", FOLDS, 0), folder / "splits.tsv")
        for seed in range(1, args.seeds + 1):
            for trainer in BACKENDS:
                if (trainer, seed) not in there:
                    rows = trained(trainer, seed, folder)
                    table = pd.concat([table, rows], ignore_index=True)
                    write_table(table.assign(pearson=table["pearson"].round(4)), args.output)
    compare(table)


if __name__ == "__main__":
    main()
