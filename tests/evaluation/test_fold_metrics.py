"""Scores equal SciPy's and scikit-learn's; undefined ones are NaN with a reason."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from deepexpr.errors import InputError
from deepexpr.evaluation.metrics import (
    fold_metrics,
    read_predictions,
    records,
)
from deepexpr.files import write_table
from deepexpr.schemas import METRICS, PREDICTIONS
from deepexpr.scores import auc, pearson


def predictions(task="regression", method="full", folds=3, n=20, seed=0, **changes):
    rng = np.random.default_rng(seed)
    observed = rng.normal(size=(folds, n))
    predicted = observed + rng.normal(size=(folds, n))
    if task == "classification":
        observed = np.where(observed > 0, 1, -1)
    table = pd.DataFrame(
        {
            "fold": np.repeat(np.arange(folds), n),
            "gene": [f"g{i}" for i in range(folds * n)],
            "observed": observed.ravel(),
            "predicted": predicted.ravel(),
        }
    )
    constants = {"cell_line": "A", "trained_on": "A", "scheme": "random", "K": folds}
    constants |= {"task": task, "method": method}
    return table.assign(**(constants | changes))[list(PREDICTIONS)]


def test_regression_equals_scipy():
    table = predictions()
    metrics = fold_metrics(table)
    assert tuple(metrics.columns) == METRICS
    for row, (_, group) in zip(metrics.itertuples(), table.groupby("fold"), strict=True):
        expected = stats.pearsonr(group["observed"], group["predicted"])
        assert (row.metric, row.n, row.reason) == ("PCC", 20, "")
        assert row.value == pytest.approx(expected.statistic, abs=1e-14)
        assert row.p_value == pytest.approx(expected.pvalue, rel=1e-10)


def test_p_value_is_that_of_the_t_test():
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(2, 25))
    r, p, _ = pearson(x, y)
    t = r * np.sqrt(23 / (1 - r**2))
    assert p == pytest.approx(2 * stats.t.sf(abs(t), 23), rel=1e-9)


def test_classification_equals_scikit_learn():
    table = predictions("classification")
    metrics = fold_metrics(table)
    assert metrics["p_value"].isna().all()
    for row, (_, group) in zip(metrics.itertuples(), table.groupby("fold"), strict=True):
        assert row.metric == "AUC"
        assert row.value == roc_auc_score(group["observed"], group["predicted"])


@pytest.mark.parametrize(
    ("observed", "predicted", "reason"),
    [
        ([1.0, 2, 3], [0.1, 0.1, 0.1], "predicted values are constant"),
        ([1.0, 2, 3, 4], [0.1 + 1e-17, 0.1, 0.1, 0.1], "predicted values are constant"),
        ([5.0, 5, 5], [1.0, 2, 3], "observed values are constant"),
        ([1.0, 2], [1.0, 2], "fewer than 3"),
        ([1.0, 2, 3], [1.0, np.nan, 3], "not finite"),
    ],
)
def test_undefined_correlations_have_a_reason(observed, predicted, reason):
    value, p_value, why = pearson(np.array(observed), np.array(predicted))
    assert np.isnan(value)
    assert np.isnan(p_value)
    assert reason in why


def test_area_of_one_label_has_a_reason_and_of_ties_is_half():
    value, _, why = auc(np.array([1, 1, 1]), np.array([0.1, 0.2, 0.3]))
    assert np.isnan(value)
    assert "one label" in why
    assert auc(np.array([1, -1, 1]), np.full(3, 0.7))[0] == 0.5


def test_tables_are_joined_and_repeats_are_named(tmp_path):
    paths = [tmp_path / "a.tsv", tmp_path / "b.tsv.gz"]
    write_table(predictions(), paths[0])
    write_table(predictions(method="lasso"), paths[1])
    assert len(read_predictions(paths)) == 120
    with pytest.raises(InputError, match="more than once"):
        read_predictions([paths[0], paths[0]])


def test_gene_names_that_look_like_numbers_or_missing_values_stay(tmp_path):
    table = predictions(n=4, folds=1)
    table["gene"] = ["1", "NaN", "nan", "007"]
    write_table(table, tmp_path / "a.tsv")
    assert read_predictions([tmp_path / "a.tsv"])["gene"].tolist() == ["1", "NaN", "nan", "007"]


def test_records_are_json_and_keep_small_numbers():
    table = pd.DataFrame({"n": [1], "value": [np.nan], "p_value": [1e-30], "reason": [""]})
    assert records(table) == [{"n": 1, "value": None, "p_value": 1e-30, "reason": ""}]


def test_text_among_numbers_is_named_with_its_line(tmp_path):
    row = ("A", "A", "regression", "random", "lasso", 2, 0, "g", 1.0, 2.0)
    table = pd.DataFrame([row, (*row[:7], "h", 1.0, "high")], columns=list(PREDICTIONS))
    write_table(table, tmp_path / "p.tsv")
    with pytest.raises(InputError, match=r"column predicted are no numbers[\s\S]*line 3"):
        read_predictions([tmp_path / "p.tsv"])


def test_folds_without_a_score_are_one_warning_in_words(caplog):
    fold_metrics(predictions(method="totals").assign(predicted=0.0))
    (text,) = [r.getMessage() for r in caplog.records if r.levelname == "WARNING"]
    assert text == (
        "A: no score of totals (regression) in 3 of 3 folds (random): predicted values are constant"
    )
