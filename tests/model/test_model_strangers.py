"""Bundles of strangers: networks run no code, read no other file and fill no memory."""

import json
import os
import shutil
import zipfile

import h5py
import numpy as np
import pytest

from deepexpr.cli import main
from deepexpr.errors import InputError
from deepexpr.features.bundles import check_archive
from deepexpr.model.backend import keras
from deepexpr.model.saved import load_model

#: What each trap would leave behind if its code ran.
SPRUNG = "deepexpr_trap_was_sprung"


@pytest.fixture
def bundle(sequence_run, tmp_path):
    """A bundle to tamper with; its first network is found in `fold-0/model.keras`."""
    shutil.copytree(sequence_run / "bundle", tmp_path / "bundle")
    return tmp_path / "bundle"


def refusal(bundle, fasta, capsys):
    """The one message that predicting with a tampered bundle gives."""
    argv = ["predict", "--bundle", bundle, "--fasta", fasta, "--output", bundle.parent / "o.tsv"]
    assert main([str(each) for each in argv]) == 1
    assert not (bundle.parent / "o.tsv").exists()
    assert SPRUNG not in os.environ
    message = capsys.readouterr().err
    assert "Traceback" not in message
    return message


@pytest.fixture
def fasta(toy, tmp_path):
    (tmp_path / "p.fa").write_text(f">a\n{'ACGT' * (toy.dataset(1).sequence.shape[1] // 4)}\n")
    return tmp_path / "p.fa"


def rewrite(model, change_config=None, change_weights=None, more=()):
    """The archive with another configuration, other weights, further entries (name, bytes)."""
    with zipfile.ZipFile(model) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    if change_config is not None:
        config = json.loads(entries["config.json"])
        change_config(config)
        entries["config.json"] = json.dumps(config).encode()
    if change_weights is not None:
        weights = model.with_suffix(".h5")
        weights.write_bytes(entries["model.weights.h5"])
        change_weights(weights)
        entries["model.weights.h5"] = weights.read_bytes()
        weights.unlink()
    with zipfile.ZipFile(model, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in [*entries.items(), *more]:
            archive.writestr(name, content)


def first(config, name):
    """The first layer of a class in a model's configuration, however deep."""
    for layer in config["config"]["layers"]:
        if layer["class_name"] == name:
            return layer
        if "layers" in layer["config"] and (found := first(layer, name)):
            return found
    return None


def becomes(**changes):
    def change(config):
        first(config, "Dense").update(changes)

    return change


def test_a_lambda_layer_is_refused(bundle, fasta, capsys):
    inputs = keras.Input((160, 4), name="promoter")
    spring = f"import os; os.environ[{SPRUNG!r}] = '1'"
    trap = keras.layers.Lambda(lambda x, code=spring: (exec(code), x[:, 0, :1])[1])
    keras.Model(inputs, trap(inputs)).save(bundle / "fold-0/model.keras")
    os.environ.pop(SPRUNG)  # building it has run it once
    assert "Lambda" in refusal(bundle, fasta, capsys)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (becomes(class_name="system", module="os"), "system"),
        (becomes(class_name="Popen", module="subprocess", registered_name="Popen"), "Popen"),
        (becomes(class_name="function", config="eval", module="builtins"), "function"),
        (becomes(class_name="get_file", module="keras.utils"), "get_file"),
        (becomes(class_name="TFSMLayer", module="keras.layers"), "TFSMLayer"),
        (becomes(class_name="StringLookup", module="keras.layers"), "StringLookup"),
        (becomes(class_name="TorchModuleWrapper", module="keras.layers"), "TorchModuleWrapper"),
        (becomes(class_name="Mine", module="mine", registered_name="mine>Mine"), "mine>Mine"),
        (becomes(class_name=["Dense"]), "Dense"),
        (lambda c: first(c, "Dense")["config"].update(
            activation={"class_name": "__lambda__", "config": {"value": "x"}}), "__lambda__"),
    ],
)  # fmt: skip
def test_classes_that_no_network_of_ours_has_are_refused(bundle, fasta, capsys, change, word):
    rewrite(bundle / "fold-0/model.keras", change)
    message = refusal(bundle, fasta, capsys)
    assert "is not opened" in message
    assert word in message


def linked(path):
    with h5py.File(path, "a") as file:
        file["secret"] = h5py.ExternalLink("/etc/passwd", "/")


def soft(path):
    with h5py.File(path, "a") as file:
        file["again"] = h5py.SoftLink("/layers")


def outside(path):
    with h5py.File(path, "a") as file:
        file.create_dataset("x", (10,), "u1", external=[("/etc/passwd", 0, 10)])


def endless(path):
    with h5py.File(path, "a") as file:
        file.create_dataset("x", (2**30, 2**10), "f8", chunks=(1024, 1024))


@pytest.mark.parametrize(
    ("change", "word"),
    [(linked, "a link"), (soft, "a link"), (outside, "from elsewhere"), (endless, "of weights")],
)
def test_weights_in_other_files_or_without_end_are_refused(bundle, fasta, capsys, change, word):
    rewrite(bundle / "fold-0/model.keras", change_weights=change)
    message = refusal(bundle, fasta, capsys)
    assert "is not opened" in message
    assert word in message


@pytest.mark.parametrize("name", ["../../escaped.txt", "/tmp/escaped.txt", "assets/a.txt"])
def test_further_entries_of_the_archive_are_refused(bundle, fasta, capsys, name):
    rewrite(bundle / "fold-0/model.keras", more=[(name, b"x")])
    assert name in refusal(bundle, fasta, capsys)
    assert not (bundle.parent / "escaped.txt").exists()


def test_an_archive_that_swells_is_refused(tmp_path):
    archive = zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED)
    with archive, archive.open("linear.mean.npy", "w", force_zip64=True) as entry:
        for _ in range(100):
            entry.write(bytes(1 << 20))
    assert (tmp_path / "a.npz").stat().st_size < 1 << 20
    with pytest.raises(InputError, match="is not opened"):
        check_archive(tmp_path / "a.npz", suffix=".npy")


@pytest.mark.parametrize(
    "changes",
    [{"folds": ["../../elsewhere"]}, {"folds": []}, {"folds": 3}, {"training": {"members": 10**9}},
     {"model": {"variant": "os"}}, {"normalisation": []}],
)  # fmt: skip
def test_records_that_lead_elsewhere_are_refused(bundle, fasta, capsys, changes):
    record = bundle / "bundle.json"
    record.write_text(json.dumps(json.loads(record.read_text()) | changes))
    assert "error" in refusal(bundle, fasta, capsys)


def test_a_record_nested_without_end_is_refused(bundle, fasta, capsys):
    (bundle / "bundle.json").write_text("[" * 100_000)
    assert "damaged" in refusal(bundle, fasta, capsys)


def test_a_bundle_of_another_keras_says_so(bundle, fasta, capsys):
    def change(config):
        for name in ("Conv1D", "Dense"):
            first(config, name)["config"]["unknown_argument"] = None

    record = json.loads((bundle / "bundle.json").read_text())
    record["versions"]["keras"] = "9.9.9"
    (bundle / "bundle.json").write_text(json.dumps(record))
    for model in bundle.glob("fold-*/model.keras"):
        rewrite(model, change)
    message = refusal(bundle, fasta, capsys)
    assert f"written by keras 9.9.9; this is {keras.__version__}" in message


def test_an_honest_model_is_read(sequence_run):
    model = load_model(sequence_run / "bundle/fold-0/model.keras")
    assert np.isfinite(np.array(model(np.zeros((1, 160, 4), np.float32)))).all()
