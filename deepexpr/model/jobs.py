"""What one job trains: all folds of a cell line, task, number of folds and kind; checked."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from deepexpr.errors import InputError
from deepexpr.features.dataset import Dataset
from deepexpr.features.families import find_scheme
from deepexpr.features.splits import fold_roles, restrict_splits
from deepexpr.model.backend import keras
from deepexpr.model.bundle import Bundle
from deepexpr.model.config import NetworkSettings, TrainingSettings, TwoStepTraining
from deepexpr.model.network import Shape
from deepexpr.model.samples import read_samples
from deepexpr.provenance import fingerprint, sha256_file, versions

#: Packages whose version decides the numbers.
_DECISIVE = ("deepexpr", "keras", "tensorflow", "jax", "numpy", "scipy", "scikit-learn")

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

    @property
    def network(self) -> tuple:
        """Equal for jobs whose networks are built and trained alike."""
        return self.shape, self.kind, self.model, self.training

    @cached_property
    def samples(self) -> np.ndarray | None:
        """(n, k) values of the dataset's genes in further samples, where the settings name some."""
        path = getattr(self.training, "samples", None)
        return None if path is None else read_samples(path, self.dataset.gene)

    @cached_property
    def reads(self) -> dict[str, str]:
        """SHA-256 of the files that the settings name, by setting."""
        paths = {
            "samples": getattr(self.training, "samples", None),
            "motifs": getattr(self.model, "motifs", None),
        }
        return {name: sha256_file(path) for name, path in paths.items() if path is not None}

    def fingerprint(self, fold: int) -> str:
        """SHA-256 of everything that decides the numbers of this fold."""
        roles = {role: genes.tolist() for role, genes in fold_roles(self.splits, fold).items()}
        installed = versions()
        return fingerprint(
            self.dataset.sha256, roles, self.task, self.kind, self.model.to_dict(),
            self.training.to_dict(), self.seed, keras.backend.backend(),
            {name: installed.get(name) for name in _DECISIVE},
            None if self.pretrained is None else self.pretrained.info["fingerprint"],
            *self.reads.values(),
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
        # Bundles of earlier versions do not say.
        "file of samples or motifs": (info.get("reads", job.reads), job.reads),
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
