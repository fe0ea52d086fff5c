"""The methods as scikit-learn pipelines, and which search each has.

Scaling is part of the pipeline, so it is learnt on what the pipeline is fitted to and nothing
else. Forests do not depend on the scale of a feature and have none; `ridge` and `trees` weigh
their blocks of features themselves.
"""

import logging
import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Lasso, LinearRegression, LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from deepexpr.baselines.forest import make_forest, search_forest
from deepexpr.baselines.inner import Choice, no_search
from deepexpr.baselines.lasso import search_lasso
from deepexpr.baselines.settings import BaselineSettings
from deepexpr.baselines.svm import SigmoidSVC, search_svm
from deepexpr.baselines.word_ridge import WordLogistic, WordRidge
from deepexpr.baselines.word_trees import WordTreeClassifier, WordTrees
from deepexpr.errors import InputError
from deepexpr.features.motif_scans import block_spread
from deepexpr.schemas import CLASSIFIERS, REGRESSORS

log = logging.getLogger(__name__)

#: Those that solve words in closed form, by method and task.
WORD_MODELS: dict[str, dict[str, type]] = {
    "ridge": {"classification": WordLogistic, "regression": WordRidge},
    "trees": {"classification": WordTreeClassifier, "regression": WordTrees},
}
METHODS = {"classification": CLASSIFIERS, "regression": REGRESSORS}


def check_method(task: str, method: str) -> None:
    """Raise InputError unless `method` does `task`."""
    if method not in METHODS[task]:
        raise InputError(
            f"{method!r} is no method of {task}.", expected=", ".join(METHODS[task]), found=method
        )


def search(
    x: np.ndarray, y: np.ndarray, task: str, method: str, settings: BaselineSettings, seed: int
) -> Choice:
    """Choose the parameters of `method` by inner cross-validation on x (n, p) and y (n,)."""
    if method == "lasso":
        return search_lasso(x, y, settings, seed)
    if method == "svm":
        return search_svm(x, y, settings, seed)
    if method == "random_forest":
        return search_forest(x, y, task, settings, seed)
    if method == "linear_regression" and x.shape[1] >= len(x):
        return no_search(f"minimum-norm solution: {x.shape[1]} features, {len(x)} genes")
    if method == "ridge":
        return no_search("penalty of the words by what they say of genes left out, within the fit")
    if method == "trees":
        return no_search("penalty as of ridge; number of trees by inner folds")
    if method == "totals":
        return no_search("no grid: three features")
    return no_search("no grid in the paper: default")


def fit_method(
    x: np.ndarray,
    y: np.ndarray,
    task: str,
    method: str,
    choice: Choice,
    settings: BaselineSettings,
    seed: int,
    blocks: tuple[int, ...],
    samples: np.ndarray | None = None,
) -> Pipeline:
    """Fit `method` with the chosen parameters on x (n, p), not scaled, and y (n,).

    blocks : columns of x in groups, the last of them loops (inputs.Features). samples : (n, k), of
    WORD_MODELS alone: expression of the same genes in further samples, NaN where unknown.
    """
    more = {}
    if method in WORD_MODELS:
        kind = WORD_MODELS[method][task]
        spread = block_spread(settings.word_blocks, blocks[:-1], bool(settings.motifs))
        # Joined as `tuned` joins them beside words of the same kind.
        joined = settings.word_blocks == "fine"
        estimator = kind(blocks, settings.inner_folds, spread, seed, joined)
        more = {} if samples is None else {"model__samples": samples}
    else:
        estimator = _estimator(task, method, choice, settings, seed)
    steps = [("model", estimator)]
    if method not in ("random_forest", *WORD_MODELS):
        steps.insert(0, ("scale", StandardScaler()))
    pipeline = Pipeline(steps)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConvergenceWarning)
        pipeline.fit(x, y, **more)
    for warning in caught:
        log.warning("%s: %s", method, str(warning.message).split("\n")[0])
    return pipeline


def _estimator(task, method, choice, settings, seed):
    if method == "random_forest":
        parameters = choice.parameters
        return make_forest(task, parameters["trees"], parameters["depth"], settings, seed)
    if method == "svm":
        return SigmoidSVC(**choice.parameters)
    if method == "lasso":
        # Coordinate updates on the Gram matrix, unless it would be too large (lasso.py).
        return Lasso(alpha=choice.parameters["penalty"], precompute=True, max_iter=5000)
    if task == "classification":  # on the features, or on loop totals alone
        return LogisticRegression(C=settings.logistic_penalty, max_iter=5000)
    # The library's least squares gives the minimum-norm solution where it is not unique.
    return LinearRegression()


def predict_method(pipeline: Pipeline, x: np.ndarray, task: str) -> np.ndarray:
    """Expression, or P(+1): float64 (n,)."""
    if task == "classification":
        return pipeline.predict_proba(x)[:, list(pipeline.classes_).index(1)]
    return pipeline.predict(x).astype(np.float64)
