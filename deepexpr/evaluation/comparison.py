"""DeepExpression against every other method: tests over folds, with effect sizes.

The paper compares methods over folds by the one-sided Wilcoxon rank-sum test, for the scores
and "the same for their variances" (docs/method.md, section 4). Here:

- scores: `scipy.stats.mannwhitneyu`, the rank-sum test with the exact distribution for small
  samples without ties (SciPy's "auto"); alternative: the first method scores higher.
- variances: the same test on the absolute deviations of the scores from their method's
  median (the deviations of the Brown-Forsythe test); alternative: the first method's are
  smaller, i.e. it varies less. With few folds no scores at all could give a small p (each method
  has a fold at its median, which varies nothing in both): then the test is left out, and says so.
- paired: the signed-rank test (`scipy.stats.wilcoxon`) on the differences within folds, whose
  test genes both methods share. The rank-sum test takes the folds as two independent samples, so
  what makes a fold hard for both hides a difference that holds in every one of them.
- paired_two_sided: the same without a direction.
- resampled_t: the t test on the same differences with the variance corrected for training genes
  that folds share (Nadeau and Bengio 2003), two-sided; its interval stands in low and high.
- Benjamini-Hochberg within each cell line, task, scheme, K and quantity, beside the raw p.

Folds of one cross-validation share training genes, so p-values of every test are too small;
the paper's test is kept because it is the paper's.
"""

import itertools
import logging
from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy import stats

from deepexpr.evaluation.best import is_network
from deepexpr.evaluation.summary import bootstrap_interval
from deepexpr.schemas import NETWORK_KINDS

log = logging.getLogger(__name__)

COMPARISON_KEYS = ("cell_line", "trained_on", "task", "scheme", "K", "metric")

#: A p below this is a finding; a test that cannot get there is not made.
LEVEL = 0.05

#: One row per pair of methods and quantity ("score", "variance", "paired", "paired_two_sided",
#: "resampled_t").
#: mean_*: of the scores, or variance of the scores; difference = first - second;
#: low, high: 95 % interval of the difference of means, by bootstrap (score) or corrected t;
#: rank_biserial: P(first > second) - P(first < second) over pairs of folds, of what is tested;
#: for "paired" the share of the ranks of differences above 0 less that of those below.
TESTS = (
    *COMPARISON_KEYS, "quantity", "method", "other", "alternative", "folds", "other_folds",
    "mean", "other_mean", "difference", "low", "high", "rank_biserial", "statistic", "p_value",
    "p_adjusted", "reason",
)  # fmt: skip


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
        folds = dict(zip(COMPARISON_KEYS, keys, strict=True))["K"]
        for pair in _pairs(scores):
            first, second = (scores[method] for method in pair)
            all_folds = first.to_numpy(), second.to_numpy()
            one, two = pd.concat([first, second], axis=1, join="inner").to_numpy().T
            shared = one, two
            t, p, low, high, reason = resampled_t(one - two, folds)
            tests = (
                ("score", "greater", all_folds, rank_sum(*all_folds, "greater"), np.mean,
                 bootstrap_interval(all_folds[0], seed, all_folds[1])),
                ("variance", "less", all_folds, _variance_test(*all_folds), _variance),
                ("paired", "greater", shared, signed_rank(*shared, "greater")),
                ("paired_two_sided", "two-sided", shared, signed_rank(*shared, "two-sided")),
                ("resampled_t", "two-sided", shared, (np.nan, t, p, reason), np.mean, (low, high)),
            )  # fmt: skip
            rows += [_row(keys, pair, *test) for test in tests]
    table = pd.DataFrame(rows, columns=list(TESTS))
    return _adjust(table)


def _pairs(methods) -> Iterator[tuple[str, str]]:
    """Networks in the order of NETWORK_KINDS, each before what it is compared with."""
    order = {kind: i for i, kind in enumerate(NETWORK_KINDS)}
    networks = sorted(filter(is_network, methods), key=lambda m: (order[m.split("-")[0]], m))
    yield from itertools.combinations(networks, 2)
    baselines = sorted(method for method in methods if not is_network(method))
    yield from itertools.product(networks, baselines)


def _row(
    keys, pair, quantity, alternative, samples, test, value=np.mean, interval=(np.nan, np.nan)
) -> tuple:
    """One row: `value` of both samples of scores, and (rank-biserial, statistic, p, reason)."""
    one, two = (value(scores) if len(scores) else np.nan for scores in samples)
    return (
        *keys, quantity, *pair, alternative, *map(len, samples), one, two, one - two, *interval,
        *test[:3], np.nan, test[3],
    )  # fmt: skip


def _variance(values: np.ndarray) -> float:
    return values.var(ddof=1) if len(values) > 1 else np.nan


def _variance_test(first: np.ndarray, second: np.ndarray) -> tuple[float, float, float, str]:
    smallest = smallest_variance_p(len(first), len(second))
    if smallest >= LEVEL:
        reason = f"no test: with so few folds p cannot be below {smallest:.2g}"
        return np.nan, np.nan, np.nan, reason
    return rank_sum(deviations(first), deviations(second), "less")


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


def smallest_variance_p(folds: int, other_folds: int) -> float:
    """The p of the test of variances where the first method varies incomparably less."""
    if min(folds, other_folds) < 2:
        return 1.0
    first, second = np.arange(folds) * 1e-6, np.arange(other_folds, dtype=np.float64)
    return rank_sum(deviations(first), deviations(second), "less")[2]


def signed_rank(
    first: np.ndarray, second: np.ndarray, alternative: str = "greater"
) -> tuple[float, float, float, str]:
    """Rank-biserial correlation, sum of the positive ranks, p, and why they are NaN ("" if not).

    first, second : (folds,) scores of the same folds; equal ones say nothing and are left out.
    alternative : "greater" (first is larger) or "two-sided".
    """
    difference = first - second
    difference = difference[difference != 0]
    if len(difference) < 2:
        return np.nan, np.nan, np.nan, "fewer than 2 folds with different scores of both"
    p_value = float(stats.wilcoxon(difference, alternative=alternative).pvalue)
    # Two-sided, SciPy's statistic is the smaller of both sums.
    positive = float(stats.rankdata(np.abs(difference))[difference > 0].sum())
    every = len(difference) * (len(difference) + 1) / 2
    return 2 * positive / every - 1, positive, p_value, ""


def resampled_t(difference: np.ndarray, folds: int) -> tuple[float, float, float, float, str]:
    """t, two-sided p, 95 % interval of the mean difference, and why they are NaN ("" if not).

    difference : (n,) of the folds both methods share; folds : K of the cross-validation. The
    variance of the mean is taken (1/n + 1/(K - 1)) times that of the differences, since a test
    part is 1/(K - 1) of what its models were trained on (Nadeau and Bengio 2003), on n - 1 df.
    """
    n = len(difference)
    if n < 2:
        return np.nan, np.nan, np.nan, np.nan, "fewer than 2 folds with scores of both"
    variance = difference.var(ddof=1)
    if variance <= 1e-24:
        return np.nan, np.nan, np.nan, np.nan, "all differences are equal"
    error = np.sqrt((1 / n + 1 / (folds - 1)) * variance)
    statistic = difference.mean() / error
    reach = stats.t.ppf(0.975, n - 1) * error
    p_value = 2 * stats.t.sf(abs(statistic), n - 1)
    centre = difference.mean()
    return float(statistic), float(p_value), float(centre - reach), float(centre + reach), ""


def _adjust(table: pd.DataFrame) -> pd.DataFrame:
    for _, group in table.groupby([*COMPARISON_KEYS, "quantity"]):
        raw = group["p_value"].dropna()
        if len(raw):
            table.loc[raw.index, "p_adjusted"] = stats.false_discovery_control(raw)
    log.info("%d comparisons, %d without a p-value", len(table), table["p_value"].isna().sum())
    return table
