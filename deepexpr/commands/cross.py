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
"""


def run(args: Arguments) -> None:
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
