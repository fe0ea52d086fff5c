"""Pool the stretches of promoters that move a network's predictions into motifs."""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from deepexpr.motifs.sections import PooledSection
    from deepexpr.motifs.seqlet_settings import SeqletSettings
    from deepexpr.options import add_options, add_settings

    parser.add_argument(
        "--bundle", required=True, metavar="DIR", help="trained network with a sequence module"
    )
    parser.add_argument("--dataset", required=True, metavar="H5", help="dataset of its genes")
    add_options(parser, PooledSection, attribution_promoters="--promoters")
    add_settings(parser, SeqletSettings, ("seed",))
    parser.add_argument("--fold", type=int, metavar="N", help="one fold (default: mean of all)")
    parser.add_argument("--threads", type=int, help="CPU threads of the network")
    parser.add_argument("--table", required=True, metavar="TSV", help="one row per motif")
    parser.add_argument("--output", required=True, metavar="MEME", help="the motifs")


def run(args: argparse.Namespace) -> None:
    import dataclasses

    import numpy as np

    from deepexpr.features.dataset import Dataset
    from deepexpr.features.sequence import dinucleotide_shuffle
    from deepexpr.files import write_table
    from deepexpr.model.backend import configure
    from deepexpr.model.bundle import Bundle
    from deepexpr.model.examples import Examples
    from deepexpr.motifs.attribution import contributions
    from deepexpr.motifs.meme_format import write_meme
    from deepexpr.motifs.sections import PooledSection
    from deepexpr.motifs.seqlet_settings import SeqletSettings
    from deepexpr.motifs.seqlets import attribution_motifs
    from deepexpr.options import given

    configure(args.threads)
    settings = given(args, SeqletSettings)
    number = given(args, PooledSection).attribution_promoters
    bundle = Bundle.open(args.bundle)
    dataset = Dataset.open(args.dataset)
    bundle.check_dataset(dataset)
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
