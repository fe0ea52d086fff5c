"""Make the demo's genome, annotation, RNA-seq and HiChIP reads, and the truth behind them."""

from deepexpr.options import Arguments
from deepexpr.simulate.sections import SimulateSection

OPTIONS = """
--seed N           the same seed gives the same bytes
--output OUTPUT    folder for genome.fa, annotation.gtf, reads/ and truth/ (with a divergence demo/
                   and sister/ without reads, and orthologues.tsv); replaced if it exists
[--threads N (1)]  samples made side by side
"""
FIELDS = {SimulateSection: ("scale", "divergence")}


def run(args: Arguments) -> None:
    if args.divergence is not None:
        from deepexpr.simulate.species import simulate_species

        simulate_species(args.seed, args.output, args.scale, args.divergence)
        return
    from deepexpr.simulate.demo import simulate

    simulate(args.seed, args.output, args.scale, args.threads)
