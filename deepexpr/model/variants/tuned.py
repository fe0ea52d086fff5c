"""This project's recipe, which learns from some hundred genes.

Its departures from the paper, and what each bought: docs/network.md.
"""

from dataclasses import replace

from deepexpr.errors import raise_all
from deepexpr.features.words import FINE_FROM
from deepexpr.model import fields
from deepexpr.model.config import NetworkSettings, TwoStepTraining, without_words
from deepexpr.schemas import UNTRAINED

#: With fewer training genes a convolution adds nothing to the words or does harm, as so few
#: validation genes choose its epoch (docs/evidence.md, few genes).
CONVOLUTION_FROM = 1500
#: With fewer training genes trees read the words' score alone: a convolution of many epochs knows
#: these genes too well (docs/network.md).
WHOLE_SCORE_FROM = 1000


class Filters(NetworkSettings):
    """Settings of the first convolution; these parts are shared by variants like this one."""

    filters: fields.Filters = 32
    kernel: fields.Kernel = 12
    both_strands: fields.BothStrands = True
    kmer_start: fields.KmerStart = True


class Words(NetworkSettings):
    """Of the word counts, and of the pooling of what stands beside them."""

    words: fields.Words = True
    fine_words_from: fields.FineWordsFrom = FINE_FROM
    motifs: fields.Motifs = None
    convolution_from: fields.ConvolutionFrom = CONVOLUTION_FROM
    first_pool: fields.FirstPool = 20


class Blocks(NetworkSettings):
    """Of the dense block."""

    blocks: fields.Blocks = 1
    layers: fields.Layers = 2
    growth: fields.Growth = 12
    block_kernel: fields.BlockKernel = 4
    pool: fields.Pool = 4
    pool_type: fields.PoolType = "average"
    windows: fields.Windows = 5


class Scores(NetworkSettings):
    """Of the layers that end in the sequence score, and of all that reads loops."""

    batch_norm: fields.BatchNorm = True
    batch_norm_momentum: fields.Momentum = 0.9
    dense: fields.Dense = (32,)
    dropout: fields.Dropout = 0.2
    conv_dropout: fields.ConvDropout = 0.0
    distal: fields.Distal = (80, 40)
    distal_dropout: fields.DistalDropout = 0.0
    bins_dropout: fields.BinsDropout = 0.8
    zero_start: fields.ZeroStart = True
    totals: fields.Totals = (25_000, 100_000, 1_000_000)
    trees_from: fields.TreesFrom = 400
    anchors: fields.Anchors = True


class Network(Scores, Blocks, Words, Filters):  # fields come in order from the last base on
    """Both strands of the promoter pooled early, word counts beside them; loops and their sums."""

    variant: str = "tuned"


class Training(TwoStepTraining):
    """AdamW on scaled targets, with a plateau schedule and random shifts."""

    optimizer: fields.Optimizer = "adamw"
    learning_rate: fields.Rate = 3e-3
    weight_decay: fields.Decay = 0.01
    batch_size: fields.BatchSize = 32
    patience: fields.Patience = 10
    plateau_factor: fields.PlateauFactor = 0.5
    plateau_patience: fields.PlateauPatience = 4
    shift: fields.Shift = 20
    standardise: fields.Standardise = True
    samples: fields.Samples = None
    distal_learning_rate: fields.Rate = 3e-3
    distal_weight_decay: fields.Decay = 0.05
    distal_batch_size: fields.BatchSize = 32
    distal_patience: fields.Patience = 10


def build(model: Network, training: Training, shape, kind: str):
    """Trains both modules one after the other; words and HiChIP score by the number of genes."""
    from deepexpr.model.network import TwoModules

    return by_genes(TwoModules, model, training, shape, kind)


def by_genes(architecture, model, training, shape, kind: str, trainer=None):
    """The same with another `architecture`, a class of two modules: for variants like this one.

    trainer : a class of builders like deepexpr.model.steps.TwoSteps, in its place.
    """
    from deepexpr.model.by_genes import ByGenes
    from deepexpr.model.steps import TwoSteps
    from deepexpr.model.variants import Builder

    made = trainer or TwoSteps
    if not model.words:
        raise_all(without_words(model.motifs, training.samples))
    fine_from = model.fine_words_from if model.words and kind != "hichip" else None
    trees_from = model.trees_from if kind != "sequence" else None
    # Another trainer's first step has more than words and a convolution.
    beside_words = kind != "hichip" and model.words and trainer is None
    trained_from = model.convolution_from if beside_words else 1
    few = trees_from is not None and trees_from < WHOLE_SCORE_FROM
    whole_from = WHOLE_SCORE_FROM if beside_words and few else None

    def steps(genes: int) -> tuple[str, Builder]:
        fine = fine_from is not None and genes >= fine_from
        trees = trees_from is not None and genes >= trees_from
        words = "fine" if fine else "coarse"
        joined = fine and training.samples is not None
        started = genes < trained_from
        # The units' score is no part of the one that trees could read alone (network.assemble).
        alone = trees and not joined and whole_from is not None and genes < whole_from
        alone = alone and not started
        modules = replace(
            architecture.of(model),
            word_blocks=words,
            joined=joined,
            trees=trees,
            beside_words=alone,
            as_started=started,
        )
        name = f"{words} words" if model.words and kind != "hichip" else ""
        name += " and known motifs" if name and model.motifs else ""
        name += ", joined by rectified units" if joined else ""
        name += f", {UNTRAINED}" if started else ""
        score = "" if kind == "sequence" else "boosted trees" if trees else "dense layers"
        score += " beside the words alone" if alone else ""
        described = ", ".join(part for part in (name, score) if part)
        return described, made(modules, training, shape, kind)

    steps_from = {n for n in (fine_from, trees_from, whole_from, trained_from) if n is not None}
    return ByGenes({n: steps(n) for n in {1} | steps_from})
