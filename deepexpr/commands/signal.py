"""Verb ``signal``: normalised loop signal of one cell line."""

from __future__ import annotations

import argparse

HELP = "Normalise the counts of a cell line's loops over its replicates."


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
    """Read, normalise, write."""
    from deepexpr.files import write_table
    from deepexpr.hichip.bedpe import read_contacts
    from deepexpr.hichip.signal import loop_signal, read_called_loops, read_totals

    contacts = {
        name: read_contacts(path) for name, path in named_paths(args.contacts, "--contacts")
    }
    totals = read_totals(args.totals, args.total_metric)
    table = loop_signal(read_called_loops(args.loops), contacts, totals)
    write_table(table, args.output)


def named_paths(items: list[str], option: str) -> list[tuple[str, str]]:
    """(sample, text) of every SAMPLE=TEXT given to `option`."""
    from deepexpr.errors import UsageError

    pairs = [(name, path) for name, _, path in (item.partition("=") for item in items)]
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names) or not all(name and path for name, path in pairs):
        raise UsageError(
            "Samples must be given by name, each once.",
            where=option,
            expected=f"{option} SAMPLE=FILE (or SAMPLE=NAME for a column)",
            found=", ".join(items),
        )
    return pairs
