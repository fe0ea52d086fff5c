"""Jobs, each all folds of a cell line, task, K and kind of network; each fold finished atomically.

A killed job leaves its finished folds in ``.partial/``. Each carries a fingerprint of all that
decides its numbers, so a rerun keeps those that still hold and trains the rest.
"""

import json
import logging
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from deepexpr.errors import InputError
from deepexpr.features.bundles import loop_strength
from deepexpr.features.predictions import prediction_table
from deepexpr.features.splits import fold_roles
from deepexpr.files import atomic_directory, read_table, write_table
from deepexpr.model.backend import keras
from deepexpr.model.examples import Examples, input_names
from deepexpr.model.jobs import Job, splits_fingerprint
from deepexpr.model.saved import model_names, save_model
from deepexpr.model.stacked import Stacks
from deepexpr.model.steps import FoldData, fold_data
from deepexpr.model.trainers import STACKED
from deepexpr.model.training import forward
from deepexpr.model.variants import Builder, builder
from deepexpr.provenance import fingerprint, versions
from deepexpr.schemas import HISTORY
from deepexpr.scores import score_record

log = logging.getLogger(__name__)

#: Folder of finished folds in the output, until all are there.
PARTIAL = ".partial"

#: Bytes of genes that the host holds for folds trained side by side; others follow in a next round.
ROUND_BYTES = 4 << 30


@dataclass(frozen=True, eq=False)
class Fold:
    """A fold of a job: its number, the folder that it is kept in, and what messages call it."""

    job: Job
    number: int
    folder: Path
    label: str


def run_job(job: Job, output: str | Path, only_folds: list[int] | None = None) -> None:
    """Train the folds that are missing in `output`/.partial, then publish bundle and tables.

    only_folds : train only these and publish nothing; a later run without it gathers all.
    """
    run_jobs([(job, output)], only_folds)


def run_jobs(jobs: Sequence[tuple[Job, str | Path]], only_folds: list[int] | None = None) -> None:
    """As `run_job`, for several jobs and the output of each, such as those of the cell lines.

    The trainer stacked trains all folds of jobs whose networks have the same shape side by side.
    Nothing is published before all are trained, so a killed run goes on with what is missing.
    """
    folders = [(job, Path(output)) for job, output in jobs]
    for alike in _alike(folders):
        _train_jobs(alike, only_folds, several=len(jobs) > 1)
    if only_folds is None:
        for job, output in folders:
            _publish(job, output / PARTIAL, output)
        for _, output in folders:
            shutil.rmtree(output / PARTIAL)


def _alike(jobs: list[tuple[Job, Path]]) -> list[list[tuple[Job, Path]]]:
    """The jobs in groups whose networks are built and trained alike."""
    groups: list[list[tuple[Job, Path]]] = []
    for job, output in jobs:
        for group in groups:
            if group[0][0].network == job.network:
                group.append((job, output))
                break
        else:
            groups.append([(job, output)])
    return groups


def _train_jobs(jobs: list[tuple[Job, Path]], only_folds: list[int] | None, several: bool) -> None:
    """Train the missing folds of jobs that are alike; several : whether the run has more jobs."""
    first = jobs[0][0]
    keras.config.set_dtype_policy(first.training.precision)
    trainer = builder(first.model, first.training, first.shape, first.kind)
    trainer.check()
    missing = []
    for job, output in jobs:
        line = f"{job.dataset.cell_line}, " if several else ""
        for number in job.folds if only_folds is None else only_folds:
            fold = Fold(job, number, output / PARTIAL / f"fold-{number}", f"{line}fold {number}")
            if _is_finished(fold.folder, job.fingerprint(number)):
                log.info("%s: finished earlier, kept", fold.label)
            else:
                missing.append(fold)
    stacks = Stacks() if first.training.trainer == STACKED else None
    for folds in _rounds(first, trainer, missing, stacks):
        _train_folds(trainer, folds, stacks)


def _is_finished(folder: Path, expected: str) -> bool:
    try:
        record = json.loads((folder / "fold.json").read_text())
    except (FileNotFoundError, json.JSONDecodeError):  # cut where the machine itself went down
        return False
    return record["fingerprint"] == expected


def _rounds(
    job: Job, trainer: Builder, folds: list[Fold], stacks: Stacks | None
) -> list[list[Fold]]:
    """Folds that are trained together: one, or, side by side, what the host's memory holds.

    job : one of theirs, which are alike.
    """
    if stacks is None:
        return [[fold] for fold in folds]
    if not hasattr(trainer, "fits"):
        raise InputError(
            f"Networks of the variant {job.model.variant} cannot be trained side by side.",
            where="training.trainer",
            expected="a variant whose builder has `fits` (deepexpr.model.variants.Builder)",
            fix="Use the trainer sequential, as the variant's Training should say by itself: "
            'trainer: fields.OneByOne = "sequential".',
        )
    if not stacks.together:  # nothing is gained: each is kept before the next is trained
        return [[fold] for fold in folds]
    rounds: list[list[Fold]] = []
    left = 0
    for fold in folds:
        each = sum(array.nbytes for array in fold.job.dataset.inputs.values())
        # Training and validation genes of a fold, and what the second step makes of them.
        if not rounds or 2 * each > left:
            rounds.append([])
            left = ROUND_BYTES
        rounds[-1].append(fold)
        left -= 2 * each
    return rounds


def _train_folds(trainer: Builder, folds: list[Fold], stacks: Stacks | None) -> None:
    """Train all members of these folds, and keep each fold as soon as its members are done."""
    started = time.monotonic()
    members = range(folds[0].job.training.members)
    data = [_fold_data(fold, trainer) for fold in folds]
    arguments = [
        (
            own,
            _seed(fold, member),
            fold.label,
            fold.job.pretrained and fold.job.pretrained.proximal(fold.number, member),
        )
        for fold, own in zip(folds, data, strict=True)
        for member in members
    ]
    trained: Iterator[tuple[int, tuple]]
    if stacks is None:
        trained = ((number, trainer.train(*each)) for number, each in enumerate(arguments))
    else:
        trained = stacks.run([trainer.fits(*each) for each in arguments])
    done: list[dict[int, tuple]] = [{} for _ in folds]
    for number, network in trained:
        place, member = divmod(number, len(members))
        done[place][member] = network
        if len(done[place]) == len(members):
            networks = [done[place].pop(member) for member in members]
            _keep_fold(folds[place], data[place], networks, started)


def _seed(fold: Fold, member: int) -> int:
    sequence = np.random.SeedSequence([fold.job.seed, fold.number, member])
    return int(sequence.generate_state(1)[0] >> 1)


def _fold_data(fold: Fold, trainer: Builder) -> FoldData:
    job, rows = fold.job, _rows(fold.job, fold.number)
    data = fold_data(job.dataset, rows["train"], rows["validation"], job.task, trainer.standardise)
    if job.samples is not None:
        parts = {f"{part}_samples": job.samples[rows[part]] for part in ("train", "validation")}
        data = replace(data, **parts)
    data = trainer.prepare(data, job.pretrained is not None)
    if data.recipe:
        log.info("%s: %d training genes, %s", fold.label, len(data.train), data.recipe)
    return data


def _rows(job: Job, fold: int) -> dict[str, np.ndarray]:
    roles = fold_roles(job.splits, fold)
    return {role: job.dataset.index_of(genes) for role, genes in roles.items()}


def _keep_fold(fold: Fold, data: FoldData, trained: list[tuple], started: float) -> None:
    """Write a fold's networks (model, history), and what they say of its test genes."""
    job, number = fold.job, fold.number
    models = [model for model, _ in trained]
    history = [
        (number, member, *row) for member, (_, epochs) in enumerate(trained) for row in epochs
    ]
    rows = _rows(job, number)
    test = Examples(job.dataset.inputs).only(input_names(models[0])).take(rows["test"])
    predicted = np.mean([forward(m, test)[:, -1].astype(np.float64) for m in models], axis=0)
    table = prediction_table(
        job.dataset, rows["test"], predicted, job.task, scheme=job.scheme,
        method=method_name(job), K=len(job.folds), fold=number,
    )  # fmt: skip
    metric = score_record(job.task, table["observed"].to_numpy(), predicted)
    record = {
        "fingerprint": job.fingerprint(number),
        "inputs": {name: array.shape[1:] for name, array in test.arrays.items()},
        "normalisation": asdict(data.scaling),
        "metrics": metric,
        "recipe": data.recipe,
    }
    with atomic_directory(fold.folder) as temporary:
        for model, name in zip(models, model_names(len(models)), strict=True):
            save_model(model, temporary / name)
        write_table(table, temporary / "predictions.tsv")
        write_table(pd.DataFrame(history, columns=list(HISTORY)), temporary / "history.tsv")
        (temporary / "fold.json").write_text(json.dumps(record, indent=1, sort_keys=True))
    _report(fold, history, metric, time.monotonic() - started)


def _report(fold: Fold, history: list, metric: dict, seconds: float) -> None:
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
    log.info("%s of %d: %s; test %s %s (%d genes), %.1f s",
             fold.label, len(fold.job.folds), text, name, shown, metric["n"], seconds)  # fmt: skip


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
    log.info("%s: bundle of %d folds published", job.dataset.cell_line, len(folders))


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
        "reads": job.reads,
        "model": job.model.to_dict(),
        "training": job.training.to_dict(),
        "normalisation": {str(f): record["normalisation"] for f, record in records.items()},
        "metrics": {str(f): record["metrics"] for f, record in records.items()},
        "recipes": {str(f): record.get("recipe", "") for f, record in records.items()},
    }
