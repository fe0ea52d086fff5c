"""One job: all folds of a cell line, task, number of folds and kind; each fold finished atomically.

A killed job leaves its finished folds in ``.partial/``. Each carries a fingerprint of all that
decides its numbers, so a rerun keeps those that still hold and trains the rest.
"""

import json
import logging
import shutil
import time
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from deepexpr.errors import InputError
from deepexpr.features.bundles import loop_strength
from deepexpr.features.dataset import Dataset
from deepexpr.features.families import find_scheme
from deepexpr.features.predictions import prediction_table
from deepexpr.features.splits import fold_roles, restrict_splits
from deepexpr.files import atomic_directory, read_table, write_table
from deepexpr.model.backend import keras
from deepexpr.model.bundle import Bundle
from deepexpr.model.config import NetworkSettings, TrainingSettings, TwoStepTraining
from deepexpr.model.examples import Examples, input_names
from deepexpr.model.network import Shape
from deepexpr.model.samples import read_samples
from deepexpr.model.saved import model_names, save_model
from deepexpr.model.stacked import train_stacked
from deepexpr.model.steps import FoldData, fold_data
from deepexpr.model.trainers import STACKED
from deepexpr.model.training import forward
from deepexpr.model.variants import Builder, builder
from deepexpr.provenance import fingerprint, sha256_file, versions
from deepexpr.schemas import HISTORY
from deepexpr.scores import score_record

log = logging.getLogger(__name__)

#: Packages whose version decides the numbers.
_DECISIVE = ("deepexpr", "keras", "tensorflow", "jax", "numpy", "scipy", "scikit-learn")

#: Bytes of genes that the host holds for folds trained side by side; others follow in a next round.
ROUND_BYTES = 4 << 30

#: Largest share of the splits' genes that a dataset may lack before the two count as unrelated.
MAX_MISSING = 0.1


@dataclass(frozen=True, eq=False)
class Job:
    """What is trained: all folds of `splits` on `dataset`."""

    dataset: Dataset
    splits: pd.DataFrame
    scheme: str
    task: str
    kind: str
    model: NetworkSettings
    training: TrainingSettings
    seed: int
    pretrained: Bundle | None = None

    @cached_property
    def folds(self) -> list[int]:
        """Fold numbers, in order."""
        return sorted(int(fold) for fold in self.splits["fold"].unique())

    @cached_property
    def shape(self) -> Shape:
        """Shape of inputs and outputs."""
        bins = 0 if self.dataset.bins is None else self.dataset.bins.shape[1]
        others = {name: array.shape[1:] for name, array in self.dataset.others.items()}
        length = self.dataset.sequence.shape[1]
        several = self.dataset.bins is not None and self.dataset.bins.ndim == 3
        targets = len(self.dataset.targets) if several else 1
        return Shape(length, bins, self.dataset.bin_size, self.task, others, targets)

    @cached_property
    def samples(self) -> np.ndarray | None:
        """(n, k) values of the dataset's genes in further samples, where the settings name some."""
        path = getattr(self.training, "samples", None)
        return None if path is None else read_samples(path, self.dataset.gene)

    def fingerprint(self, fold: int) -> str:
        """SHA-256 of everything that decides the numbers of this fold."""
        roles = {role: genes.tolist() for role, genes in fold_roles(self.splits, fold).items()}
        installed = versions()
        path = getattr(self.training, "samples", None)
        return fingerprint(
            self.dataset.sha256, roles, self.task, self.kind, self.model.to_dict(),
            self.training.to_dict(), self.seed, keras.backend.backend(),
            {name: installed.get(name) for name in _DECISIVE},
            None if self.pretrained is None else self.pretrained.info["fingerprint"],
            *([] if path is None else [sha256_file(path)]),
            *self.dataset.targets,
        )  # fmt: skip


def make_job(
    dataset: Dataset,
    splits: pd.DataFrame,
    task: str,
    kind: str,
    model: NetworkSettings,
    training: TrainingSettings,
    seed: int,
    scheme: str | None = None,
    pretrained: Bundle | None = None,
) -> Job:
    """Check that the parts fit each other and join them to a Job; InputError says what does not.

    scheme : name of the splits' scheme; None finds it (features.families.find_scheme).
    """
    _check_genes(dataset, splits)
    if kind != "sequence" and not dataset.has_hichip:
        raise InputError(
            f"The kind {kind} needs HiChIP, and the dataset has none.",
            where=str(dataset.path),
            fix="Use the kind sequence, or make the dataset with --signal.",
        )
    if model.distance is not None:
        _check_distance(dataset, kind, model.distance)
    splits = restrict_splits(splits, dataset.gene)
    scheme = scheme or find_scheme(dataset, splits)
    job = Job(dataset, splits, scheme, task, kind, model, training, seed, pretrained)
    _ = job.samples  # says at once what is wrong with the table
    if pretrained is not None:
        _check_pretrained(job)
    return job


def _check_genes(dataset: Dataset, splits: pd.DataFrame) -> None:
    genes = set(splits["gene"])
    missing = sorted(genes - set(dataset.gene.tolist()))
    if len(missing) > MAX_MISSING * len(genes):
        raise InputError(
            f"{len(missing)} of the splits' {len(genes)} genes are not in the dataset, such as "
            f"{', '.join(missing[:3])}.",
            where=str(dataset.path),
            expected="splits made from the same gene table as the dataset",
            fix="Make the splits again from this dataset's genes.",
        )


def _check_distance(dataset: Dataset, kind: str, distance: int) -> None:
    """Results are named by their distance in kb, so it is one that bins can have."""
    if kind == "sequence" or distance % dataset.bin_size or distance % 1000:
        raise InputError(
            "The distance does not fit what is trained.",
            where="distance",
            expected=f"a kind that reads bins, and whole bins of {dataset.bin_size} bp and kb",
            found=f"kind {kind}, {distance} bp",
        )


def _check_pretrained(job: Job) -> None:
    if job.kind != "full" or not isinstance(job.training, TwoStepTraining):
        raise InputError("Only the kind full, trained in two steps, uses a pre-trained bundle.")
    info, own = job.pretrained.info, job.model.of_proximal()  # type: ignore[union-attr]  # checked by the caller
    facts = {
        "kind": (info["kind"], "sequence"),
        "task": (info["task"], job.task),
        "dataset": (info["dataset_sha256"], job.dataset.sha256),
        "splits": (info["splits_fingerprint"], splits_fingerprint(job.splits)),
        "model": ({name: info["model"].get(name) for name in own}, own),
        "standardise": (info["training"].get("standardise"), job.training.standardise),
        "samples": (info["training"].get("samples"), getattr(job.training, "samples", None)),
        "members": (info["training"]["members"], job.training.members),
    }
    for name, (found, expected) in facts.items():
        if found != expected:
            raise InputError(
                f"The pre-trained bundle has another {name}.",
                where=str(job.pretrained.path),  # type: ignore[union-attr]  # checked by the caller
                expected=str(expected),
                found=str(found),
                fix="Pre-train with `--kind sequence` on the same dataset, splits and settings.",
            )


def splits_fingerprint(splits: pd.DataFrame) -> str:
    """SHA-256 of the rows, whatever their order."""
    rows = splits[["fold", "gene", "role"]].sort_values(["fold", "gene"])
    return fingerprint(rows.astype(str).to_numpy().tolist())


def run_job(job: Job, output: str | Path, only_folds: list[int] | None = None) -> None:
    """Train the folds that are missing in `output`/.partial, then publish bundle and tables.

    only_folds : train only these and publish nothing; a later run without it gathers all.
    """
    output = Path(output)
    partial = output / ".partial"
    keras.config.set_dtype_policy(job.training.precision)
    trainer = builder(job.model, job.training, job.shape, job.kind)
    trainer.check()
    missing = []
    for fold in job.folds if only_folds is None else only_folds:
        if _is_finished(partial / f"fold-{fold}", job.fingerprint(fold)):
            log.info("fold %d: finished earlier, kept", fold)
        else:
            missing.append(fold)
    for folds in _rounds(job, trainer, missing):
        _train_folds(job, trainer, folds, partial)
    if only_folds is None:
        _publish(job, partial, output)
        shutil.rmtree(partial)


def _is_finished(folder: Path, expected: str) -> bool:
    try:
        record = json.loads((folder / "fold.json").read_text())
    except (FileNotFoundError, json.JSONDecodeError):  # cut where the machine itself went down
        return False
    return record["fingerprint"] == expected


def _rounds(job: Job, trainer: Builder, folds: list[int]) -> list[list[int]]:
    """Folds that are trained, and then kept, together: one, or what the host's memory holds."""
    if job.training.trainer != STACKED:
        return [[fold] for fold in folds]
    if not hasattr(trainer, "fits"):
        raise InputError(
            f"Networks of the variant {job.model.variant} cannot be trained side by side.",
            where="training.trainer",
            expected="a variant whose builder has `fits` (deepexpr.model.variants.Builder)",
            fix="Use the trainer sequential.",
        )
    each = sum(array.nbytes for array in job.dataset.inputs.values())
    # Training and validation genes of a fold, and what the second step makes of them.
    most = max(1, ROUND_BYTES // (2 * each))
    return [folds[start : start + most] for start in range(0, len(folds), most)]


def _train_folds(job: Job, trainer: Builder, folds: list[int], partial: Path) -> None:
    """Train all members of these folds and keep each fold's; side by side where it is more than
    one."""
    started = time.monotonic()
    data = {fold: _fold_data(job, trainer, fold) for fold in folds}
    members = [(fold, member) for fold in folds for member in range(job.training.members)]
    arguments = [
        (
            data[fold],
            int(np.random.SeedSequence([job.seed, fold, member]).generate_state(1)[0] >> 1),
            f"fold {fold}",
            job.pretrained and job.pretrained.proximal(fold, member),
        )
        for fold, member in members
    ]
    if job.training.trainer == STACKED:
        trained = train_stacked([trainer.fits(*each) for each in arguments])
    else:
        trained = [trainer.train(*each) for each in arguments]
    found = dict(zip(members, trained, strict=True))
    for fold in folds:
        own = [found[fold, member] for member in range(job.training.members)]
        _keep_fold(job, fold, partial / f"fold-{fold}", data[fold], own, started)


def _fold_data(job: Job, trainer: Builder, fold: int) -> FoldData:
    rows = _rows(job, fold)
    data = fold_data(job.dataset, rows["train"], rows["validation"], job.task, trainer.standardise)
    if job.samples is not None:
        parts = {f"{part}_samples": job.samples[rows[part]] for part in ("train", "validation")}
        data = replace(data, **parts)
    return trainer.prepare(data, job.pretrained is not None)


def _rows(job: Job, fold: int) -> dict[str, np.ndarray]:
    roles = fold_roles(job.splits, fold)
    return {role: job.dataset.index_of(genes) for role, genes in roles.items()}


def _keep_fold(
    job: Job, fold: int, folder: Path, data: FoldData, trained: list[tuple], started: float
) -> None:
    """Write a fold's networks (model, history), and what they say of its test genes."""
    models = [model for model, _ in trained]
    history = [(fold, member, *row) for member, (_, epochs) in enumerate(trained) for row in epochs]
    rows = _rows(job, fold)
    test = Examples(job.dataset.inputs).only(input_names(models[0])).take(rows["test"])
    predicted = np.mean([forward(m, test)[:, -1].astype(np.float64) for m in models], axis=0)
    table = prediction_table(
        job.dataset, rows["test"], predicted, job.task, scheme=job.scheme,
        method=method_name(job), K=len(job.folds), fold=fold,
    )  # fmt: skip
    metric = score_record(job.task, table["observed"].to_numpy(), predicted)
    record = {
        "fingerprint": job.fingerprint(fold),
        "inputs": {name: array.shape[1:] for name, array in test.arrays.items()},
        "normalisation": asdict(data.scaling),
        "metrics": metric,
        "recipe": data.recipe,
    }
    with atomic_directory(folder) as temporary:
        for model, name in zip(models, model_names(len(models)), strict=True):
            save_model(model, temporary / name)
        write_table(table, temporary / "predictions.tsv")
        write_table(pd.DataFrame(history, columns=list(HISTORY)), temporary / "history.tsv")
        (temporary / "fold.json").write_text(json.dumps(record, indent=1, sort_keys=True))
    _report(job, fold, history, metric, time.monotonic() - started)


def _report(job: Job, fold: int, history: list, metric: dict, seconds: float) -> None:
    steps: dict[str, list] = {}
    for _, _, step, epoch, _, value in history:
        steps.setdefault(step, []).append((value, epoch))
    text = ", ".join(
        f"{step}: {max(epoch for _, epoch in rows)} epochs, val_loss {best:.4f} in epoch {kept}"
        for step, rows in steps.items()
        for best, kept in [min(row for row in rows if np.isfinite(row[0]))]
    )
    name, value = metric["metric"], metric["value"]
    shown = "undefined" if value is None else f"{value:.4f}"
    log.info("fold %d of %d: %s; test %s %s (%d genes), %.1f s",
             fold, len(job.folds), text, name, shown, metric["n"], seconds)  # fmt: skip


def method_name(job: Job) -> str:
    """The kind, and what is read of the HiChIP input where it is not all of it: its half-width,
    full-500kb, or one target of several, full-only-YY1."""
    distance = job.model.distance
    if len(job.dataset.targets) == 1:
        return f"{job.kind}-only-{job.dataset.targets[0]}"
    return job.kind if distance is None else f"{job.kind}-{distance // 1000}kb"


def _publish(job: Job, partial: Path, output: Path) -> None:
    folders = {fold: partial / f"fold-{fold}" for fold in job.folds}
    records = {f: json.loads((d / "fold.json").read_text()) for f, d in folders.items()}
    with atomic_directory(output / "bundle") as temporary:
        for fold, folder in folders.items():
            (temporary / f"fold-{fold}").mkdir()
            for name in model_names(job.training.members):
                shutil.copy(folder / name, temporary / f"fold-{fold}" / name)
        write_table(job.splits, temporary / "splits.tsv")
        text = json.dumps(_info(job, records), indent=1, sort_keys=True)
        (temporary / "bundle.json").write_text(text + "\n")
    for name in ("predictions.tsv", "history.tsv"):
        tables = [read_table(folder / name) for folder in folders.values()]
        table = pd.concat(tables, ignore_index=True)
        # A fold trained apart may not have been told the scheme's name.
        table = table.assign(scheme=job.scheme) if "scheme" in table else table
        write_table(table, output / name)
    log.info("bundle of %d folds published", len(folders))


def _info(job: Job, records: dict[int, dict]) -> dict[str, Any]:
    return {
        "type": "network",
        "cell_line": job.dataset.cell_line,
        "assembly": job.dataset.assembly,
        "task": job.task,
        "kind": job.kind,
        "scheme": job.scheme,
        "K": len(job.folds),
        "folds": job.folds,
        "seed": job.seed,
        "backend": keras.backend.backend(),
        "versions": versions(),
        "length": job.shape.length,
        "tss_index": job.dataset.tss_index,
        "bins": job.shape.bins,
        # Folds may differ: of thousands of genes a network may read more.
        "inputs": {k: shape for r in records.values() for k, shape in r["inputs"].items()},
        "loop_strength": loop_strength(job.dataset.bins),
        "bin_size": job.dataset.bin_size,
        **({"targets": list(job.dataset.targets)} if job.dataset.targets else {}),
        "dataset_sha256": job.dataset.sha256,
        "splits_fingerprint": splits_fingerprint(job.splits),
        "fingerprint": fingerprint([record["fingerprint"] for record in records.values()]),
        "pretrained": job.pretrained and job.pretrained.info["fingerprint"],
        "model": job.model.to_dict(),
        "training": job.training.to_dict(),
        "normalisation": {str(f): record["normalisation"] for f, record in records.items()},
        "metrics": {str(f): record["metrics"] for f, record in records.items()},
        "recipes": {str(f): record.get("recipe", "") for f, record in records.items()},
    }
