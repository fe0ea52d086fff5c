"""`tuned` with a recurrent layer in place of its dense block (after DanQ, Quang and Xie 2016)."""

from typing import Annotated

from deepexpr.model import fields
from deepexpr.model.config import NetworkSettings
from deepexpr.model.variants import tuned
from deepexpr.settings import Field


class Network(NetworkSettings):
    """Filters on both strands, pooled, then read along the promoter in both directions."""

    variant: str = "lstm"
    filters: fields.Filters = 32
    kernel: fields.Kernel = 12
    both_strands: fields.BothStrands = True
    kmer_start: fields.KmerStart = True
    words: fields.Words = True
    fine_words_from: fields.FineWordsFrom = 3000
    first_pool: fields.FirstPool = 20
    recurrent: Annotated[int, Field(ge=1, description="Units of the LSTM in each direction.")] = 16
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
    trees_from: fields.TreesFrom = 1000
    anchors: fields.Anchors = True


class Training(tuned.Training):
    """As `tuned`."""


def build(model: Network, training: Training, shape, kind: str):
    """Trains both modules as `tuned` does."""
    from deepexpr.model.recurrent import Recurrent

    return tuned.by_genes(Recurrent, model, training, shape, kind)
