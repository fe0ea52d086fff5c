"""Figure 1 is read from the built model: modules, boxes, sizes and frozen weights."""

from __future__ import annotations

import dataclasses

import pandas as pd
import pytest

from deepexpr.figures import style
from deepexpr.figures.architecture import build_architecture, draw_architecture, layer_rows
from deepexpr.figures.inputs import Inputs


@pytest.fixture(scope="module")
def keras():
    from deepexpr.model.backend import keras

    return keras


def modules(keras):
    promoter = keras.Input((20, 4), name="promoter")
    x = keras.layers.Conv1D(3, 2, name="first_convolution")(promoter)
    y = keras.layers.Conv1D(2, 2, padding="same", name="block_1_1")(x)
    x = keras.layers.Concatenate(name="block_1_1_joined")([x, y])
    x = keras.layers.Flatten()(x)
    score = keras.layers.Dense(1, name="sequence_score")(x)
    proximal = keras.Model(promoter, score, name="proximal")
    bins = keras.Input((8,), name="bins")
    distal = keras.Model(bins, keras.layers.Dense(1, name="hichip_score")(bins), name="distal")
    return proximal, distal


def test_modules_boxes_and_frozen_weights(keras, tmp_path):
    proximal, distal = modules(keras)
    proximal.trainable = False
    inputs = [keras.Input((20, 4), name="promoter"), keras.Input((8,), name="bins")]
    joint = keras.layers.Add(name="joint_score")([proximal(inputs[0]), distal(inputs[1])])
    model = keras.Model(inputs, joint)
    (tmp_path / "fold-0").mkdir()
    model.save(tmp_path / "fold-0" / "model.keras")
    table = build_architecture(Inputs(bundle=tmp_path))
    assert table["parameters"].sum() == model.count_params()
    assert set(table["module"]) == {"proximal", "distal", "joint"}
    rows = table.set_index("name")
    assert rows.loc["first_convolution", "box"] != rows.loc["block_1_1", "box"]
    assert rows.loc["block_1_1", "box"] == rows.loc["block_1_1_joined", "box"]
    assert rows.loc["first_convolution", "output"] == "19 x 3"
    assert rows.loc["sequence_score", "trainable"] == 0
    assert rows.loc["hichip_score", "trainable"] == 1
    with style.styled():
        words = [text.get_text() for text in draw_architecture(table).axes[0].texts]
    assert any("frozen" in word for word in words)


def test_model_without_nested_models(keras):
    promoter, bins = keras.Input((20, 4), name="promoter"), keras.Input((8,), name="bins")
    x = keras.layers.Flatten(name="flat")(promoter)
    y = keras.layers.Dense(2, name="distal_1")(bins)
    joined = keras.layers.Concatenate(name="joined")([x, y])
    model = keras.Model([promoter, bins], keras.layers.Dense(1, name="score")(joined))
    table = pd.DataFrame(layer_rows(model)).set_index("name")
    assert table["module"].to_dict() == {
        "promoter": "proximal", "flat": "proximal", "bins": "distal", "distal_1": "distal",
        "joined": "joint", "score": "joint",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("blocks", "counted", "told"),
    [
        ("coarse", ["words_4", "words_6"], "4 bp × 4 windows; 6 bp × 2 windows, both strands"),
        (
            "fine",
            ["words_4", "words_6", *(f"words_6_around_{gap}" for gap in (1, 2, 3, 5))],
            "4 bp × 13 windows; 6 bp × 7 windows; with gaps",
        ),
    ],
)
def test_words_are_a_column_of_their_own(keras, blocks, counted, told):
    from deepexpr.model import network
    from deepexpr.model.config import make_configs

    shape = network.Shape(200, 40, 5000, "regression")
    config = network.TwoModules.of(make_configs({"variant": "tuned", "first_pool": 4}, {})[0])
    config = dataclasses.replace(config, word_blocks=blocks)
    proximal = network.build_proximal(config, shape)
    distal = network.build_distal(config, shape, network.Scaling(), with_bias=False)
    model = network.assemble(proximal, distal, shape, network.Scaling())
    table = pd.DataFrame(layer_rows(model))
    assert table["parameters"].sum() == model.count_params()
    modules = table.set_index("name")["module"]
    assert list(modules.index[modules == "words"]) == [*counted, "words", "word_score"]
    assert modules[["proximal_score", "joint_score"]].eq("joint").all()
    with style.styled():
        texts = [text.get_text() for text in draw_architecture(table).axes[0].texts]
    assert told in texts
    assert texts.count("Sum of the scores") == 1
    # Branches stand in one column; what runs beside what is said, and nothing is cut.
    assert {"Both strands", "Scaling of the sums", "Scaling of the bins"} < set(texts)
    assert texts[texts.index("Scaling of the bins") + 1] == "joined to the sums"
    assert not any("…" in text for text in texts)
