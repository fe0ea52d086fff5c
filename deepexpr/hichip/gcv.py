"""The smoothing parameter with least generalised cross-validation, on band matrices.

All matrices are symmetric with three bands beside the diagonal, stored as (b, 4) float64:
``band[i, j]`` is the element (i, i + j). One evaluation of the criterion costs a factorisation,
a solution and the band of the inverse, all linear in b.
"""

import math

from numba import njit

#: Search range of R's smooth.spline: lambda = ratio * 256**(3 * spar - 1).
SPAR_LOW, SPAR_HIGH = -1.5, 1.5

#: Width of spar at which the search stops: 0.01 is a factor of 1.18 in lambda, which moves the
#: fit by far less than its own noise between two Gibbs iterations.
SPAR_TOLERANCE = 0.01


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
def gcv_criterion(smoothing, gram, penalty, moment, squares, number, work):
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
def choose_smoothing(gram, penalty, moment, squares, number, work):
    """The smoothing parameter with least GCV: Brent's minimum of a function of log(lambda)."""
    golden = 0.3819660112501051
    ratio = _penalty_ratio(gram, penalty)
    low, high = SPAR_LOW, SPAR_HIGH
    best = low + golden * (high - low)
    second = third = best
    step = previous = 0.0
    f_best = gcv_criterion(
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
        f_trial = gcv_criterion(
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
            elif f_trial <= f_third or third in (best, second):
                third, f_third = trial, f_trial
    return ratio * 256.0 ** (3 * best - 1)
