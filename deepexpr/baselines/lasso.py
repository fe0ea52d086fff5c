"""The Lasso's penalty, from one path per inner fold.

The solutions of neighbouring penalties differ little, so each starts from the last (strong to
weak). Coordinate descent works on the Gram matrix, restricted to the coefficients that are
not zero; the Gram matrix of an inner fold is the whole one less the left-out part's, so it is
computed twice in all, not once per fold. With more than GRAM_LIMIT features it would not fit
into memory and scikit-learn's residual updates are used.
"""

import logging
import warnings

import numba
import numpy as np
import pandas as pd
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import lasso_path

from deepexpr.baselines.inner import Choice, choose, score_columns
from deepexpr.baselines.settings import BaselineSettings
from deepexpr.features.inner_folds import inner_folds

log = logging.getLogger(__name__)

GRAM_LIMIT = 8000
MAX_EPOCHS = 300


def search_lasso(x: np.ndarray, y: np.ndarray, settings: BaselineSettings, seed: int) -> Choice:
    """Penalty (scikit-learn's alpha) with the best mean inner R².

    x : float64 (n, p), not scaled; each inner training part is scaled by its own mean and sd.
    y : float64 (n,).
    """
    penalties = settings.penalties()
    parts = inner_folds(y, "regression", settings.inner_folds, seed)
    # Scaling the whole first changes no solution (each part is scaled again) and keeps the
    # sums of squares that are subtracted from each other well conditioned.
    x = _scaled(x, x)
    gram = x.T @ x if x.shape[1] <= GRAM_LIMIT else None
    scores = np.empty((len(penalties), len(parts)))
    out_of_fold = np.empty((len(y), len(penalties)))
    reached = np.ones(len(penalties), dtype=bool)
    for i, test in enumerate(parts):
        train = np.setdiff1d(np.arange(len(y)), test)
        if gram is None:
            predicted, stop = _residual_path(x, y, train, test, penalties)
        else:
            predicted, stop = _gram_path(x, y, gram, train, test, penalties, settings)
        reached &= np.arange(len(penalties)) >= stop
        out_of_fold[test] = predicted
        scores[:, i] = score_columns(y[test], predicted, "regression")
    note = np.where(reached, "", "path ended at a stronger penalty; score of the last solution")
    grid = pd.DataFrame({"penalty": penalties, "note": note})
    best, table = choose(grid, scores, "regression", simplest_last=True)
    return Choice({"penalty": float(penalties[best])}, table, out_of_fold[:, best])


def _scaled(reference: np.ndarray, x: np.ndarray) -> np.ndarray:
    scale = reference.std(axis=0)
    scale[scale < 1e-12] = 1
    return (x - reference.mean(axis=0)) / scale


def _gram_path(x, y, gram, train, test, penalties, settings):
    """Predictions (test, penalties) and the index of the weakest penalty that was solved."""
    n = len(train)
    mean = x[train].mean(axis=0)
    covariance = (gram - x[test].T @ x[test]) / n
    covariance -= np.outer(mean, mean)
    scale = np.sqrt(np.maximum(np.diag(covariance), 0))
    constant = scale < 1e-6
    scale[constant] = 1
    covariance /= scale
    covariance /= scale[:, None]
    centre, spread = y[train].mean(), y[train].std()
    if spread == 0:
        return np.full((len(test), len(penalties)), centre), 0
    correlation = (x[train].T @ (y[train] - centre)) / (n * scale * spread)
    correlation[constant] = 0
    inside = (x[test] - mean) / scale
    predicted = np.empty((len(test), len(penalties)))
    w, slack = np.zeros(len(scale)), correlation.copy()
    best, slow = -np.inf, 0
    for i in range(len(penalties) - 1, -1, -1):
        slow += _solve_penalty(
            covariance, correlation, w, slack, penalties[i] / spread, settings.lasso_tolerance,
            MAX_EPOCHS,
        )  # fmt: skip
        used = np.flatnonzero(w)
        predicted[:, i] = centre + spread * (inside[:, used] @ w[used])
        score = score_columns(y[test], predicted[:, [i]], "regression")[0]
        best = max(best, score)
        explained = w @ (correlation + slack)  # 2 c'w - w'Gw, of a variance of 1
        if explained >= settings.lasso_deviance or score < best - settings.lasso_drop:
            predicted[:, :i] = predicted[:, [i]]
            break
    if slow:
        log.debug("%d solutions stopped after %d epochs", slow, MAX_EPOCHS)
    return predicted, i


@numba.njit(cache=True, nogil=True)
def _solve_penalty(gram, correlation, w, slack, penalty, tolerance, max_epochs):
    """Minimise w'Gw/2 - c'w + penalty*|w| from `w`, in place, with slack = c - G w.

    Returns how often coordinate descent ran out of epochs. Response and features have
    variance 1. Plain loops: array expressions would allocate, and take 10 s to compile.
    """
    p = len(correlation)
    active = np.empty(p, dtype=np.int64)
    count = 0
    for j in range(p):
        if w[j] != 0:
            active[count] = j
            count += 1
    slow = 0
    solved = False
    while True:
        grown = _add_violators(active, count, slack, penalty, gram)
        if solved and grown == count:
            return slow
        solved, count = True, grown
        if not _solve(gram, active[:count], w, slack, penalty, tolerance, max_epochs):
            slow += 1
        _update_slack(gram, correlation, active[:count], w, slack)


@numba.njit(cache=True, nogil=True)
def _add_violators(active, count, slack, penalty, gram):
    """Append to active[:count] features whose zero coefficient is not optimal; the new count.

    Only the strongest, about as many as there are already: most of the others turn out to be
    superfluous once these are in.
    """
    member = np.zeros(len(slack), dtype=np.bool_)
    for a in range(count):
        member[active[a]] = True
    largest = 0.0
    for j in range(len(slack)):
        if not member[j] and gram[j, j] > 0:
            largest = max(largest, abs(slack[j]))
    threshold = penalty
    for _ in range(20):  # halvings: equal features cannot be told apart by any threshold
        number = 0
        for j in range(len(slack)):
            if not member[j] and gram[j, j] > 0 and abs(slack[j]) > threshold:
                number += 1
        if number <= max(count, 30):
            break
        threshold = 0.5 * (threshold + largest)
    for j in range(len(slack)):
        if not member[j] and gram[j, j] > 0 and abs(slack[j]) > threshold:
            active[count] = j
            count += 1
    return count


@numba.njit(cache=True, nogil=True)
def _solve(gram, active, w, slack, penalty, tolerance, max_epochs):
    """Coordinate descent over `active`, w in place; False where `max_epochs` did not suffice."""
    count = len(active)
    small = np.empty((count, count))
    rest = np.empty(count)
    for a in range(count):
        rest[a] = slack[active[a]]
        for b in range(count):
            small[a, b] = gram[active[a], active[b]]
    for _ in range(max_epochs):
        largest = 0.0
        for a in range(count):
            old = w[active[a]]
            pull = rest[a] + small[a, a] * old
            new = 0.0
            if pull > penalty:
                new = (pull - penalty) / small[a, a]
            elif pull < -penalty:
                new = (pull + penalty) / small[a, a]
            if new != old:
                change = new - old
                w[active[a]] = new
                for b in range(count):
                    rest[b] -= small[a, b] * change
                largest = max(largest, abs(change))
        if largest < tolerance:
            return True
    return False


@numba.njit(cache=True, nogil=True)
def _update_slack(gram, correlation, active, w, slack):
    """slack = c - G w, with w zero outside `active`."""
    for i in range(len(slack)):
        slack[i] = correlation[i]
    for a in range(len(active)):
        weight = w[active[a]]
        if weight != 0:
            for i in range(len(slack)):
                slack[i] -= gram[active[a], i] * weight


def _residual_path(x, y, train, test, penalties):
    """The same without a Gram matrix, for very many features."""
    centre = y[train].mean()
    with warnings.catch_warnings():
        # Weak penalties do not converge in reasonable time; they lose the search anyway.
        warnings.simplefilter("ignore", ConvergenceWarning)
        _, weights, _ = lasso_path(
            _scaled(x[train], x[train]), y[train] - centre, alphas=penalties[::-1], precompute=False
        )
    predicted = centre + _scaled(x[train], x[test]) @ weights
    return predicted[:, ::-1], 0
