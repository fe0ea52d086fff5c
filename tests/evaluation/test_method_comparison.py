"""Tests between methods equal SciPy's on their own; constants do not crash."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from deepexpr.evaluation.comparison import (
    TESTS,
    compare,
    rank_sum,
    resampled_t,
    smallest_variance_p,
)
from deepexpr.evaluation.summary import bootstrap_interval, summarise


def metrics(scores, task="regression", **changes):
    """scores: method -> values per fold."""
    rows = [
        {"method": method, "fold": fold, "value": value, "K": len(values)}
        for method, values in scores.items()
        for fold, value in enumerate(values)
    ]
    constants = {"cell_line": "A", "trained_on": "A", "task": task, "scheme": "random"}
    constants |= {"metric": "PCC", "p_value": np.nan, "n": 20, "reason": ""}
    return pd.DataFrame(rows).assign(**(constants | changes))


@pytest.fixture
def scores():
    rng = np.random.default_rng(0)
    return {
        "full": rng.normal(0.7, 0.02, 10),
        "sequence": rng.normal(0.65, 0.03, 10),
        "lasso": rng.normal(0.5, 0.05, 10),
        "random_forest": rng.normal(0.66, 0.06, 10),
    }


def test_p_values_equal_scipy(scores):
    table = compare(metrics(scores))
    assert tuple(table.columns) == TESTS
    for row in table[table["quantity"] == "score"].itertuples():
        first, second = scores[row.method], scores[row.other]
        expected = stats.mannwhitneyu(first, second, alternative="greater")
        assert (row.statistic, row.p_value) == (expected.statistic, expected.pvalue)
        assert row.difference == pytest.approx(first.mean() - second.mean())
        assert row.low < row.difference < row.high
        wins = np.sign(first[:, None] - second).mean()
        assert row.rank_biserial == pytest.approx(wins)
    for row in table[table["quantity"] == "paired"].itertuples():
        difference = scores[row.method] - scores[row.other]
        expected = stats.wilcoxon(difference, alternative="greater")
        assert (row.statistic, row.p_value) == (expected.statistic, expected.pvalue)
        ranks = stats.rankdata(np.abs(difference))
        expected_biserial = (ranks * np.sign(difference)).sum() / ranks.sum()
        assert row.rank_biserial == pytest.approx(expected_biserial)
    for row in table[table["quantity"] == "paired_two_sided"].itertuples():
        expected = stats.wilcoxon(scores[row.method] - scores[row.other])
        assert row.p_value == expected.pvalue
    for row in table[table["quantity"] == "variance"].itertuples():
        first, second = (np.abs(scores[m] - np.median(scores[m])) for m in (row.method, row.other))
        expected = stats.mannwhitneyu(first, second, alternative="less")
        assert row.p_value == expected.pvalue
        assert row.mean == pytest.approx(scores[row.method].var(ddof=1))


def test_only_networks_come_first(scores):
    scores["full-500kb"] = scores["full"] + 0.01
    table = compare(metrics(scores))
    pairs = set(zip(table["method"], table["other"], strict=True))
    assert pairs == {
        ("full", "full-500kb"), ("full", "sequence"), ("full-500kb", "sequence"),
        *((kind, b) for kind in ("full", "full-500kb", "sequence")
          for b in ("lasso", "random_forest")),
    }  # fmt: skip


def test_adjusted_p_values_are_benjamini_hochberg(scores):
    table = compare(metrics(scores))
    for _, group in table.groupby("quantity"):
        raw = group["p_value"].to_numpy()
        np.testing.assert_allclose(group["p_adjusted"], stats.false_discovery_control(raw))
        assert (group["p_adjusted"] >= raw).all()


def test_cell_lines_and_folds_are_not_mixed(scores):
    both = pd.concat([metrics(scores), metrics({"full": [0.1] * 5}, cell_line="B")])
    assert set(compare(both)["cell_line"]) == {"A"}


def test_pairing_finds_a_difference_that_holds_in_every_fold():
    """Folds differ far more than the methods do: the sums of ranks overlap, the pairs do not."""
    folds = np.array([0.5, 0.6, 0.7, 0.8, 0.9])
    better = folds + np.array([0.01, 0.02, 0.03, 0.02, 0.01])
    table = compare(metrics({"full": better, "sequence": folds}))
    p = table.set_index("quantity")["p_value"]
    assert p["score"] > 0.3
    assert p["paired"] == 1 / 2**5  # the smallest that 5 folds can give


def test_pairing_is_by_fold_and_leaves_out_what_one_method_lacks():
    both = metrics({"full": [0.6, 0.7, np.nan, 0.9], "sequence": [0.5, 0.65, 0.7, 0.8]})
    paired = compare(both.sample(frac=1, random_state=1)).set_index("quantity").loc["paired"]
    assert paired["folds"] == 3
    assert paired["difference"] == pytest.approx((0.1 + 0.05 + 0.1) / 3)


def test_constant_and_missing_scores_have_a_reason():
    table = compare(metrics({"full": [0.5] * 5, "lasso": [0.5] * 5}))
    assert table["p_value"].isna().all()
    reasons = table.set_index("quantity")["reason"]
    assert reasons["score"] == "all values are equal"
    assert reasons["resampled_t"] == "all differences are equal"
    assert reasons["paired"].startswith("fewer than 2 folds with different scores")
    table = compare(metrics({"full": [0.5, 0.6, 0.4], "lasso": [np.nan, np.nan, 0.1]}))
    assert table["p_value"].isna().all()
    tests = table[table["quantity"] != "variance"]
    assert tests["reason"].str.startswith("fewer than 2 folds with").all()
    assert (table["other_folds"] == 1).all()


def test_no_comparison_gives_an_empty_table():
    assert compare(metrics({"lasso": [0.5, 0.6]})).empty


def test_rank_sum_is_one_sided():
    high, low = np.array([3.0, 4, 5, 6]), np.array([0.0, 1, 2, 2.5])
    assert rank_sum(high, low, "greater")[:3] == (1, 16, 1 / 70)
    assert rank_sum(low, high, "greater")[2] == 1


def test_summary_counts_missing_folds():
    table = summarise(metrics({"full": [0.5, 0.7, np.nan], "lasso": [np.nan] * 3}))
    full, lasso = table.itertuples()
    assert (full.mean, full.folds, full.missing) == (0.6, 2, 1)
    assert full.sd == pytest.approx(np.std([0.5, 0.7], ddof=1))
    assert (lasso.folds, lasso.missing) == (0, 3)
    assert np.isnan(lasso.mean)


def test_bootstrap_interval_covers_and_repeats():
    values = np.random.default_rng(3).normal(0.6, 0.1, 200)
    low, high = bootstrap_interval(values, seed=1)
    error = values.std(ddof=1) / np.sqrt(len(values))
    assert low == pytest.approx(values.mean() - 1.96 * error, abs=0.2 * error)
    assert high == pytest.approx(values.mean() + 1.96 * error, abs=0.2 * error)
    assert (low, high) == bootstrap_interval(values, seed=1)
    assert np.isnan(bootstrap_interval(values[:1], seed=1)).all()


def test_variances_are_not_compared_where_no_scores_could_tell():
    wild = {"full": [0.5, 0.5, 0.5, 0.5001, 0.4999], "lasso": [0.1, 0.9, 0.5, 0.7, 0.2]}
    row = compare(metrics(wild)).set_index("quantity").loc["variance"]
    assert np.isnan(row["p_value"])
    assert row["reason"].startswith("no test: with so few folds p cannot be below 0.0")
    assert row["mean"] < row["other_mean"]  # the variances themselves are still told
    assert smallest_variance_p(5, 5) > 0.05 > smallest_variance_p(10, 10)


def test_the_t_test_is_corrected_for_shared_training_genes():
    """Nadeau and Bengio's variance, by hand: 4 folds of 10, a test part 1/9 of the training."""
    difference = np.array([0.01, 0.03, 0.02, 0.04])
    t, p, low, high, reason = resampled_t(difference, 10)
    error = np.sqrt((1 / 4 + 1 / 9) * difference.var(ddof=1))
    assert reason == ""
    assert t == pytest.approx(0.025 / error)
    assert p == pytest.approx(2 * stats.t.sf(0.025 / error, 3))
    assert p > stats.ttest_1samp(difference, 0).pvalue
    assert (low + high) / 2 == pytest.approx(0.025)
    assert (p < 0.05) == (low > 0)
