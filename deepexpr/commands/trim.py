"""`deepexpr trim`: cut both mates of a HiChIP library at their ligation junctions."""

from __future__ import annotations

import argparse

HELP = "Trim HiChIP mates at the ligation junction derived from the enzyme."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from deepexpr.hichip.sections import TrimSection
    from deepexpr.options import add_settings

    parser.add_argument("--r1", required=True, help="FASTQ of mate 1 (plain, .gz, .bz2, .xz)")
    parser.add_argument("--r2", required=True, help="FASTQ of mate 2, in the same order")
    parser.add_argument(
        "--enzyme",
        required=True,
        help="enzyme or kit (MboI, HindIII, Arima of two enzymes, Arima2 of four ...) or site with "
        "its cut marked by ^, several separated by commas, e.g. ^GATC,G^ANTC; none or MNase where "
        "no restriction enzyme cut",
    )
    parser.add_argument("--out-r1", required=True, help="trimmed mate 1 (.gz, plain, or a pipe)")
    parser.add_argument("--out-r2", required=True, help="trimmed mate 2 (.gz, plain, or a pipe)")
    parser.add_argument("--stats", required=True, help="TSV of counts (metric, value)")
    add_settings(parser, TrimSection)
    parser.add_argument(
        "--threads", type=int, default=1, help="more than 1: (de)compress each file in a thread"
    )


def run(args: argparse.Namespace) -> None:
    """Trim and write the counts."""
    from deepexpr.hichip.trimming import TrimSettings, trim_files
    from deepexpr.options import given

    settings = given(args, TrimSettings)
    trim_files((args.r1, args.r2), (args.out_r1, args.out_r2), args.stats, settings)
