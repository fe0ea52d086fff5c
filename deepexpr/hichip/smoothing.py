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

import math

import numpy as np
from numba import njit

from deepexpr.hichip.gcv import choose_smoothing, gcv_criterion

#: A cubic smoothing spline needs this many distinct abscissas (as in R's smooth.spline).
MIN_DISTINCT = 4


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

    ``pieces[j, b, p]`` is the coefficient of s**p of B-spline j + b: the Cox - de Boor recursion
    written out. The outer two are plain cubes, the second follows from the quadratic B-splines
    of the interval, and the third is what is missing to 1.
    """
    intervals = sites.shape[0] - 1
    pieces = np.empty((intervals, 4, 4))
    for j in range(intervals):
        k2, k3 = sites[j], sites[j + 1]
        k0, k1 = _knot(sites, j - 2), _knot(sites, j - 1)
        k4, k5 = _knot(sites, j + 2), _knot(sites, j + 3)
        width = k3 - k2
        # The quadratic B-splines: left * (1 - s)^2, right * s^2, and the rest to 1.
        left, right = width / (k3 - k1), width / (k4 - k2)
        fall = 1.0 / (k3 - k0)
        rise = 1.0 / (k5 - k2)
        inner = 1.0 / (k4 - k1)
        first, last = left * width * fall, right * width * rise
        # Second = (x - k0) / (k3 - k0) * left one + (k4 - x) / (k4 - k1) * middle one.
        l0, l1, l2 = left, -2.0 * left, left
        m0, m1, m2 = 1.0 - left, 2.0 * left, -left - right
        u0, u1 = (k2 - k0) * fall, width * fall
        v0, v1 = (k4 - k2) * inner, -width * inner
        pieces[j, 0, 0] = first
        pieces[j, 0, 1] = -3.0 * first
        pieces[j, 0, 2] = 3.0 * first
        pieces[j, 0, 3] = -first
        pieces[j, 1, 0] = u0 * l0 + v0 * m0
        pieces[j, 1, 1] = u0 * l1 + u1 * l0 + v0 * m1 + v1 * m0
        pieces[j, 1, 2] = u0 * l2 + u1 * l1 + v0 * m2 + v1 * m1
        pieces[j, 1, 3] = u1 * l2 + v1 * m2
        pieces[j, 3, :3] = 0.0
        pieces[j, 3, 3] = last
        for p in range(4):
            one = 1.0 if p == 0 else 0.0
            pieces[j, 2, p] = one - pieces[j, 0, p] - pieces[j, 1, p] - pieces[j, 3, p]
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
        chosen = choose_smoothing(gram, penalty, right, squares, number, work)
    else:
        chosen = smoothing / scale**3
    gcv_criterion(chosen, gram, penalty, right, squares, number, work)
    _evaluate(x, places, ranks, sites, pieces, work[:, 5].copy(), fitted)
    return chosen * scale**3
