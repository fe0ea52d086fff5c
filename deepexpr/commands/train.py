"""Train the network on all folds of a dataset; resumes where a run was stopped."""

from deepexpr.options import Arguments, choices, read_options
from deepexpr.schemas import NETWORK_KINDS, TASKS

OPTIONS = f"""
--dataset DATASET          dataset of one cell line (HDF5)
--splits SPLITS            TSV of fold, gene and role
--task {choices(TASKS)}  what is predicted
--kind {choices(NETWORK_KINDS)}  promoter and HiChIP, the promoter alone, or HiChIP
                           alone
--output OUTPUT            folder for bundle/, predictions.tsv and history.tsv
[--pretrained PRETRAINED]  bundle of kind sequence to start from (kind full); default: train it
[--distance N]             read only bins within this many bp of the TSS; default: all
[--only-target TARGET]     read only the bins of this target, of a dataset that has several
[--model MODEL]            JSON text or file: {{"variant": "paper", ...}}, or authors_code, tuned or
                           another, and its fields (docs/network.md)
[--training TRAINING]      JSON text or file with fields of the training settings
[--scheme SCHEME]          name of the splits' scheme; default: found from them
[--only-fold N...]         train only this fold and publish nothing (repeat); a run without it
                           gathers them
[--leave-out]              where the data hold too little for this, write tables without rows, and
                           a bundle that says why, instead of an error
[--seed N (1)]             seed of weights, batches and shifts
[--threads N]              CPU threads; default: the backend's choice
[--require-gpu]            stop if the backend sees no GPU
"""


def run(args: Arguments) -> None:
    from pathlib import Path

    from deepexpr.errors import Unsupported
    from deepexpr.features.left_out import write_left_out
    from deepexpr.schemas import HISTORY, PREDICTIONS

    try:
        _train(args)
    except Unsupported as error:
        if not args.leave_out:
            raise
        for fold in args.only_fold:  # the run that gathers them tells
            Path(args.output, ".partial", f"fold-{fold}").mkdir(parents=True, exist_ok=True)
        if not args.only_fold:
            tables = {"predictions.tsv": PREDICTIONS, "history.tsv": HISTORY}
            write_left_out(args.output, error, tables)


def _train(args: Arguments) -> None:
    """Read dataset and splits, train what is missing, publish."""
    from deepexpr.errors import UsageError
    from deepexpr.features.dataset import Dataset, require_two_labels, require_two_values
    from deepexpr.features.splits import read_splits

    # Before the backend is loaded, which takes seconds.
    dataset, splits = Dataset.open(args.dataset), read_splits(args.splits)
    if args.only_target:
        if args.kind == "sequence" or args.distance is not None:
            raise UsageError("--only-target goes with a kind that reads bins, without --distance.")
        dataset = dataset.of_target(args.only_target)
    if args.task == "classification":
        require_two_labels(dataset)
    else:
        require_two_values(dataset)

    from deepexpr.model.config import make_configs
    from deepexpr.model.trainers import choose_trainer

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
    run_job(job, args.output, args.only_fold or None)
