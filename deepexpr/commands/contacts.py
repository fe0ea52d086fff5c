"""`deepexpr contacts`: count pairs between anchors and reads per anchor."""

from __future__ import annotations

import argparse

HELP = "Count pairs between 5 kb bins (or peaks), and reads per anchor."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.add_argument(
        "--pairs", required=True, help="valid pairs, 4DN .pairs (plain or compressed)"
    )
    parser.add_argument(
        "--output", required=True, help="TSV of contacts: two intervals (0-based) and PETs"
    )
    parser.add_argument("--depth", required=True, help="TSV of anchors and their reads")
    parser.add_argument("--resolution", type=int, default=5000, help="bp of the bins")
    parser.add_argument(
        "--max-distance",
        type=int,
        default=2_000_000,
        help="bp between the anchors' midpoints, at most",
    )
    parser.add_argument("--anchors", help="BED of peaks to use as anchors in place of bins")
    parser.add_argument(
        "--keep-trans", action="store_true", help="keep contacts between chromosomes"
    )


def run(args: argparse.Namespace) -> None:
    """Count and write both tables."""
    from deepexpr.hichip.anchors import bins, read_anchors
    from deepexpr.hichip.contacts import (
        ContactSettings,
        count_contacts,
        write_contacts,
    )
    from deepexpr.hichip.pairs_format import PairsReader

    settings = ContactSettings(args.max_distance, args.keep_trans)
    with PairsReader(args.pairs) as pairs:
        genome = pairs.chromosomes
        anchors = (
            read_anchors(args.anchors, genome) if args.anchors else bins(genome, args.resolution)
        )
        contacts = count_contacts(pairs, anchors, settings)
    write_contacts(contacts, args.output, args.depth)
