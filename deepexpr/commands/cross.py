"""Predict a cell line's test genes by the mean of the models of other cell lines."""

from deepexpr.options import Arguments

ONE_OF = """
[--output OUTPUT]                TSV of predictions, by bundles of one method
[--output-folder OUTPUT_FOLDER]  folder for one table per method, METHOD.tsv
"""
OPTIONS = """
--bundle BUNDLE...        folders of trained bundles, networks or baselines: of each method, one per
                          other cell line
[--measured MEASURED...]  with --output-folder: datasets of the other cell lines, whose measured
                          mean is written as copy.tsv
--dataset DATASET         dataset of the target cell line (HDF5)
--splits SPLITS           TSV of fold, gene and role: that of the bundles
[--leave-out]             with --output-folder: where a bundle or the splits were left out, as the
                          data hold too little, write tables without rows, instead of an error
"""


def run(args: Arguments) -> None:
    import logging
    from pathlib import Path

    import pandas as pd

    from deepexpr.errors import Unsupported
    from deepexpr.files import write_table
    from deepexpr.schemas import COPY, PREDICTIONS

    try:
        _predict(args)
    except Unsupported as error:
        if not (args.leave_out and args.output_folder):
            raise
        logging.getLogger(__name__).warning("left out: %s", error.problem)
        # The record of a bundle that was left out tells no method; its folder does.
        methods = {Path(path).absolute().parent.name for path in args.bundle}
        for method in sorted(methods) + [COPY] * bool(args.measured):
            empty = pd.DataFrame(columns=list(PREDICTIONS))
            write_table(empty, Path(args.output_folder, f"{method}.tsv"))


def _predict(args: Arguments) -> None:
    from pathlib import Path

    from deepexpr.errors import InputError
    from deepexpr.evaluation.cross_cell_line import (
        by_method,
        copy_measured,
        open_bundle,
        predict_cross,
    )
    from deepexpr.features.dataset import Dataset
    from deepexpr.features.splits import read_splits
    from deepexpr.files import write_table
    from deepexpr.schemas import COPY

    if args.measured and not args.output_folder:
        raise InputError("--measured needs --output-folder.", where="deepexpr cross")

    bundles = [open_bundle(path) for path in args.bundle]
    dataset, splits = Dataset.open(args.dataset), read_splits(args.splits)
    if args.output:
        write_table(predict_cross(bundles, dataset, splits), args.output)
        return
    for method, own in by_method(bundles).items():
        write_table(predict_cross(own, dataset, splits), Path(args.output_folder, f"{method}.tsv"))
    if args.measured:
        others = [Dataset.open(path) for path in args.measured]
        task, scheme = (bundles[0].info[key] for key in ("task", "scheme"))
        table = copy_measured(others, dataset, splits, task, scheme)
        write_table(table, Path(args.output_folder, f"{COPY}.tsv"))
