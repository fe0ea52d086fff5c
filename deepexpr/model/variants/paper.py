"""The network as the paper prints it (Zeng et al. 2020), its gaps filled by choices."""

from deepexpr.model import fields
from deepexpr.model.config import NetworkSettings, TwoStepTraining


class Network(NetworkSettings):
    """Densely connected blocks on every position of the promoter, dense layers on the bins."""

    variant: str = "paper"
    filters: fields.Filters = 128
    kernel: fields.Kernel = 8
    blocks: fields.Blocks = 3
    layers: fields.Layers = 4
    growth: fields.Growth = 12
    block_kernel: fields.BlockKernel = 4
    pool: fields.Pool = 4
    dense: fields.Dense = (80, 40, 40)
    dropout: fields.Dropout = 0.5
    distal: fields.Distal = (80, 40)
    distal_dropout: fields.DistalDropout = 0.5


class Training(TwoStepTraining):
    """The paper's, which are the defaults."""


def build(model: Network, training: Training, shape, kind: str):
    """Trains both modules one after the other."""
    from deepexpr.model.network import TwoModules
    from deepexpr.model.steps import TwoSteps

    return TwoSteps(TwoModules.of(model), training, shape, kind)
