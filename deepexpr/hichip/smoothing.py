"""A cubic smoothing spline whose smoothness is chosen by GCV, refitted thousands of times.

The loop model fits two splines in every Gibbs iteration, each on the contacts of one class, and
is sensitive to how: with a knot at every distance GCV now and then picks a curve that follows
the noise. So this is R's ``smooth.spline``, which the original Origami program calls: a limited
number of knots at ranks of the distances at hand, R's scale and range of the smoothing parameter,
a straight line beyond the outermost distances. With a knot at every distance it is
``scipy.interpolate.make_smoothing_spline``, which takes tens of milliseconds at thousands of
distances and cannot weigh repeated distances as the separate observations they are.

Cost of a refit: two passes over the distinct distances (moments per knot interval, then the
curve) and a few banded factorisations of the size of the knots.

Method: penalised least squares in a B-spline basis (Hastie, Tibshirani & Friedman, The Elements
of Statistical Learning, section 5.4).
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

#: A cubic smoothing spline needs this many distinct abscissas (as in R's smooth.spline).
MIN_DISTINCT = 4

#: Search range of R's smooth.spline: lambda = ratio * 256**(3 * spar - 1).
SPAR_LOW, SPAR_HIGH = -1.5, 1.5

#: Width of spar at which the search stops: 0.01 is a factor of 1.18 in lambda, which moves the
#: fit by far less than its own noise between two Gibbs iterations.
SPAR_TOLERANCE = 0.01


@njit(cache=True, nogil=True)
def knot_number(distinct):
    """Number of knots R's ``smooth.spline`` takes for `distinct` abscissas (``.nknots.smspl``)."""
    if distinct < 50:
        return distinct
    if distinct < 200:
        return int(50.0 * 2.0 ** ((distinct - 50) / 150))
    if distinct < 800:
        return int(100.0 * 1.4 ** ((distinct - 200) / 600))
    if distinct < 3200:
        return int(140.0 * (200 / 140) ** ((distinct - 800) / 2400))
    return int(200.0 + (distinct - 3200.0) ** 0.2)


@njit(cache=True, nogil=True)
def _knot_ranks(distinct, number):
    """(number,) int64 evenly spread ranks among the weighted abscissas, first and last included."""
    ranks = np.empty(number, np.int64)
    stride = (distinct - 1) / (number - 1)
    for i in range(number):
        ranks[i] = int(i * stride)
    ranks[number - 1] = distinct - 1
    return ranks


@njit(cache=True, nogil=True)
def _knot(sites, i):
    """Knot i of the full sequence, in which the first and last are repeated four times."""
    return sites[min(max(i, 0), sites.shape[0] - 1)]


@njit(cache=True, nogil=True)
def _pieces(sites):
    """(k - 1, 4, 4): per interval, the four B-splines as polynomials in s in [0, 1].

    ``pieces[j, b, p]`` is the coefficient of s**p of B-spline j + b (Cox - de Boor recursion).
    """
    intervals = sites.shape[0] - 1
    pieces = np.zeros((intervals, 4, 4))
    before, now = np.empty((4, 4)), np.empty((4, 4))
    for j in range(intervals):
        left, width = sites[j], sites[j + 1] - sites[j]
        before[:] = 0.0
        before[3, 0] = 1.0
        for degree in range(1, 4):
            now[:] = 0.0
            for b in range(3 - degree, 4):
                start = j + b - 3
                low = _knot(sites, start)
                span = _knot(sites, start + degree) - low
                if span > 0.0:
                    constant, slope = (left - low) / span, width / span
                    for p in range(degree):
                        now[b, p] += constant * before[b, p]
                        now[b, p + 1] += slope * before[b, p]
                high = _knot(sites, start + degree + 1)
                span = high - _knot(sites, start + 1)
                if b < 3 and span > 0.0:
                    constant, slope = (high - left) / span, -width / span
                    for p in range(degree):
                        now[b, p] += constant * before[b + 1, p]
                        now[b, p + 1] += slope * before[b + 1, p]
            before[:] = now
        pieces[j] = now
    return pieces


@njit(cache=True, nogil=True)
def _penalty_band(sites, pieces, scale):
    """(k + 2, 4) upper band of the integrals of products of second derivatives.

    `scale` is the range of the abscissas: the integrals are those on [0, 1].
    """
    penalty = np.zeros((sites.shape[0] + 2, 4))
    for j in range(pieces.shape[0]):
        factor = (scale / (sites[j + 1] - sites[j])) ** 3
        for a in range(4):
            a2, a3 = 2.0 * pieces[j, a, 2], 6.0 * pieces[j, a, 3]
            for b in range(a, 4):
                b2, b3 = 2.0 * pieces[j, b, 2], 6.0 * pieces[j, b, 3]
                integral = a2 * b2 + 0.5 * (a2 * b3 + a3 * b2) + a3 * b3 / 3.0
                penalty[j + a, b - a] += factor * integral
    return penalty


@njit(cache=True, nogil=True)
def _normal_equations(x, weight, total, places, ranks, sites, pieces):
    """(k + 2, 4) band of X'WX and (k + 2,) X'y, by way of the moments of each knot interval.

    places : indices of the weighted abscissas; ranks : of the knots among them.
    """
    intervals = pieces.shape[0]
    gram, right = np.zeros((intervals + 3, 4)), np.zeros(intervals + 3)
    moments, firsts, half = np.empty(7), np.empty(4), np.empty(4)
    for j in range(intervals):
        m0 = m1 = m2 = m3 = m4 = m5 = m6 = f0 = f1 = f2 = f3 = 0.0
        left, inverse = sites[j], 1.0 / (sites[j + 1] - sites[j])
        # The last interval takes the last abscissa too.
        end = ranks[j + 1] + (j == intervals - 1)
        for rank in range(ranks[j], end):
            u = places[rank]
            w, y = weight[u], total[u]
            s = (x[u] - left) * inverse
            s2 = s * s
            s3 = s2 * s
            w3 = w * s3
            m0 += w
            m1 += w * s
            m2 += w * s2
            m3 += w3
            m4 += w3 * s
            m5 += w3 * s2
            m6 += w3 * s3
            f0 += y
            f1 += y * s
            f2 += y * s2
            f3 += y * s3
        moments[0], moments[1], moments[2], moments[3] = m0, m1, m2, m3
        moments[4], moments[5], moments[6] = m4, m5, m6
        firsts[0], firsts[1], firsts[2], firsts[3] = f0, f1, f2, f3
        for a in range(4):
            for p in range(4):
                right[j + a] += pieces[j, a, p] * firsts[p]
                half[p] = 0.0
                for q in range(4):
                    half[p] += pieces[j, a, q] * moments[p + q]
            for b in range(a, 4):
                value = 0.0
                for p in range(4):
                    value += half[p] * pieces[j, b, p]
                gram[j + a, b - a] += value
    return gram, right


@njit(cache=True, nogil=True)
def _evaluate(x, places, ranks, sites, pieces, coefficients, fitted):
    """Write the curve at every abscissa to `fitted`; a straight line beyond the outer knots."""
    intervals = pieces.shape[0]
    for j in range(intervals):
        c0 = c1 = c2 = c3 = 0.0
        for b in range(4):
            c0 += coefficients[j + b] * pieces[j, b, 0]
            c1 += coefficients[j + b] * pieces[j, b, 1]
            c2 += coefficients[j + b] * pieces[j, b, 2]
            c3 += coefficients[j + b] * pieces[j, b, 3]
        left, inverse = sites[j], 1.0 / (sites[j + 1] - sites[j])
        begin, end = places[ranks[j]], places[ranks[j + 1]]
        for u in range(begin, end + 1):
            s = (x[u] - left) * inverse
            fitted[u] = c0 + s * (c1 + s * (c2 + s * c3))
        if j == 0:
            for u in range(begin):
                fitted[u] = c0 + c1 * (x[u] - left) * inverse
        if j == intervals - 1:
            value, slope = c0 + c1 + c2 + c3, c1 + 2.0 * c2 + 3.0 * c3
            for u in range(end + 1, x.shape[0]):
                fitted[u] = value + slope * (x[u] - sites[j + 1]) * inverse


@njit(cache=True, nogil=True)
def _factorise(system, lower, diagonal):
    """LDL' of a symmetric band matrix (b, 4); False where it is not positive definite."""
    size = system.shape[0]
    for i in range(size):
        l1 = lower[i - 1, 1] * diagonal[i - 1] if i >= 1 else 0.0
        l2 = lower[i - 2, 2] * diagonal[i - 2] if i >= 2 else 0.0
        l3 = lower[i - 3, 3] * diagonal[i - 3] if i >= 3 else 0.0
        pivot = system[i, 0]
        row1 = system[i, 1]
        row2 = system[i, 2]
        if i >= 1:
            pivot -= l1 * lower[i - 1, 1]
            row1 -= l1 * lower[i - 1, 2]
            row2 -= l1 * lower[i - 1, 3]
        if i >= 2:
            pivot -= l2 * lower[i - 2, 2]
            row1 -= l2 * lower[i - 2, 3]
        if i >= 3:
            pivot -= l3 * lower[i - 3, 3]
        if not pivot > 1e-14 * system[i, 0]:
            return False
        inverse = 1.0 / pivot
        diagonal[i] = pivot
        lower[i, 1] = row1 * inverse
        lower[i, 2] = row2 * inverse
        lower[i, 3] = system[i, 3] * inverse
    return True


@njit(cache=True, nogil=True)
def _solve(lower, diagonal, right, solution):
    """Solve LDL' solution = right."""
    size = right.shape[0]
    for i in range(size):
        value = right[i]
        for j in range(1, min(3, i) + 1):
            value -= lower[i - j, j] * solution[i - j]
        solution[i] = value
    for i in range(size - 1, -1, -1):
        value = solution[i] / diagonal[i]
        for j in range(1, min(3, size - 1 - i) + 1):
            value -= lower[i, j] * solution[i + j]
        solution[i] = value


@njit(cache=True, nogil=True)
def _degrees_of_freedom(lower, diagonal, gram):
    """trace((LDL')^-1 gram): only the band of the inverse is needed (Hutchinson & de Hoog 1985)."""
    trace = 0.0
    # Inverse entries of the rows below: sXY belongs to rows i + X and i + Y.
    s11 = s12 = s13 = s22 = s23 = s33 = 0.0
    for i in range(gram.shape[0] - 1, -1, -1):
        l1, l2, l3 = lower[i, 1], lower[i, 2], lower[i, 3]
        s01 = -(l1 * s11 + l2 * s12 + l3 * s13)
        s02 = -(l1 * s12 + l2 * s22 + l3 * s23)
        s03 = -(l1 * s13 + l2 * s23 + l3 * s33)
        s00 = 1.0 / diagonal[i] - (l1 * s01 + l2 * s02 + l3 * s03)
        trace += s00 * gram[i, 0] + 2.0 * (s01 * gram[i, 1] + s02 * gram[i, 2] + s03 * gram[i, 3])
        s33, s23, s13 = s22, s12, s02
        s22, s12, s11 = s11, s01, s00
    return trace


@njit(cache=True, nogil=True)
def _criterion(smoothing, gram, penalty, moment, squares, number, work):
    """GCV at one smoothing parameter; leaves the coefficients in ``work[:, 5]``."""
    system, lower = work[:, 0:4], work[:, 6:10]
    for i in range(gram.shape[0]):
        for j in range(4):
            system[i, j] = gram[i, j] + smoothing * penalty[i, j]
    if not _factorise(system, lower, work[:, 4]):
        return math.inf
    coefficients = work[:, 5]
    _solve(lower, work[:, 4], moment, coefficients)
    freedom = _degrees_of_freedom(lower, work[:, 4], gram)
    if freedom >= number:
        return math.inf
    residual = squares
    for i in range(gram.shape[0]):
        product = gram[i, 0] * coefficients[i]
        for j in range(1, min(3, gram.shape[0] - 1 - i) + 1):
            product += 2.0 * gram[i, j] * coefficients[i + j]
        residual += coefficients[i] * (product - 2.0 * moment[i])
    return max(residual, 0.0) / number / (1.0 - freedom / number) ** 2


@njit(cache=True, nogil=True)
def _penalty_ratio(gram, penalty):
    """Scale of the smoothing parameter: ratio of traces, the three outer B-splines left out."""
    above = below = 0.0
    size = gram.shape[0]
    for i in range(2, size - 3):
        above += gram[i, 0]
        below += penalty[i, 0]
    if above <= 0.0 or below <= 0.0:
        above = gram[:, 0].sum()
        below = penalty[:, 0].sum()
    return above / below


@njit(cache=True, nogil=True)
def _search(gram, penalty, moment, squares, number, work):
    """The smoothing parameter with least GCV: Brent's minimum of a function of log(lambda)."""
    golden = 0.3819660112501051
    ratio = _penalty_ratio(gram, penalty)
    low, high = SPAR_LOW, SPAR_HIGH
    best = low + golden * (high - low)
    second = third = best
    step = previous = 0.0
    f_best = _criterion(
        ratio * 256.0 ** (3 * best - 1), gram, penalty, moment, squares, number, work
    )
    f_second = f_third = f_best
    for _ in range(60):
        middle = 0.5 * (low + high)
        tolerance = SPAR_TOLERANCE / 2
        if abs(best - middle) <= 2 * tolerance - 0.5 * (high - low):
            break
        parabola = False
        if abs(previous) > tolerance and math.isfinite(f_best + f_second + f_third):
            r = (best - second) * (f_best - f_third)
            q = (best - third) * (f_best - f_second)
            p = (best - third) * q - (best - second) * r
            q = 2.0 * (q - r)
            if q > 0.0:
                p = -p
            q = abs(q)
            if abs(p) < abs(0.5 * q * previous) and q * (low - best) < p < q * (high - best):
                previous = step
                step = p / q
                parabola = True
                if best + step - low < 2 * tolerance or high - best - step < 2 * tolerance:
                    step = math.copysign(tolerance, middle - best)
        if not parabola:
            previous = (high if best < middle else low) - best
            step = golden * previous
        trial = best + (step if abs(step) >= tolerance else math.copysign(tolerance, step))
        f_trial = _criterion(
            ratio * 256.0 ** (3 * trial - 1), gram, penalty, moment, squares, number, work
        )
        if f_trial <= f_best:
            if trial < best:
                high = best
            else:
                low = best
            third, f_third = second, f_second
            second, f_second = best, f_best
            best, f_best = trial, f_trial
        else:
            if trial < best:
                low = trial
            else:
                high = trial
            if f_trial <= f_second or second == best:
                third, f_third = second, f_second
                second, f_second = trial, f_trial
            elif f_trial <= f_third or third == best or third == second:
                third, f_third = trial, f_trial
    return ratio * 256.0 ** (3 * best - 1)


@njit(cache=True, nogil=True)
def fit_spline(x, weight, total, squares, knots, smoothing, fitted):
    """Fit and evaluate a smoothing spline.

    Parameters
    ----------
    x : (u,) float64, strictly ascending abscissas.
    weight : (u,) float64, number of observations at each abscissa (0 allowed).
    total : (u,) float64, sum of the observations at each abscissa.
    squares : sum of the squares of all single observations. With it GCV counts every
        observation, so that repeated abscissas give what the unaggregated data would.
    knots : number of knots; 0 takes :func:`knot_number`; the number of weighted abscissas gives
        the exact smoothing spline.
    smoothing : lambda on the scale of `x`, or a negative number to choose it by GCV.
    fitted : (u,) float64, overwritten with the curve at every abscissa, weighted or not.

    Returns
    -------
    lambda on the scale of `x`: the curve minimises sum((y - f)^2) + lambda * integral(f''^2).
    With fewer than 4 distinct weighted abscissas the curve is the mean (0 without any), and
    the result is infinite.
    """
    places = np.empty(x.shape[0], np.int64)
    distinct = 0
    number = 0.0
    for u in range(x.shape[0]):
        places[distinct] = u
        distinct += weight[u] > 0.0
        number += weight[u]
    if distinct < MIN_DISTINCT:
        fitted[:] = total.sum() / number if number > 0.0 else 0.0
        return math.inf
    ranks = _knot_ranks(distinct, knots if knots > 0 else knot_number(distinct))
    sites = x[places[ranks]]
    scale = sites[-1] - sites[0]
    pieces = _pieces(sites)
    penalty = _penalty_band(sites, pieces, scale)
    gram, right = _normal_equations(x, weight, total, places, ranks, sites, pieces)
    work = np.empty((gram.shape[0], 10))
    if smoothing < 0.0:
        chosen = _search(gram, penalty, right, squares, number, work)
    else:
        chosen = smoothing / scale**3
    _criterion(chosen, gram, penalty, right, squares, number, work)
    _evaluate(x, places, ranks, sites, pieces, work[:, 5].copy(), fitted)
    return chosen * scale**3
