"""Verb ``call-loops``: Origami's model on contacts."""

from __future__ import annotations

import argparse

HELP = "Call loops among contacts with Origami's Bayesian mixture model."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
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
    parser.add_argument(
        "--mode",
        choices=("chiapet", "hichip"),
        default="hichip",
        help="form of the prior odds and of the rate updates",
    )
    parser.add_argument(
        "--iterations", type=int, default=10_000, help="Gibbs iterations after the burn-in"
    )
    parser.add_argument("--burn-in", type=int, default=100, help="iterations discarded first")
    parser.add_argument(
        "--thin", type=int, default=5, help="leave out every n-th iteration after the burn-in"
    )
    parser.add_argument("--seed", type=int, default=1, help="seed of the random numbers")
    parser.add_argument(
        "--chains", type=int, default=1, help="independent chains, averaged; R-hat goes to the log"
    )
    parser.add_argument("--threads", type=int, default=1, help="chains that run at the same time")
    parser.add_argument(
        "--stop-when-converged",
        action="store_true",
        help="end before the last iteration once all R-hat are below 1.01 (needs 2 chains)",
    )
    parser.add_argument(
        "--count-cap",
        type=int,
        default=30,
        help="contacts with more PETs are left out of the updates of rates and splines",
    )
    parser.add_argument(
        "--trans",
        choices=("auto", "smallest", "original"),
        default="auto",
        help="where contacts between chromosomes read the distance spline: at the smallest cis "
        "distance, or as the original program does; auto is original in mode chiapet",
    )
    parser.add_argument(
        "--confidence", type=float, default=0.9, help="a loop has a confidence above this"
    )
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
    from deepexpr.hichip.origami import OrigamiSettings

    settings = OrigamiSettings(
        mode=args.mode,
        iterations=args.iterations,
        burn_in=args.burn_in,
        thin=args.thin,
        count_cap=args.count_cap,
        trans=args.trans,
        chains=args.chains,
        threads=args.threads,
        stop_when_converged=args.stop_when_converged,
    )
    contacts, depth = bedpe.pool_contacts(args.contacts), bedpe.pool_depth(args.depth)
    calls = call_loops(contacts, depth, settings, args.seed, args.confidence)
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
