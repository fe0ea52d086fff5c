"""Counts of two groups of samples, compared by a negative-binomial model with shared dispersions.

After DESeq2 (Love, Huber & Anders, Genome Biology 15:550, 2014), for two groups and nothing else:
median-of-ratios size factors; a dispersion per row by the likelihood with Cox and Reid's
adjustment, at means s_j times the group's mean; a trend a0 + a1 / mean through them; the dispersion
that is most probable given the row's counts and a log-normal prior around the trend. Rows are
tested by the likelihood ratio, since many loops have no PET in one group, where the error that a
Wald test divides by grows without bound. No shrinkage of the ratio, no filtering, no outlier
replacement. With two groups the fit of the means needs no matrix: one equation for each.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import chdtrc, gammaln, polygamma

from deepexpr.errors import InputError

#: Range of dispersions, as DESeq2's: its smallest, and at most this or the number of samples.
SMALLEST, LARGEST = 1e-8, 10.0
#: Smallest variance of the prior of log dispersions, and how far above the trend in standard
#: deviations of the residuals a row's own dispersion is kept (DESeq2).
LEAST_PRIOR, OUTLIER = 0.25, 2.0
#: Points of the grid over log dispersions, refined once around the best.
GRID = 25


class GroupTest(NamedTuple):
    """By row (n,): mean of the normalised counts; log2 of group 2 over group 1, its standard error;
    the p-value of the likelihood ratio (NaN where all counts are 0); dispersion."""

    mean: np.ndarray
    log2_change: np.ndarray
    error: np.ndarray
    p: np.ndarray
    dispersion: np.ndarray


def size_factors(counts: np.ndarray) -> np.ndarray:
    """(s,) size factors of samples: the median ratio to the geometric mean, over rows without 0.

    counts : (n, s). Where every row has a 0 the geometric mean is over the counts above 0, the
    root that of all samples (DESeq2's "poscounts").
    """
    with np.errstate(divide="ignore"):
        logs = np.log(counts)
    full = np.isfinite(logs).all(axis=1)
    if full.any():
        centre = logs[full].mean(axis=1)
        return np.exp(np.median(logs[full] - centre[:, None], axis=0))
    positive = counts > 0
    if not positive.any(axis=0).all():
        raise InputError("A sample has no count in any row.", where="counts")
    centre = np.where(positive, logs, 0).sum(axis=1) / counts.shape[1]
    factors = np.array(
        [np.exp(np.median((logs[:, j] - centre)[positive[:, j]])) for j in range(counts.shape[1])]
    )
    return factors / np.exp(np.log(factors).mean())


def compare_groups(counts: np.ndarray, second: np.ndarray) -> GroupTest:
    """Test every row for a different mean in the second group of samples.

    counts : (n, s) int64. second : (s,) bool. Raises InputError unless both groups have two
    samples: how much counts differ between replicates cannot be known from one.
    """
    if min(second.sum(), (~second).sum()) < 2:
        raise InputError(
            "Groups without replicates cannot be compared.",
            where="samples",
            expected="two samples or more of each group",
            found=f"{(~second).sum()} and {second.sum()}",
            fix="Add replicates; how much counts differ between them cannot be known from one.",
        )
    factors = size_factors(counts)
    scaled = counts / factors
    mean = scaled.mean(axis=1)
    used = mean > 0
    result = [np.full(len(counts), np.nan) for _ in range(4)]
    if used.any():
        dispersion = _dispersions(counts[used], factors, second)
        parts = _test(counts[used], factors, second, dispersion)
        for whole, part in zip(result, (*parts, dispersion), strict=True):
            whole[used] = part
    return GroupTest(mean, *result)


def _dispersions(counts: np.ndarray, factors: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The most probable dispersion of every row, given its counts and the trend."""
    scaled = counts / factors
    means = [scaled[:, g].mean(axis=1, keepdims=True) for g in (~second, second)]
    mu = np.maximum(np.where(second, means[1], means[0]) * factors, 0.5)
    largest = max(LARGEST, counts.shape[1])
    # DESeq2 begins its search at the estimate by moments, and stays where that is at its end.
    started = _by_moments(scaled, factors, second, means) > SMALLEST
    own = np.where(started, _maximise(counts, mu, second, largest), SMALLEST)
    mean = scaled.mean(axis=1)
    trend = _trend(mean, own)
    residual = np.log(own) - np.log(trend)
    good = own >= 100 * SMALLEST
    if not good.any():
        return own
    spread = 1.4826 * np.median(np.abs(residual[good] - np.median(residual[good])))
    noise = float(polygamma(1, (counts.shape[1] - 2) / 2))
    prior = max(spread**2 - noise, LEAST_PRIOR)
    fitted = _maximise(counts, mu, second, largest, np.log(trend), prior)
    return np.where(np.log(own) > np.log(trend) + OUTLIER * spread, own, fitted)


def _by_moments(
    scaled: np.ndarray, factors: np.ndarray, second: np.ndarray, means: list[np.ndarray]
) -> np.ndarray:
    """The smaller of two rough estimates: around the groups' means, and around one mean."""
    mu = np.maximum(np.where(second, means[1], means[0]), 1.0)
    around = (((scaled - mu) ** 2 - mu) / mu**2).sum(axis=1) / (scaled.shape[1] - 2)
    mean = scaled.mean(axis=1)
    overall = (scaled.var(axis=1, ddof=1) - (1 / factors).mean() * mean) / mean**2
    return np.minimum(around, overall)


def _maximise(
    counts: np.ndarray,
    mu: np.ndarray,
    second: np.ndarray,
    largest: float,
    centre: np.ndarray | None = None,
    prior: float = np.inf,
) -> np.ndarray:
    """The dispersion of each row that maximises its adjusted likelihood, times the prior."""

    def value(log_alpha: np.ndarray) -> np.ndarray:  # (n, points)
        alpha = np.exp(log_alpha)[:, :, None]
        k, m = counts[:, None, :], mu[:, None, :]
        size = 1 / alpha
        terms = (
            gammaln(k + size) - gammaln(size) - k * np.log1p(size / m) - size * np.log1p(alpha * m)
        )
        weight = 1 / (1 / m + alpha)
        groups = [weight[:, :, g].sum(axis=2) for g in (~second, second)]
        result = terms.sum(axis=2) - 0.5 * np.log(groups[0] * groups[1])
        if centre is not None:
            result = result - (log_alpha - centre[:, None]) ** 2 / (2 * prior)
        return result

    low, high = np.log(SMALLEST), np.log(largest)
    points = np.broadcast_to(np.linspace(low, high, GRID), (len(counts), GRID))
    step = (high - low) / (GRID - 1)
    for _ in range(4):
        values = value(points)
        best = np.take_along_axis(points, values.argmax(axis=1)[:, None], axis=1)
        points = np.clip(best + np.linspace(-step, step, GRID), low, high)
        step *= 2 / (GRID - 1)
    return np.exp(best[:, 0])


def _trend(mean: np.ndarray, own: np.ndarray) -> np.ndarray:
    """a0 + a1 / mean through the rows' own dispersions: a Gamma regression without outliers."""
    used = own >= 100 * SMALLEST
    if used.sum() < 3:
        return np.full(len(mean), own[used].mean() if used.any() else SMALLEST)
    a0, a1 = 0.1, 1.0
    for _ in range(100):
        ratio = own / (a0 + a1 / mean)
        kept = used & (ratio > 1e-4) & (ratio < 15)
        if kept.sum() < 3:
            break
        x, y = 1 / mean[kept], own[kept]
        old = np.array([a0, a1])
        for _ in range(20):  # iteratively reweighted: a Gamma's variance is its mean squared
            weight = 1 / (a0 + a1 * x) ** 2
            design = np.stack([np.ones(len(x)), x], axis=1)
            a0, a1 = np.linalg.lstsq(
                design * np.sqrt(weight)[:, None], y * np.sqrt(weight), rcond=None
            )[0]
            a0, a1 = max(a0, 1e-6), max(a1, 0.0)
        if (np.log(np.array([a0, a1 + 1e-12]) / (old + 1e-12)) ** 2).sum() < 1e-6:
            break
    return np.maximum(a0 + a1 / mean, SMALLEST)


def _test(
    counts: np.ndarray, factors: np.ndarray, second: np.ndarray, dispersion: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """log2 change, its standard error, and the p-value of the likelihood ratio."""
    common = _log_mean(counts, factors, dispersion)
    ratio = -_log_likelihood(counts, factors, dispersion, common)
    logs, variances = [], []
    for group in (~second, second):
        k, s = counts[:, group], factors[group]
        log_mean = _log_mean(k, s, dispersion)
        ratio += _log_likelihood(k, s, dispersion, log_mean)
        mu = np.exp(log_mean)[:, None] * s
        variances.append(1 / (mu / (1 + dispersion[:, None] * mu)).sum(axis=1))
        logs.append(log_mean)
    change, error = logs[1] - logs[0], np.sqrt(variances[0] + variances[1])
    return change / np.log(2), error / np.log(2), chdtrc(1, 2 * np.maximum(ratio, 0))


def _log_mean(counts: np.ndarray, factors: np.ndarray, dispersion: np.ndarray) -> np.ndarray:
    """(n,) log of the mean that is most likely; of half a count in all where there is none."""
    k = counts.astype(float)
    log_mean = np.log(np.maximum((k / factors).mean(axis=1), 0.5 / factors.sum()))
    for _ in range(50):  # Fisher scoring
        mu = np.exp(log_mean)[:, None] * factors
        weight = mu / (1 + dispersion[:, None] * mu)
        step = ((k - mu) / mu * weight).sum(axis=1) / weight.sum(axis=1)
        step = np.where(k.sum(axis=1) > 0, np.clip(step, -2, 2), 0.0)
        log_mean = log_mean + step
        if np.abs(step).max(initial=0) < 1e-8:
            break
    return log_mean


def _log_likelihood(
    counts: np.ndarray, factors: np.ndarray, dispersion: np.ndarray, log_mean: np.ndarray
) -> np.ndarray:
    """(n,) without terms that no mean changes; 0 PETs are most likely at a mean of 0."""
    mu = np.exp(log_mean)[:, None] * factors
    size = 1 / dispersion[:, None]
    terms = -counts * np.log1p(size / mu) - size * np.log1p(mu / size)
    return np.where(counts.sum(axis=1) > 0, terms.sum(axis=1), 0.0)
