"""Train the network on all folds of a dataset; resumes where a run was stopped.

Of several datasets, such as those of the cell lines, each has a network and an output of its own;
the trainer stacked trains them side by side where their shapes agree.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from deepexpr.options import Arguments, choices, read_options
from deepexpr.schemas import NETWORK_KINDS, TASKS

if TYPE_CHECKING:
    import pandas as pd

    from deepexpr.errors import Unsupported
    from deepexpr.features.dataset import Dataset
    from deepexpr.model.config import NetworkSettings, TrainingSettings

log = logging.getLogger(__name__)

OPTIONS = f"""
--dataset DATASET...       dataset of a cell line (HDF5), or of several that are trained together
--splits SPLITS...         TSV of fold, gene and role: of each dataset, or one for all
--task {choices(TASKS)}  what is predicted
--kind {choices(NETWORK_KINDS)}  promoter and HiChIP, the promoter alone, or HiChIP
                           alone
--output OUTPUT...         folder for bundle/, predictions.tsv and history.tsv, of each dataset
[--pretrained PRETRAINED...]
                           bundle of kind sequence to start from (kind full), of each dataset;
                           default: train it
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


class Line(NamedTuple):
    """One dataset of the command line, and what belongs to it."""

    dataset: str
    splits: str
    output: str
    pretrained: str | None


def run(args: Arguments) -> None:
    from deepexpr.errors import Unsupported
    from deepexpr.model.config import make_configs

    options = read_options(args.model)
    if args.distance is not None:
        options["distance"] = args.distance
    model, training = make_configs(options, read_options(args.training))
    read = []
    for line in _lines(args):
        try:
            read.append((line, *_read(args, line, getattr(model, "anchors", False))))
        except Unsupported as error:
            _leave_out(args, line, error)
    if read:
        _train(args, read, model, training)


def _lines(args: Arguments) -> Iterator[Line]:
    """The datasets; UsageError where the options do not name the same number of each."""
    from deepexpr.errors import UsageError

    n = len(args.dataset)
    splits = args.splits * n if len(args.splits) == 1 else args.splits
    counts = {"--splits": len(splits), "--output": len(set(args.output))}
    if args.pretrained:
        counts["--pretrained"] = len(args.pretrained)
    for option, count in counts.items():
        if count != n:
            raise UsageError(
                f"{option} must name one for each dataset.",
                expected=f"{n}, all different" if option == "--output" else str(n),
                found=str(count),
            )
    return map(Line, args.dataset, splits, args.output, args.pretrained or [None] * n)


def _leave_out(args: Arguments, line: Line, error: Unsupported) -> None:
    """Write what stands for a network that the data do not support, or raise the error."""
    from pathlib import Path

    from deepexpr.features.left_out import write_left_out
    from deepexpr.schemas import HISTORY, PREDICTIONS

    if not args.leave_out:
        raise error
    for fold in args.only_fold:  # the run that gathers them tells
        Path(line.output, ".partial", f"fold-{fold}").mkdir(parents=True, exist_ok=True)
    if not args.only_fold:
        tables = {"predictions.tsv": PREDICTIONS, "history.tsv": HISTORY}
        write_left_out(line.output, error, tables)


def _read(args: Arguments, line: Line, anchors: bool) -> tuple[Dataset, pd.DataFrame]:
    """Dataset and splits, before the backend is loaded, which takes seconds.

    anchors : whether the network reads anchors beside bins.
    """
    from deepexpr.errors import UsageError
    from deepexpr.features.dataset import Dataset
    from deepexpr.features.learnable import require_loops, require_two_labels, require_two_values
    from deepexpr.features.splits import read_splits

    dataset, splits = Dataset.open(line.dataset), read_splits(line.splits)
    if args.only_target:
        if args.kind == "sequence" or args.distance is not None:
            raise UsageError("--only-target goes with a kind that reads bins, without --distance.")
        dataset = dataset.of_target(args.only_target)
    if args.kind != "sequence":
        require_loops(dataset, anchors)
    if args.task == "classification":
        require_two_labels(dataset)
    else:
        require_two_values(dataset)
    return dataset, splits


def _train(
    args: Arguments,
    read: list[tuple[Line, Dataset, pd.DataFrame]],
    model: NetworkSettings,
    training: TrainingSettings,
) -> None:
    """Train what is missing, publish."""
    from deepexpr.errors import Unsupported
    from deepexpr.model.trainers import choose_trainer

    training = training.changed(trainer=choose_trainer(training.trainer))  # sets the backend

    from threadpoolctl import threadpool_limits

    from deepexpr.model.backend import configure
    from deepexpr.model.bundle import Bundle
    from deepexpr.model.crossvalidation import run_jobs
    from deepexpr.model.jobs import make_job

    configure(args.threads, args.require_gpu)
    if args.threads:
        threadpool_limits(args.threads)  # of the linear algebra beside the backend
    jobs = []
    for line, dataset, splits in read:
        log.info("%s: %s, %s", dataset.cell_line, args.task, args.kind)
        try:
            pretrained = Bundle.open(line.pretrained) if line.pretrained else None
            job = make_job(
                dataset, splits, args.task, args.kind, model, training, args.seed, args.scheme,
                pretrained,
            )  # fmt: skip
        except Unsupported as error:
            _leave_out(args, line, error)
        else:
            jobs.append((job, line.output))
    run_jobs(jobs, args.only_fold or None)
