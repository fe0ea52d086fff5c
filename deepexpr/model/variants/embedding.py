"""`tuned` with learnt vectors of overlapping k-mers in place of its first convolution."""

from typing import Annotated

from deepexpr.model import fields
from deepexpr.model.config import NetworkSettings
from deepexpr.model.variants import tuned
from deepexpr.settings import Field

#: The layers that a network of this variant holds beside Keras' own.
LAYERS = "deepexpr.model.embedded"


class Network(NetworkSettings):
    """Each k-mer of the promoter is a token with a vector; their means go to a dense block."""

    variant: str = "embedding"
    token: Annotated[int, Field(ge=1, le=5, description="Letters of a token (k).")] = 4
    vector: Annotated[int, Field(ge=1, description="Numbers in the vector of a token.")] = 32
    words: fields.Words = True
    fine_words_from: fields.FineWordsFrom = 3000
    first_pool: fields.FirstPool = 20
    blocks: fields.Blocks = 1
    layers: fields.Layers = 2
    growth: fields.Growth = 12
    block_kernel: fields.BlockKernel = 4
    pool: fields.Pool = 4
    pool_type: fields.PoolType = "average"
    windows: fields.Windows = 5
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
    from deepexpr.model.embedded import Embedded

    return tuned.by_genes(Embedded, model, training, shape, kind)
