"""`deepexpr gkm`: gapped k-mer counts of sequences."""

from __future__ import annotations

import argparse

HELP = "Count gapped k-mers (both strands merged) in the sequences of a FASTA file."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--fasta", required=True, help="sequences (FASTA, may be .gz; - is stdin)")
    parser.add_argument("--length", type=int, default=6, help="letters in a word, gaps included")
    parser.add_argument(
        "--informative",
        type=int,
        default=4,
        help="letters in a word that are not gaps; equal to --length for plain k-mers",
    )
    parser.add_argument(
        "--output",
        required=True,
        help=".npz: a sparse matrix (sequences x features) with the names of both",
    )


def run(args: argparse.Namespace) -> None:
    """Read, count, write."""
    import logging

    from deepexpr.baselines.gkm import count_gkm, read_fasta, vocabulary, write_gkm

    words = vocabulary(args.length, args.informative)
    rows: list[str] = []

    def letters():
        for name, sequence in read_fasta(args.fasta):
            rows.append(name)
            yield sequence

    counts = count_gkm(letters(), args.length, args.informative)
    logging.getLogger(__name__).info(
        "%d sequences, %d features, %d counts above 0", *counts.shape, counts.nnz
    )
    write_gkm(args.output, counts, rows, words)
