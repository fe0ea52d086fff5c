"""A bundle: everything needed to use trained networks again, in one folder.

``bundle.json`` (settings, constants, seed, versions, genome build, metrics), ``splits.tsv``
(genes by fold and role) and ``fold-{i}/model.keras`` (further members: ``model-{m}.keras``).
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from deepexpr.errors import InputError
from deepexpr.features.dataset import Dataset
from deepexpr.features.sequence import reverse_complement
from deepexpr.features.splits import fold_roles, read_splits
from deepexpr.files import require_file
from deepexpr.model.backend import keras
from deepexpr.model.examples import Examples, inputs_of_kind
from deepexpr.model.gradient import promoter_gradient
from deepexpr.model.network import FIRST_CONVOLUTION, PROXIMAL
from deepexpr.model.training import forward

#: The date of every entry of a saved model: the same weights give the same bytes.
_NO_DATE = (1980, 1, 1, 0, 0, 0)

#: What its record must hold to be used.
_KEYS = (
    "cell_line", "assembly", "task", "kind", "scheme", "K", "folds", "length", "tss_index", "bins",
    "bin_size", "dataset_sha256", "splits_fingerprint", "fingerprint", "model", "training",
    "normalisation",
)  # fmt: skip


class Bundle:
    """Trained networks of one cell line, task, number of folds and kind."""

    def __init__(self, path: Path, info: dict[str, Any]) -> None:
        self.path = path
        self.info = info
        self._models: dict[int, list[keras.Model]] = {}

    @classmethod
    def open(cls, path: str | Path) -> Bundle:
        """Read bundle.json in the folder `path`; models are loaded when they are first used."""
        path = Path(path)
        file = require_file(path / "bundle.json", "bundle")
        try:
            info = json.loads(file.read_text())
        except ValueError as error:  # neither JSON nor UTF-8
            raise InputError(
                f"The bundle's record is damaged: {error}.", where=str(file)
            ) from error
        kind = info.get("type") if isinstance(info, dict) else None
        if kind != "network":
            raise InputError(
                "The bundle does not hold a network.",
                where=str(file),
                expected='"type": "network"',
                found=json.dumps(kind),
                fix="Give the folder bundle/ that `deepexpr train` wrote.",
            )
        if missing := [key for key in _KEYS if key not in info]:
            raise InputError(
                f"The bundle's record lacks {', '.join(missing)}.",
                where=str(file),
                fix="Train it again; another version of deepexpr may have written it.",
            )
        if "members" not in info["training"]:
            raise InputError("The bundle's record lacks training.members.", where=str(file))
        return cls(path, info)

    @property
    def folds(self) -> list[int]:
        """Numbers of the folds it holds."""
        return list(self.info["folds"])

    @cached_property
    def splits(self) -> pd.DataFrame:
        """Its splits (schemas.SPLITS)."""
        return read_splits(self.path / "splits.tsv")

    def models(self, fold: int) -> list[keras.Model]:
        """The networks (members) of one fold; inputs raw, output in the original unit."""
        if fold not in self.folds:
            raise InputError(
                f"The bundle has no fold {fold}.",
                where=str(self.path),
                found=f"folds {', '.join(map(str, self.folds))}",
            )
        if fold not in self._models:
            folder = self.path / f"fold-{fold}"
            names = model_names(self.info["training"]["members"])
            self._models[fold] = [_load(folder / name) for name in names]
        return self._models[fold]

    def proximal(self, fold: int, member: int = 0) -> keras.Model:
        """The proximal module: one-hot promoter (n, L, 4) to the sequence score (n, outputs)."""
        model = self.models(fold)[member]
        if PROXIMAL not in [layer.name for layer in model.layers]:
            raise InputError(
                "The bundle has no proximal module of its own.",
                where=str(self.path),
                expected="kind full or sequence, trained in two steps",
                found=f"kind {self.info['kind']}, variant {self.info['model']['variant']}",
            )
        return model.get_layer(PROXIMAL)

    def first_filters(self, fold: int, member: int = 0) -> np.ndarray:
        """Weights of the first convolution: (width, 4, filters) float32, letters A, C, G, T."""
        layer = self.proximal(fold, member).get_layer(FIRST_CONVOLUTION)
        return np.array(layer.get_weights()[0])

    def predict(
        self,
        dataset: Dataset,
        fold: int | None = None,
        genes: Iterable[str] | None = None,
        *,
        strands: bool = False,
    ) -> np.ndarray:
        """Predictions (n,) float64 for `genes` (default: all) of `dataset`.

        fold : the fold whose networks predict; None averages over all folds.
        strands : average over both strands of the promoter.
        Unit: log10 expression, or P(+1). Raises InputError where the dataset is of another
        assembly or its promoters or bins have another shape.
        """
        self.check_dataset(dataset)
        rows = np.arange(len(dataset)) if genes is None else dataset.index_of(genes)
        examples = Examples(dataset.sequence, dataset.bins).take(rows)
        return self.predict_examples(examples, fold, strands=strands).mean(axis=0)

    def predict_held_out(self, dataset: Dataset, *, strands: bool = False) -> pd.DataFrame:
        """Each test gene by the fold that did not see it: columns fold, gene, predicted."""
        tables = []
        for fold in self.folds:
            genes = fold_roles(self.splits, fold)["test"]
            predicted = self.predict(dataset, fold, genes, strands=strands)
            tables.append(pd.DataFrame({"fold": fold, "gene": genes, "predicted": predicted}))
        return pd.concat(tables, ignore_index=True)

    def predict_examples(
        self,
        examples: Examples,
        fold: int | None = None,
        *,
        strands: bool = False,
        sequence_only: bool = False,
    ) -> np.ndarray:
        """Predictions (folds, n) float64, one row per fold (one row if `fold` is given).

        examples : promoters as bytes and raw bins; what the kind does not use is ignored.
        sequence_only : use only the sequence part of a full model, without the HiChIP score.
        """
        examples = self._checked(examples, sequence_only)
        versions = [examples]
        if strands and examples.sequence is not None:
            versions.append(replace(examples, sequence=reverse_complement(examples.sequence)))
        return np.stack(
            [
                np.mean([self._predict(f, v, sequence_only) for v in versions], axis=0)
                for f in (self.folds if fold is None else [fold])
            ]
        )

    def promoter_gradients(self, examples: Examples, fold: int | None = None) -> np.ndarray:
        """d(prediction) / d(one-hot promoter): float32 (folds, n, L, 4), mean over members.

        Unit: that of the prediction per letter. Raises InputError for kind hichip.
        """
        examples = self._checked(examples, sequence_only=False)
        if examples.sequence is None:
            raise InputError(
                "A network of kind hichip reads no promoter.",
                where=str(self.path),
                fix="Use a bundle of kind full or sequence.",
            )
        return np.stack(
            [
                np.mean([promoter_gradient(model, examples) for model in self.models(f)], axis=0)
                for f in (self.folds if fold is None else [fold])
            ]
        )

    def check_dataset(self, dataset: Dataset) -> None:
        """Raise InputError unless `dataset` fits: assembly, bin size and TSS position."""
        expected = {key: self.info[key] for key in ("assembly", "bin_size", "tss_index")}
        for key, value in expected.items():
            if getattr(dataset, key) != value:
                raise InputError(
                    f"The dataset has another {key} than the bundle.",
                    where=str(dataset.path or dataset.cell_line),
                    expected=f"{value} (bundle {self.path})",
                    found=str(getattr(dataset, key)),
                    fix="Use a bundle trained on this genome build and window.",
                )

    def _checked(self, examples: Examples, sequence_only: bool) -> Examples:
        kind = self.info["kind"]
        if kind == "hichip" and sequence_only:
            raise InputError(
                "A model of kind hichip has no sequence part.",
                where=str(self.path),
                fix="Use a bundle of kind full or sequence.",
            )
        if kind == "full" and sequence_only:
            kind = "sequence"
        needed = {
            "sequence": (kind != "hichip", self.info["length"], "letters in each promoter"),
            "bins": (kind != "sequence", self.info["bins"], "bins of each gene"),
        }
        for name, (used, width, unit) in needed.items():
            array = getattr(examples, name)
            if used and array is None:
                raise InputError(
                    f"A model of kind {self.info['kind']} needs {name}, and there are none.",
                    where=str(self.path),
                    fix="Give promoters."
                    if name == "sequence"
                    else "Give a dataset with HiChIP, or give --bins."
                    + " Or use only the sequence part." * (kind == "full"),
                )
            if used and array.shape[1] != width:
                raise InputError(
                    f"The {unit} are not as many as the bundle's.",
                    where=str(self.path),
                    expected=f"{width} {unit}",
                    found=str(array.shape[1]),
                )
        return inputs_of_kind(examples, kind)

    def _predict(self, fold: int, examples: Examples, sequence_only: bool) -> np.ndarray:
        values = []
        for member, model in enumerate(self.models(fold)):
            if sequence_only and self.info["kind"] == "full":
                values.append(
                    self._from_score(forward(self.proximal(fold, member), examples), fold)
                )
            else:
                values.append(forward(model, examples)[:, -1].astype(np.float64))
        return np.mean(values, axis=0)

    def _from_score(self, score: np.ndarray, fold: int) -> np.ndarray:
        score = score.astype(np.float64)
        if self.info["task"] == "classification":
            return 1.0 / (1.0 + np.exp(score[:, 0] - score[:, 1]))
        constants = self.info["normalisation"][str(fold)]
        return score[:, 0] * constants["target_sd"] + constants["target_mean"]


def _load(path: Path) -> keras.Model:
    try:
        return keras.saving.load_model(require_file(path, "model"), compile=False)
    except (ValueError, OSError, zipfile.BadZipFile) as error:
        raise InputError(
            "The model is damaged, or is not one of Keras.",
            where=str(path),
            found=str(error).splitlines()[0][:200],
            fix="Copy the bundle again, and whole.",
        ) from error


def model_names(members: int) -> list[str]:
    """File names of the members' models in a fold's folder."""
    return ["model.keras", *(f"model-{m}.keras" for m in range(1, members))]


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
    if name == "config.json":
        # Keras marks shared objects by their address in memory; any distinct number does.
        numbers: dict[bytes, int] = {}
        return re.sub(
            rb'("shared_object_id": )(\d+)',
            lambda m: m[1] + str(numbers.setdefault(m[2], len(numbers))).encode(),
            content,
        )
    return content
