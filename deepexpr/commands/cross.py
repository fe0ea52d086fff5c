"""Predict a cell line's test genes by the mean of the models of other cell lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepexpr.options import Arguments

if TYPE_CHECKING:
    import pandas as pd

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
    from deepexpr.errors import InputError
    from deepexpr.evaluation.cross_cell_line import open_bundle, predict_cross
    from deepexpr.features.dataset import Dataset
    from deepexpr.features.splits import read_splits
    from deepexpr.files import write_table

    if args.output_folder:
        _predict_all(args)
        return
    if args.measured:
        raise InputError("--measured needs --output-folder.", where="deepexpr cross")
    bundles = [open_bundle(path) for path in args.bundle]
    dataset, splits = Dataset.open(args.dataset), read_splits(args.splits)
    write_table(predict_cross(bundles, dataset, splits), args.output)


def _predict_all(args: Arguments) -> None:
    """One table per method; with --leave-out without rows where a method was left out."""
    import logging
    from pathlib import Path

    import pandas as pd

    from deepexpr.errors import Unsupported
    from deepexpr.files import write_table
    from deepexpr.schemas import COPY, PREDICTIONS

    tables: dict[str, pd.DataFrame] = {}
    if args.leave_out:
        # The record of a bundle that was left out tells no method; its folder does.
        methods = {Path(path).absolute().parent.name for path in args.bundle}
        empty = pd.DataFrame(columns=list(PREDICTIONS))
        tables = dict.fromkeys(sorted(methods) + [COPY] * bool(args.measured), empty)
    try:
        tables |= _tables(args)
    except Unsupported as error:
        if not args.leave_out:
            raise
        logging.getLogger(__name__).warning("left out: %s", error.problem)
    for method, table in tables.items():
        write_table(table, Path(args.output_folder, f"{method}.tsv"))


def _tables(args: Arguments) -> dict[str, pd.DataFrame]:
    """Predictions by method, and what was measured elsewhere as that of "copy"."""
    from deepexpr.evaluation.cross_cell_line import (
        alike,
        by_method,
        copy_measured,
        open_bundle,
        open_bundles,
        predict_cross,
    )
    from deepexpr.features.dataset import Dataset
    from deepexpr.features.splits import read_splits
    from deepexpr.schemas import COPY

    if args.leave_out:
        methods = open_bundles(args.bundle)
    else:
        methods = by_method(open_bundle(path) for path in args.bundle)
    if not methods:
        return {}
    dataset, splits = Dataset.open(args.dataset), read_splits(args.splits)
    info = next(iter(methods.values()))[0].info
    others = [Dataset.open(path) for path in args.measured]
    if args.leave_out:
        methods, others = alike(methods, others, dataset)
    tables = {name: predict_cross(own, dataset, splits) for name, own in methods.items()}
    if others:
        tables[COPY] = copy_measured(others, dataset, splits, info["task"], info["scheme"])
    return tables
