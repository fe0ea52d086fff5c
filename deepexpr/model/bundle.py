"""A bundle of networks: everything needed to use trained networks again, in one folder.

``bundle.json`` (settings, constants, seed, versions, genome build, metrics), ``splits.tsv``
(genes by fold and role) and ``fold-{i}/model.keras`` (further members: ``model-{m}.keras``).
"""

import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd

from deepexpr.errors import InputError, Unsupported
from deepexpr.features.bundles import BundleRecord, differs
from deepexpr.features.dataset import ANCHORS, BINS, CONTACTS, ENHANCERS, PROMOTER, Dataset
from deepexpr.features.splits import fold_roles
from deepexpr.letters import reverse_complement
from deepexpr.model.backend import keras
from deepexpr.model.examples import Examples, input_names
from deepexpr.model.gradient import promoter_gradient
from deepexpr.model.network import FIRST_CONVOLUTION, PROXIMAL
from deepexpr.model.saved import load_model, model_names
from deepexpr.model.training import forward_all
from deepexpr.model.variants import register_layers

#: What a message calls the values of an input, and how it is got where it lacks.
_WORDS = {
    PROMOTER: ("letters in each promoter", "Give promoters."),
    BINS: ("bins of each gene", "Give a dataset with HiChIP (predict also takes --bins)."),
    ANCHORS: (
        "numbers of each gene's anchors",
        "Give a dataset that `deepexpr dataset --signal` made (with --unmeasured of genes without "
        "expression), or train with anchors: false.",
    ),
    **dict.fromkeys(
        (ENHANCERS, CONTACTS),
        (
            "letters and numbers of each gene's contacted places",
            "Give a dataset that `deepexpr dataset` made with loops (--signal or --target-signal), "
            "the --genome, and the same features.enhancers and features.enhancer_width.",
        ),
    ),
}


class Bundle(BundleRecord):
    """Trained networks of one cell line, task, number of folds and kind."""

    TYPE = "network"
    KEYS: ClassVar = {
        "cell_line": str, "assembly": str, "task": str, "kind": str, "scheme": str, "K": int,
        "folds": list, "length": int, "tss_index": int, "bins": int, "bin_size": int,
        "dataset_sha256": str, "splits_fingerprint": str, "fingerprint": str, "model": dict,
        "training": dict, "normalisation": dict,
    }  # fmt: skip

    def __init__(self, path: Path, info: dict[str, Any]) -> None:
        super().__init__(path, info)
        self._models: dict[int, list[keras.Model]] = {}

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Read bundle.json in the folder `path`; models are loaded when they are first used."""
        bundle = super().open(path)
        members = bundle.info["training"].get("members")
        if type(members) is not int or not 0 < members <= 1000:
            raise InputError("The bundle's record lacks training.members.", where=str(bundle.path))
        wrong = [name for name, sound in _sound(bundle.info) if not sound]
        if wrong:
            raise InputError(
                f"The bundle's record has no sound {', '.join(wrong)}.", where=str(bundle.path)
            )
        register_layers(str(bundle.info["model"].get("variant")), str(bundle.path))
        return bundle

    @property
    def inputs(self) -> dict[str, tuple[int, ...]]:
        """Shape of one gene's values of each input that its networks read."""
        if "inputs" in self.info:
            return {name: tuple(shape) for name, shape in self.info["inputs"].items()}
        # Bundles of version 0.1 say it by their kind.
        shapes = {PROMOTER: (self.info["length"],), BINS: (self.info["bins"],)}
        unread = {"sequence": BINS, "hichip": PROMOTER}.get(self.info["kind"])
        return {name: shape for name, shape in shapes.items() if name != unread}

    @property
    def loops(self) -> float | None:
        """`loop_strength` of what it was trained on; version 0.1 has it of standardised loops."""
        if known := super().loops:
            return known
        scales = [each.get("bins_scale") for each in self.info["normalisation"].values()]
        known = float(np.mean(scales))
        return None if known == 1.0 else known

    def models(self, fold: int) -> list[keras.Model]:
        """The networks (members) of one fold; inputs raw, output in the original unit."""
        self.require_fold(fold)
        if fold not in self._models:
            folder = self.path / f"fold-{fold}"
            names = model_names(self.info["training"]["members"])
            keras_version = self.written_by("keras")
            self._models[fold] = [load_model(folder / name, keras_version) for name in names]
        # Some folds may read less than others, as where their genes are fewer.
        read = {name for model in self._models[fold] for name in input_names(model)}
        if not read <= set(self.inputs):
            raise InputError(
                "The networks read other inputs than the bundle's record says.",
                where=str(self.path / f"fold-{fold}"),
                expected=", ".join(self.inputs),
                found=", ".join(sorted(read)),
            )
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
        found = model.get_layer(PROXIMAL)
        if len(found.outputs) == 1:
            return found
        # The second output is the words' score, which trees read.
        return keras.Model(found.inputs[0], found.outputs[0], name=PROXIMAL)

    def first_filters(self, fold: int) -> np.ndarray:
        """Weights of the first convolution: (width, 4, filters) float32, letters A, C, G, T."""
        proximal = self.proximal(fold)
        if FIRST_CONVOLUTION not in [layer.name for layer in proximal.layers]:
            raise Unsupported(
                "The network has no first convolution, so no filters to read.",
                where=str(self.path),
                found=f"variant {self.info['model']['variant']}",
            )
        layer = proximal.get_layer(FIRST_CONVOLUTION)
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
        dataset = self.fitting(dataset)
        rows = np.arange(len(dataset)) if genes is None else dataset.index_of(genes)
        examples = Examples(dataset.inputs).take(rows)
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

        examples : promoters as bytes and raw bins; what the networks do not read is ignored.
        sequence_only : use only the sequence part of a full model, without the HiChIP score.
        """
        examples = self._checked(examples, sequence_only)
        versions = [examples]
        if strands and PROMOTER in examples.arrays:
            turned = reverse_complement(examples.arrays[PROMOTER])
            versions.append(examples.changed(**{PROMOTER: turned}))
        folds = list(self.folds) if fold is None else [fold]
        read = [self._predict(folds, version, sequence_only) for version in versions]
        return np.mean(read, axis=0)

    def promoter_gradients(self, examples: Examples, fold: int | None = None) -> np.ndarray:
        """d(prediction) / d(one-hot promoter): float32 (folds, n, L, 4), mean over members.

        Unit: that of the prediction per letter. Raises InputError for kind hichip.
        """
        self.require_promoters()
        examples = self._checked(examples, sequence_only=False)
        return np.stack(
            [
                np.mean([promoter_gradient(model, examples) for model in self.models(f)], axis=0)
                for f in (self.folds if fold is None else [fold])
            ]
        )

    def require_promoters(self) -> None:
        """Raise InputError where its networks read no promoter."""
        if PROMOTER not in self.inputs:
            raise InputError(
                "A network of kind hichip reads no promoter.",
                where=str(self.path),
                fix="Use a bundle of kind full or sequence.",
            )

    @property
    def targets(self) -> tuple[str, ...]:
        """Targets of its HiChIP input, in order; () where their dataset had one without a name."""
        return tuple(self.info.get("targets", ()))

    def fitting(self, dataset: Dataset) -> Dataset:
        """`dataset`, of one target alone where the bundle reads one of several; checked.

        Raises InputError unless it fits: assembly, bin size, TSS position and targets. Loops on
        another scale are told by a warning.
        """
        several = dataset.bins is not None and dataset.bins.ndim == 3
        if BINS in self.inputs and len(self.targets) == 1 and several:
            dataset = dataset.of_target(self.targets[0])
        for key in ("assembly", "bin_size", "tss_index"):
            if getattr(dataset, key) != self.info[key]:
                raise differs(key, self.info[key], getattr(dataset, key), dataset, self.path)
        if BINS in self.inputs:
            if dataset.has_hichip:
                self.check_targets(dataset, self.targets)
            self.check_loops(dataset.bins, str(dataset.path or dataset.cell_line))
        return dataset

    def _checked(self, examples: Examples, sequence_only: bool) -> Examples:
        """The inputs that are read of `examples`; InputError where one lacks or has other sizes."""
        inputs = self.inputs
        if sequence_only:
            if PROMOTER not in inputs:
                raise InputError(
                    "A model of kind hichip has no sequence part.",
                    where=str(self.path),
                    fix="Use a bundle of kind full or sequence.",
                )
            inputs = {PROMOTER: inputs[PROMOTER]}
        for name, shape in inputs.items():
            unit, fix = _WORDS.get(name, (f"values of {name}", f"Give a dataset with {name}."))
            if name not in examples.arrays:
                shown = "sequence" if name == PROMOTER else name
                part = " Or use only the sequence part." * (name != PROMOTER and PROMOTER in inputs)
                raise InputError(
                    f"A model of kind {self.info['kind']} needs {shown}, and there are none.",
                    where=str(self.path),
                    fix=fix + part,
                )
            found = examples.arrays[name].shape[1:]
            if found != shape:
                raise InputError(
                    f"The {unit} are not as many as the bundle's.",
                    where=str(self.path),
                    expected=f"{_size(shape)} {unit}",
                    found=_size(found),
                )
        return examples.only(inputs)

    def _predict(self, folds: list[int], examples: Examples, sequence_only: bool) -> np.ndarray:
        """Predictions (folds, n), the mean of each fold's members."""
        members = range(self.info["training"]["members"])
        asked = [(fold, number) for fold in folds for number in members]
        alone = sequence_only and len(self.inputs) > 1
        models = [
            self.proximal(fold, number) if alone else self.models(fold)[number]
            for fold, number in asked
        ]
        values = [
            self._from_score(found, fold) if alone else found[:, -1].astype(np.float64)
            for (fold, _), found in zip(asked, forward_all(models, examples), strict=True)
        ]
        return np.mean(np.reshape(values, (len(folds), len(members), -1)), axis=1)

    def _from_score(self, score: np.ndarray, fold: int) -> np.ndarray:
        score = score.astype(np.float64)
        if self.info["task"] == "classification":
            return 1.0 / (1.0 + np.exp(score[:, 0] - score[:, 1]))
        constants = self.info["normalisation"][str(fold)]
        return score[:, 0] * constants["target_sd"] + constants["target_mean"]


def _sound(info: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    """Parts of a record by name, and whether they can be those of networks."""
    inputs = info.get("inputs", {PROMOTER: [1]})
    named = isinstance(inputs, dict) and bool(inputs)
    yield (
        "inputs",
        named
        and all(
            isinstance(shape, list) and shape and all(type(n) is int and n > 0 for n in shape)
            for shape in inputs.values()
        ),
    )
    folds = [info["normalisation"].get(str(fold)) for fold in info["folds"]]
    yield (
        "normalisation",
        all(
            isinstance(each, dict)
            and {"target_mean", "target_sd", "bins_scale"} <= each.keys()
            and all(type(value) in (int, float) and math.isfinite(value) for value in each.values())
            for each in folds
        ),
    )


def _size(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))
