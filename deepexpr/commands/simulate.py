"""Make the demo's genome, annotation, RNA-seq and HiChIP reads, and the truth behind them."""

from deepexpr.options import Arguments
from deepexpr.simulate.sections import SimulateSection

OPTIONS = """
--seed N           the same seed gives the same bytes
--output OUTPUT    folder for genome.fa, annotation.gtf, reads/ and truth/; replaced if it exists
[--threads N (1)]  samples made side by side
"""
FIELDS = {SimulateSection: ("scale",)}


def run(args: Arguments) -> None:
    from deepexpr.simulate.demo import simulate

    simulate(args.seed, args.output, args.scale, args.threads)
