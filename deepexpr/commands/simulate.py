"""Make the demo's genome, annotation, RNA-seq and HiChIP reads, and the truth behind them."""

import argparse

from deepexpr.options import add_options
from deepexpr.simulate.sections import SimulateSection

OPTIONS = """
--seed N         the same seed gives the same bytes
--output OUTPUT  folder for genome.fa, annotation.gtf, reads/ and truth/; replaced if it exists
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_options(parser, SimulateSection, ("scale",))
    parser.add_argument("--threads", type=int, default=1, help="samples made side by side")


def run(args: argparse.Namespace) -> None:
    from deepexpr.simulate.demo import simulate

    simulate(args.seed, args.output, args.scale, args.threads)
