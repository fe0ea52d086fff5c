"""Scores of predictions, for every stage that needs one: area under the ROC curve, Pearson r.

Where a score is not defined it is NaN, and the reason is told.
"""

from typing import Any

import numpy as np
from scipy import stats

METRIC_OF_TASK = {"classification": "AUC", "regression": "PCC"}


def auc(observed: np.ndarray, predicted: np.ndarray) -> tuple[float, float, str]:
    """Area under the ROC curve, NaN (no p-value), and why the area is NaN ("" if it is not).

    observed : (n,) +1 or -1. predicted : (n,) P(+1) or any score that grows with it; equal
    scores count one half, so a constant score has an area of 0.5.
    """
    from sklearn.metrics import roc_auc_score

    reason = _unusable(observed, predicted, least=2)
    if not reason and len(np.unique(observed)) < 2:
        reason = "only one label among the test genes"
    if reason:
        return np.nan, np.nan, reason
    return float(roc_auc_score(observed > 0, predicted)), np.nan, ""


def pearson(observed: np.ndarray, predicted: np.ndarray) -> tuple[float, float, str]:
    """Pearson r, p of the two-tailed t test on n - 2 df, and why r is NaN ("" if it is not)."""
    reason = _unusable(observed, predicted, least=3)
    if not reason:
        for name, values in (("observed", observed), ("predicted", predicted)):
            # Relative to its size: sums of equal numbers differ in the last digits.
            if np.ptp(values) <= 1e-12 * max(1.0, np.abs(values).max()):
                reason = f"{name} values are constant"
    if reason:
        return np.nan, np.nan, reason
    result = stats.pearsonr(observed, predicted)
    return float(result.statistic), float(result.pvalue), ""


def partial_pearson(
    observed: np.ndarray, predicted: np.ndarray, given: np.ndarray
) -> tuple[float, float, str]:
    """Correlation of what a straight line in `given` leaves of both, p on n - 3 df, and why not."""
    reason = _unusable(observed, predicted, least=4)
    if reason:
        return np.nan, np.nan, reason
    line = np.column_stack([np.ones(len(given)), given])
    left = [v - line @ np.linalg.lstsq(line, v, rcond=None)[0] for v in (observed, predicted)]
    value, _, reason = pearson(*left)
    if reason:
        return np.nan, np.nan, reason
    freedom = len(given) - 3
    t = value * np.sqrt(freedom / max(1e-300, 1 - value**2))
    return value, float(2 * stats.t.sf(abs(t), freedom)), ""


def _unusable(observed: np.ndarray, predicted: np.ndarray, least: int) -> str:
    if len(observed) < least:
        return f"fewer than {least} test genes"
    if not (np.isfinite(observed).all() and np.isfinite(predicted).all()):
        return "observed or predicted values are not finite"
    return ""


def score(task: str, observed: np.ndarray, predicted: np.ndarray) -> tuple[float, float, str]:
    """The score of a task: `auc` for classification, `pearson` for regression."""
    return (auc if task == "classification" else pearson)(observed, predicted)


def score_record(task: str, observed: np.ndarray, predicted: np.ndarray) -> dict[str, Any]:
    """The score of one fold as JSON types: {"metric", "value" (None where undefined), "n"}."""
    value, _, reason = score(task, observed, predicted)
    return {
        "metric": METRIC_OF_TASK[task], "value": None if reason else value, "n": len(observed)
    }  # fmt: skip


def auc_columns(positive: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    """`auc` of each column at once: positive (n,) bool, predictions (n, m) to float64 (m,).

    NaN where all or none are positive. By ranks: a grid of a search has tens of columns.
    """
    number = positive.sum()
    pairs = number * (len(positive) - number)
    ranks = stats.rankdata(predictions, axis=0)[positive].sum(axis=0)
    return (ranks - number * (number + 1) / 2) / pairs if pairs else np.full_like(ranks, np.nan)
