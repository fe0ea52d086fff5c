"""The network of the authors' published script (spec §7), trained in one step.

It differs from the paper in nearly everything: 2,001 positions, 2-D convolutions with "same"
padding (the letters are a second spatial axis), 12 layers per block, average pooling with 1x1
transitions and batch normalisation, a distal layer applied to each bin alone, and further dense
layers after the concatenation. The script has regression only; for classification the last
rectified unit becomes two logits here.
"""

from __future__ import annotations

from deepexpr.model.backend import keras
from deepexpr.model.config import ModelConfig
from deepexpr.model.network import (
    BINS_INPUT,
    FIRST_CONVOLUTION,
    SEQUENCE_INPUT,
    Scaling,
    Shape,
    central_bins,
    in_original_unit,
)

layers = keras.layers

#: The script cuts TSS - 1000 .. TSS + 1000 inclusive.
LENGTH = 2001


def build_authors(config: ModelConfig, shape: Shape, kind: str) -> tuple[keras.Model, keras.Model]:
    """(model that is trained, model in the original unit); both share all weights.

    The trained one gives logits for classification and log10 expression for regression.
    kind : "full", "sequence" or "hichip"; inputs are the promoter and the bins, as needed.
    """
    inputs, features = [], []
    if kind != "hichip":
        inputs.append(keras.Input((shape.length, 4), name=SEQUENCE_INPUT))
        features.append(_proximal(config, shape, inputs[-1]))
    if kind != "sequence":
        inputs.append(keras.Input((shape.bins,), name=BINS_INPUT))
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


def _proximal(config: ModelConfig, shape: Shape, promoter):
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


def _convolution(filters: int, kernel: tuple[int, int], name: str) -> layers.Layer:
    return layers.Conv2D(
        filters, kernel, padding="same", use_bias=False, kernel_initializer="he_uniform", name=name
    )


def _dense_block(config: ModelConfig, x, block: int):
    for i in range(config.layers):
        name = f"block_{block + 1}_{i + 1}"
        y = layers.Activation("relu", name=f"{name}_relu")(x)
        y = _convolution(config.growth, (config.block_kernel, config.block_kernel), name)(y)
        if config.conv_dropout:
            y = layers.Dropout(config.conv_dropout, name=f"{name}_dropout")(y)
        x = layers.Concatenate(name=f"{name}_joined")([x, y])
    return x


def _transition(config: ModelConfig, x, maps: int, block: int):
    name = f"transition_{block + 1}"
    x = _convolution(maps, (1, 1), name)(x)
    if config.conv_dropout:
        x = layers.Dropout(config.conv_dropout, name=f"{name}_dropout")(x)
    x = layers.AveragePooling2D(config.pool, name=f"{name}_pool")(x)
    return layers.BatchNormalization(momentum=config.batch_norm_momentum, name=f"{name}_norm")(x)


def _distal(config: ModelConfig, shape: Shape, bins):
    x = central_bins(config, shape, bins)
    x = layers.Reshape((-1, 1), name="bin_by_bin")(x)
    first, *others = config.distal
    x = layers.Dense(first, activation="relu", name="distal_1")(x)
    x = layers.Dropout(config.distal_dropout, name="distal_dropout_1")(x)
    x = layers.Flatten(name="distal_flatten")(x)
    for i, units in enumerate(others):
        x = layers.Dense(units, activation="relu", name=f"distal_{i + 2}")(x)
    return x
