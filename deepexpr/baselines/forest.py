"""All sizes and depths of a random forest from one forest per inner fold.

A forest of m trees is the first m of a larger one, and a tree of depth d is the top of a
deeper one: each split is chosen from the genes at its node alone, and every node keeps the
mean (or the label fractions) of its genes. So the grid is read off the deepest, largest
forest. Only the random features tried at a node differ from a forest grown at that depth.
"""

import numba
import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

from deepexpr.baselines.inner import Choice, choose, score_columns
from deepexpr.baselines.settings import BaselineSettings
from deepexpr.features.inner_folds import inner_folds


def make_forest(task: str, trees: int, depth: int, settings: BaselineSettings, seed: int):
    """An unfitted scikit-learn forest."""
    forest = RandomForestClassifier if task == "classification" else RandomForestRegressor
    return forest(
        n_estimators=trees,
        max_depth=depth,
        max_features=settings.forest_features,
        min_samples_leaf=settings.forest_leaf,
        random_state=seed,
    )


def search_forest(
    x: np.ndarray, y: np.ndarray, task: str, settings: BaselineSettings, seed: int
) -> Choice:
    """Number of trees and depth with the best mean inner score.

    x : float64 (n, p). y : (n,) labels +1/-1 or expression.
    """
    sizes, depths = settings.forest_sizes, settings.forest_depths
    # The library compares in float32, and so must the walk.
    x = x.astype(np.float32)
    grid = pd.DataFrame([(m, d) for m in sizes for d in depths], columns=["trees", "depth"])
    if settings.forest_selection == "oob":
        return _by_oob(x, y, task, settings, seed, grid)
    parts = inner_folds(y, task, settings.inner_folds, seed)
    scores = np.empty((len(grid), len(parts)))
    out_of_fold = np.empty((len(y), len(grid)))
    for i, test in enumerate(parts):
        train = np.setdiff1d(np.arange(len(y)), test)
        forest = make_forest(task, sizes[-1], depths[-1], settings, seed + i + 1)
        forest.fit(x[train], y[train])
        predicted = nested_predictions(forest, x[test], sizes, depths)
        out_of_fold[test] = predicted.reshape(len(grid), -1).T
        scores[:, i] = score_columns(y[test], out_of_fold[test], task)
    return _chosen(grid, scores, task, out_of_fold)


def _chosen(grid, scores, task, out_of_fold) -> Choice:
    best, table = choose(grid, scores, task, simplest_last=False)
    parameters = {"trees": int(grid["trees"][best]), "depth": int(grid["depth"][best])}
    return Choice(parameters, table, out_of_fold[:, best])


def _by_oob(x, y, task, settings, seed, grid) -> Choice:
    """The choice by genes that the trees of one forest did not draw (Breiman 2001).

    Genes that all trees of the smallest forest have drawn, about one in 10**10 at 50 trees, have no
    score at any size, so that all sizes are judged by the same genes.
    """
    sizes, depths = settings.forest_sizes, settings.forest_depths
    forest = make_forest(task, sizes[-1], depths[-1], settings, seed + 1).fit(x, y)
    predicted = oob_predictions(forest, x, sizes, depths).reshape(len(grid), -1).T
    known = np.isfinite(predicted).all(axis=1)
    scores = score_columns(y[known], predicted[known], task)[:, None]
    return _chosen(grid.assign(note="out-of-bag"), scores, task, predicted)


def oob_predictions(forest, x: np.ndarray, sizes, depths) -> np.ndarray:
    """As `nested_predictions`, of the genes the forest was fitted to, each by the trees that did
    not draw it: float64 (sizes, depths, n), NaN where there is none."""
    total = np.zeros((len(depths), len(x)))
    trees = np.zeros(len(x))
    result = np.empty((len(sizes), len(depths), len(x)))
    levels, row = np.asarray(depths, dtype=np.int64), 0
    draws = forest.estimators_samples_
    for number, estimator in enumerate(forest.estimators_[: sizes[-1]], 1):
        left = np.setdiff1d(np.arange(len(x)), draws[number - 1])
        part = np.zeros((len(depths), len(left)))
        add_tree(x[left], *tree_arrays(estimator.tree_), levels, part)  # type: ignore[call-arg]  # Numba's stubs know no *args
        total[:, left] += part
        trees[left] += 1
        if number == sizes[row]:
            result[row] = total / np.where(trees > 0, trees, np.nan)
            row += 1
    return result


def nested_predictions(forest, x: np.ndarray, sizes, depths) -> np.ndarray:
    """What the first trees, cut at each depth, predict: float64 (sizes, depths, n).

    forest : fitted, with at least max(sizes) trees. x : float32 (n, p).
    Expression, or P of the last class. Ascending `sizes` and `depths`.
    """
    total = np.zeros((len(depths), len(x)))
    result = np.empty((len(sizes), len(depths), len(x)))
    levels = np.asarray(depths, dtype=np.int64)
    row = 0
    for number, estimator in enumerate(forest.estimators_[: sizes[-1]], 1):
        add_tree(x, *tree_arrays(estimator.tree_), levels, total)  # type: ignore[call-arg]  # Numba's stubs know no *args
        if number == sizes[row]:
            result[row] = total / number
            row += 1
    return result


def tree_arrays(tree) -> tuple[np.ndarray, ...]:
    """Children, features, thresholds and values (mean, or share of the last class) of the nodes."""
    value = tree.value[:, 0, :]
    value = value[:, 0] if value.shape[1] == 1 else value[:, -1] / value.sum(axis=1)
    return (
        tree.children_left, tree.children_right, tree.feature, tree.threshold,
        np.ascontiguousarray(value),
    )  # fmt: skip


@numba.njit(cache=True, nogil=True)
def add_tree(x, left, right, feature, threshold, value, depths, total):
    """One tree: add to total (depths, n) each row's value at each depth, or of its leaf."""
    for i in range(len(x)):
        node = 0
        depth = 0
        for d in range(len(depths)):
            while depth < depths[d] and left[node] >= 0:
                node = left[node] if x[i, feature[node]] <= threshold[node] else right[node]
                depth += 1
            total[d, i] += value[node]
