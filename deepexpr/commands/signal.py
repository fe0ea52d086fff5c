"""Normalise the counts of a cell line's loops over its replicates."""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from deepexpr.hichip.sections import SignalSection

    parser.add_argument(
        "--loops",
        required=True,
        metavar="BEDPE",
        help="called loops, with a header; of all contacts those with loop = 1 are taken",
    )
    parser.add_argument(
        "--contacts",
        action="append",
        required=True,
        metavar="SAMPLE=TSV",
        help="contacts of one replicate of this cell line; repeat for each",
    )
    parser.add_argument(
        "--totals",
        required=True,
        metavar="TSV",
        help="QC of all samples of the assembly (sample, metric, value)",
    )
    parser.add_argument(
        "--total-metric",
        default=SignalSection().total_metric,
        help="metric of the totals that is a sample's N_i (read pairs)",
    )
    parser.add_argument(
        "--output", required=True, metavar="TSV", help="loops with normalised counts and signal"
    )


def run(args: argparse.Namespace) -> None:
    from deepexpr.files import write_table
    from deepexpr.hichip.bedpe import read_contacts
    from deepexpr.hichip.signal import loop_signal, read_called_loops, read_totals
    from deepexpr.options import named

    paths = named(args.contacts, "--contacts", "SAMPLE=TSV")
    contacts = {name: read_contacts(path) for name, path in paths.items()}
    totals = read_totals(args.totals, args.total_metric)
    table = loop_signal(read_called_loops(args.loops), contacts, totals)
    write_table(table, args.output)
