"""Architecture: shapes, counts of weights, a value by hand, saving."""

import numpy as np
import pytest

from deepexpr.errors import InputError
from deepexpr.features.sequence import encode_bytes, one_hot
from deepexpr.letters import reverse_complement
from deepexpr.model import network
from deepexpr.model.backend import keras
from deepexpr.model.config import make_configs
from deepexpr.model.layers import DropoutFrom, Flip, LoopTotals
from deepexpr.model.network import Scaling, Shape, TwoModules
from deepexpr.model.saved import save_model
from deepexpr.model.training import forward_batch
from deepexpr.model.variants.authors_code import networks

SHAPE = Shape(length=2000, bins=400, bin_size=5000, task="regression")


def settings(**options):
    return make_configs({"variant": "tuned"} | options, {})[0]


def config(**options):
    return TwoModules.of(settings(**options))


def test_paper_architecture_counts():
    model = network.build_proximal(config(variant="paper"), SHAPE)
    assert model.get_layer("first_convolution").kernel.shape == (8, 4, 128)
    assert sum(layer.name.startswith("block_") and hasattr(layer, "kernel")
               for layer in model.layers) == 12  # fmt: skip
    assert model.get_layer("block_3_4_joined").output.shape == (None, 125, 128 + 12 * 12)
    units = [model.get_layer(f"dense_{i}").units for i in (1, 2, 3)]
    assert units == [80, 40, 40]
    assert not any(isinstance(layer, keras.layers.BatchNormalization) for layer in model.layers)
    distal = network.build_distal(config(variant="paper"), SHAPE, Scaling(), with_bias=False)
    assert distal.count_params() == 400 * 80 + 80 + 80 * 40 + 40 + 40


def test_classification_ends_in_probabilities():
    shape = Shape(2000, 400, 5000, "classification")
    proximal = network.build_proximal(config(variant="tuned"), shape)
    model = network.assemble(proximal, None, shape, Scaling())
    output = np.array(model(np.zeros((2, 2000, 4), np.float32)))
    assert output.shape == (2, 2)
    np.testing.assert_allclose(output.sum(axis=1), 1, rtol=1e-6)


def test_score_by_hand():
    small = config(variant="paper", filters=1, kernel=3, blocks=0, dense=[1])
    model = network.build_proximal(small, Shape(6, 4, 5000, "regression"))
    kernel = np.zeros((3, 4, 1), np.float32)
    kernel[0, 0, 0] = kernel[1, 1, 0] = kernel[2, 2, 0] = 1.0  # ACG scores 3
    model.get_layer("first_convolution").set_weights([kernel, np.array([-2.0], np.float32)])
    model.get_layer("dense_1").set_weights([np.ones((6, 1), np.float32), np.array([0.5], "f4")])
    model.get_layer("sequence_score").set_weights([np.full((1, 1), 2.0, "f4"), np.ones(1, "f4")])
    inputs = one_hot(encode_bytes(["TACGTN", "NNNNNN", "TCATCA"]))
    # one match: relu(3 - 2) = 1; dense 1 + 0.5; score 2 * 1.5 + 1 = 4. No match: 2 * 0.5 + 1 = 2.
    np.testing.assert_allclose(np.array(model(inputs))[:, 0], [4.0, 2.0, 2.0])


def test_joint_is_the_sum_of_the_scores_in_the_original_unit():
    shape = Shape(200, 40, 5000, "regression")
    small = config(filters=4, first_pool=4, blocks=1, windows=4)
    scaling = Scaling(target_mean=3.0, target_sd=2.0, bins_scale=0.5)
    proximal = network.build_proximal(small, shape)
    distal = network.build_distal(config(zero_start=False), shape, scaling, with_bias=False)
    joint = network.assemble(proximal, distal, shape, scaling)
    rng = np.random.default_rng(0)
    promoter = one_hot(encode_bytes(["ACGTA" * 40, "GGCTA" * 40]))
    bins = rng.random((2, 40), np.float32)
    expected = np.array(proximal(promoter)) + np.array(distal(bins))
    np.testing.assert_allclose(np.array(joint([promoter, bins])), 3 + 2 * expected, rtol=1e-5)


def test_distance_reads_only_the_central_bins():
    shape = Shape(200, 40, 5000, "regression")
    distal = network.build_distal(
        config(distance=25_000, zero_start=False, totals=[]), shape, Scaling(), with_bias=True
    )
    assert distal.get_layer("bins_head").get_layer("distal_1").kernel.shape[0] == 10
    bins = np.random.default_rng(0).random((1, 40), np.float32)
    changed = bins.copy()
    changed[:, :15] = changed[:, 25:] = 9
    assert (np.array(distal(bins)) == np.array(distal(changed))).all()
    changed[:, 15] = 9
    assert (np.array(distal(bins)) != np.array(distal(changed))).all()


def test_distance_beyond_the_bins_is_refused():
    with pytest.raises(InputError, match="100000 bp"):
        network.build_distal(
            config(distance=300_000), Shape(200, 40, 5000, "regression"), Scaling(), True
        )


def test_too_many_windows_are_refused():
    with pytest.raises(InputError, match="windows"):
        network.build_proximal(config(windows=500), SHAPE)


@pytest.mark.parametrize("kind", ["full", "sequence", "hichip"])
def test_authors_network(kind):
    small = settings(variant="authors_code", layers=1, filters=2, growth=2)
    shape = Shape(60, 40, 5000, "regression")
    _, model = networks(small, shape, kind)
    inputs = [np.zeros((3, *i.shape[1:]), np.float32) for i in model.inputs]
    output = np.array(model(inputs if len(inputs) > 1 else inputs[0]))
    assert output.shape == (3, 1)
    assert (output >= 0).all()  # its output is rectified
    assert len(model.inputs) == (2 if kind == "full" else 1)
    if kind != "hichip":
        assert model.get_layer("first_convolution").kernel.shape == (4, 8, 1, 2)
        assert model.get_layer("image").output.shape == (None, 2001, 4, 1)
        assert model.get_layer("transition_2_pool").output.shape[1:3] == (500, 1)


def test_large_maps_pass_in_smaller_batches(tmp_path):
    """64 genes at a time, but 8 of the authors' network; the same after saving."""
    tuned = network.build_proximal(config(variant="tuned"), SHAPE)
    assert forward_batch(tuned) == 64
    assert forward_batch(network.assemble(tuned, None, SHAPE, Scaling())) == 64
    _, authors = networks(settings(variant="authors_code"), SHAPE, "full")
    assert forward_batch(authors) == 8
    save_model(authors, tmp_path / "a.keras")
    assert forward_batch(keras.saving.load_model(tmp_path / "a.keras", compile=False)) == 8


def test_saved_model_gives_the_same_bits_and_bytes(tmp_path):
    shape = Shape(200, 40, 5000, "classification")
    small = config(filters=4, first_pool=4, blocks=1, windows=4, distance=50_000)
    scaling = Scaling(bins_scale=0.7)
    model = network.assemble(
        network.build_proximal(small, shape),
        network.build_distal(small, shape, scaling, with_bias=False),
        shape,
        scaling,
    )
    save_model(model, tmp_path / "a.keras")
    save_model(model, tmp_path / "b.keras")
    assert (tmp_path / "a.keras").read_bytes() == (tmp_path / "b.keras").read_bytes()
    loaded = keras.saving.load_model(tmp_path / "a.keras", compile=False)
    rng = np.random.default_rng(0)
    inputs = [rng.random((3, 200, 4), np.float32), rng.random((3, 40), np.float32)]
    assert (np.array(model(inputs)) == np.array(loaded(inputs))).all()


def test_loop_totals_by_hand():
    layer = LoopTotals([1, 9])
    bins = np.log2(1 + np.array([[5, 1, 2, 7]], np.float32))
    np.testing.assert_allclose(np.array(layer(bins)), np.log2([[1 + 3, 1 + 15]]), rtol=1e-6)
    again = LoopTotals.from_config(layer.get_config())
    assert again.reach == [1, 9]
    assert layer.compute_output_shape((None, 4)) == (None, 2)


def test_flip_gives_the_reverse_complement():
    sequence = encode_bytes(["AACGTN", "GGATCC"])
    layer = Flip.from_config(Flip([1, 2]).get_config())
    turned = np.array(layer(one_hot(sequence)))
    assert (turned == one_hot(reverse_complement(sequence))).all()


def test_flip_asks_for_one_axis_at_a_time(monkeypatch):
    """On TensorFlow, Keras 3.11 of envs/ takes no list of axes."""
    asked, flip = [], keras.ops.flip
    monkeypatch.setattr(keras.ops, "flip", lambda x, axis: asked.append(axis) or flip(x, axis))
    Flip([1, 2])(np.zeros((1, 6, 4), np.float32))
    assert asked
    assert all(isinstance(axis, int) for axis in asked)


def test_dropout_from_keeps_the_first_columns():
    layer = DropoutFrom.from_config(DropoutFrom(0.5, 2, seed=1).get_config())
    x = np.ones((50, 10), np.float32)
    assert (np.array(layer(x, training=False)) == 1).all()
    dropped = np.array(layer(x, training=True))
    assert (dropped[:, :2] == 1).all()
    assert set(np.unique(dropped[:, 2:])) == {0.0, 2.0}


def test_both_strands_give_the_same_maps():
    shape = Shape(200, 40, 5000, "regression")
    model = network.build_proximal(config(filters=4), shape)
    maps = keras.Model(model.input, model.get_layer("both_strands").output)
    sequence = encode_bytes(["ACGGT" * 40])
    one = np.array(maps(one_hot(sequence)))
    other = np.array(maps(one_hot(reverse_complement(sequence))))
    np.testing.assert_allclose(one, other[:, ::-1], rtol=1e-5, atol=1e-6)
