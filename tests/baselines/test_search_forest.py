"""One deep, large forest gives what smaller and shallower forests would."""

import numpy as np
import pytest
from sklearn.metrics import r2_score, roc_auc_score

from deepexpr.baselines.forest import (
    make_forest,
    nested_predictions,
    oob_predictions,
    search_forest,
)
from deepexpr.baselines.inner import score_columns
from deepexpr.baselines.settings import BaselineSettings

SETTINGS = BaselineSettings(
    inner_folds=3, forest_sizes=(4, 10), forest_depths=(1, 2, 6), forest_features=1.0
)


def problem(task, n=150, p=6):
    rng = np.random.default_rng(5)
    x = rng.normal(size=(n, p)).astype(np.float32)
    y = x[:, 0] * x[:, 1] + 2 * x[:, 2] + rng.normal(size=n)
    return x, np.where(y > 0, 1, -1) if task == "classification" else y


# All features are tried at a node, so a tree does not depend on how deep it may grow; but of
# equally good splits one is drawn, and with labels those are common above the deepest level.
@pytest.mark.parametrize(("task", "levels"), [("classification", (6,)), ("regression", (1, 2, 6))])
def test_every_size_and_depth_equals_its_own_forest(task, levels):
    x, y = problem(task)
    forest = make_forest(task, 10, 6, SETTINGS, seed=1).fit(x[:100], y[:100])
    nested = nested_predictions(forest, x[100:], (4, 10), levels)
    assert nested.shape == (2, len(levels), 50)
    for i, size in enumerate((4, 10)):
        for j, depth in enumerate(levels):
            alone = make_forest(task, size, depth, SETTINGS, seed=1).fit(x[:100], y[:100])
            if task == "classification":
                expected = alone.predict_proba(x[100:])[:, 1]
            else:
                expected = alone.predict(x[100:])
            np.testing.assert_allclose(nested[i, j], expected, atol=1e-10)


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_search_table_has_the_whole_grid(task):
    x, y = problem(task)
    choice = search_forest(x, y, task, SETTINGS, seed=0)
    assert list(zip(choice.table["trees"], choice.table["depth"], strict=True)) == [
        (4, 1), (4, 2), (4, 6), (10, 1), (10, 2), (10, 6),
    ]  # fmt: skip
    best = choice.table["score"].idxmax()
    assert choice.table["chosen"].tolist() == [int(i == best) for i in range(6)]
    assert choice.parameters == {
        "trees": choice.table["trees"][best], "depth": choice.table["depth"][best],
    }  # fmt: skip
    assert len(choice.out_of_fold) == len(y)


def test_scores_equal_scikit_learn():
    rng = np.random.default_rng(0)
    predictions = np.round(rng.normal(size=(40, 5)), 1)  # with ties
    labels = np.where(rng.random(40) > 0.5, 1, -1)
    values = rng.normal(size=40)
    for i in range(5):
        area = score_columns(labels, predictions, "classification")[i]
        assert area == pytest.approx(roc_auc_score(labels, predictions[:, i]))
        r2 = score_columns(values, predictions, "regression")[i]
        assert r2 == pytest.approx(r2_score(values, predictions[:, i]))


@pytest.mark.parametrize("task", ["regression", "classification"])
def test_out_of_bag_scores_are_the_librarys(task):
    x, y = problem(task)
    settings = SETTINGS.model_copy(update={"forest_sizes": (60,), "forest_selection": "oob"})
    forest = make_forest(task, 60, 6, settings, 2).set_params(oob_score=True).fit(x, y)
    expected = (
        forest.oob_prediction_ if task == "regression" else forest.oob_decision_function_[:, 1]
    )
    found = oob_predictions(forest, x, (60,), (1, 6))[0]
    np.testing.assert_allclose(found[1], expected, atol=1e-7)
    choice = search_forest(x.astype(np.float64), y, task, settings, seed=1)
    assert (choice.table["note"] == "out-of-bag").all()
    scores = score_columns(y, oob_predictions(forest, x, (60,), (1, 2, 6))[0].T, task)
    np.testing.assert_allclose(choice.table["score_0"], scores)
    assert choice.parameters == {"trees": 60, "depth": (1, 2, 6)[scores.argmax()]}
