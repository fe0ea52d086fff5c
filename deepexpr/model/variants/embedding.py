"""`tuned` with learnt vectors of overlapping k-mers in place of its first convolution."""

from typing import Annotated

from deepexpr.model.variants import tuned
from deepexpr.settings import Field

#: The layers that a network of this variant holds beside Keras' own.
LAYERS = "deepexpr.model.embedded"


class Network(tuned.Scores, tuned.Blocks, tuned.Words):
    """Each k-mer of the promoter is a token with a vector; their means go to a dense block."""

    variant: str = "embedding"
    token: Annotated[int, Field(ge=1, le=5, description="Letters of a token (k).")] = 4
    vector: Annotated[int, Field(ge=1, description="Numbers in the vector of a token.")] = 32


class Training(tuned.Training):
    """As `tuned`."""


def build(model: Network, training: Training, shape, kind: str):
    """Trains both modules as `tuned` does."""
    from deepexpr.model.embedded import Embedded

    return tuned.by_genes(Embedded, model, training, shape, kind)
