"""Networks as .keras files: written without dates, read without trust.

A .keras file is an archive of a configuration, which names the classes that the network is built
of, and of weights in HDF5. Keras itself refuses code in it (Lambda layers); here only layers that
compute with their own weights are let through, and none that reads files, runs other frameworks'
models or is a stranger's class.
"""

import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np

import deepexpr.model.layers  # noqa: F401 (registers the layers that models hold)
from deepexpr.errors import InputError
from deepexpr.features.bundles import MOST_BYTES, MOST_TIMES, check_archive
from deepexpr.files import require_file
from deepexpr.model.backend import keras

#: The date of every entry of a saved model: the same weights give the same bytes.
_NO_DATE = (1980, 1, 1, 0, 0, 0)

_CONFIG, _WEIGHTS = "config.json", "model.weights.h5"
_ENTRIES = {_CONFIG, _WEIGHTS, "metadata.json"}

#: Where Keras keeps the layers that do nothing but compute with their weights.
_PURE = tuple(
    f"keras.src.layers.{part}"
    for part in (
        "activations.", "attention.", "convolutional.", "core.dense", "core.einsum_dense",
        "core.embedding", "core.identity", "core.input_layer", "core.masking", "merging.",
        "normalization.", "pooling.", "preprocessing.rescaling", "regularization.", "reshaping.",
        "rnn.",
    )
)  # fmt: skip
#: What else a configuration names.
_PLAIN = {"__keras_tensor__", "DTypePolicy", "FloatDTypePolicy", "Functional", "Sequential"}


def model_names(members: int) -> list[str]:
    """File names of the members' models in a fold's folder."""
    return ["model.keras", *(f"model-{m}.keras" for m in range(1, members))]


def load_model(path: Path, written_by: str = "") -> keras.Model:
    """The network in a .keras file, which may be a stranger's.

    written_by : words on the version of Keras that wrote it, for where it cannot be read.
    Raises InputError where the file is damaged, of another Keras, or holds what it should not.
    """
    path = require_file(path, "model")
    check_archive(path, _ENTRIES)
    try:
        with zipfile.ZipFile(path) as archive:
            config = json.loads(archive.read(_CONFIG))
            with archive.open(_WEIGHTS) as weights, h5py.File(weights, "r") as file:
                _check_weights(file, path)
        _check_classes(config, path)
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except InputError:
        raise
    except MemoryError as error:
        raise _refused(path, "more weights than fit into memory") from error
    except Exception as error:  # of Keras, h5py and zipfile, of any kind: the file is a stranger's
        plain = re.sub(r"\x1b\[\d+m", "", str(error))
        raise InputError(
            "The model cannot be read: it is damaged, or of a version of Keras that says things "
            "otherwise.",
            where=str(path),
            expected=f"a model {written_by}" if written_by else None,
            found=(plain.splitlines() or [type(error).__name__])[0][:200],
            fix="Copy the bundle again, and whole; or use the environment it was trained in.",
        ) from error


def _refused(path: Path, found: str) -> InputError:
    return InputError(
        "The model holds what no model of deepexpr does, and is not opened.",
        where=str(path),
        expected="layers of Keras that compute with their own weights, and those that deepexpr "
        "or an installed variant has registered",
        found=found[:200],
        fix="Ask who gave you this bundle; train it again.",
    )


def _check_classes(config: Any, path: Path) -> None:
    for entry in _dictionaries(config):
        if "class_name" in entry and not _is_known(entry):
            name = entry.get("registered_name") or entry["class_name"]
            raise _refused(path, f"{entry.get('module')}: {name}")


def _dictionaries(node: Any) -> Iterator[dict]:
    """Every mapping in a JSON value, however deep; a stack, as a trap would be deeper than ours."""
    left = [node]
    while left:
        node = left.pop()
        if isinstance(node, dict):
            yield node
            left += node.values()
        elif isinstance(node, list):
            left += node


def _is_known(entry: dict) -> bool:
    name, registered = entry["class_name"], entry.get("registered_name")
    if not isinstance(name, str):
        return False
    if registered in keras.saving.get_custom_objects():
        return True
    if registered not in (None, name):
        return False
    if name in _PLAIN or _is_class(keras.initializers, name):
        return True
    layer = getattr(keras.layers, name, None)
    return isinstance(layer, type) and layer.__module__.startswith(_PURE)


def _is_class(module: Any, name: str) -> bool:
    return isinstance(getattr(module, name, None), type)


def _check_weights(file: h5py.File, path: Path) -> None:
    """No weights in other files, and no more of them than the file can hold."""
    strange: list[str] = []
    size = 0

    def links(group: h5py.Group, name: str) -> Iterator[h5py.Dataset]:
        for key in group:
            if not isinstance(group.get(key, getlink=True), h5py.HardLink):
                strange.append(f"a link {name}/{key}")
                continue
            child = group[key]
            if isinstance(child, h5py.Group):
                yield from links(child, f"{name}/{key}")
            else:
                yield child

    for array in links(file, ""):
        if array.external or array.is_virtual:
            strange.append(f"values from elsewhere, {array.name}")
        size += int(np.prod(array.shape, dtype=object)) * array.dtype.itemsize
    if size > max(MOST_BYTES, MOST_TIMES * path.stat().st_size):
        strange.append(f"{size} bytes of weights")
    if strange:
        raise _refused(path, ", ".join(strange))


def save_model(model: keras.Model, path: Path) -> None:
    """Write `model` as .keras without dates and addresses: equal models are equal files."""
    dated_path = path.with_suffix(".dated.keras")
    model.save(dated_path)
    with zipfile.ZipFile(dated_path) as dated, zipfile.ZipFile(path, "w") as plain:
        for name in sorted(dated.namelist()):
            plain.writestr(zipfile.ZipInfo(name, _NO_DATE), _timeless(name, dated.read(name)))
    dated_path.unlink()


def _timeless(name: str, content: bytes) -> bytes:
    if name == "metadata.json":
        metadata = json.loads(content) | {"date_saved": "1980-01-01@00:00:00"}
        return json.dumps(metadata, sort_keys=True).encode()
    if name == _CONFIG:
        # Keras marks shared objects by their address in memory; any distinct number does.
        numbers: dict[bytes, int] = {}
        return re.sub(
            rb'("shared_object_id": )(\d+)',
            lambda m: m[1] + str(numbers.setdefault(m[2], len(numbers))).encode(),
            content,
        )
    return content
