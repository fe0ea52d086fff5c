"""Which baseline a network is measured against: the best one, never the first of a list."""

import pandas as pd

from deepexpr.schemas import NETWORK_KINDS


def is_network(method: str) -> bool:
    """Whether a method's name is a kind of DeepExpression, e.g. "full" or "full-500kb"."""
    return method.split("-")[0] in NETWORK_KINDS


def best_baseline(scores: pd.DataFrame) -> tuple[str, float] | None:
    """Name and mean score of the baseline with the highest mean over folds; None without one.

    scores : rows of schemas.METRICS of one cell line, task, scheme, K and metric. The choice is
    made on the test scores, which favours the baseline: a network above it is above every other.
    """
    means = scores[~scores["method"].astype(str).map(is_network).astype(bool)]
    means = means.groupby("method", sort=True)["value"].mean().dropna()
    return (str(means.idxmax()), float(means.max())) if len(means) else None
