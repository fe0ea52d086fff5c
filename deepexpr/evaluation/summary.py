"""Scores over folds: mean, spread and a bootstrap interval of the mean."""

import numpy as np
import pandas as pd

#: One method on one cell line and K: what is averaged over folds.
GROUP_KEYS = ("cell_line", "trained_on", "task", "scheme", "method", "K", "metric")

SUMMARY = (*GROUP_KEYS, "mean", "sd", "low", "high", "folds", "missing")

RESAMPLES = 10_000
CONFIDENCE = 0.95


def summarise(metrics: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """One row per cell line, task, scheme, method and K: columns SUMMARY.

    metrics : schemas.METRICS. mean, sd (n - 1) over the folds with a score; low and high: 95 %
    percentile bootstrap interval of the mean over folds; folds: how many have a score; missing:
    how many have none. Folds share training genes, so the interval is narrower than that of
    independent repetitions.
    """
    rows = []
    for keys, group in metrics.groupby(list(GROUP_KEYS), sort=True):
        values = group["value"].dropna().to_numpy(np.float64)
        low, high = bootstrap_interval(values, seed)
        rows.append(
            (
                *keys,
                values.mean() if len(values) else np.nan,
                values.std(ddof=1) if len(values) > 1 else np.nan,
                low,
                high,
                len(values),
                len(group) - len(values),
            )
        )
    return pd.DataFrame(rows, columns=list(SUMMARY))


def bootstrap_interval(
    first: np.ndarray, seed: int, second: np.ndarray | None = None
) -> tuple[float, float]:
    """Percentile bootstrap interval of mean(first), or of mean(first) - mean(second).

    The two samples are drawn independently. (NaN, NaN) with fewer than 2 values in a sample.
    """
    samples = [first] if second is None else [first, second]
    if min(map(len, samples)) < 2:
        return np.nan, np.nan
    rng = np.random.default_rng(seed)
    means = [rng.choice(values, (RESAMPLES, len(values))).mean(axis=1) for values in samples]
    difference = means[0] if second is None else means[0] - means[1]
    tail = 100 * (1 - CONFIDENCE) / 2
    low, high = np.percentile(difference, [tail, 100 - tail])
    return float(low), float(high)
