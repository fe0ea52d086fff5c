"""`deepexpr gkm`: gapped k-mer counts of sequences."""

from __future__ import annotations

import argparse

from deepexpr.baselines.settings import BaselineSettings
from deepexpr.options import add_options, given

HELP = "Count gapped k-mers (both strands merged) in the sequences of a FASTA file."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--fasta", required=True, help="sequences (FASTA, may be .gz; - is stdin)")
    add_options(parser, BaselineSettings, ("length", "informative"))
    parser.add_argument(
        "--output",
        required=True,
        help=".npz: a sparse matrix (sequences x features) with the names of both",
    )


def run(args: argparse.Namespace) -> None:
    """Read, count, write."""
    import logging

    from deepexpr.baselines.gkm import count_gkm, read_fasta, vocabulary, write_gkm

    settings = given(args, BaselineSettings)
    words = vocabulary(settings.length, settings.informative)
    rows: list[str] = []

    def letters():
        for name, sequence in read_fasta(args.fasta):
            rows.append(name)
            yield sequence

    counts = count_gkm(letters(), settings.length, settings.informative)
    logging.getLogger(__name__).info(
        "%d sequences, %d features, %d counts above 0", *counts.shape, counts.nnz
    )
    write_gkm(args.output, counts, rows, words)
