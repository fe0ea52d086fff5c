"""Search, fit and test one baseline method on every fold of the splits."""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from deepexpr.baselines.settings import BaselineSettings
    from deepexpr.options import add_leave_out, add_settings
    from deepexpr.schemas import CLASSIFIERS, REGRESSORS, TASKS

    parser.add_argument("--dataset", required=True, help="dataset of the cell line (HDF5)")
    parser.add_argument("--splits", required=True, help="TSV of fold, gene and role")
    parser.add_argument("--task", required=True, choices=TASKS, help="what is predicted")
    parser.add_argument(
        "--method",
        required=True,
        choices=sorted({*CLASSIFIERS, *REGRESSORS}),
        help=f"classification: {', '.join(CLASSIFIERS)}; regression: {', '.join(REGRESSORS)}",
    )
    add_settings(parser, BaselineSettings, ())
    add_leave_out(parser, "tables without rows, and a bundle that says why")
    parser.add_argument("--scheme", help="name of the splits' scheme; default: found from them")
    parser.add_argument("--seed", type=int, default=1, help="seed of inner folds and forests")
    parser.add_argument("--threads", type=int, default=1, help="folds fitted at the same time")
    parser.add_argument(
        "--output", required=True, help="folder for bundle/, predictions.tsv and search.tsv"
    )


def run(args: argparse.Namespace) -> None:
    from deepexpr.baselines.inner import SEARCH
    from deepexpr.errors import Unsupported
    from deepexpr.features.left_out import write_left_out
    from deepexpr.schemas import PREDICTIONS

    try:
        _fit(args)
    except Unsupported as error:
        if not args.leave_out:
            raise
        write_left_out(args.output, error, {"predictions.tsv": PREDICTIONS, "search.tsv": SEARCH})


def _fit(args: argparse.Namespace) -> None:
    from pathlib import Path

    from deepexpr.baselines.bundle import write_bundle
    from deepexpr.baselines.fit import run_baseline
    from deepexpr.baselines.settings import BaselineSettings
    from deepexpr.evaluation.metrics import fold_metrics, records
    from deepexpr.features.dataset import Dataset, require_two_labels, require_two_values
    from deepexpr.features.splits import read_splits
    from deepexpr.files import write_table
    from deepexpr.options import given

    dataset = Dataset.open(args.dataset)
    if args.task == "classification":
        require_two_labels(dataset)
    else:
        require_two_values(dataset)
    settings = given(args, BaselineSettings)
    result = run_baseline(
        dataset, read_splits(args.splits), args.task, args.method, settings, args.seed,
        args.threads, args.scheme,
    )  # fmt: skip
    folder = Path(args.output)
    write_table(result.predictions, folder / "predictions.tsv")
    write_table(result.search, folder / "search.tsv")
    write_bundle(
        folder / "bundle", result, dataset, settings, args.seed,
        records(fold_metrics(result.predictions)),
    )  # fmt: skip
