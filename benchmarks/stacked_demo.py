"""Two runs of the demo, by the sequential trainer and by the stacked one: scores of each fold.

    make demo, and a run of it with `training: {trainer: stacked}` and another `results`; then
    python benchmarks/stacked_demo.py --sequential results --stacked OTHER --output TSV

One seed: the trainers draw other random starts and dropout, so single folds differ. Folds of a line
are no independent draws; the signed-rank tests are of the means of each line, task and kind.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pandas as pd
from scipy.stats import wilcoxon

from deepexpr.files import write_table

KEYS = ["cell_line", "task", "kind", "fold"]


def scores(results: Path, trainer: str, task: str) -> pd.DataFrame:
    """Held-out score of each fold of each network (AUC or Pearson r)."""
    rows = []
    for path in sorted(results.glob(f"models/*/{task}/K*/*/bundle/bundle.json")):
        info, kind = json.loads(path.read_text()), path.parts[-3]
        if info["training"]["trainer"] != trainer:
            raise SystemExit(f"{path}: trained by {info['training']['trainer']}, not {trainer}")
        for fold, of in info["metrics"].items():
            rows.append(
                (info["cell_line"], info["task"], kind, int(fold), of["metric"], of["value"])
            )
    return pd.DataFrame(rows, columns=[*KEYS, "metric", trainer]).round({trainer: 4})


def core_seconds(results: Path, task: str) -> float:
    """Of all training jobs, by Snakemake's benchmark files."""
    files = results.glob(f"benchmarks/models/*{task}.K*.train_*.tsv")
    tables = [pd.read_csv(path, sep="\t") for path in files]
    return float(pd.concat(tables)["cpu_time"].sum())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sequential", required=True, type=Path, metavar="RESULTS")
    parser.add_argument("--stacked", required=True, type=Path, metavar="RESULTS")
    parser.add_argument("--output", required=True, type=Path, metavar="TSV")
    parser.add_argument("--task", default="*", help="only of this one")
    args = parser.parse_args()
    table = scores(args.sequential, "sequential", args.task).merge(
        scores(args.stacked, "stacked", args.task), on=[*KEYS, "metric"], validate="one_to_one"
    )
    write_table(table, args.output)
    means = table.groupby(["task", "kind", "cell_line"])[["sequential", "stacked"]].mean()
    print(means.round(4).to_string())
    apart = means["stacked"] - means["sequential"]
    for task, of in apart.groupby("task"):
        print(
            f"{task}: stacked higher in {(of > 0).sum()} of {len(of)}, by {of.mean():+.4f} in the "
            f"mean ({of.min():+.4f} to {of.max():+.4f}); signed-rank p {wilcoxon(of).pvalue:.3f}"
        )
    took = [core_seconds(results, args.task) for results in (args.sequential, args.stacked)]
    print("core-seconds of training:", *took)


if __name__ == "__main__":
    main()
