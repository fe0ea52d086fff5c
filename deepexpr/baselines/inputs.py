"""What the baselines see of a gene: the network's two inputs, as one row of numbers."""

from __future__ import annotations

import numpy as np

from deepexpr.baselines.gkm import count_gkm
from deepexpr.baselines.settings import BaselineSettings
from deepexpr.errors import InputError
from deepexpr.features.dataset import Dataset


def feature_matrix(
    dataset: Dataset, rows: np.ndarray, settings: BaselineSettings, use_bins: bool
) -> np.ndarray:
    """Features of `rows` of the dataset: float64 (rows, p + bins), not scaled.

    Gapped k-mer counts of the promoter (columns as `gkm.vocabulary`), then, with `use_bins`,
    the binned loops, log2(1 + normalised count). Raises InputError where bins are asked for
    and the dataset has none.
    """
    counts = count_gkm(dataset.sequence[rows], settings.length, settings.informative)
    if not use_bins:
        return counts.toarray().astype(np.float64)
    if dataset.bins is None:
        raise InputError(
            "The models read binned loops and this dataset has none.",
            where=str(dataset.path or dataset.cell_line),
            fix="Use a dataset with HiChIP, or models trained without it.",
        )
    return np.hstack([counts.toarray(), dataset.bins[rows]]).astype(np.float64)


def response(dataset: Dataset, rows: np.ndarray, task: str) -> np.ndarray:
    """What is predicted: labels int (+1/-1), or expression float64 (log10)."""
    if task == "classification":
        return dataset.label[rows].astype(np.int64)
    return dataset.expression[rows].astype(np.float64)
