"""Verb ``import-contacts``: a contact map of another program as contacts and depths."""

from __future__ import annotations

import argparse

HELP = "Take contacts and depths of bins from a contact map (.cool, .mcool, .hic)."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from deepexpr.hichip.sections import ContactSection
    from deepexpr.options import add_aliases, add_settings

    parser.add_argument("--map", required=True, help=".cool, .mcool, or .hic (needs hictkpy)")
    parser.add_argument("--sample", required=True, help="name of the sample in the QC table")
    parser.add_argument("--chrom-sizes", required=True, help="TSV of the genome's chromosomes, bp")
    parser.add_argument("--output", required=True, help="TSV of contacts")
    parser.add_argument("--depth", required=True, help="TSV of bins and the mate ends in them")
    parser.add_argument("--qc", required=True, help="TSV of counts (sample, metric, value)")
    add_settings(parser, ContactSection)
    add_aliases(parser)


def run(args: argparse.Namespace) -> None:
    """Read the map, write contacts, depths and QC."""
    from deepexpr.files import write_table
    from deepexpr.hichip.chromosomes import read_chromosomes
    from deepexpr.hichip.contact_maps import contacts_of_map, map_quality
    from deepexpr.hichip.contacts import write_contacts
    from deepexpr.hichip.sections import ContactSection
    from deepexpr.options import given

    genome = read_chromosomes(args.chrom_sizes, args.aliases)
    contacts, counts = contacts_of_map(args.map, genome, given(args, ContactSection))
    write_contacts(contacts, args.output, args.depth)
    write_table(map_quality(args.sample, counts), args.qc)
