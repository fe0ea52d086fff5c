"""Boosted trees (Friedman 2001) that read a sequence score and the loops, as arrays of nodes.

They are grown by scikit-learn's histogram boosting and then kept as plain numbers, so a saved model
needs neither the library's version nor its pickles.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from threadpoolctl import threadpool_limits

from deepexpr.features.inner_folds import inner_folds

#: As they were where trees beside words were first measured (docs/evidence.md); not searched since.
SETTINGS: dict[str, Any] = {
    "learning_rate": 0.04, "max_leaf_nodes": 12, "l2_regularization": 5.0, "max_features": 0.3,
    "early_stopping": False,
}  # fmt: skip
#: Genes of a leaf at least; of few genes, where so many would leave no split, one in LEAF_SHARE.
LEAF, LEAF_SHARE = 30, 20
#: Each is boosted with so many seeds, which draw the columns that a split may use, and averaged.
SEEDS = 2
#: Parts of the training genes that choose the number of rounds where no validation genes do.
PARTS = 3
#: Rounds at most; genes that no tree was grown on choose how many.
MOST_ROUNDS = 300


@dataclass(frozen=True, eq=False)
class Trees:
    """The nodes of all trees, tree after tree; children are counted from the tree's first node.

    first : (trees + 1,) int64, first node of each tree, and how many nodes there are. left, right :
    (nodes,) int64, -1 for leaves. feature : (nodes,) int64. threshold : (nodes,) float64; up to it
    goes left. value : (nodes,) float64; the prediction is the *mean* over the trees of a leaf's
    value: log10 expression, or the logit of class 1.
    """

    first: np.ndarray
    left: np.ndarray
    right: np.ndarray
    feature: np.ndarray
    threshold: np.ndarray
    value: np.ndarray

    @classmethod
    def of(cls, models: list) -> Self:
        """Those of fitted models of scikit-learn, whose predictions are averaged."""
        rounds = [tree.nodes for model in models for (tree,) in model._predictors]
        nodes, sizes = np.concatenate(rounds), [len(tree) for tree in rounds]
        start = np.mean([model._baseline_prediction.item() for model in models])
        leaf = nodes["is_leaf"].astype(bool)
        feature = nodes["feature_idx"].astype(np.int64)
        # A model is the sum of its trees; theirs, of equal number, is a mean of all of them.
        value = nodes["value"] * (len(rounds) / len(models)) + start
        left, right = (np.where(leaf, -1, nodes[s].astype(np.int64)) for s in ("left", "right"))
        return cls(
            np.cumsum([0, *sizes]), left, right, np.where(leaf, 0, feature),
            np.where(leaf, 0.0, nodes["num_threshold"]), np.where(leaf, value, 0.0),
        )  # fmt: skip

    @property
    def depth(self) -> int:
        """Steps of the longest way from a root to a leaf."""
        level = np.zeros(len(self.left), np.int64)
        root = np.repeat(self.first[:-1], np.diff(self.first))
        for node in np.flatnonzero(self.left >= 0):  # parents stand before their children
            for side in (self.left, self.right):
                level[root[node] + side[node]] = level[node] + 1
        return int(level.max())


def parts_of(y: np.ndarray, task: str, seed: int) -> list[np.ndarray]:
    """PARTS parts of all genes, bool (n,) each: y (n,) values, or classes 0 and 1."""
    return [np.isin(np.arange(len(y)), part) for part in inner_folds(y, task, PARTS, seed)]


def grow_trees(
    x: np.ndarray, y: np.ndarray, task: str, checks: Sequence[np.ndarray]
) -> tuple[Trees, list[tuple[int, float, float]]]:
    """Trees that predict y from x, and (round, loss, loss of the checked genes) of each round.

    x : (n, p) float32. y : (n,) values, or classes 0 and 1. checks : bool (n,) each, genes that
    tell how good trees of the others are after each round; the mean of all chooses the number of
    rounds, and then trees are grown on all genes.
    Loss: squared error, or the cross-entropy. Results do not depend on the number of threads.
    """
    losses = np.zeros((2, MOST_ROUNDS))
    with threadpool_limits(limits=1):
        for check in checks:
            models = _grow(x[~check], y[~check], task, MOST_ROUNDS)
            for row, rows in enumerate((~check, check)):
                losses[row] += _losses(models, x[rows], y[rows], task) / len(checks)
        trees = Trees.of(_grow(x, y, task, int(losses[1].argmin()) + 1))
    numbers = range(1, MOST_ROUNDS + 1)
    return trees, list(zip(numbers, *losses.tolist(), strict=True))


def _grow(x, y, task: str, rounds: int) -> list:
    # Here, as whoever only reads grown trees needs none of it.
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    classes = task == "classification"
    kind = HistGradientBoostingClassifier if classes else HistGradientBoostingRegressor
    settings = SETTINGS | {
        "max_iter": rounds,
        "min_samples_leaf": min(LEAF, 2 + len(x) // LEAF_SHARE),
    }
    return [kind(random_state=seed, **settings).fit(x, y) for seed in range(SEEDS)]


def _losses(models: list, x, y, task: str) -> np.ndarray:
    """The mean loss after each round, float64 (rounds,)."""
    name = "staged_decision_function" if task == "classification" else "staged_predict"
    stages = zip(*(getattr(model, name)(x) for model in models), strict=True)
    means = (np.mean([np.ravel(one) for one in stage], axis=0) for stage in stages)
    if task == "classification":
        return np.array([np.mean(np.logaddexp(0.0, score) - y * score) for score in means])
    return np.array([np.mean((score - y) ** 2) for score in means])
