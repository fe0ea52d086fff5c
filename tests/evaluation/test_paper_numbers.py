"""The paper's numbers beside ours: every row is there, run or not."""

import numpy as np
import pandas as pd
import pytest

from deepexpr.evaluation.paper import NOT_RUN, PAPER, REPORTED, paper_beside_ours


def metrics(rows):
    """rows: (cell line, trained on, task, method, values)."""
    return pd.DataFrame(
        [
            {
                "cell_line": line, "trained_on": trained, "task": task, "scheme": "random",
                "method": method, "K": 10, "fold": fold, "value": value,
            }
            for line, trained, task, method, values in rows
            for fold, value in enumerate(values)
        ]
    )  # fmt: skip


def test_nothing_run_says_so():
    table = paper_beside_ours(metrics([("Demo", "Demo", "regression", "full", [0.5] * 10)]))
    assert tuple(table.columns) == PAPER
    assert len(table) == len(REPORTED) == 24
    assert (table["status"] == NOT_RUN).all()
    assert table["ours"].isna().all()


def test_differences_are_paired_by_fold():
    full = np.linspace(0.6, 0.7, 10)
    forest = full - 0.05 + np.tile([0.02, -0.02], 5)
    table = paper_beside_ours(
        metrics(
            [
                ("mESC", "mESC", "regression", "full", full),
                ("mESC", "mESC", "regression", "random_forest", forest),
                ("mESC", "mESC", "regression", "sequence", full * 0.9),
            ]
        ),
        given={"loop_count": 0.6},
    ).set_index("quantity")
    row = table.loc["4: DeepExpression above random forest"]
    assert row["ours"] == pytest.approx(0.05)
    assert row["spread"] == pytest.approx(np.std(full - forest, ddof=1))
    assert row["within_spread"] == "yes"
    assert table.loc["6: without HiChIP", "ours"] == pytest.approx(-10)
    assert table.loc["6: without the promoter", "status"] == NOT_RUN
    loops = table.loc["2A: summed loop counts and expression"]
    assert (loops["ours"], loops["within_spread"]) == (0.6, "unknown")


def test_a_change_is_that_of_the_means_as_in_figure_6():
    full, sequence = np.array([0.2, 0.8] * 5), np.array([0.1, 0.8] * 5)
    rows = [
        ("mESC", "mESC", "regression", "full", full),
        ("mESC", "mESC", "regression", "sequence", sequence),
    ]
    row = paper_beside_ours(metrics(rows)).set_index("quantity").loc["6: without HiChIP"]
    assert row["ours"] == pytest.approx(-10)  # the mean of the folds' changes is -25
    assert row["spread"] == pytest.approx(np.std([-50, 0] * 5, ddof=1))


def test_bins_of_another_reach_are_not_taken_for_the_papers():
    rows = [("K562", "K562", "regression", method, [0.5] * 10) for method in ("full", "full-100kb")]
    table = paper_beside_ours(metrics(rows), full_reach=500_000).set_index("quantity")
    status = [table.loc[f"7: loops within {kb} kb", "status"] for kb in (1000, 500, 100)]
    assert status == ["not run", "run", "run"]


def test_cross_cell_line_needs_every_line():
    rows = [
        (line, "others", "regression", method, np.full(10, value))
        for line in ("K562", "Jurkat", "HCT116")
        for method, value in (("full", 0.5), ("lasso", 0.4))
    ]
    key = "5: cross-cell-line, DeepExpression above Lasso"
    whole = paper_beside_ours(metrics(rows)).set_index("quantity").loc[key]
    assert whole["ours"] == pytest.approx(0.1)
    assert whole["folds"] == 30
    part = paper_beside_ours(metrics(rows[:4])).set_index("quantity").loc[key]
    assert part["status"] == NOT_RUN
