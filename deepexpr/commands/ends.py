"""Write both ends of every pair as BED, for peak callers."""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--pairs", nargs="+", required=True, help="valid pairs, 4DN .pairs, of all replicates"
    )
    parser.add_argument(
        "--output", required=True, metavar="BED", help="one row per end: its base, strand (BED6)"
    )


def run(args: argparse.Namespace) -> None:
    from deepexpr.hichip.pairs_format import write_ends

    write_ends(args.pairs, args.output)
