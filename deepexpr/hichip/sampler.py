"""The Gibbs sampler of the loop model, compiled.

Contacts that the model cannot tell apart (equal count, distance and prior odds) are drawn
together: the number of loops among them is binomial. Their probabilities p_s never appear,
since they integrate out exactly: z_s is Bernoulli with prior odds alpha_s : beta_s. Both leave
the posterior of the published model unchanged (docs/method.md, 2.5) and only change the cost.

Layout of the arrays (see :class:`Grouping`): groups lie one after
another, sorted by distance, count and prior odds; a cell is the run of groups with one distance
and one count; the cells of one distance follow each other.

Numba's cache does not see changes in the modules called from here: after changing gcv.py or
smoothing.py delete the ``.nbi`` files in ``__pycache__``.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from deepexpr.hichip.smoothing import fit_spline

#: Log of the smallest positive double: below it a Poisson probability is 0 in the reference.
UNDERFLOW = -745.13

#: Cells larger than this draw their split into parts as a histogram, not contact by contact.
HISTOGRAM_FROM = 24


class Grouping(NamedTuple):
    """Contacts sorted into groups and cells, as the sampler reads them.

    inverse : (s,) group of each contact. size, alpha, beta : (g,) contacts per group, and its
    prior odds alpha : beta. cell_groups : (c + 1,) first group of each cell; cell_count : (c,)
    PETs, log_factorial : log(count!); cell_distance : (c,) index of the distance; cell_cis : (c,)
    bool, False for trans. distances : (u,) log10(bp + 1), ascending; cis_contacts : (u,) int64.
    """

    inverse: np.ndarray
    size: np.ndarray
    alpha: np.ndarray
    beta: np.ndarray
    cell_groups: np.ndarray
    cell_count: np.ndarray
    log_factorial: np.ndarray
    cell_distance: np.ndarray
    cell_cis: np.ndarray
    distances: np.ndarray
    cis_contacts: np.ndarray


@njit(cache=True, nogil=True)
def _bernoulli_sum(rng, number, probability):
    """Binomial(number, probability); a few comparisons are cheaper than numpy's sampler."""
    if number > 12:
        return rng.binomial(number, probability)
    total = 0
    for _ in range(number):
        total += int(rng.random() < probability)
    return total


@njit(cache=True, nogil=True)
def split_counts(rng, contacts, count, probability):
    """Split the counts of `contacts` contacts, each Binomial(count, probability).

    Returns (sum of the group parts, sum of the squares of the distance parts); the distance
    part of a contact is `count` minus its group part.
    """
    if count == 1:
        group = _bernoulli_sum(rng, contacts, probability)
        return group, contacts - group
    group = squares = 0
    if contacts <= max(HISTOGRAM_FROM, count):
        for _ in range(contacts):
            part = _bernoulli_sum(rng, count, probability)
            group += part
            squares += (count - part) ** 2
        return group, squares
    # The histogram of the parts is multinomial: draw it by conditional binomials.
    left = contacts
    remaining = 1.0
    odds = probability / (1.0 - probability)
    mass = (1.0 - probability) ** count
    for part in range(count):
        share = min(1.0, mass / remaining) if remaining > 0.0 else 1.0
        drawn = rng.binomial(left, share)
        group += drawn * part
        squares += drawn * (count - part) ** 2
        left -= drawn
        if left == 0:
            return group, squares
        remaining -= mass
        mass *= odds * (count - part) / (part + 1)
    return group + left * count, squares


@njit(cache=True, nogil=True)
def likelihood_odds(count, log_factorial, rate1, rate0, log1, log0):
    """Odds of a loop from the two Poisson probabilities, and whether both underflow.

    Where both underflow the odds are those of 0.999 or 0.001, whatever the prior (method.md, 2.5).
    """
    first = count * log1 - rate1 - log_factorial
    second = count * log0 - rate0 - log_factorial
    if first < UNDERFLOW and second < UNDERFLOW:
        return (999.0 if count >= rate1 else 1.0 / 999.0), True
    return math.exp(min(700.0, max(-700.0, first - second))), False


@njit(cache=True, nogil=True)
def _safe_log(value):
    return math.log(value) if value > 0.0 else -math.inf


@njit(cache=True, nogil=True)
def _group_share(group_rate, distance_rate, floor):
    total = group_rate + distance_rate
    share = group_rate / total if total > 0.0 else 1.0
    return min(1.0 - floor, max(floor, share))


@njit(cache=True, nogil=True)
def log_likelihood(cap, groups, rates, distance_rates):
    """Log probability of the counts up to `cap` of cis contacts, given the rates (nats).

    Trans contacts are left out: they read the curves where no count bears on them. Classes and
    their probabilities are integrated out: a contact's probability is that of its class 1,
    weighted by alpha / (alpha + beta), and of its class 0. Arguments as those of
    :func:`run_iterations`; nothing is drawn, nothing is changed.
    """
    group_size, group_alpha, group_beta = groups.size, groups.alpha, groups.beta
    cell_groups, cell_count = groups.cell_groups, groups.cell_count
    cell_distance, cell_cis = groups.cell_distance, groups.cell_cis
    log_factorial = groups.log_factorial
    result = 0.0
    for cell in range(cell_count.shape[0]):
        count, u = cell_count[cell], cell_distance[cell]
        if count > cap or not cell_cis[cell]:
            continue
        rate1, rate0 = rates[1] + distance_rates[1, u], rates[0] + distance_rates[0, u]
        first = count * _safe_log(rate1) - rate1 - log_factorial[cell]
        second = count * _safe_log(rate0) - rate0 - log_factorial[cell]
        top = max(first, second)
        if top == -math.inf:
            return -math.inf
        first, second = math.exp(first - top), math.exp(second - top)
        for group in range(cell_groups[cell], cell_groups[cell + 1]):
            alpha, beta = group_alpha[group], group_beta[group]
            share = (alpha * first + beta * second) / (alpha + beta)
            result += group_size[group] * (top + math.log(share))
    return result


@njit(cache=True, nogil=True)
def run_iterations(
    rng, start, stop, burn_in, thin, cap, floor, pseudo, groups, rates, distance_rates, draws, trace
):
    """Run iterations `start` to `stop` (exclusive, counted from 0) and return how many were kept.

    Parameters
    ----------
    rng : numpy.random.Generator, advanced.
    burn_in, thin : iterations before the first kept one; every `thin`-th after them is left out.
    cap : contacts with more PETs stay out of the rate updates and the splines.
    floor : the split probability is clipped to [floor, 1 - floor].
    pseudo : added to shape and rate of the Gamma of the two group rates (1 or 0).
    groups : the contacts, a Grouping.
    rates : (2,) float64, updated: lambda0, lambda1.
    distance_rates : (2, u) float64, updated: lambda_d0 and lambda_d1 at each distance.
    draws : (g,) int64, added to: number of loops drawn in each group over the kept iterations.
    trace : (iterations, 2) float64, rows start..stop are set to lambda0, lambda1.
    """
    group_size, group_alpha, group_beta = groups.size, groups.alpha, groups.beta
    cell_groups, cell_count = groups.cell_groups, groups.cell_count
    cell_distance, cell_cis = groups.cell_distance, groups.cell_cis
    log_factorial, distances = groups.log_factorial, groups.distances
    places = distances.shape[0]
    cells = cell_count.shape[0]
    weight, total, squares = np.empty((2, places)), np.empty((2, places)), np.empty(2)
    number, sums, members = np.empty(2), np.empty(2), np.empty(2, np.int64)
    log_rates, shares = np.empty(2), np.empty(2)
    kept = 0
    for iteration in range(start, stop):
        after = iteration + 1 - burn_in
        keep = after > 0 and after % thin != 0
        kept += keep
        weight[:], total[:], squares[:], number[:], sums[:] = 0.0, 0.0, 0.0, 0.0, 0.0
        previous = -1
        for cell in range(cells):
            u, count = cell_distance[cell], cell_count[cell]
            if u != previous:
                previous = u
                for k in range(2):
                    log_rates[k] = _safe_log(rates[k] + distance_rates[k, u])
                    shares[k] = _group_share(rates[k], distance_rates[k, u], floor)
            odds, fixed = likelihood_odds(
                count,
                log_factorial[cell],
                rates[1] + distance_rates[1, u],
                rates[0] + distance_rates[0, u],
                log_rates[1],
                log_rates[0],
            )
            size = loops = 0
            for group in range(cell_groups[cell], cell_groups[cell + 1]):
                # The first iteration starts at p = 1/2: no prior odds yet.
                if fixed or iteration == 0:
                    probability = odds / (1.0 + odds)
                else:
                    above = odds * group_alpha[group]
                    probability = above / (above + group_beta[group])
                drawn = _bernoulli_sum(rng, group_size[group], probability)
                if keep:
                    draws[group] += drawn
                loops += drawn
                size += group_size[group]
            if count > cap:
                continue
            members[0], members[1] = size - loops, loops
            for k in range(2):
                if members[k] == 0:
                    continue
                group_part, square = split_counts(rng, members[k], count, shares[k])
                number[k] += members[k]
                sums[k] += group_part
                if cell_cis[cell]:
                    weight[k, u] += members[k]
                    total[k, u] += members[k] * count - group_part
                    squares[k] += square
        for k in range(2):
            # An empty class leaves nothing to draw from without the prior: the rate stays.
            if number[k] + pseudo > 0.0:
                shape = sums[k] + pseudo
                rates[k] = rng.gamma(shape, 1.0 / (number[k] + pseudo)) if shape > 0.0 else 0.0
        rates[1] = max(rates[0], rates[1])
        trace[iteration, 0], trace[iteration, 1] = rates[0], rates[1]
        for k in range(2):
            curve = distance_rates[k]
            fit_spline(distances, weight[k], total[k], squares[k], 0, -1.0, curve)
            for u in range(places):
                curve[u] = max(curve[u], 0.0)
    return kept
