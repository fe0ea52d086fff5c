"""The HiChIP score by boosted trees that read the sequence score beside the loops.

In place of the distal module's dense layers where there are some hundred genes (docs/evidence.md).
Everything of the first step is frozen, as beside dense layers. Where genes are few a convolution of
many epochs knows its training genes too well; there trees read the words' left-out score alone, and
the convolution's is added to theirs (`TwoModules.beside_words`).
"""

import numpy as np

from deepexpr.features.dataset import ANCHORS, BINS
from deepexpr.model import network
from deepexpr.model.backend import keras
from deepexpr.model.layers import LoopWindows, TreeScore
from deepexpr.model.network import Shape, TwoModules
from deepexpr.model.trees import Trees

layers = keras.layers

TREE_SCORE = "tree_score"


def tree_front(config: TwoModules, shape: Shape) -> keras.Model:
    """Bins, and the anchors where there are some, to features (batch, p); it has no weights.

    Anchors know no distance, so they are not read where only near bins are.
    """
    inputs = [keras.Input(shape.of_bins, name=BINS)]
    near = network.central_bins(config.distance, shape, inputs[0])
    windows = LoopWindows(shape.bin_size, dtype="float32", name="loop_windows")
    if shape.targets > 1:
        near = layers.Permute((2, 1), name="targets_first")(near)
        features = layers.Flatten(name="windows_of_targets")(windows(near))
    else:
        features = windows(near)
    if config.anchors and ANCHORS in shape.others and config.distance is None:
        inputs.append(keras.Input(shape.others[ANCHORS], name=ANCHORS))
        features = layers.Concatenate(name="loop_features")([features, inputs[1]])
    return keras.Model(_given(inputs), features, name=network.BINS_FRONT)


def build_tree_distal(
    config: TwoModules, shape: Shape, trees: Trees, with_score: bool
) -> keras.Model:
    """Inputs of `tree_front`, then the sequence score if `with_score`, to the HiChIP score."""
    front = tree_front(config, shape)
    inputs = [keras.Input(tensor.shape[1:], name=tensor.name) for tensor in front.inputs]
    features = front(_given(inputs))
    layer = TreeScore(
        len(trees.first) - 1, len(trees.left), trees.depth, shape.outputs, dtype="float32",
        name=TREE_SCORE,
    )  # fmt: skip
    if with_score:
        inputs.append(keras.Input((shape.outputs,), name=network.FROZEN_SEQUENCE))
        score = layer([features, inputs[-1]])
    else:
        score = layer(features)
    layer.set_weights(_weights(trees))
    return keras.Model(_given(inputs), score, name=network.DISTAL)


def _given(inputs: list):
    """As Keras wants them: a single one is no list."""
    return inputs if len(inputs) > 1 else inputs[0]


def _weights(trees: Trees) -> list[np.ndarray]:
    """As `TreeScore` takes them: nodes are numbered through, and leaves lead to themselves."""
    own = np.arange(len(trees.left))
    root = np.repeat(trees.first[:-1], np.diff(trees.first))
    left, right = (np.where(s < 0, own, root + s) for s in (trees.left, trees.right))
    threshold = trees.threshold.astype(np.float32)
    # Features have single precision: rounded down, a threshold parts the same ones.
    threshold = np.where(
        threshold > trees.threshold, np.nextafter(threshold, np.float32(-np.inf)), threshold
    )
    arrays = (trees.first[:-1], trees.feature, threshold, left, right, trees.value)
    return [np.asarray(array, np.float32) for array in arrays]


def tree_columns(frozen: np.ndarray | None, features: np.ndarray) -> np.ndarray:
    """What trees read, float32 (n, p): the score (n, outputs), two logits as their difference,
    before the features; None: features alone."""
    if frozen is None:
        return features
    score = frozen[:, -1:] if frozen.shape[1] == 1 else frozen[:, 1:] - frozen[:, :1]
    return np.column_stack([score, features])
