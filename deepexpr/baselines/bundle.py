"""A trained baseline on disk: a folder that says what it is and predicts without the rest.

``bundle.json`` holds method, inputs, settings, seed, versions and scores; ``splits.tsv`` the
genes by fold and role; ``fold-{i}.joblib`` the fitted pipeline of each fold. A pipeline file
is a Python pickle: open only bundles you trust. Checksums in bundle.json find damaged or
exchanged files before they are loaded.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import sklearn
from threadpoolctl import threadpool_limits

from deepexpr.baselines.fit import BaselineRun
from deepexpr.baselines.inputs import describe_sequence, feature_matrix, features_of
from deepexpr.baselines.methods import predict_method
from deepexpr.baselines.settings import BaselineSettings
from deepexpr.errors import InputError
from deepexpr.features.dataset import Dataset
from deepexpr.features.splits import read_splits
from deepexpr.files import atomic_directory, require_file, write_table
from deepexpr.provenance import sha256_file, versions

log = logging.getLogger(__name__)

SCHEMA = "deepexpr-baseline/1"


def write_bundle(
    path: str | Path,
    run: BaselineRun,
    dataset: Dataset,
    settings: BaselineSettings,
    seed: int,
    metrics: list[dict[str, Any]],
) -> None:
    """Write the bundle folder at once: it has its name only when it is complete.

    metrics : rows of schemas.METRICS as mappings, for the reader of bundle.json.
    """
    first = run.predictions.iloc[0]
    with atomic_directory(path) as folder:
        write_table(run.splits, folder / "splits.tsv")
        folds = []
        for entry in run.folds:
            name = f"fold-{entry['fold']}.joblib"
            joblib.dump(run.pipelines[entry["fold"]], folder / name, compress=3)
            folds.append(entry | {"file": name, "sha256": sha256_file(folder / name)})
        info = {
            "schema": SCHEMA,
            "type": "baseline",
            "cell_line": dataset.cell_line,
            "assembly": dataset.assembly,
            "task": str(first["task"]),
            "method": str(first["method"]),
            "scheme": str(first["scheme"]),
            "K": int(first["K"]),
            "training_roles": ["train", "validation"],
            "inputs": {
                "sequence": describe_sequence(run.kind, settings),
                "bins": None if dataset.bins is None else dataset.bins.shape[1],
                "features": run.features,
            },
            "folds": folds,
            "dataset_sha256": dataset.sha256 if dataset.path else None,
            "splits_sha256": sha256_file(folder / "splits.tsv"),
            "settings": settings.to_dict(),
            "seed": seed,
            "versions": versions(),
            "metrics": metrics,
        }
        (folder / "bundle.json").write_text(json.dumps(info, indent=1, sort_keys=True) + "\n")


class BaselineBundle:
    """A trained baseline. Open with :meth:`open`; `info` is the content of bundle.json."""

    def __init__(self, path: Path, info: dict[str, Any]) -> None:
        self.path = path
        self.info = info

    @classmethod
    def open(cls, path: str | Path) -> BaselineBundle:
        """Read bundle.json and check what it is; pipelines are loaded when asked for."""
        file = require_file(Path(path) / "bundle.json", "bundle")
        try:
            info = json.loads(file.read_text())
        except json.JSONDecodeError as error:
            raise InputError(f"bundle.json is damaged: {error}.", where=str(file)) from error
        if info.get("schema") != SCHEMA:
            raise InputError(
                "The folder is not a baseline of this version.",
                where=str(file),
                expected=f"schema {SCHEMA}",
                found=repr(info.get("schema")),
                fix="Train it again with `deepexpr baseline`.",
            )
        trained = info["versions"].get("scikit-learn")
        if trained != sklearn.__version__:
            raise InputError(
                "The bundle was written by another version of scikit-learn.",
                where=str(file),
                expected=f"scikit-learn {trained}",
                found=f"scikit-learn {sklearn.__version__}",
                fix="Use the environment it was trained in, or train it again.",
            )
        return cls(Path(path), info)

    @cached_property
    def settings(self) -> BaselineSettings:
        """Settings of its features and search."""
        return BaselineSettings.of(self.info["settings"], str(self.path / "bundle.json"))

    @property
    def folds(self) -> list[int]:
        """Numbers of its folds."""
        return [entry["fold"] for entry in self.info["folds"]]

    @cached_property
    def splits(self) -> pd.DataFrame:
        """The splits it was trained on (schemas.SPLITS)."""
        return read_splits(self.path / "splits.tsv")

    def predict(
        self, dataset: Dataset, fold: int, genes: Iterable[str] | None = None
    ) -> np.ndarray:
        """Expression (log10) or P(+1) of `genes` (all if None), float64 (n,), by one fold's model.

        Raises InputError where the dataset lacks the inputs the model reads.
        """
        rows = np.arange(len(dataset)) if genes is None else dataset.index_of(genes)
        bins = self.info["inputs"]["bins"]
        kind = features_of(self.info["method"], self.settings)
        x = feature_matrix(dataset, rows, self.settings, kind, use_bins=bins is not None).x
        if x.shape[1] != self.info["inputs"]["features"]:
            raise InputError(
                "The dataset has another number of features than the model reads.",
                where=str(dataset.path or dataset.cell_line),
                expected=f"{self.info['inputs']['features']} (with {bins or 0} bins)",
                found=str(x.shape[1]),
                fix="Make the dataset with the same bins.",
            )
        with threadpool_limits(limits=1):
            return predict_method(self._pipeline(fold), x, self.info["task"])

    def _pipeline(self, fold: int):
        entries = {entry["fold"]: entry for entry in self.info["folds"]}
        if fold not in entries:
            raise InputError(
                f"The bundle has no fold {fold}.", where=str(self.path), found=str(self.folds)
            )
        file = require_file(self.path / entries[fold]["file"], "model of a fold")
        if sha256_file(file) != entries[fold]["sha256"]:
            raise InputError(
                "The model of a fold is damaged or was exchanged.",
                where=str(file),
                expected=f"SHA-256 {entries[fold]['sha256']}",
                fix="Copy the bundle again or train it again.",
            )
        return joblib.load(file)
