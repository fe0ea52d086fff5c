"""The network of the authors' published script (docs/method.md, section 7), trained in one step.

It differs from the paper in nearly everything: 2,001 positions, 2-D convolutions with "same"
padding (the letters are a second spatial axis), 12 layers per block, average pooling with 1x1
transitions and batch normalisation, a distal layer applied to each bin alone, and further dense
layers after the concatenation. The script has regression only; for classification the last
rectified unit becomes two logits here.
"""

from typing import Annotated

from pydantic import PositiveInt

from deepexpr.features.dataset import BINS, PROMOTER
from deepexpr.model import fields
from deepexpr.model.config import NetworkSettings, TrainingSettings
from deepexpr.model.lazily import keras, layers
from deepexpr.settings import Field

#: The script cuts TSS - 1000 .. TSS + 1000 inclusive.
LENGTH = 2001


class Network(NetworkSettings):
    """The image of a promoter through three dense blocks; bins one by one; layers on both."""

    variant: str = "authors_code"
    filters: fields.Filters = 128
    kernel: fields.Kernel = 8
    blocks: fields.Blocks = 3
    layers: fields.Layers = 12
    growth: fields.Growth = 12
    block_kernel: fields.BlockKernel = 4
    pool: fields.Pool = 2
    batch_norm_momentum: fields.Momentum = 0.99
    dense: fields.Dense = (40,)
    distal: Annotated[
        tuple[PositiveInt, ...], Field(min_length=1, description="Units of the distal module.")
    ] = (80, 40)
    joint: fields.Joint = (80, 40)
    dropout: fields.Dropout = 0.5
    conv_dropout: fields.ConvDropout = 0.5
    distal_dropout: fields.DistalDropout = 0.5


class Training(TrainingSettings):
    """As in the script; the network has no modules to train apart."""

    batch_size: fields.BatchSize = 8
    learning_rate: fields.Rate = 1e-5
    epochs: fields.Epochs = 5000
    patience: fields.Patience = 15


def build(model: Network, training: Training, shape, kind: str):
    """Trains everything in one step."""
    from deepexpr.model.one_step import OneStep

    return OneStep(lambda: networks(model, shape, kind), model.kernel, training, shape, kind)


def networks(config: Network, shape, kind: str):
    """(model that is trained, model in the original unit); both share all weights.

    The trained one gives logits for classification and log10 expression for regression.
    kind : "full", "sequence" or "hichip"; inputs are the promoter and the bins, as needed.
    """
    from deepexpr.model.network import Scaling, in_original_unit

    inputs, features = [], []
    if kind != "hichip":
        inputs.append(keras.Input((shape.length, 4), name=PROMOTER))
        features.append(_proximal(config, shape, inputs[-1]))
    if kind != "sequence":
        inputs.append(keras.Input(shape.of_bins, name=BINS))
        features.append(_distal(config, shape, inputs[-1]))
    x = layers.Concatenate(name="joined")(features) if len(features) == 2 else features[0]
    for i, units in enumerate(config.joint):
        x = layers.Dense(units, activation="relu", name=f"joint_{i + 1}")(x)
        x = layers.Dropout(config.dropout, name=f"joint_dropout_{i + 1}")(x)
    activation = "linear" if shape.task == "classification" else "relu"
    score = layers.Dense(shape.outputs, activation=activation, dtype="float32", name="score")(x)
    inputs = inputs if len(inputs) > 1 else inputs[0]
    output = in_original_unit(score, shape, Scaling())
    return keras.Model(inputs, score), keras.Model(inputs, output, name="deepexpression")


def _proximal(config: Network, shape, promoter):
    from deepexpr.model.network import FIRST_CONVOLUTION

    if shape.length < LENGTH:
        promoter = layers.ZeroPadding1D((0, LENGTH - shape.length), name="padded")(promoter)
    x = layers.Reshape((max(LENGTH, shape.length), 4, 1), name="image")(promoter)
    # The script's kernel is 4 positions x 8 letters of an image that is 4 letters wide.
    x = _convolution(config.filters, (4, config.kernel), FIRST_CONVOLUTION)(x)
    x = layers.BatchNormalization(momentum=config.batch_norm_momentum, name="first_norm")(x)
    maps = 16  # the script's own count of maps starts at 16 although the convolution has 128
    for block in range(config.blocks):
        x = _dense_block(config, x, block)
        maps += config.layers * config.growth
        if block < config.blocks - 1:
            x = _transition(config, x, maps, block)
    x = layers.Flatten(name="flatten")(x)
    for i, units in enumerate(config.dense):
        x = layers.Dense(units, activation="relu", name=f"dense_{i + 1}")(x)
    return x


def _convolution(filters: int, kernel: tuple[int, int], name: str):
    return layers.Conv2D(
        filters, kernel, padding="same", use_bias=False, kernel_initializer="he_uniform", name=name
    )


def _dense_block(config: Network, x, block: int):
    for i in range(config.layers):
        name = f"block_{block + 1}_{i + 1}"
        y = layers.Activation("relu", name=f"{name}_relu")(x)
        y = _convolution(config.growth, (config.block_kernel, config.block_kernel), name)(y)
        if config.conv_dropout:
            y = layers.Dropout(config.conv_dropout, name=f"{name}_dropout")(y)
        x = layers.Concatenate(name=f"{name}_joined")([x, y])
    return x


def _transition(config: Network, x, maps: int, block: int):
    name = f"transition_{block + 1}"
    x = _convolution(maps, (1, 1), name)(x)
    if config.conv_dropout:
        x = layers.Dropout(config.conv_dropout, name=f"{name}_dropout")(x)
    x = layers.AveragePooling2D(config.pool, name=f"{name}_pool")(x)
    return layers.BatchNormalization(momentum=config.batch_norm_momentum, name=f"{name}_norm")(x)


def _distal(config: Network, shape, bins):
    from deepexpr.model.network import central_bins

    x = central_bins(config.distance, shape, bins)
    x = layers.Reshape((-1, shape.targets), name="bin_by_bin")(x)
    first, *others = config.distal
    x = layers.Dense(first, activation="relu", name="distal_1")(x)
    x = layers.Dropout(config.distal_dropout, name="distal_dropout_1")(x)
    x = layers.Flatten(name="distal_flatten")(x)
    for i, units in enumerate(others):
        x = layers.Dense(units, activation="relu", name=f"distal_{i + 2}")(x)
    return x
