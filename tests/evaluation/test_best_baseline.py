"""The best baseline is named by its scores, not by its place in a list."""

import numpy as np
import pandas as pd

from deepexpr.evaluation.best import best_baseline


def test_the_highest_mean_is_named_and_networks_are_none():
    rows = [("full", 0.9), ("full-500kb", 0.95), ("lasso", 0.2), ("lasso", 0.4), ("ridge", 0.35)]
    scores = pd.DataFrame(rows, columns=["method", "value"])
    assert best_baseline(scores) == ("ridge", 0.35)
    assert best_baseline(scores.assign(value=np.nan)) is None
    assert best_baseline(scores[:2]) is None
