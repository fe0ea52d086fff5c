"""`tuned` that also reads the sequences of the places that loops join to a gene."""

from typing import Annotated

from deepexpr.model import fields
from deepexpr.model.config import NetworkSettings
from deepexpr.model.variants import tuned
from deepexpr.settings import Field


class Network(NetworkSettings):
    """Filters shared by promoter and contacted places, attention over these, bins beside them."""

    variant: str = "enhancers"
    filters: fields.Filters = 32
    kernel: fields.Kernel = 12
    both_strands: fields.BothStrands = True
    kmer_start: fields.KmerStart = True
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
    judge: Annotated[
        int, Field(ge=1, description="Units that judge a contact before its attention.")
    ] = 16
    attentions: Annotated[
        int, Field(ge=1, description="Sums of contacts, each weighted by an attention of its own.")
    ] = 1
    distal: fields.Distal = (80, 40)
    distal_dropout: fields.DistalDropout = 0.0
    bins_dropout: fields.BinsDropout = 0.8
    zero_start: fields.ZeroStart = True
    totals: fields.Totals = (25_000, 100_000, 1_000_000)
    trees_from: fields.TreesFrom = 1000
    anchors: fields.Anchors = True


class Training(tuned.Training):
    """As `tuned`: promoter and contacted places together, then the HiChIP score beside them."""


#: Layers of its own, for saved networks; and that its dataset holds contacted places.
LAYERS, CONTACTED = "deepexpr.model.contact_layers", True


def build(model: Network, training: Training, shape, kind: str):
    """Trains promoter and contacted places together, then what the bins add."""
    from deepexpr.model.contacted import Contacted, Together

    return tuned.by_genes(Contacted, model, training, shape, kind, Together)
