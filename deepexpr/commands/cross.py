"""`deepexpr cross`: predict a cell line by the models of the others."""

from __future__ import annotations

import argparse

HELP = "Predict a cell line's test genes by the mean of the models of other cell lines."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.add_argument(
        "--bundle",
        nargs="+",
        required=True,
        help="folders of trained bundles, one per other cell line; networks or baselines",
    )
    parser.add_argument("--dataset", required=True, help="dataset of the target cell line (HDF5)")
    parser.add_argument(
        "--splits", required=True, help="TSV of fold, gene and role: that of the bundles"
    )
    parser.add_argument("--output", required=True, help="TSV of predictions")


def run(args: argparse.Namespace) -> None:
    """Open, predict, write."""
    from deepexpr.evaluation.cross_cell_line import open_bundle, predict_cross
    from deepexpr.features.dataset import Dataset
    from deepexpr.features.splits import read_splits
    from deepexpr.files import write_table

    bundles = [open_bundle(path) for path in args.bundle]
    table = predict_cross(bundles, Dataset.open(args.dataset), read_splits(args.splits))
    write_table(table, args.output)
