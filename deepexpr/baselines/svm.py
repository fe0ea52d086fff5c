"""The linear SVM: its penalty from shared kernels, and its scores as probabilities.

The kernel matrix of an inner fold serves the whole grid. Where a solution has no dual
coefficient at its bound C, every larger C has the same solution, so the grid beyond it costs
nothing. It also ends where an inner fold's AUC has fallen `svm_drop` below its best, or has not
risen for `svm_patience` powers of ten of C.
"""

import logging

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

from deepexpr.baselines.inner import Choice, choose, score_columns
from deepexpr.baselines.settings import BaselineSettings
from deepexpr.features.inner_folds import inner_folds

log = logging.getLogger(__name__)


def search_svm(x: np.ndarray, y: np.ndarray, settings: BaselineSettings, seed: int) -> Choice:
    """Penalty C with the best mean inner AUC, and the sigmoid that makes scores probabilities.

    x : float64 (n, p), not scaled; each inner training part is scaled by its own mean and sd.
    y : (n,) +1 or -1.
    """
    penalties = settings.penalties()
    parts = inner_folds(y, "classification", settings.inner_folds, seed)
    scores = np.empty((len(penalties), len(parts)))
    out_of_fold = np.empty((len(y), len(penalties)))
    solved = np.zeros(len(penalties), dtype=bool)
    for i, test in enumerate(parts):
        train = np.setdiff1d(np.arange(len(y)), test)
        out_of_fold[test], end = _path(x[train], y[train], x[test], y[test], penalties, settings)
        solved |= np.arange(len(penalties)) <= end
        scores[:, i] = score_columns(y[test], out_of_fold[test], "classification")
    note = np.where(solved, "", "path ended at a smaller C; score of the last solution")
    grid = pd.DataFrame({"penalty": penalties, "note": note})
    best, table = choose(grid, scores, "classification", simplest_last=False)
    slope, offset = sigmoid(out_of_fold[:, best], y)
    parameters = {"penalty": float(penalties[best]), "slope": slope, "offset": offset}
    return Choice(parameters, table, out_of_fold[:, best])


def _path(x, y, x_test, y_test, penalties, settings) -> tuple[np.ndarray, int]:
    """Decision values (test, penalties) for ascending penalties, and the index of the last fit."""
    mean, scale = x.mean(axis=0), x.std(axis=0)
    scale[scale < 1e-12] = 1
    scaled = (x - mean) / scale
    kernel = scaled @ scaled.T
    kernel_test = ((x_test - mean) / scale) @ scaled.T
    values = np.empty((len(x_test), len(penalties)))
    best, best_penalty = -np.inf, penalties[0]
    for i, penalty in enumerate(penalties):
        model = SVC(C=penalty, kernel="precomputed").fit(kernel, y)
        values[:, i] = model.decision_function(kernel_test)
        score = score_columns(y_test, values[:, [i]], "classification")[0]
        if score > best:
            best, best_penalty = score, penalty
        saturated = np.abs(model.dual_coef_).max() < penalty * (1 - 1e-6)
        stale = penalty >= best_penalty * 10**settings.svm_patience
        if saturated or stale or score < best - settings.svm_drop:
            values[:, i + 1 :] = values[:, [i]]
            break
    return values, i


def sigmoid(scores: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Slope and offset of P(+1) = 1 / (1 + exp(-(slope * score + offset))), after Platt.

    Fitted to scores of genes the model did not see. A slope that is not positive would turn
    the ranking round; then the scores themselves are the exponent (1, 0), and a warning says so.
    """
    spread = scores.std() or 1.0
    model = LogisticRegression(C=1e3, max_iter=1000).fit(scores[:, None] / spread, y)
    slope = float(model.coef_[0, 0] / spread)
    if slope <= 0:
        log.warning("The SVM does not predict its inner test genes; its scores stay uncalibrated.")
        return 1.0, 0.0
    return slope, float(model.intercept_[0])


def probability(exponent: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-exponent)), which never overflows."""
    return 0.5 * (1 + np.tanh(exponent / 2))


class SigmoidSVC(ClassifierMixin, BaseEstimator):
    """A linear SVM whose scores become probabilities by a given sigmoid.

    The sigmoid comes from the inner folds of the search, so no further fits are needed.
    """

    def __init__(self, penalty: float = 1.0, slope: float = 1.0, offset: float = 0.0) -> None:
        self.penalty = penalty
        self.slope = slope
        self.offset = offset

    def fit(self, x: np.ndarray, y: np.ndarray) -> "SigmoidSVC":
        """Fit on x (n, p), scaled, and labels y (n,), +1 or -1."""
        model = SVC(C=self.penalty, kernel="linear").fit(x, y)
        self.classes_ = model.classes_
        # The plane is all that is needed; the support vectors would be most of the file.
        self.coef_ = model.coef_.ravel().copy()
        self.intercept_ = float(model.intercept_[0])
        self.n_features_in_ = x.shape[1]
        return self

    def decision_function(self, x: np.ndarray) -> np.ndarray:
        """Signed score (n,)."""
        return x @ self.coef_ + self.intercept_

    def predict_proba(self, x: np.ndarray) -> np.ndarray:
        """P(-1) and P(+1): (n, 2)."""
        positive = probability(self.slope * self.decision_function(x) + self.offset)
        return np.column_stack([1 - positive, positive])

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Labels (n,) by the sign of the score."""
        return self.classes_[(self.decision_function(x) > 0).astype(int)]
