"""Models that read a sequence score and the loops, for real_genes.py: ridge, and boosted trees.

None is a network, and all are fair baselines: trained on the genes of the other groups, with their
left-out sequence scores.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

PENALTIES = np.logspace(-1, 5, 25)
#: Trees are averaged over two seeds; their settings were not searched.
TREES = {
    "learning_rate": 0.04, "max_iter": 180, "max_leaf_nodes": 12, "min_samples_leaf": 30,
    "l2_regularization": 5.0, "max_features": 0.3,
}  # fmt: skip


def ridge(x: np.ndarray, y: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """What predicts (m,) from (m, p), fitted on x (n, p) and y (n,)."""
    return make_pipeline(StandardScaler(), RidgeCV(PENALTIES)).fit(x, y).predict


def trees(x: np.ndarray, y: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """As `ridge`, by boosted trees."""
    models = [HistGradientBoostingRegressor(random_state=i, **TREES).fit(x, y) for i in range(2)]
    return lambda values: np.mean([model.predict(values) for model in models], axis=0)
