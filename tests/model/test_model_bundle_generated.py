"""Generated damage to the record of a bundle: one message, or the same numbers."""

import json
import random
import shutil

import numpy as np
import pytest

from deepexpr.errors import InputError
from deepexpr.features.dataset import Dataset
from deepexpr.model.bundle import Bundle

JUNK = [None, "", "x", -1, 0, 1.5, True, [], {}, [1], {"0": {}}, "001", 10**30, float("nan"), [[]]]
#: Numbers that change predictions where they are another's: nobody can tell that they are false.
LIES = {"task", "kind", "tss_index", "loop_strength", "bins_scale", "fingerprint"}


@pytest.fixture(scope="module")
def known(full_run, toy):
    """The bundle, ten genes of the dataset, and what the first fold predicts for them."""
    dataset = Dataset.open(toy.h5)
    genes = dataset.gene[:10]
    bundle = Bundle.open(full_run / "bundle")
    return bundle, dataset, genes, bundle.predict(dataset, bundle.folds[0], genes)


def places(node, above=()):
    """Paths of everything in a record."""
    items = node.items() if isinstance(node, dict) else []
    return [path for key, value in items for path in ((*above, key), *places(value, (*above, key)))]


@pytest.mark.parametrize("seed", range(10))
def test_a_damaged_record_is_refused_or_harmless(known, tmp_path, seed):
    sound, dataset, genes, right = known
    original, members = sound.path, sound.info["training"]["members"]
    draw = random.Random(seed)
    folder = tmp_path / "bundle"
    shutil.copytree(original, folder)
    record = json.loads((original / "bundle.json").read_text())
    for _ in range(6):
        info = json.loads(json.dumps(record))
        *above, key = path = draw.choice(places(info))
        node = info
        for name in above:
            node = node[name]
        if draw.random() < 0.2:
            del node[key]
        else:
            node[key] = draw.choice(JUNK)
        if LIES & set(path):
            continue
        (folder / "bundle.json").write_text(json.dumps(info))
        try:
            bundle = Bundle.open(folder)
            if bundle.info["training"]["members"] == members:
                bundle._models = dict(sound._models)  # the same files, opened once
            found = bundle.predict(dataset, bundle.folds[0], genes)
        except InputError:
            continue
        assert np.array_equal(found, right), (path, node.get(key, "left out"))


@pytest.mark.parametrize("key", ["inputs", "normalisation"])
def test_parts_of_a_record_are_what_they_should_be(known, tmp_path, key):
    """Each part of these two is needed, and refused where it is something else."""
    sound, *_ = known
    record = json.loads((sound.path / "bundle.json").read_text())
    shutil.copytree(sound.path, tmp_path / "bundle")
    for path in [place for place in places(record) if place[0] == key]:
        for junk in ("x", None, [], {}, [-1], [None], True):
            info = json.loads(json.dumps(record))
            node = info
            for name in path[:-1]:
                node = node[name]
            node[path[-1]] = junk
            (tmp_path / "bundle" / "bundle.json").write_text(json.dumps(info))
            with pytest.raises(InputError, match=r"no sound|lacks"):
                Bundle.open(tmp_path / "bundle").models(0)


def test_networks_read_the_inputs_of_the_record(known, tmp_path):
    sound, *_ = known
    shutil.copytree(sound.path, tmp_path / "bundle")
    info = json.loads((sound.path / "bundle.json").read_text())
    del info["inputs"]["bins"]
    (tmp_path / "bundle" / "bundle.json").write_text(json.dumps(info))
    with pytest.raises(InputError, match="read other inputs"):
        Bundle.open(tmp_path / "bundle").models(0)
