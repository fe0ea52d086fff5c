"""The Lasso's path and search beside scikit-learn's own, fit by fit."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Lasso
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from deepexpr.baselines import lasso
from deepexpr.baselines.inner import choose
from deepexpr.baselines.settings import BaselineSettings
from deepexpr.features.inner_folds import inner_folds

SETTINGS = BaselineSettings(  # no early end, so that every solution can be compared
    inner_folds=4,
    grid_points=9,
    grid_low=-2,
    grid_high=2,
    lasso_tolerance=1e-8,
    lasso_deviance=1,
    lasso_drop=1e9,
)


def problem(n, p, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, p)) * rng.uniform(0.1, 30, p) + rng.normal(size=p)
    x[:, -1] = 3.0  # a constant feature
    return x, x[:, :4] @ rng.normal(size=4) / 10 + rng.normal(size=n)


def reference(x, y, parts):
    """Mean and per-fold R² of every penalty by fitting each one."""
    rows = np.arange(len(y))
    search = GridSearchCV(
        make_pipeline(StandardScaler(), Lasso(tol=1e-10, max_iter=100_000)),
        {"lasso__alpha": SETTINGS.penalties()},
        cv=[(np.setdiff1d(rows, test), test) for test in parts],
    ).fit(x, y)
    results = search.cv_results_
    scores = [results[f"split{i}_test_score"] for i in range(len(parts))]
    return search.best_params_["lasso__alpha"], np.array(scores).T


@pytest.mark.parametrize(("n", "p"), [(80, 20), (60, 90)])
def test_search_equals_grid_search(n, p, monkeypatch):
    monkeypatch.setattr(lasso, "MAX_EPOCHS", 100_000)
    x, y = problem(n, p)
    choice = lasso.search_lasso(x, y, SETTINGS, seed=3)
    best, scores = reference(x, y, inner_folds(y, "regression", 4, 3))
    assert choice.parameters["penalty"] == best
    ours = choice.table[[f"score_{i}" for i in range(4)]].to_numpy()
    np.testing.assert_allclose(ours, scores, atol=2e-4)
    assert choice.table["chosen"].sum() == 1


def test_search_without_gram_matrix_agrees(monkeypatch):
    x, y = problem(60, 30)
    expected = lasso.search_lasso(x, y, SETTINGS, seed=3).table["score"]
    monkeypatch.setattr(lasso, "GRAM_LIMIT", 0)
    found = lasso.search_lasso(x, y, SETTINGS, seed=3).table["score"]
    np.testing.assert_allclose(found, expected, atol=2e-3)


def test_path_that_explains_all_ends_and_says_so():
    x, y = problem(40, 100)
    settings = BaselineSettings(
        inner_folds=2, grid_points=9, grid_low=-6, grid_high=1, lasso_deviance=0.9
    )
    table = lasso.search_lasso(x, y, settings, seed=0).table
    ended = table["note"] != ""
    assert ended.iloc[0]
    assert not ended.iloc[-1]
    assert table.loc[ended, "score"].nunique() == 1


def test_constant_response_is_refused():
    from deepexpr.errors import InputError

    x, _ = problem(30, 5)
    with pytest.raises(InputError, match="constant"):
        lasso.search_lasso(x, np.ones(30), SETTINGS, seed=0)


def test_inner_folds_without_a_score_are_left_out(caplog):
    grid = pd.DataFrame({"penalty": [0.1, 1.0]})
    scores = np.array([[0.2, np.nan, 0.4], [0.1, np.nan, 0.3]])
    best, table = choose(grid, scores, "regression", simplest_last=True)
    assert best == 0
    np.testing.assert_allclose(table["score"], [0.3, 0.2])
    np.testing.assert_allclose(table["sd"], np.std([0.2, 0.4], ddof=1))
    assert "1 of 3 inner folds have no score" in caplog.text
