"""DeepExpression against every other method: tests over folds, with effect sizes.

The paper compares methods over folds by the one-sided Wilcoxon rank-sum test, for the scores
and "the same for their variances" (spec §4). Here:

- scores: `scipy.stats.mannwhitneyu`, the rank-sum test with the exact distribution for small
  samples without ties (SciPy's "auto"); alternative: the first method scores higher.
- variances: the same test on the absolute deviations of the scores from their method's
  median (the deviations of the Brown-Forsythe test); alternative: the first method's are
  smaller, i.e. it varies less.
- paired: the signed-rank test (`scipy.stats.wilcoxon`) on the differences within folds, whose
  test genes both methods share. The rank-sum test takes the folds as two independent samples, so
  what makes a fold hard for both hides a difference that holds in every one of them.
- Benjamini-Hochberg within each cell line, task, scheme, K and quantity, beside the raw p.

Folds of one cross-validation share training genes, so p-values of every test are too small;
the paper's test is kept because it is the paper's.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy import stats

from deepexpr.evaluation.summary import bootstrap_interval
from deepexpr.schemas import NETWORK_KINDS

log = logging.getLogger(__name__)

COMPARISON_KEYS = ("cell_line", "trained_on", "task", "scheme", "K", "metric")

#: One row per pair of methods and quantity ("score", "variance" or "paired").
#: mean_*: of the scores, or variance of the scores; difference = first - second;
#: low, high: 95 % bootstrap interval of the difference of means (scores only);
#: rank_biserial: P(first > second) - P(first < second) over pairs of folds, of what is tested;
#: for "paired" the share of the ranks of differences above 0 less that of those below.
TESTS = (
    *COMPARISON_KEYS, "quantity", "method", "other", "alternative", "folds", "other_folds",
    "mean", "other_mean", "difference", "low", "high", "rank_biserial", "statistic", "p_value",
    "p_adjusted", "reason",
)  # fmt: skip


def is_network(method: str) -> bool:
    """Whether a method's name is a kind of DeepExpression, e.g. "full" or "full-500kb"."""
    return method.split("-")[0] in NETWORK_KINDS


def compare(metrics: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """Columns TESTS: each network kind against the later kinds and every baseline.

    metrics : schemas.METRICS. Only methods of the same cell line, training cell line, task,
    scheme and K are compared; folds without a score are left out and counted.
    """
    rows = []
    for keys, group in metrics.groupby(list(COMPARISON_KEYS), sort=True):
        scores = {
            method: values.set_index("fold")["value"].dropna().astype(np.float64)
            for method, values in group.groupby("method")
        }
        for method, other in _pairs(scores):
            paired = (
                scores[method].to_frame("first").join(scores[other].rename("second"), how="inner")
            )
            first, second = scores[method].to_numpy(), scores[other].to_numpy()
            rows.append(_score_row(keys, method, other, first, second, seed))
            rows.append(_variance_row(keys, method, other, first, second))
            rows.append(_paired_row(keys, method, other, *paired.to_numpy().T))
    table = pd.DataFrame(rows, columns=list(TESTS))
    return _adjust(table)


def _pairs(methods) -> Iterator[tuple[str, str]]:
    """Networks in the order of NETWORK_KINDS, each before what it is compared with."""
    order = {kind: i for i, kind in enumerate(NETWORK_KINDS)}
    networks = sorted(filter(is_network, methods), key=lambda m: (order[m.split("-")[0]], m))
    yield from itertools.combinations(networks, 2)
    baselines = sorted(method for method in methods if not is_network(method))
    yield from itertools.product(networks, baselines)


def _score_row(keys, method, other, first, second, seed):
    low, high = bootstrap_interval(first, seed, second)
    means = [values.mean() if len(values) else np.nan for values in (first, second)]
    test = rank_sum(first, second, "greater")
    return (
        *keys, "score", method, other, "greater", len(first), len(second),
        *means, means[0] - means[1], low, high, *test[:3], np.nan, test[3],
    )  # fmt: skip


def _variance_row(keys, method, other, first, second):
    variances = [values.var(ddof=1) if len(values) > 1 else np.nan for values in (first, second)]
    test = rank_sum(deviations(first), deviations(second), "less")
    return (
        *keys, "variance", method, other, "less", len(first), len(second),
        *variances, variances[0] - variances[1], np.nan, np.nan, *test[:3], np.nan, test[3],
    )  # fmt: skip


def _paired_row(keys, method, other, first, second):
    means = [values.mean() if len(values) else np.nan for values in (first, second)]
    test = signed_rank(first, second)
    return (
        *keys, "paired", method, other, "greater", len(first), len(second),
        *means, means[0] - means[1], np.nan, np.nan, *test[:3], np.nan, test[3],
    )  # fmt: skip


def deviations(values: np.ndarray) -> np.ndarray:
    """Absolute deviations from the median: what the test of variances ranks."""
    return np.abs(values - np.median(values)) if len(values) else values


def rank_sum(
    first: np.ndarray, second: np.ndarray, alternative: str
) -> tuple[float, float, float, str]:
    """Rank-biserial correlation, U of `first`, one-sided p, and why they are NaN ("" if not).

    alternative : "greater" (first tends to be larger) or "less".
    """
    if min(len(first), len(second)) < 2:
        return np.nan, np.nan, np.nan, "fewer than 2 folds with a score"
    if np.ptp(np.concatenate([first, second])) == 0:
        return np.nan, np.nan, np.nan, "all values are equal"
    result = stats.mannwhitneyu(first, second, alternative=alternative)
    biserial = 2 * result.statistic / (len(first) * len(second)) - 1
    return float(biserial), float(result.statistic), float(result.pvalue), ""


def signed_rank(first: np.ndarray, second: np.ndarray) -> tuple[float, float, float, str]:
    """Rank-biserial correlation, sum of the positive ranks, one-sided p ("greater"), and why not.

    first, second : (folds,) scores of the same folds; equal ones say nothing and are left out.
    """
    difference = first - second
    difference = difference[difference != 0]
    if len(difference) < 2:
        return np.nan, np.nan, np.nan, "fewer than 2 folds with different scores of both"
    result = stats.wilcoxon(difference, alternative="greater")
    every = len(difference) * (len(difference) + 1) / 2
    return (
        2 * float(result.statistic) / every - 1,
        float(result.statistic),
        float(result.pvalue),
        "",
    )


def _adjust(table: pd.DataFrame) -> pd.DataFrame:
    for _, group in table.groupby([*COMPARISON_KEYS, "quantity"]):
        raw = group["p_value"].dropna()
        if len(raw):
            table.loc[raw.index, "p_adjusted"] = stats.false_discovery_control(raw)
    log.info("%d comparisons, %d without a p-value", len(table), table["p_value"].isna().sum())
    return table
