"""`tuned` with a recurrent layer in place of its dense block (after DanQ, Quang and Xie 2016)."""

from typing import Annotated

from deepexpr.model.variants import tuned
from deepexpr.settings import Field


class Network(tuned.Scores, tuned.Words, tuned.Filters):
    """Filters on both strands, pooled, then read along the promoter in both directions."""

    variant: str = "lstm"
    recurrent: Annotated[int, Field(ge=1, description="Units of the LSTM in each direction.")] = 16


class Training(tuned.Training):
    """As `tuned`."""


def build(model: Network, training: Training, shape, kind: str):
    """Trains both modules as `tuned` does."""
    from deepexpr.model.recurrent import Recurrent

    return tuned.by_genes(Recurrent, model, training, shape, kind)
