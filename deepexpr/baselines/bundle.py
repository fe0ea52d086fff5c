"""A trained baseline on disk: a folder that says what it is and predicts without the rest.

``bundle.json`` holds method, inputs, settings, seed, versions and scores; ``splits.tsv`` the
genes by fold and role; ``fold-{i}.npz`` the fitted model of each fold as arrays, so that
opening a bundle runs no code of whoever made it; ``motifs.meme`` the known motifs, where it reads
some. Checksums find damaged or exchanged files.
"""

import json
import logging
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from threadpoolctl import threadpool_limits

from deepexpr.baselines.fit import BaselineRun
from deepexpr.baselines.inputs import describe_sequence, feature_matrix
from deepexpr.baselines.saved import arrays_of, load_model, save_model
from deepexpr.baselines.settings import WORD_METHODS, BaselineSettings
from deepexpr.errors import InputError
from deepexpr.features.bundles import BundleRecord, differs, loop_strength
from deepexpr.features.dataset import Dataset
from deepexpr.files import atomic_directory, reading, require_file, write_table
from deepexpr.provenance import sha256_file, versions

log = logging.getLogger(__name__)

SCHEMA = "deepexpr-baseline/2"
MOTIFS = "motifs.meme"


def write_bundle(
    path: str | Path,
    run: BaselineRun,
    dataset: Dataset,
    seed: int,
    metrics: list[dict[str, Any]],
) -> None:
    """Write the bundle folder at once: it has its name only when it is complete.

    metrics : rows of schemas.METRICS as mappings, for the reader of bundle.json.
    """
    first = run.predictions.iloc[0]
    with atomic_directory(path) as folder:
        write_table(run.splits, folder / "splits.tsv")
        checksums = {}
        if run.settings.motifs is not None:
            with reading(run.settings.motifs, "motif file") as given:
                (folder / MOTIFS).write_text(given.read())
            checksums["motifs_sha256"] = sha256_file(folder / MOTIFS)
        if run.settings.samples is not None:
            checksums["samples_sha256"] = sha256_file(run.settings.samples)
        folds = []
        for entry in run.folds:
            name = f"fold-{entry['fold']}.npz"
            save_model(arrays_of(run.pipelines[entry["fold"]]), folder / name)
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
                "sequence": describe_sequence(run.kind, run.settings),
                "bins": None if dataset.bins is None else dataset.bins.shape[1],
                "features": run.features,
                **({"targets": list(dataset.targets)} if dataset.targets else {}),
            },
            "loop_strength": loop_strength(dataset.bins),
            "folds": folds,
            "dataset_sha256": dataset.sha256 if dataset.path else None,
            "splits_sha256": sha256_file(folder / "splits.tsv"),
            "settings": run.settings.to_dict(),
            **checksums,
            "seed": seed,
            "versions": versions(),
            "metrics": metrics,
        }
        (folder / "bundle.json").write_text(json.dumps(info, indent=1, sort_keys=True) + "\n")


class BaselineBundle(BundleRecord):
    """A trained baseline. Open with :meth:`open`; `info` is the content of bundle.json."""

    TYPE = "baseline"
    KEYS: ClassVar = {
        "schema": str, "cell_line": str, "assembly": str, "task": str, "method": str,
        "scheme": str, "K": int, "folds": list, "inputs": dict, "settings": dict,
    }  # fmt: skip

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Read bundle.json and check what it is; models are loaded when asked for."""
        bundle = super().open(path)
        if bundle.info["schema"] != SCHEMA:
            raise InputError(
                "The bundle is of another version of deepexpr.",
                where=str(bundle.path / "bundle.json"),
                expected=f"schema {SCHEMA}",
                found=f"schema {bundle.info['schema']}, {bundle.written_by('deepexpr')}; models of "
                "schema 1 are pickles, which could run any code",
                fix="Train it again with `deepexpr baseline`.",
            )
        return bundle

    @cached_property
    def settings(self) -> BaselineSettings:
        """Settings of its features and search."""
        made = BaselineSettings.of(self.info["settings"], str(self.path / "bundle.json"))
        if made.motifs is None:
            return made
        path = require_file(self.path / MOTIFS, "motifs")
        if sha256_file(path) != self.info.get("motifs_sha256"):
            raise InputError(
                "The bundle's motifs are not those that it was fitted with.",
                where=str(path),
                expected=f"SHA-256 {self.info.get('motifs_sha256')}",
                fix="Copy the bundle again, and whole.",
            )
        return made.model_copy(update={"motifs": str(path)})

    @property
    def folds(self) -> list[int]:
        """Numbers of its folds."""
        return [entry.get("fold") for entry in self.info["folds"] if isinstance(entry, dict)]  # type: ignore[misc]  # None of a damaged one

    def predict(
        self, dataset: Dataset, fold: int, genes: Iterable[str] | None = None
    ) -> np.ndarray:
        """Expression (log10) or P(+1) of `genes` (all if None), float64 (n,), by one fold's model.

        Raises InputError where the dataset lacks the inputs the model reads, or is of another
        assembly.
        """
        if dataset.assembly != self.info["assembly"]:
            raise differs("assembly", self.info["assembly"], dataset.assembly, dataset, self.path)
        rows = np.arange(len(dataset)) if genes is None else dataset.index_of(genes)
        bins, features = (self.info["inputs"].get(key) for key in ("bins", "features"))
        method, use_bins = self.info["method"], bins is not None
        kind, single = self.settings.features_of(method), method in WORD_METHODS
        x = feature_matrix(dataset, rows, self.settings, kind, use_bins, single).x
        if x.shape[1] != features:
            raise InputError(
                "The dataset has another number of features than the model reads.",
                where=str(dataset.path or dataset.cell_line),
                expected=f"{features} (with {bins or 0} bins)",
                found=str(x.shape[1]),
                fix="Make the dataset with the same bins.",
            )
        if bins is not None:
            self.check_targets(dataset, tuple(self.info["inputs"].get("targets", ())))
            self.check_loops(dataset.bins, str(dataset.path or dataset.cell_line))
        with threadpool_limits(limits=1):
            return self._model(fold).predict(x, self.info["task"])

    def _model(self, fold: int):
        self.require_fold(fold)
        file = require_file(self.path / f"fold-{fold}.npz", "model of a fold")
        recorded = self.info["folds"][self.folds.index(fold)].get("sha256")
        if sha256_file(file) != recorded:
            raise InputError(
                "The model of a fold is damaged or was exchanged.",
                where=str(file),
                expected=f"SHA-256 {recorded}",
                fix="Copy the bundle again or train it again.",
            )
        return load_model(file, self.info["inputs"]["features"])
