"""Networks that share the words counted in a batch say the same, to the bit, as each alone."""

import numpy as np
import pytest

from deepexpr.features.dataset import BINS, PROMOTER
from deepexpr.model.examples import Examples


def promoters(number, length):
    letters = np.frombuffer(b"ACGTN", np.uint8)
    return letters[np.random.default_rng(3).choice(5, (number, length), p=[0.24] * 4 + [0.04])]


@pytest.mark.parametrize("blocks", ["coarse", "fine"])
def test_networks_side_by_side_are_those_alone(blocks, monkeypatch):
    from deepexpr.model import layers, shared_counts
    from deepexpr.model.backend import keras
    from deepexpr.model.network import Shape, TwoModules, build_proximal
    from deepexpr.model.training import forward, forward_all

    keras.utils.set_random_seed(1)
    config = TwoModules(4, 8, 2, 4, 1, 1, 4, (8,), (), words=True, word_blocks=blocks)
    models = [build_proximal(config, Shape(120, 40, 5000, "regression")) for _ in range(2)]
    examples = Examples({PROMOTER: promoters(70, 120), BINS: np.zeros((70, 40), np.float32)})
    alone = [forward(model, examples) for model in models]
    counted, call = [], layers.WordCounts.call
    monkeypatch.setattr(
        layers.WordCounts, "call", lambda self, x: counted.append(self.soft) or call(self, x)
    )
    whole, count = [], shared_counts.word_counts
    monkeypatch.setattr(
        shared_counts, "word_counts", lambda *given: whole.append(1) or count(*given)
    )
    together = forward_all(models, examples)
    for one, other in zip(alone, together, strict=True):
        assert np.array_equal(one, other)
    own = [layer for layer in models[0].layers if isinstance(layer, layers.WordCounts)]
    soft = sum(layer.soft for layer in own)
    # Two batches, each counted once for both.
    assert (len(counted), len(whole)) == (2 * soft, 2 * (len(own) - soft))
    assert np.array_equal(forward(models[0], examples), alone[0])
    assert len(counted) == 2 * soft + 2 * len(own)  # the layers are themselves again


def test_what_is_no_promoter_of_the_batch_is_counted_as_ever():
    from deepexpr.features.sequence import one_hot
    from deepexpr.model.backend import keras
    from deepexpr.model.layers import Flip, WordCounts
    from deepexpr.model.shared_counts import shared_counts

    letters = promoters(4, 60)
    given = keras.Input((60, 4), name=PROMOTER)
    layer = WordCounts(4, [0, 30, 60], False)
    model = keras.Model(given, [layer(given), layer(Flip([1, 2])(given))])
    alone = [np.asarray(each) for each in model(one_hot(letters))]
    with shared_counts([model]) as counts:
        counts.take(letters, one_hot(letters))
        found = [np.asarray(each) for each in model(one_hot(letters))]
    assert not np.array_equal(*alone)
    for one, other in zip(alone, found, strict=True):
        assert np.array_equal(one, other)
