"""Settings: variants, overrides, and what is refused."""

import pytest
from pydantic import ValidationError

from deepexpr.errors import InputError
from deepexpr.model import fields
from deepexpr.model.config import TrainingSettings, make_configs, variants
from deepexpr.model.trainers import SEQUENTIAL, choose_trainer
from deepexpr.options import read_options


def test_paper_is_the_paper():
    model, training = make_configs({"variant": "paper"}, {})
    assert (model.filters, model.kernel, model.blocks, model.layers) == (128, 8, 3, 4)
    assert model.dense == (80, 40, 40)
    assert model.distal == (80, 40)
    assert (training.optimizer, training.batch_size) == ("rmsprop", 4)
    assert (training.epochs, training.patience) == (60, 5)
    assert model.dropout == 0.5


def test_the_variants_are_the_modules_of_their_package():
    assert {"authors_code", "paper", "tuned"} <= set(variants())


@pytest.mark.parametrize("variant", variants())
def test_variants_are_frozen_and_become_json(variant):
    model, training = make_configs({"variant": variant}, {})
    with pytest.raises(ValidationError, match="frozen"):
        model.filters = 1
    assert model.variant == variant
    assert make_configs(model.to_dict(), training.to_dict()) == (model, training)


@pytest.mark.parametrize(
    ("model", "training", "word"),
    [
        ({"filtres": 3}, {}, "filtres"),
        ({"variant": "mine"}, {}, "mine"),
        ({"filters": "many"}, {}, "filters"),
        ({"filters": 0}, {}, "filters"),
        ({"dense": [80, -1]}, {}, "dense"),
        ({"variant": "tuned", "batch_norm": 1}, {}, "batch_norm"),
        ({"variant": "tuned", "pool_type": "median"}, {}, "pool_type"),
        ({"distance": -5}, {}, "distance"),
        ({}, {"learning_rate": "fast"}, "learning_rate"),
        ({}, {"optimizer": "sgd"}, "optimizer"),
        ({}, {"plateau_factor": 2.0}, "plateau_factor"),
        ({}, {"lr": 0.1}, "lr"),
        ({"variant": "paper"}, {"two_steps": False}, "two_steps"),
        ({"variant": "authors_code"}, {"two_steps": True}, "two_steps"),
        ({"variant": "authors_code", "distal": []}, {}, "distal"),
        ({"variant": "authors_code", "words": True}, {}, "Unknown key 'words'"),
        ({"variant": "authors_code"}, {"standardise": True}, "Unknown key 'standardise'"),
        ({"variant": "tuned", "joint": [40]}, {}, "Unknown key 'joint'"),
        ({"variant": "paper", "windows": 5}, {}, "Unknown key 'windows'"),
        ({"dense": [True]}, {}, "dense"),
        ({}, {"learning_rate": float("inf")}, "learning_rate"),
    ],
)
def test_bad_settings_are_named(model, training, word):
    with pytest.raises(InputError, match=word):
        make_configs(model, training)


def test_unknown_key_lists_the_known_ones():
    with pytest.raises(InputError, match="first_pool"):
        make_configs({"variant": "tuned", "nothing": 1}, {})


def test_options_from_text_and_file(tmp_path):
    (tmp_path / "m.yaml").write_text("variant: paper\nfilters: 7\n")
    assert read_options(str(tmp_path / "m.yaml")) == {"variant": "paper", "filters": 7}
    assert read_options('{"filters": 7}') == {"filters": 7}
    assert read_options(None) == {}
    assert make_configs({}, read_options('{"learning_rate": 1e-3}'))[1].learning_rate == 1e-3


@pytest.mark.parametrize("text", ["no/such/file.json", "{", '{"a": [}'])
def test_unreadable_options(text):
    with pytest.raises(InputError):
        read_options(text)


def test_options_that_are_not_text(tmp_path):
    (tmp_path / "m.yaml").write_bytes(b"\x89HDF")
    with pytest.raises(InputError, match="not text"):
        read_options(str(tmp_path / "m.yaml"))


def test_a_variant_may_be_for_the_sequential_trainer_alone(monkeypatch):
    """`check` refuses what its job could not do, and a GPU does not choose it."""

    class Training(TrainingSettings):
        trainer: fields.OneByOne = SEQUENTIAL

    monkeypatch.setattr("deepexpr.model.trainers._jax_sees_gpu", lambda: True)
    assert choose_trainer(Training.of({}, "training").trainer) == SEQUENTIAL
    (problem,) = Training.problems({"trainer": "stacked"}, "my.yaml", "training")
    assert "trainer" in str(problem)
    assert "'sequential'" in str(problem)
