"""AUC and Pearson r of the six baselines on real genes: three cell lines, 10 folds, full grids.

    python benchmarks/baselines_real.py --work DIR --output benchmarks/baselines_real.tsv

Genes of ../shared/data (real_data.py): promoters of chr19 and chr22; K562 also with its loops
binned. Every fold of every method is one piece in DIR, kept when it is there: an interrupted run
goes on where it stopped. `--budget SECONDS` stops after the piece in which the time runs out.
The grids are the paper's; what --settings changes is in the column `settings`.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from pathlib import Path

import pandas as pd
from real_data import datasets, require_data

from deepexpr.baselines.fit import run_baseline
from deepexpr.baselines.methods import METHODS
from deepexpr.baselines.settings import BaselineSettings
from deepexpr.evaluation.metrics import fold_metrics
from deepexpr.evaluation.summary import bootstrap_interval
from deepexpr.features.splits import make_splits
from deepexpr.files import write_table
from deepexpr.options import read_options

FOLDS, SEED = 10, 1
#: Cheap methods first: an unfinished run then has whole methods.
ORDER = ("linear_regression", "logistic_regression", "lasso", "svm", "random_forest")
TABLE = (
    "data", "task", "method", "metric", "genes", "features", "folds", "mean", "sd", "low", "high",
    "chosen", "cpu_seconds", "settings",
)  # fmt: skip


def pieces(names) -> list[tuple[str, str, str, int]]:
    """(data, task, method, fold) in the order they are computed."""
    return [
        (name, task, method, fold)
        for method in ORDER
        for name in names
        for task, methods in METHODS.items()
        if method in methods
        for fold in range(FOLDS)
    ]


def folder_of(work: Path, name: str, task: str, method: str, fold: int) -> Path:
    """Where one piece is kept."""
    return work / name.replace(" ", "") / task / method / f"fold-{fold}"


def compute(dataset, splits, piece, settings_text: str, folder: Path) -> None:
    """Fit and test one fold; writes predictions.tsv, search.tsv and, last, done.json."""
    name, task, method, fold = piece
    settings = BaselineSettings.of(read_options(settings_text), "--settings")
    before = time.process_time()
    result = run_baseline(dataset, splits[splits["fold"] == fold], task, method, settings, SEED)
    seconds = time.process_time() - before
    predictions = result.predictions.assign(cell_line=name, scheme="random", K=FOLDS)
    write_table(predictions, folder / "predictions.tsv")
    write_table(result.search, folder / "search.tsv")
    note = {
        "cpu_seconds": seconds,
        "features": result.features,
        "chosen": result.folds[0]["chosen"],
        "settings": settings_text,
    }
    (folder / "done.json").write_text(json.dumps(note))


def summarise(work: Path, names) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(one row per data, task and method that has all its folds; metrics of every fold)."""
    rows, scores = [], []
    for name in names:
        for task, methods in METHODS.items():
            for method in methods:
                folders = [folder_of(work, name, task, method, fold) for fold in range(FOLDS)]
                if not all((folder / "done.json").is_file() for folder in folders):
                    continue
                row, table = _row(name, task, method, folders)
                rows.append(row)
                scores.append(table)
    metrics = pd.concat(scores, ignore_index=True) if scores else pd.DataFrame()
    return pd.DataFrame(rows, columns=list(TABLE)), metrics


def _row(name, task, method, folders):
    notes = [json.loads((folder / "done.json").read_text()) for folder in folders]
    predictions = pd.concat([pd.read_csv(f / "predictions.tsv", sep="\t") for f in folders])
    table = fold_metrics(predictions)
    values = table["value"].to_numpy()
    low, high = bootstrap_interval(values, SEED)
    row = {
        "data": name,
        "task": task,
        "method": method,
        "metric": table["metric"].iloc[0],
        "genes": len(predictions),
        "features": notes[0]["features"],
        "folds": len(values),
        "mean": round(values.mean(), 4),
        "sd": round(values.std(ddof=1), 4),
        "low": round(low, 4),
        "high": round(high, 4),
        "chosen": _chosen([note["chosen"] for note in notes]),
        "cpu_seconds": round(sum(note["cpu_seconds"] for note in notes), 1),
        "settings": "; ".join(sorted({note["settings"] or "paper's grids" for note in notes})),
    }
    return row, table


def _chosen(choices: list[dict]) -> str:
    """Smallest, middle and largest choice over the folds."""
    table = pd.DataFrame(choices)
    parts = []
    for key in table.columns.intersection(["penalty", "trees", "depth"]):
        low, middle, high = table[key].quantile([0, 0.5, 1], interpolation="nearest")
        parts.append(f"{key} {middle:.3g} ({low:.3g} to {high:.3g})")
    if "note" in table:
        parts.append(str(table["note"].iloc[0]))
    return "; ".join(parts)


def plot(table: pd.DataFrame, path: str) -> None:
    """Mean and bootstrap interval of every method, one panel per task."""
    from matplotlib.figure import Figure

    from deepexpr.figures import style

    with style.styled():
        figure = Figure(figsize=(style.TWO_COLUMNS, 2.6), layout="constrained")
        for axis, (task, rows) in zip(figure.subplots(1, 2), table.groupby("task"), strict=True):
            names = list(dict.fromkeys(rows["data"]))
            methods = [m for m in METHODS[task] if m in set(rows["method"])]
            for i, method in enumerate(methods):
                own = rows[rows["method"] == method]
                x = [names.index(name) + 0.2 * (i - (len(methods) - 1) / 2) for name in own["data"]]
                error = [own["mean"] - own["low"], own["high"] - own["mean"]]
                axis.errorbar(
                    x, own["mean"], error, fmt=style.marker(method), markersize=4, capsize=2,
                    color=style.colour(method), label=style.label(method),
                )  # fmt: skip
            axis.set_xticks(range(len(names)), names)
            axis.set_ylabel(f"{rows['metric'].iloc[0]}, mean of {FOLDS} folds")
            style.title(axis, task.capitalize())
            axis.grid(axis="y")
            axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=3, fontsize=6)
        style.save(figure, [path])


def main() -> None:
    """Compute the pieces that are missing, then write the table of those methods that are whole."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", required=True, type=Path, help="folder of the pieces")
    parser.add_argument("--output", required=True, help="TSV of means over folds")
    parser.add_argument("--metrics", help="TSV of every fold (schemas.METRICS)")
    parser.add_argument("--plot", help="PNG of the means")
    parser.add_argument("--settings", default="", help="JSON: departures from the paper's grids")
    parser.add_argument("--only", default="", help="pieces whose path holds this text")
    parser.add_argument("--budget", type=float, default=float("inf"), help="seconds")
    args = parser.parse_args()
    require_data()
    data = datasets()
    start = time.monotonic()
    any_line = next(iter(data.values()))
    genes = pd.DataFrame({"gene": any_line.gene, "chromosome": any_line.chromosome})
    splits = make_splits(genes, "random", FOLDS, SEED)
    for piece in pieces(data):
        folder = folder_of(args.work, *piece)
        if (folder / "done.json").is_file() or args.only not in str(folder):
            continue
        if time.monotonic() - start > args.budget:
            print("time is up; call again to go on")
            break
        compute(data[piece[0]], splits, piece, args.settings, folder)
        print(*piece, json.loads((folder / "done.json").read_text())["chosen"], flush=True)
    table, metrics = summarise(args.work, data)
    print(table.drop(columns=["chosen", "settings"]).to_string())
    print(f"largest memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GB")
    write_table(table, args.output)
    if args.metrics:
        write_table(metrics, args.metrics)
    if args.plot and len(table):
        plot(table, args.plot)


if __name__ == "__main__":
    main()
