"""Verb ``call-loops``: Origami's model on contacts."""

from __future__ import annotations

import argparse

HELP = "Call loops among contacts with Origami's Bayesian mixture model."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    from deepexpr.hichip.origami_settings import CallSettings
    from deepexpr.options import add_settings

    parser.add_argument(
        "--contacts",
        nargs="+",
        required=True,
        metavar="TSV",
        help="contacts: both anchors (chromosome, start, end; 0-based half-open) and the PET "
        "count; header optional; several files are replicates and are summed",
    )
    parser.add_argument(
        "--depth",
        nargs="+",
        required=True,
        metavar="TSV",
        help="reads per anchor: chromosome, start, end, reads; several files are summed",
    )
    fields = [n for n in CallSettings.model_fields if n not in ("initial_rates", "max_distances")]
    add_settings(parser, CallSettings, fields)
    parser.add_argument("--seed", type=int, default=1, help="seed of the random numbers")
    parser.add_argument("--output", required=True, metavar="BEDPE", help="all contacts, tested")
    parser.add_argument("--loops", metavar="BEDPE", help="only the loops, same columns")
    parser.add_argument("--qc", metavar="TSV", help="numbers of contacts and loops, rates, reason")
    parser.add_argument(
        "--interact", metavar="BED", help="only the loops, UCSC interact, for bedToBigBed"
    )
    parser.add_argument("--longrange", metavar="TXT", help="only the loops, WashU longrange text")


def run(args: argparse.Namespace) -> None:
    """Read, call, write."""
    from deepexpr.files import write_table
    from deepexpr.hichip import bedpe
    from deepexpr.hichip.loops import call_loops, quality_table
    from deepexpr.hichip.origami_settings import CallSettings
    from deepexpr.options import given

    settings = given(args, CallSettings)
    contacts, depth = bedpe.pool_contacts(args.contacts), bedpe.pool_depth(args.depth)
    calls = call_loops(contacts, depth, settings, args.seed, settings.confidence)
    loops = calls.table[calls.table["loop"] == 1]
    bedpe.write_bedpe(calls.table, args.output)
    writers = (
        (args.loops, bedpe.write_bedpe, loops),
        (args.interact, bedpe.write_interact, loops),
        (args.longrange, bedpe.write_longrange, loops),
        (args.qc, write_table, quality_table(calls)),
    )
    for path, write, table in writers:
        if path:
            write(table, path)
