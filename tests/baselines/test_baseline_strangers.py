"""Baselines of strangers: their files are arrays, and arrays that could do harm are refused."""

import io
import json
import os
import pickle
import zipfile

import numpy as np
import pandas as pd
import pytest

from deepexpr.baselines.bundle import BaselineBundle, write_bundle
from deepexpr.baselines.fit import run_baseline
from deepexpr.baselines.settings import BaselineSettings
from deepexpr.errors import InputError
from deepexpr.files import write_table
from deepexpr.provenance import sha256_file

SPRUNG = "deepexpr_pickle_was_run"


class Trap:
    """Runs code when it is unpickled."""

    def __reduce__(self):
        return (os.putenv, (SPRUNG, "1"))


@pytest.fixture
def bundle(dataset, splits, small, tmp_path):
    """bundle(method): a folder to tamper with."""

    def make(method):
        settings = BaselineSettings.of(small, "test")
        if method == "joined":
            method, path = "ridge", tmp_path / "samples.tsv"
            table = pd.DataFrame({"gene": dataset.gene, "one": dataset.expression})
            write_table(table.dropna(), path)
            files = {"samples": str(path), "word_blocks": "fine"}
            settings = settings.model_copy(update=files)
        run = run_baseline(dataset, splits, "regression", method, settings)
        write_bundle(tmp_path / "bundle", run, dataset, 0, [])
        return tmp_path / "bundle"

    return make


def put(bundle, content):
    """Exchange the model of fold 0, and its checksum, as its maker would."""
    (bundle / "fold-0.npz").write_bytes(content)
    record = json.loads((bundle / "bundle.json").read_text())
    record["folds"][0]["sha256"] = sha256_file(bundle / "fold-0.npz")
    (bundle / "bundle.json").write_text(json.dumps(record))


def saved(**arrays):
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()


def changed(bundle, **arrays):
    with np.load(bundle / "fold-0.npz") as file:
        put(bundle, saved(**(dict(file) | arrays)))


def refused(bundle, dataset, match):
    with pytest.raises(InputError, match=match):
        BaselineBundle.open(bundle).predict(dataset, 0)
    assert SPRUNG not in os.environ


def test_a_pickle_is_not_opened(bundle, dataset):
    folder = bundle("lasso")
    put(folder, pickle.dumps(Trap()))
    refused(folder, dataset, "damaged")
    put(folder, saved(**{"linear.mean": np.array([Trap()], dtype=object)}))
    refused(folder, dataset, "damaged, or is none")


def test_bundles_of_pickles_of_old_say_their_version(bundle):
    folder = bundle("lasso")
    record = json.loads((folder / "bundle.json").read_text()) | {"schema": "deepexpr-baseline/1"}
    record["versions"]["deepexpr"] = "0.0.9"
    (folder / "bundle.json").write_text(json.dumps(record))
    with pytest.raises(InputError, match=r"another version(.|\n)*written by deepexpr 0\.0\.9"):
        BaselineBundle.open(folder)


@pytest.mark.parametrize(
    ("method", "arrays"),
    [
        ("random_forest", {"forest.left": "circle"}),
        ("random_forest", {"forest.left": "beyond"}),
        ("random_forest", {"forest.feature": "beyond"}),
        ("random_forest", {"forest.first": "beyond"}),
        ("random_forest", {"forest.threshold": "short"}),
        ("random_forest", {"forest.value": "floats of half size"}),
        ("lasso", {"linear.mean": "short"}),
        ("lasso", {"linear.more": "more"}),
        ("ridge", {"words.kernel": "short"}),
        ("trees", {"boosted.value": "short"}),
        ("trees", {"boosted.left": "circle"}),
        ("joined", {"words.adds": "short"}),
        ("joined", {"words.units_bias": "short"}),
        ("joined", {"words.reads": "short"}),
        ("joined", {"words.reads": "floats of half size"}),
        ("joined", {"words.units": "wide"}),
        ("ridge", {"words.reads": "more"}),
    ],
)
def test_arrays_that_are_no_such_model_are_refused(bundle, dataset, method, arrays):
    folder = bundle(method)
    ((name, kind),) = arrays.items()
    with np.load(folder / "fold-0.npz") as file:
        array = file[name] if name in file else np.zeros(3)
        sides = [file[side] for side in file if side.endswith(".left")]
        inner = np.flatnonzero(sides[0] >= 0) if sides else [0]
    if kind == "wide":  # a few bytes that would be gigabytes of units
        array = np.zeros((len(array), 1_000_000), np.float32)
    changes = {"circle": 0, "beyond": 10**9}
    if kind in changes:
        array[inner[-1] if name != "forest.first" else -1] = changes[kind]
    array = array[:-1] if kind == "short" else array
    array = array.astype(np.float16) if kind == "floats of half size" else array
    changed(folder, **{name: array})
    refused(folder, dataset, "damaged, or is none of deepexpr")


def test_paths_in_the_archive_are_refused(bundle, dataset):
    folder = bundle("lasso")
    stream = io.BytesIO((folder / "fold-0.npz").read_bytes())
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr("../../escaped.npy", b"x")
    put(folder, stream.getvalue())
    refused(folder, dataset, "is not opened")


def test_another_assembly_is_refused(bundle, dataset):
    folder = bundle("lasso")
    record = json.loads((folder / "bundle.json").read_text()) | {"assembly": "other"}
    (folder / "bundle.json").write_text(json.dumps(record))
    refused(folder, dataset, "another assembly than the bundle")
