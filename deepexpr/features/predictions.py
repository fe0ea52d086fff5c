"""Predictions as a table, the same whoever made them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from deepexpr.features.dataset import Dataset
from deepexpr.schemas import PREDICTIONS


def observed(target: Dataset, rows: np.ndarray, task: str) -> np.ndarray:
    """What is predicted of `rows`: labels (+1 or -1) or log10 expression, float64."""
    values = target.label if task == "classification" else target.expression
    return values[rows].astype(np.float64)


def prediction_table(
    target: Dataset, rows: np.ndarray, predicted: np.ndarray, task: str, **about: Any
) -> pd.DataFrame:
    """Rows of schemas.PREDICTIONS: test genes `rows` of the cell line `target`.

    about : scheme, method, K, fold, and trained_on where that is another cell line.
    """
    own = {"cell_line": target.cell_line, "trained_on": target.cell_line, "task": task, **about}
    genes = {"gene": target.gene[rows], "observed": observed(target, rows, task)}
    return pd.DataFrame({**own, **genes, "predicted": predicted})[list(PREDICTIONS)]


def mean_of_folds(genes: Sequence[str], values: Sequence[np.ndarray] | np.ndarray) -> pd.DataFrame:
    """One row per gene: gene, predicted (mean over folds) and sd (between folds; NA for one).

    values : an array (genes,) of each fold.
    """
    folds = np.asarray(values)
    spread = folds.std(axis=0, ddof=1) if len(folds) > 1 else np.full(len(genes), np.nan)
    return pd.DataFrame({"gene": genes, "predicted": folds.mean(axis=0), "sd": spread})
