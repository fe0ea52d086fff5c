"""The trainer stacked beside the sequential one on real genes, with dropout: what seeds change.

Held-out Pearson r of each fold of K562's genes of chr19 and chr22 by the promoter alone, `tuned`
without its words, which no trainer trains. Usage, from the project's folder:

    PYTHONPATH=. python benchmarks/stacked_real.py --output benchmarks/stacked_real.tsv

--demo RESULTS takes instead a line of a finished run of the demo (Alpha, classification, AUC), with
the demo's settings and splits.

Runs that the output has are kept: a run that was stopped goes on, and `--seeds 20` adds to 10.
The seed decides batches, shifts and starting filters under both trainers, other weights and dropout
only within a backend; so the means of the folds are compared both paired by seed and unpaired. The
last test takes each fold of each seed as a draw, though those of one fold have the same test genes.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from real_data import datasets, require_data
from scipy.stats import ttest_ind, wilcoxon

from deepexpr.features.dataset import write_dataset
from deepexpr.features.splits import make_splits
from deepexpr.files import write_table
from deepexpr.scores import score_record

LINE, FOLDS, SEEDS, EPOCHS = "K562", 3, 10, 6
MODEL = {"variant": "tuned", "words": False, "dropout": 0.2}
#: Keras' backend of each trainer.
BACKENDS = {"sequential": "tensorflow", "stacked": "jax"}


@dataclass(frozen=True)
class Data:
    """What is trained on, and how."""

    dataset: Path
    splits: Path
    task: str
    model: dict
    training: dict


def real(folder: Path) -> Data:
    """The real genes, written to `folder`."""
    require_data()
    dataset = datasets()[LINE]
    genes = pd.DataFrame({"gene": dataset.gene, "chromosome": dataset.chromosome})
    write_dataset(dataset, folder / "data.h5")
    write_table(make_splits(genes, "random", FOLDS, 0), folder / "splits.tsv")
    training = {"epochs": EPOCHS, "patience": EPOCHS}
    return Data(folder / "data.h5", folder / "splits.tsv", "regression", MODEL, training)


def demo(results: Path) -> Data:
    """A line of the demo."""
    features = results / "features"
    splits = features / "demo" / "splits" / "random-K5.tsv"
    model, training = {"variant": "tuned", "filters": 16, "kernel": 8}, {"patience": 5}
    return Data(features / "Alpha" / "dataset.h5", splits, "classification", model, training)


def trained(trainer: str, seed: int, data: Data, folder: Path) -> pd.DataFrame:
    """Rows of one run of `deepexpr train`: its folds' scores, and the processor time of all."""
    output = folder / f"{trainer}-{seed}"
    training = data.training | {"trainer": trainer}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-m", "deepexpr", "train", "--dataset", data.dataset, "--splits",
         data.splits, "--task", data.task, "--kind", "sequence", "--model",
         json.dumps(data.model), "--training", json.dumps(training), "--seed", str(seed),
         "--threads", "1", "--output", output],
        env=os.environ | {"KERAS_BACKEND": BACKENDS[trainer]}, check=True,
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    table = pd.read_csv(output / "predictions.tsv", sep="\t")
    rows = []
    for fold, of in table.groupby("fold"):
        score = score_record(data.task, of["observed"].to_numpy(), of["predicted"].to_numpy())
        rows.append((trainer, BACKENDS[trainer], seed, fold, len(of), score["value"]))
    columns = ["trainer", "backend", "seed", "fold", "genes", "score"]
    return pd.DataFrame(rows, columns=columns).assign(run_core_seconds=round(seconds))


def compare(table: pd.DataFrame) -> None:
    """Print each trainer's mean over folds, the spread of its seeds, and whether they differ."""
    means = table.pivot_table(index="seed", columns="trainer", values="score").dropna()
    print(means.agg(["count", "mean", "std"]).round(4).to_string())
    stacked, sequential = means["stacked"], means["sequential"]
    paired = wilcoxon(stacked, sequential).pvalue
    unpaired = ttest_ind(stacked, sequential, equal_var=False)
    least, most = unpaired.confidence_interval()
    folds = table[table["seed"].isin(means.index)].groupby("trainer")["score"].apply(list)
    of_folds = ttest_ind(folds["stacked"], folds["sequential"], equal_var=False).pvalue
    print(
        f"stacked higher in {(stacked > sequential).sum()} of {len(means)} seeds, by "
        f"{(stacked - sequential).mean():+.4f} in the mean (95 %: {least:+.4f} to {most:+.4f}); "
        f"signed-rank test over seeds p {paired:.3f}, Welch's t-test p {unpaired.pvalue:.3f}, of "
        f"all folds p {of_folds:.3f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", required=True, metavar="TSV", type=Path)
    parser.add_argument("--seeds", type=int, default=SEEDS, help=f"how many ({SEEDS})")
    parser.add_argument("--demo", type=Path, metavar="RESULTS", help="a line of the demo instead")
    args = parser.parse_args()
    table = pd.read_csv(args.output, sep="\t") if args.output.exists() else pd.DataFrame()
    there = set() if table.empty else set(zip(table["trainer"], table["seed"], strict=True))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = demo(args.demo) if args.demo else real(folder)
        for seed in range(1, args.seeds + 1):
            for trainer in BACKENDS:
                if (trainer, seed) not in there:
                    rows = trained(trainer, seed, data, folder)
                    table = pd.concat([table, rows], ignore_index=True)
                    write_table(table.assign(score=table["score"].round(4)), args.output)
    compare(table)


if __name__ == "__main__":
    main()
