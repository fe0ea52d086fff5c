"""Read promoters from a one-hot array (.npy) and its table of genes."""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--array", required=True, help="one-hot promoters: (genes, 2001, 4)")
    parser.add_argument("--rows", required=True, help="table whose first column names the rows")
    parser.add_argument("--places", help="TSV of gene, chromosome, tss (0-based) and strand")
    parser.add_argument("--output", required=True, help="FASTA of promoters")
    parser.add_argument("--table", required=True, help="TSV of the genes")


def run(args: argparse.Namespace) -> None:
    from deepexpr.features.arrays import array_genes, array_promoters, read_rows
    from deepexpr.files import read_table, write_table
    from deepexpr.reference.fasta import write_fasta

    rows = read_rows(args.rows)
    promoters = array_promoters(args.array, rows)
    write_fasta(((gene, "", text) for gene, text in promoters.items()), args.output)
    columns = ("gene", "chromosome", "tss", "strand")
    places = read_table(args.places, columns) if args.places else None
    write_table(array_genes(rows, places), args.table)
