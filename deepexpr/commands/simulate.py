"""Make the demo's genome, annotation, RNA-seq and HiChIP reads, and the truth behind them."""

from deepexpr.options import Arguments, given
from deepexpr.simulate.sections import SimulateSection

OPTIONS = """
--seed N           the same seed gives the same bytes
--output OUTPUT    folder for genome.fa, annotation.gtf, reads/ and truth/ (with a divergence demo/
                   and sister/ without reads, and orthologues.tsv; with active sites tables in
                   place of reads); replaced if simulate made it, refused if it holds other files
[--threads N (1)]  samples made side by side
"""
FIELDS = {SimulateSection: ("scale", "divergence", "active_sites")}


def run(args: Arguments) -> None:
    told = given(args, SimulateSection)
    if told.active_sites:
        from deepexpr.simulate.tables import simulate_active_sites

        simulate_active_sites(told.seed, told.output, told.scale)
    elif told.divergence is not None:
        from deepexpr.simulate.species import simulate_species

        simulate_species(told.seed, told.output, told.scale, told.divergence)
    else:
        from deepexpr.simulate.demo import simulate

        simulate(told.seed, told.output, told.scale, args.threads)
