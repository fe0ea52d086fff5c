"""Count pairs between 5 kb bins (or peaks), and reads per anchor."""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from deepexpr.hichip.settings import ContactSettings
    from deepexpr.options import add_settings

    parser.add_argument(
        "--pairs", required=True, help="valid pairs, 4DN .pairs (plain or compressed)"
    )
    parser.add_argument(
        "--output", required=True, help="TSV of contacts: two intervals (0-based) and PETs"
    )
    parser.add_argument("--depth", required=True, help="TSV of anchors and their reads")
    add_settings(parser, ContactSettings)
    parser.add_argument("--anchors", help="BED of peaks to use as anchors in place of bins")


def run(args: argparse.Namespace) -> None:
    from deepexpr.hichip.anchors import bins, read_anchors
    from deepexpr.hichip.contacts import count_contacts, write_contacts
    from deepexpr.hichip.pairs_format import PairsReader
    from deepexpr.hichip.settings import ContactSettings
    from deepexpr.options import given

    settings = given(args, ContactSettings)
    with PairsReader(args.pairs) as pairs:
        genome = pairs.chromosomes
        anchors = (
            read_anchors(args.anchors, genome)
            if args.anchors
            else bins(genome, settings.resolution)
        )
        contacts = count_contacts(pairs, anchors, settings)
    write_contacts(contacts, args.output, args.depth)
