"""Verb ``ends``: the mate ends of pairs as BED, to call peaks from."""

from __future__ import annotations

import argparse

HELP = "Write both ends of every pair as BED, for peak callers."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--pairs", nargs="+", required=True, help="valid pairs, 4DN .pairs, of all replicates"
    )
    parser.add_argument(
        "--output", required=True, metavar="BED", help="one row per end: its base, strand (BED6)"
    )


def run(args: argparse.Namespace) -> None:
    """Read pairs in batches, write their ends."""
    from deepexpr.hichip.pairs_format import write_ends

    write_ends(args.pairs, args.output)
