"""Word counts of a batch, made once for all networks that read it; predictions stay the same.

A fold's network counts words before anything it has learnt, and that is most of what reading a
promoter takes; so several networks share the counts. Whole counts are sums of ones, which no order
of adding changes: they are counted from letters, far faster than by products of matrices.
"""

import contextlib
from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np

from deepexpr.features.words import Block, word_counts
from deepexpr.model.backend import keras
from deepexpr.model.layers import MotifScans, WordCounts

ops = keras.ops


class SharedCounts:
    """The counts of one batch of promoters, by layer."""

    def __init__(self) -> None:
        self._letters = np.empty((0, 0), np.uint8)
        self._one_hot = np.empty((0, 0, 4), np.float32)
        self._known: dict[bytes, object] = {}

    def take(self, letters: np.ndarray, one_hot: np.ndarray) -> None:
        """Begin the next batch: letters uint8 (n, L), and the same as a network reads them."""
        self._letters, self._one_hot = letters, one_hot
        self._known = {}

    def call(self, layer: WordCounts | MotifScans, counted, promoter):
        """In place of the layer's `call`, which is `counted`. What is no promoter of the batch
        (turned, or changed on the way) is counted as ever."""
        found = ops.convert_to_numpy(promoter)
        if found.shape != self._one_hot.shape or not np.array_equal(found, self._one_hot):
            return counted(promoter)
        key = _key(layer)
        if key not in self._known:
            whole = isinstance(layer, WordCounts) and not layer.soft
            self._known[key] = self._counts(layer) if whole else counted(promoter)
        return self._known[key]

    def _counts(self, layer: WordCounts):
        length = self._letters.shape[1]
        edges = tuple(edge / length for edge in layer.edges)
        block = Block(layer.word, edges, layer.both_strands, layer.gap, layer.soft)
        return ops.sqrt(ops.convert_to_tensor(word_counts(self._letters, block)) + 0.375)


@contextlib.contextmanager
def shared_counts(models: Sequence[keras.Model]) -> Iterator[SharedCounts]:
    """While this lasts the networks count the words of a batch once."""
    shared, changed = SharedCounts(), []
    try:
        for layer in {id(layer): layer for model in models for layer in _counters(model)}.values():
            layer.call = partial(shared.call, layer, layer.call)  # type: ignore[method-assign]  # as fast_layers
            changed.append(layer)
        yield shared
    finally:
        for layer in changed:
            del layer.call


def _key(layer: WordCounts | MotifScans) -> bytes:
    """The same for layers that find the same."""
    if isinstance(layer, MotifScans):
        return b"".join(ops.convert_to_numpy(weight).tobytes() for weight in layer.weights)
    own = ("word", "edges", "both_strands", "gap", "soft")
    return repr([getattr(layer, name) for name in own]).encode()


def _counters(model: keras.Model) -> Iterator[WordCounts | MotifScans]:
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _counters(layer)
        elif isinstance(layer, WordCounts | MotifScans):
            yield layer
