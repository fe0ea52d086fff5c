"""Inner cross-validation: the folds, the scores and the choice that every search shares.

Scores are those of the evaluation where they can be: AUC for classification; R² for
regression, because Pearson r is undefined for the constant predictions at the strong end of
the Lasso's grid.
"""

import logging
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from deepexpr.errors import Unsupported
from deepexpr.scores import auc_columns

log = logging.getLogger(__name__)

#: Columns of search.tsv before the scores of the inner folds (score_0, score_1, ...).
SEARCH = ("fold", "penalty", "trees", "depth", "metric", "score", "sd", "chosen", "note")


@dataclass(frozen=True)
class Choice:
    """What a search chose.

    parameters : for the estimator, e.g. {"penalty": 0.1}; empty where there is no grid.
    table : one row per grid point, columns SEARCH less `fold`, then score_0, score_1, ...
    out_of_fold : (n,) scores of the training genes at the choice, each from the inner model
        that did not see the gene; None where no search was made.
    """

    parameters: dict[str, Any]
    table: pd.DataFrame
    out_of_fold: np.ndarray | None = field(default=None, repr=False)


def score_columns(y: np.ndarray, predictions: np.ndarray, task: str) -> np.ndarray:
    """AUC or R² of each column: y (n,), predictions (n, m) to float64 (m,).

    NaN where y is constant.
    """
    if task == "classification":
        return auc_columns(y == 1, predictions)
    total = np.sum((y - y.mean()) ** 2)
    error = np.sum((predictions - y[:, None]) ** 2, axis=0)
    return 1 - error / total if total > 0 else np.full_like(error, np.nan)


def choose(
    grid: pd.DataFrame, scores: np.ndarray, task: str, simplest_last: bool
) -> tuple[int, pd.DataFrame]:
    """Best grid point by the mean inner score, and the search table.

    grid : one row per point. scores : (points, folds); folds with a NaN are left out, logged.
    Of equal means the simpler model wins: the later row if `simplest_last`, else the earlier.
    """
    # Whether a fold has a score depends on its genes, not on the grid: the means stay comparable.
    defined = ~np.isnan(scores).any(axis=0)
    if not defined.any():
        raise Unsupported(
            "No inner fold has a defined score.", fix="The response may be constant; look at it."
        )
    if not defined.all():
        log.warning(
            "%d of %d inner folds have no score (their genes are all alike) and are left out",
            np.sum(~defined), len(defined),
        )  # fmt: skip
    used = scores[:, defined]
    means = used.mean(axis=1)
    best = int(np.flatnonzero(means == means.max())[-1 if simplest_last else 0])
    table = grid.reindex(columns=["penalty", "trees", "depth"]).assign(
        metric="AUC" if task == "classification" else "R2",
        score=means,
        sd=used.std(axis=1, ddof=1) if used.shape[1] > 1 else np.nan,
        chosen=(np.arange(len(grid)) == best).astype(int),
        note=grid.get("note", ""),
    )
    per_fold = pd.DataFrame(scores, columns=[f"score_{i}" for i in range(scores.shape[1])])
    return best, pd.concat([table.reset_index(drop=True), per_fold], axis=1)


def no_search(note: str) -> Choice:
    """The choice of a method without a grid."""
    row = dict.fromkeys(SEARCH[1:], None) | {"chosen": 1, "note": note}
    return Choice({}, pd.DataFrame([row]))
