"""Join promoters, expression and loops of one cell line into a dataset (HDF5)."""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from deepexpr.features.sections import FeatureSection
    from deepexpr.options import add_settings

    parser.add_argument("--genes", required=True, help="TSV of genes, as written by promoters")
    parser.add_argument("--promoters", required=True, help="FASTA of promoters, named by gene")
    parser.add_argument(
        "--expression", required=True, help="TSV: gene, then log10 expression of each cell line"
    )
    parser.add_argument("--cell-line", required=True, help="column of --expression")
    parser.add_argument("--assembly", required=True, help="name of the assembly, such as hg38")
    parser.add_argument(
        "--signal", help="TSV of normalised loops, as written by signal; leave out for no HiChIP"
    )
    parser.add_argument("--bin-array", help="bins of every gene (.npy), in place of --signal")
    parser.add_argument("--bin-rows", help="table whose first column names the array's rows")
    add_settings(parser, FeatureSection)
    parser.add_argument(
        "--promoter-window",
        type=int,
        default=5000,
        help="bp around the TSS that an anchor must overlap to be the gene's",
    )
    parser.add_argument(
        "--tss-index",
        type=int,
        default=1000,
        help="0-based position of the TSS base in the promoters: bp upstream",
    )
    parser.add_argument("--output", required=True, help="dataset (HDF5)")


def run(args: argparse.Namespace) -> None:
    from deepexpr.errors import UsageError
    from deepexpr.expression.tables import expression_of, read_expression
    from deepexpr.features.arrays import array_bins, read_rows
    from deepexpr.features.build import build_dataset
    from deepexpr.features.dataset import write_dataset
    from deepexpr.features.sections import FeatureSection
    from deepexpr.files import read
    from deepexpr.options import given
    from deepexpr.reference.fasta import read_fasta
    from deepexpr.reference.genes import read_genes
    from deepexpr.schemas import SIGNAL

    if bool(args.bin_array) != bool(args.bin_rows) or (args.bin_array and args.signal):
        raise UsageError("Bins are given by --bin-array and --bin-rows together, without --signal.")
    settings = given(args, FeatureSection)
    expression = read_expression(args.expression)
    dataset = build_dataset(
        read_genes(args.genes),
        read_fasta(args.promoters),
        expression_of(expression, args.cell_line, args.expression),
        cell_line=args.cell_line,
        assembly=args.assembly,
        signal=read(SIGNAL, args.signal) if args.signal else None,
        binned=array_bins(args.bin_array, read_rows(args.bin_rows), settings.bins)
        if args.bin_array
        else None,
        bins=settings.bins,
        bin_size=settings.bin_size,
        promoter_window=args.promoter_window,
        tss_index=args.tss_index,
    )
    write_dataset(dataset, args.output)
