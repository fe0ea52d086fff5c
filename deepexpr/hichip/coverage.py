"""Which contacts are more than distance and coverage explain: a binomial test.

In the manner of Fit-Hi-C (Ay, Bailey & Noble, Genome Research 24:999, 2014) and FitHiChIP
(Bhattacharyya et al., Nature Communications 10:4221, 2019): the expected number of PETs of a pair
of anchors is a smooth, falling function of their distance times a power of the product of their
coverages; a contact's p-value is the binomial chance of so many PETs or more; what is beyond it
is left out and the function fitted again; q-values are Benjamini and Hochberg's over all pairs
of anchors that could have met, with PETs or without.

Here the function is fitted to all possible pairs, those without PETs included, and the power
of the coverage is the Poisson likelihood's maximum, each class of distance with a level of its
own: where FitHiChIP regresses the logarithms of counts above 0, no count is lost.
"""

import logging
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.interpolate import UnivariateSpline
from scipy.optimize import brentq, isotonic_regression
from scipy.special import betainc

from deepexpr.hichip.places import anchor_gap, midpoint_distance, number_anchors

logger = logging.getLogger(__name__)

#: Classes of distance of about equally many PETs (Fit-Hi-C's default), and of coverage.
CLASSES, COVERAGE_CLASSES = 100, 400
#: The coverage's power is looked for between these; 1 is Fit-Hi-C's bias, 0 takes no notice.
POWERS = (-1.0, 3.0)


@dataclass(frozen=True)
class Tested:
    """The contacts that are tested, and the pairs of anchors that could have met like them.

    rows : (t,) places among all contacts; count : (t,) PETs; distance : (t,) bp between midpoints;
    coverage : (t,) log product of the anchors' coverages, each relative to the mean;
    group : (t,) class of distance; pairs : (groups, classes) number of possible pairs by class of
    distance and of coverage; level : (groups, classes) their mean log coverage; place : (groups,)
    their mean log10 distance.
    """

    rows: np.ndarray
    count: np.ndarray
    distance: np.ndarray
    coverage: np.ndarray
    group: np.ndarray
    pairs: np.ndarray
    level: np.ndarray
    place: np.ndarray


@dataclass(frozen=True)
class CoverageResult:
    """expected : (t,) PETs; p, q : (t,) p-values and false discovery rates of the tested contacts;
    power : of the coverage; outliers : contacts left out of the second fit."""

    expected: np.ndarray
    p: np.ndarray
    q: np.ndarray
    power: float
    outliers: int


def pairs_to_test(
    contacts: pd.DataFrame, depth: pd.DataFrame, peak: np.ndarray, both_peaks: bool
) -> Tested:
    """Contacts on one chromosome whose anchors do not touch, with a peak at one end or at both.

    contacts : schemas.CONTACTS; depth : schemas.DEPTH; peak : (a,) bool, rows of `depth` that are
    peaks. Possible pairs are those of anchors with reads, as near as the farthest contact or
    nearer. Raises InputError for an anchor without a depth.
    """
    anchor1, anchor2, reads = number_anchors(contacts, depth)
    has_peak = peak[anchor1] & peak[anchor2] if both_peaks else peak[anchor1] | peak[anchor2]
    counted = (reads[anchor1] > 0) & (reads[anchor2] > 0)
    rows = np.flatnonzero((anchor_gap(contacts) > 0) & has_peak & counted)
    count = contacts["count"].to_numpy(np.int64)[rows]
    distance = midpoint_distance(contacts)[rows]
    used = reads > 0
    log_coverage = np.log(np.where(used, reads, 1) / max(reads[used].mean(), 1.0))
    coverage = log_coverage[anchor1[rows]] + log_coverage[anchor2[rows]]
    borders = _borders(distance, count)
    anchors = depth[used].assign(coverage=log_coverage[used], peak=peak[used])
    pairs, level, place = _possible_pairs(anchors, borders, both_peaks)
    group = np.searchsorted(borders, distance, side="left")
    return Tested(rows, count, distance, coverage, group, pairs, level, place)


def judge_counts(tested: Tested) -> CoverageResult:
    """Fit, leave out what is beyond chance, fit again, and test every contact."""
    possible = tested.pairs.sum()
    expected, power = _expect(tested, np.ones(len(tested.count), bool))
    beyond = _upper_tail(tested.count, expected) < 1 / max(possible, 1)
    if beyond.any() and not beyond.all():
        expected, power = _expect(tested, ~beyond)
    p = _upper_tail(tested.count, expected)
    logger.info(
        "%d contacts of %d possible pairs tested; %d left out of the second fit; the expected "
        "number of PETs goes with the coverages' product to the power of %.3f",
        len(p), possible, beyond.sum(), power,
    )  # fmt: skip
    return CoverageResult(expected, p, false_discovery(p, int(possible)), power, int(beyond.sum()))


def false_discovery(p: np.ndarray, number: int) -> np.ndarray:
    """Benjamini and Hochberg's q of each p-value among `number` tests, the others' p being 1."""
    order = np.argsort(p, kind="stable")
    ranked = p[order] * max(number, len(p)) / np.arange(1, len(p) + 1)
    q = np.empty(len(p))
    q[order] = np.minimum(np.minimum.accumulate(ranked[::-1])[::-1], 1.0)
    return q


def _upper_tail(count: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """P(as many PETs or more), each of all PETs falling on this pair by its expected share."""
    total = count.sum()
    share = np.minimum(expected / max(total, 1), 1.0)
    return betainc(count, total - count + 1.0, share)  # the binomial's tail, for counts above 0


def _borders(distance: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Ascending largest distances of the classes, which hold about equally many PETs."""
    order = np.argsort(distance, kind="stable")
    reached = np.cumsum(count[order])
    targets = reached[-1] * np.arange(1, CLASSES + 1) / CLASSES if len(order) else np.empty(0)
    return np.unique(distance[order][np.searchsorted(reached, targets - 1e-9)])


def _possible_pairs(
    anchors: pd.DataFrame, borders: np.ndarray, both_peaks: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs by class of distance and coverage, their mean log coverage, mean log10 distance."""
    chromosome = anchors["chromosome"].astype(str).astype("category").cat.codes.to_numpy()
    middle = (anchors["start"].to_numpy(np.int64) + anchors["end"].to_numpy(np.int64)) // 2
    order = np.lexsort((middle, chromosome))
    chromosome, middle = chromosome[order], middle[order]
    start, end = (anchors[c].to_numpy(np.int64)[order] for c in ("start", "end"))
    peak, coverage = anchors["peak"].to_numpy(bool)[order], anchors["coverage"].to_numpy()[order]
    low, high = (2 * coverage.min(), 2 * coverage.max()) if len(coverage) else (0.0, 0.0)
    step = max(high - low, 1e-9) / COVERAGE_CLASSES
    shape = (len(borders), COVERAGE_CLASSES)
    pairs, sums, places = np.zeros(shape), np.zeros(shape), np.zeros(len(borders))
    for offset in range(1, len(middle)):
        near = chromosome[offset:] == chromosome[:-offset]
        distance = middle[offset:] - middle[:-offset]
        near &= distance <= (borders[-1] if len(borders) else -1)
        if not near.any():
            break  # anchors are in order: no later offset is nearer
        apart = np.maximum(start[offset:], start[:-offset]) > np.minimum(
            end[offset:], end[:-offset]
        )
        first, second = peak[:-offset], peak[offset:]
        wanted = near & apart & (first & second if both_peaks else first | second)
        x = (coverage[offset:] + coverage[:-offset])[wanted]
        group = np.searchsorted(borders, distance[wanted], side="left")
        cell = np.minimum(((x - low) / step).astype(np.int64), COVERAGE_CLASSES - 1)
        flat = group * COVERAGE_CLASSES + cell
        pairs += np.bincount(flat, minlength=pairs.size).reshape(shape)
        sums += np.bincount(flat, weights=x, minlength=pairs.size).reshape(shape)
        logs = np.log10(distance[wanted])
        places += np.bincount(group, weights=logs, minlength=len(borders))
    level = sums / np.maximum(pairs, 1)
    return pairs, level, places / np.maximum(pairs.sum(axis=1), 1)


def _expect(tested: Tested, kept: np.ndarray) -> tuple[np.ndarray, float]:
    """(t,) expected PETs and the coverage's power, fitted to the `kept` contacts."""
    number = np.bincount(
        tested.group[kept], weights=tested.count[kept], minlength=len(tested.place)
    )
    power = _power(tested, kept, number)
    weight = (tested.pairs * np.exp(power * tested.level)).sum(axis=1)
    seen = (number > 0) & (weight > 0)
    curve = _falling_curve(tested.place[seen], number[seen], weight[seen])
    return np.exp(curve(np.log10(tested.distance)) + power * tested.coverage), power


def _power(tested: Tested, kept: np.ndarray, number: np.ndarray) -> float:
    """The power of the coverages' product at which the likelihood of the counts is largest.

    Each class of distance has a level of its own, which is its best at every power.
    """
    observed = float((tested.count[kept] * tested.coverage[kept]).sum())

    def slope(power: float) -> float:
        weight = tested.pairs * np.exp(power * tested.level)
        mean = (weight * tested.level).sum(axis=1) / np.maximum(weight.sum(axis=1), 1e-300)
        return observed - float((number * mean).sum())

    low, high = POWERS
    if not slope(low) > 0 > slope(high):  # no coverage differs, or it tells everything
        return 0.0 if abs(slope(0.0)) < 1e-6 else low if slope(low) < 0 else high
    return float(brentq(slope, low, high))


def _falling_curve(place: np.ndarray, number: np.ndarray, weight: np.ndarray):
    """Log PETs per weighted pair by log10 distance: a spline that never rises.

    The spline passes the classes as near as their Poisson errors ask for; then the nearest curve
    that only falls is taken (Fit-Hi-C). Beyond the outermost classes it stays level.
    """
    log_rate = np.log(number / weight)
    if len(place) < 2:
        return lambda x: np.full(len(x), log_rate[0] if len(place) else -np.inf)
    smooth = UnivariateSpline(
        place, log_rate, w=np.sqrt(number), k=min(3, len(place) - 1), s=len(place)
    )
    grid = np.linspace(place[0], place[-1], 1000)
    falling = isotonic_regression(smooth(grid), increasing=False).x
    return lambda x: np.interp(x, grid, falling)
