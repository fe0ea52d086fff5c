"""Train the network on all folds of a dataset; resumes where a run was stopped."""

from __future__ import annotations

import argparse

from deepexpr.schemas import NETWORK_KINDS, TASKS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from deepexpr.options import add_leave_out

    parser.add_argument("--dataset", required=True, help="dataset of one cell line (HDF5)")
    parser.add_argument("--splits", required=True, help="TSV of fold, gene and role")
    parser.add_argument("--task", required=True, choices=TASKS, help="what is predicted")
    parser.add_argument(
        "--kind",
        required=True,
        choices=NETWORK_KINDS,
        help="promoter and HiChIP, the promoter alone, or HiChIP alone",
    )
    parser.add_argument(
        "--output", required=True, help="folder for bundle/, predictions.tsv and history.tsv"
    )
    parser.add_argument(
        "--pretrained", help="bundle of kind sequence to start from (kind full); default: train it"
    )
    parser.add_argument(
        "--distance", type=int, help="read only bins within this many bp of the TSS; default: all"
    )
    parser.add_argument(
        "--model",
        help='JSON text or file: {"variant": "paper", ...}, or authors_code, tuned or another, and '
        "its fields (docs/network.md)",
    )
    parser.add_argument("--training", help="JSON text or file with fields of the training settings")
    parser.add_argument("--scheme", help="name of the splits' scheme; default: found from them")
    parser.add_argument(
        "--only-fold",
        type=int,
        action="append",
        help="train only this fold and publish nothing (repeat); a run without it gathers them",
    )
    add_leave_out(parser, "tables without rows, and a bundle that says why")
    parser.add_argument("--seed", type=int, default=1, help="seed of weights, batches and shifts")
    parser.add_argument("--threads", type=int, help="CPU threads; default: the backend's choice")
    parser.add_argument(
        "--require-gpu", action="store_true", help="stop if the backend sees no GPU"
    )


def run(args: argparse.Namespace) -> None:
    from pathlib import Path

    from deepexpr.errors import Unsupported
    from deepexpr.features.left_out import write_left_out
    from deepexpr.schemas import HISTORY, PREDICTIONS

    try:
        _train(args)
    except Unsupported as error:
        if not args.leave_out:
            raise
        for fold in args.only_fold or ():  # the run that gathers them tells
            Path(args.output, ".partial", f"fold-{fold}").mkdir(parents=True, exist_ok=True)
        if not args.only_fold:
            tables = {"predictions.tsv": PREDICTIONS, "history.tsv": HISTORY}
            write_left_out(args.output, error, tables)


def _train(args: argparse.Namespace) -> None:
    """Read dataset and splits, train what is missing, publish."""
    from deepexpr.features.dataset import Dataset, require_two_labels, require_two_values
    from deepexpr.features.splits import read_splits

    # Before the backend is loaded, which takes seconds.
    dataset, splits = Dataset.open(args.dataset), read_splits(args.splits)
    if args.task == "classification":
        require_two_labels(dataset)
    else:
        require_two_values(dataset)

    from deepexpr.model.config import make_configs
    from deepexpr.model.trainers import choose_trainer
    from deepexpr.options import read_options

    options = read_options(args.model)
    if args.distance is not None:
        options["distance"] = args.distance
    model, training = make_configs(options, read_options(args.training))
    training = training.changed(trainer=choose_trainer(training.trainer))  # sets the backend

    from threadpoolctl import threadpool_limits

    from deepexpr.model.backend import configure
    from deepexpr.model.bundle import Bundle
    from deepexpr.model.crossvalidation import make_job, run_job

    configure(args.threads, args.require_gpu)
    if args.threads:
        threadpool_limits(args.threads)  # of the linear algebra beside the backend
    job = make_job(
        dataset, splits, args.task, args.kind, model,
        training, args.seed, args.scheme, args.pretrained and Bundle.open(args.pretrained),
    )  # fmt: skip
    run_job(job, args.output, args.only_fold)
