"""The SVM's search beside GridSearchCV, and its probabilities."""

import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from deepexpr.baselines.settings import BaselineSettings
from deepexpr.baselines.svm import SigmoidSVC, search_svm, sigmoid
from deepexpr.features.inner_folds import inner_folds

SETTINGS = BaselineSettings(inner_folds=3, grid_points=9, grid_low=-4, grid_high=4, svm_drop=1.0,
                            svm_patience=9)  # fmt: skip


def problem(n=80, p=120):
    rng = np.random.default_rng(2)
    x = rng.normal(size=(n, p)) * 4 + 1
    return x, np.where(x[:, :6].sum(axis=1) + rng.normal(0, 3, n) > 6, 1, -1)


def test_search_equals_grid_search():
    x, y = problem()  # separable: the weak end of the grid is one solution
    choice = search_svm(x, y, SETTINGS, seed=1)
    rows = np.arange(len(y))
    parts = inner_folds(y, "classification", 3, 1)
    reference = GridSearchCV(
        make_pipeline(StandardScaler(), SVC(kernel="linear")),
        {"svc__C": SETTINGS.penalties()},
        cv=[(np.setdiff1d(rows, test), test) for test in parts],
        scoring="roc_auc",
    ).fit(x, y)
    expected = reference.cv_results_["mean_test_score"]
    np.testing.assert_allclose(choice.table["score"], expected, atol=0.01)
    assert choice.table["score"].max() == pytest.approx(expected.max(), abs=0.01)
    assert choice.table["score"].iloc[-3:].nunique() == 1


@pytest.mark.slow
def test_path_without_progress_ends_and_says_so():
    x, y = problem(p=10)
    y = y * np.where(np.arange(len(y)) % 4 == 0, -1, 1)  # no plane parts them
    settings = SETTINGS.changed(grid_points=17, svm_patience=1.0)
    table = search_svm(x, y, settings, seed=1).table
    whole = search_svm(x, y, settings.changed(svm_patience=9), seed=1).table
    ended = table["note"] != ""
    assert ended.any()
    assert not (whole["note"] != "").any()
    assert table.loc[ended, "score"].nunique() == 1
    scores = [f"score_{i}" for i in range(3)]
    before = whole["penalty"] < whole["penalty"][0] * 10
    np.testing.assert_allclose(table.loc[before, scores], whole.loc[before, scores])


def test_probabilities_grow_with_the_score_of_the_library():
    x, y = problem()
    model = SigmoidSVC(penalty=0.01, slope=2.0, offset=0.1).fit(x, y)
    score = SVC(C=0.01, kernel="linear").fit(x, y).decision_function(x)
    np.testing.assert_allclose(model.decision_function(x), score, atol=1e-8)
    probability = model.predict_proba(x)
    np.testing.assert_allclose(probability[:, 1], 1 / (1 + np.exp(-(2 * score + 0.1))), rtol=1e-9)
    np.testing.assert_allclose(probability.sum(axis=1), 1)
    assert set(model.predict(x)) == {-1, 1}


def test_sigmoid_is_calibrated_and_never_turns_the_ranking():
    rng = np.random.default_rng(0)
    score = rng.normal(size=4000) * 5
    y = np.where(rng.random(4000) < 1 / (1 + np.exp(-(0.4 * score - 1))), 1, -1)
    slope, offset = sigmoid(score, y)
    assert slope == pytest.approx(0.4, abs=0.05)
    assert offset == pytest.approx(-1, abs=0.15)
    assert sigmoid(-score, y) == (1.0, 0.0)
