"""`tuned` that also reads the sequences of the places that loops join to a gene."""

from typing import Annotated

from deepexpr.model import fields
from deepexpr.model.variants import tuned
from deepexpr.settings import Field


class Network(tuned.Network):
    """Filters shared by promoter and contacted places, attention over these, bins beside them."""

    variant: str = "enhancers"
    trees_from: fields.TreesFrom = 1000
    judge: Annotated[
        int, Field(ge=1, description="Units that judge a contact before its attention.")
    ] = 16
    attentions: Annotated[
        int, Field(ge=1, description="Sums of contacts, each weighted by an attention of its own.")
    ] = 1


class Training(tuned.Training):
    """As `tuned`: promoter and contacted places together, then the HiChIP score beside them."""


#: Layers of its own, for saved networks; and that its dataset holds contacted places.
LAYERS, CONTACTED = "deepexpr.model.contact_layers", True
#: Its kind sequence is the network of this variant.
SEQUENCE = "tuned"


def build(model: Network, training: Training, shape, kind: str):
    """Trains promoter and contacted places together, then what the bins add."""
    from deepexpr.model.contacted import Contacted, Together

    return tuned.by_genes(Contacted, model, training, shape, kind, Together)
