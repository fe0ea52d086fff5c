"""Pool the stretches of promoters that move a network's predictions into motifs."""

from deepexpr.motifs.sections import PooledSection
from deepexpr.motifs.seqlet_settings import SeqletSettings
from deepexpr.options import Arguments, given

OPTIONS = """
--bundle DIR   trained network with a sequence module
--dataset H5   dataset of its genes
[--fold N]     one fold (default: mean of all)
[--threads N]  CPU threads of the network
--table TSV    one row per motif
--output MEME  the motifs
"""
SETTINGS, SHOWN = SeqletSettings, ("seed",)
FIELDS = {PooledSection: ("attribution_promoters",)}
FLAGS = {"attribution_promoters": "--promoters"}


def run(args: Arguments) -> None:
    import dataclasses

    import numpy as np

    from deepexpr.features.dataset import Dataset
    from deepexpr.features.meme_format import write_meme
    from deepexpr.features.sequence import dinucleotide_shuffle
    from deepexpr.files import write_table
    from deepexpr.model.backend import configure
    from deepexpr.model.bundle import Bundle
    from deepexpr.model.examples import Examples
    from deepexpr.motifs.attribution import contributions
    from deepexpr.motifs.seqlets import attribution_motifs

    configure(args.threads)
    settings = given(args, SeqletSettings)
    number = given(args, PooledSection).attribution_promoters
    bundle = Bundle.open(args.bundle)
    dataset = Dataset.open(args.dataset)
    dataset = bundle.fitting(dataset)
    drawn = np.random.default_rng(settings.seed).permutation(len(dataset))[:number]

    def gradient(inputs):
        return bundle.promoter_gradients(Examples(inputs), args.fold)

    rows = np.sort(drawn)
    values = contributions(dataset, rows, gradient)
    # The same network on promoters with the same pairs of letters and no motif but by chance.
    shuffled = dataset.sequence.copy()
    shuffled[rows] = dinucleotide_shuffle(shuffled[rows], np.random.default_rng(settings.seed + 1))
    by_chance = contributions(dataclasses.replace(dataset, sequence=shuffled), rows, gradient)
    motifs, table = attribution_motifs(dataset.sequence[rows], values, settings, by_chance)
    write_meme(motifs, args.output)
    write_table(table, args.table)
