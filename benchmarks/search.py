"""The baselines' searches beside GridSearchCV, and what the paper's full grids cost.

    python benchmarks/search.py --output benchmarks/search.tsv [--plot benchmarks/search.png]

Real genes (real_data.py), K562 with its loops. "beside GridSearchCV": the same training genes,
grid and inner folds, the same estimators, on a grid that GridSearchCV finishes (REDUCED). The
choice of each is scored on GridSearchCV's inner folds; `noise` is the standard error of the best
score over the folds. "full grid": one outer fold with the paper's grids, at several numbers of
genes; the last row of each method is extrapolated from the largest of them by the slope of log
seconds on log genes, over all or over the two largest, whichever is steeper (fixed costs flatten
the smallest).
Seconds are CPU seconds of the process (GridSearchCV works in --jobs threads), each row in a fresh
process, after compilation.
"""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import resource
import time
import warnings

import numpy as np
import pandas as pd
from real_data import datasets, require_data

from deepexpr.baselines.forest import make_forest, nested_predictions
from deepexpr.baselines.inner import score_columns
from deepexpr.baselines.inputs import feature_matrix, response
from deepexpr.baselines.methods import fit_method, search
from deepexpr.baselines.settings import BaselineSettings
from deepexpr.features.inner_folds import inner_folds
from deepexpr.files import write_table

SEED = 1
#: Reduced grids: what of the paper's grid is left, so that GridSearchCV ends in minutes.
REDUCED = {
    ("regression", "lasso"): {"inner_folds": 3, "grid_points": 25, "grid_low": -3, "grid_high": 1},
    ("classification", "svm"): {"inner_folds": 3, "grid_points": 50},
    ("classification", "random_forest"): {"inner_folds": 3},
    ("regression", "random_forest"): {"inner_folds": 3},
}  # fmt: skip
METHODS = (
    ("classification", "logistic_regression"), ("classification", "svm"),
    ("classification", "random_forest"), ("regression", "linear_regression"),
    ("regression", "lasso"), ("regression", "random_forest"),
)  # fmt: skip


def genes(task: str, number: int | None) -> tuple[np.ndarray, np.ndarray]:
    """Features and response of `number` genes drawn at random (all if None)."""
    dataset = datasets()["K562 + loops"]
    rows = np.random.default_rng(SEED).permutation(len(dataset))[:number]
    x = feature_matrix(dataset, rows, BaselineSettings(), use_bins=True)
    return x, response(dataset, rows, task)


def measure_beside(task: str, method: str, number: int, jobs: int) -> dict:
    """Our search and GridSearchCV on the same grid and folds."""
    x, y = genes(task, number)
    settings = BaselineSettings(**REDUCED[task, method])
    _warm_up(task, method)
    start = time.process_time()
    ours = search(x, y, task, method, settings, SEED)
    own_seconds = time.process_time() - start
    start = time.process_time()
    found = _grid_search(x, y, task, method, settings, jobs)
    library_seconds = time.process_time() - start
    results = pd.DataFrame(found.cv_results_)
    scores = results[[f"split{i}_test_score" for i in range(settings.inner_folds)]].to_numpy()
    best = int(results["mean_test_score"].argmax())
    chosen = _row_of(results, ours.parameters)
    best_of_theirs = {key.split("__")[-1]: value for key, value in found.best_params_.items()}
    noise = scores[best].std(ddof=1) / np.sqrt(scores.shape[1])
    return {
        "case": "beside GridSearchCV",
        "task": task,
        "method": method,
        "genes": len(y),
        "features": x.shape[1],
        "inner_folds": settings.inner_folds,
        "grid": len(results),
        "cpu_seconds": round(own_seconds, 2),
        "gridsearchcv_seconds": round(library_seconds, 2),
        "times_less": round(library_seconds / own_seconds, 1),
        "choice": _words(ours.parameters),
        "gridsearchcv_choice": _words(best_of_theirs),
        "score_of_choice": round(float(scores[chosen].mean()), 4),
        "best_score": round(float(scores[best].mean()), 4),
        "noise": round(float(noise), 4),
        "within_noise": "yes" if scores[best].mean() - scores[chosen].mean() <= noise else "no",
    }  # fmt: skip


def _grid_search(x, y, task, method, settings, jobs):
    from joblib import parallel_config
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import Lasso
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    rows = np.arange(len(y))
    parts = inner_folds(y, task, settings.inner_folds, SEED)
    folds = [(np.setdiff1d(rows, test), test) for test in parts]
    if method == "lasso":
        estimator = make_pipeline(StandardScaler(), Lasso(precompute=True, max_iter=5000))
        grid = {"lasso__alpha": settings.penalties()}
    elif method == "svm":
        estimator = make_pipeline(StandardScaler(), SVC(kernel="linear"))
        grid = {"svc__C": settings.penalties()}
    else:
        estimator = make_forest(task, 1, 1, settings, SEED)
        grid = {"n_estimators": settings.forest_sizes, "max_depth": settings.forest_depths}
    scoring = "roc_auc" if task == "classification" else "r2"
    with parallel_config("threading", n_jobs=jobs), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return GridSearchCV(estimator, grid, cv=folds, scoring=scoring, refit=False).fit(x, y)


def _row_of(results: pd.DataFrame, parameters: dict) -> int:
    """The row of GridSearchCV's table that holds our choice."""
    if "trees" in parameters:
        same = (results["param_n_estimators"] == parameters["trees"]) & (
            results["param_max_depth"] == parameters["depth"]
        )
    else:
        column = next(name for name in results if name.endswith(("__alpha", "__C")))
        same = np.isclose(results[column].astype(float), parameters["penalty"])
    return int(np.flatnonzero(same)[0])


def _words(parameters: dict) -> str:
    names = {"n_estimators": "trees", "max_depth": "depth", "alpha": "penalty", "C": "penalty"}
    kept = {names.get(k, k): v for k, v in parameters.items() if k not in ("slope", "offset")}
    return ", ".join(f"{k} {kept[k]:.4g}" for k in sorted(kept))


def measure_full(task: str, method: str, number: int | None) -> dict:
    """One outer fold with the paper's grids: search, fit and nothing else."""
    x, y = genes(task, number)
    settings = BaselineSettings()
    _warm_up(task, method)
    start = time.process_time()
    choice = search(x, y, task, method, settings, SEED)
    fit_method(x, y, task, method, choice, settings, SEED)
    return {
        "case": "full grid",
        "task": task,
        "method": method,
        "genes": len(y),
        "features": x.shape[1],
        "inner_folds": settings.inner_folds,
        "grid": len(choice.table),
        "cpu_seconds": round(time.process_time() - start, 2),
        "peak_gb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
        "choice": _words(choice.parameters),
    }


def measure_full_forest(task: str, number: int | None) -> dict:
    """The same for forests from one of the 10 equal inner folds, eleven times: ten and the fit."""
    x, y = genes(task, number)
    settings = BaselineSettings()
    _warm_up(task, "random_forest")
    sizes, depths = settings.forest_sizes, settings.forest_depths
    start = time.process_time()
    x = x.astype(np.float32)
    test = inner_folds(y, task, settings.inner_folds, SEED)[0]
    train = np.setdiff1d(np.arange(len(y)), test)
    forest = make_forest(task, sizes[-1], depths[-1], settings, SEED).fit(x[train], y[train])
    predicted = nested_predictions(forest, x[test], sizes, depths)
    score_columns(y[test], predicted.reshape(len(sizes) * len(depths), -1).T, task)
    seconds = time.process_time() - start
    return {
        "case": "full grid",
        "task": task,
        "method": "random_forest",
        "genes": len(y),
        "features": x.shape[1],
        "inner_folds": settings.inner_folds,
        "grid": len(sizes) * len(depths),
        "cpu_seconds": round((settings.inner_folds + 1) * seconds, 2),
        "peak_gb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
        "note": "one inner fold measured, times 11",
    }


def _warm_up(task: str, method: str) -> None:
    """Compile what is compiled."""
    x, y = genes(task, 60)
    small = BaselineSettings(inner_folds=2, grid_points=3, forest_sizes=(2,), forest_depths=(2,))
    fit_method(x, y, task, method, search(x, y, task, method, small, 0), small, 0)


def extrapolate(rows: list[dict], target: int) -> list[dict]:
    """One row per method at `target` genes, with the steeper of the two slopes."""
    table = pd.DataFrame([row for row in rows if row["case"] == "full grid"])
    found = []
    for (task, method), part in table.groupby(["task", "method"], sort=False):
        part = part.sort_values("genes")
        x, y = np.log(part["genes"].to_numpy()), np.log(part["cpu_seconds"].to_numpy())
        slope = max(np.polyfit(x, y, 1)[0], np.polyfit(x[-2:], y[-2:], 1)[0])
        found.append(
            {
                "case": "extrapolated",
                "task": task,
                "method": method,
                "genes": target,
                "cpu_seconds": round(float(np.exp(y[-1] + slope * (np.log(target) - x[-1])))),
                "slope": round(float(slope), 2),
            }
        )
    return found


def plot(table: pd.DataFrame, path: str) -> None:
    """CPU seconds of one outer fold against the number of genes, measured and extrapolated."""
    from matplotlib.figure import Figure

    from deepexpr.figures import style

    with style.styled():
        figure = Figure(figsize=(style.TWO_COLUMNS, 2.6), layout="constrained")
        axes = figure.subplots(1, 2, sharey=True)
        for axis, task in zip(axes, ("classification", "regression"), strict=True):
            rows = table[(table["task"] == task) & (table["case"] != "beside GridSearchCV")]
            for method, part in rows.groupby("method"):
                part = part.sort_values("genes")
                slope = part["slope"].dropna().iloc[0]
                text = f"{style.label(method)}, slope {slope:.1f}"
                measured = part[part["case"] == "full grid"]
                axis.plot(part["genes"], part["cpu_seconds"], ":", color=style.colour(method))
                axis.plot(
                    measured["genes"], measured["cpu_seconds"], style.marker(method) + "-",
                    color=style.colour(method), label=text,
                )  # fmt: skip
            axis.set(xscale="log", yscale="log", xlabel="Training genes")
            style.title(axis, task.capitalize())
            axis.legend(fontsize=6)
            axis.grid()
        axes[0].set_ylabel("CPU seconds of one outer fold")
        style.save(figure, [path])


def main() -> None:
    """Run the cases, each in its own process, print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", required=True, help="TSV of the measurements")
    parser.add_argument("--plot", help="PNG of the cost against the number of genes")
    parser.add_argument("--part", choices=("all", "beside", "full"), default="all")
    parser.add_argument("--methods", nargs="*", default=[], help="only these")
    parser.add_argument("--beside-genes", type=int, default=800)
    parser.add_argument("--sizes", type=int, nargs="*", default=[400, 800, 1640])
    parser.add_argument("--target", type=int, default=18_000, help="genes to extrapolate to")
    parser.add_argument("--jobs", type=int, default=2, help="n_jobs of GridSearchCV")
    parser.add_argument("--join", nargs="*", default=[], help="only join tables of earlier parts")
    args = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    require_data()
    rows = [row for path in args.join for row in pd.read_csv(path, sep="\t").to_dict("records")]
    jobs = []
    for task, method in METHODS if not args.join else ():
        if args.methods and method not in args.methods:
            continue
        if (task, method) in REDUCED and args.part != "full":
            jobs.append((measure_beside, (task, method, args.beside_genes, args.jobs)))
        if args.part != "beside":
            forest = method == "random_forest"
            full = measure_full_forest if forest else measure_full
            options = (task,) if forest else (task, method)
            jobs += [(full, (*options, size)) for size in args.sizes]
    for function, arguments in jobs:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            rows.append(pool.apply(function, arguments))
        print(rows[-1], flush=True)
        write_table(pd.DataFrame(rows), args.output)
    if args.part == "all":
        rows = [row for row in rows if row["case"] != "extrapolated"]
        rows += extrapolate(rows, args.target)
    table = pd.DataFrame(rows)
    write_table(table, args.output)
    if args.plot:
        plot(table, args.plot)


if __name__ == "__main__":
    main()
