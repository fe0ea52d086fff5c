"""Keras' own settings, in a file of the user's, change no number."""

import gc
import json
import os
import subprocess
import sys

import pytest

OTHERS = [
    {"floatx": "float16"},
    {"image_data_format": "channels_first"},
    {"epsilon": 0.1, "backend": "jax", "floatx": "float64", "image_data_format": "channels_first"},
]

#: One epoch of every variant; prints a checksum of each model.
TRAIN = """
import hashlib, pathlib, sys
from deepexpr.cli import main
model = {"tuned": '{"variant": "tuned", "filters": 4, "first_pool": 4, "words": false}',
         "authors_code": '{"variant": "authors_code", "filters": 2, "layers": 1, "blocks": 2}'}
dataset, splits, output = sys.argv[1:]
for name, settings in model.items():
    assert main(["train", "--dataset", dataset, "--splits", splits, "--task", "regression",
                 "--kind", "full", "--model", settings, "--only-fold", "0", "--threads", "1",
                 "--training", '{"epochs": 1, "batch_size": 64}', "--seed", "1",
                 "--output", output + "/" + name]) == 0
    found, = pathlib.Path(output, name).glob(".partial/fold-0/model.keras")
    print(name, hashlib.sha256(found.read_bytes()).hexdigest())
"""


def run(home, code, *argv, **settings):
    home.mkdir()
    (home / "keras.json").write_text(json.dumps(settings))
    environment = {name: v for name, v in os.environ.items() if name != "KERAS_BACKEND"}
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, argv)], capture_output=True, text=True,
        env=environment | {"KERAS_HOME": str(home)}, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("settings", OTHERS)
def test_keras_settings_are_overruled(tmp_path, monkeypatch, settings):
    """Those of the file, and limits of the environment, which would end training early."""
    monkeypatch.setenv("KERAS_MAX_EPOCHS", "1")
    monkeypatch.setenv("KERAS_MAX_STEPS_PER_EPOCH", "1")
    code = (
        "from deepexpr.model.backend import keras as k;"
        "print(k.config.floatx(), k.config.epsilon(), k.config.image_data_format(),"
        " k.backend.backend(), k.config.dtype_policy().name, k.config.max_epochs(),"
        " k.config.max_steps_per_epoch())"
    )
    result = run(tmp_path / "home", code, **settings)
    assert result.stdout.split() == [
        "float32", "1e-07", "channels_last", "tensorflow", "float32", "None", "None",
    ]  # fmt: skip


@pytest.mark.slow
def test_keras_settings_file_changes_no_weight(tmp_path, toy):
    results = [
        run(tmp_path / f"home{i}", TRAIN, toy.h5, toy.splits, tmp_path / f"out{i}", **settings)
        for i, settings in enumerate(({}, {"floatx": "float16", "epsilon": 0.01},
                                      {"image_data_format": "channels_first"}))
    ]  # fmt: skip
    assert [result.returncode for result in results] == [0, 0, 0], results[-1].stderr
    assert len(results[0].stdout.splitlines()) == 2
    assert results[0].stdout == results[1].stdout == results[2].stdout


def test_keras_settings_that_keras_refuses_are_a_message(tmp_path):
    code = "from deepexpr.cli import main; import sys; sys.exit(main(sys.argv[1:]))"
    argv = ("filters", "--bundle", "b", "--fasta", "p.fa", "--output", tmp_path / "o.meme")
    result = run(tmp_path / "home", code, *argv, floatx="float128")
    assert result.returncode == 1
    assert "keras.json" in result.stderr
    assert "Traceback" not in result.stderr


def test_what_keras_loaded_is_not_searched_for_garbage_and_the_rest_still_is():
    import deepexpr.model.backend  # noqa: F401

    assert gc.get_freeze_count() > 100_000
    assert gc.isenabled()
