"""``deepexpr simulate``: the demo's genome, reads and truth from one seed."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = "Make the demo's genome, annotation, RNA-seq and HiChIP reads, and the truth behind them."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from deepexpr.options import add_options
    from deepexpr.simulate.sections import SimulateSection

    parser.add_argument(
        "--seed", type=int, required=True, help="the same seed gives the same bytes (>= 0)"
    )
    parser.add_argument(
        "--output",
        type=Path,
        required=True,
        help="folder for genome.fa, annotation.gtf, reads/ and truth/; replaced if it exists",
    )
    add_options(parser, SimulateSection, ("scale",))


def run(args: argparse.Namespace) -> None:
    """Simulate."""
    from deepexpr.errors import InputError
    from deepexpr.simulate.demo import simulate

    if args.seed < 0:
        raise InputError("The seed is negative.", expected="0 or more", found=str(args.seed))
    simulate(args.seed, args.output, args.scale)
