"""The ablation by HiChIP target, where a cell line has several."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from deepexpr.figures.ablation import build_ablation, build_distance, draw_ablation
from deepexpr.figures.inputs import Inputs
from deepexpr.figures.performance import own_scores
from deepexpr.figures.reach import BEYOND, NEAR, NONE, _groups
from deepexpr.files import write_table
from deepexpr.schemas import METRICS

METHODS = {
    "full": 0.7, "sequence": 0.6, "hichip": 0.5, "full-only-YY1": 0.65, "full-only-CTCF": 0.63,
    "full-500kb": 0.68, "lasso": 0.55,
}  # fmt: skip


def test_networks_of_one_target_stand_beside_the_others(tmp_path):
    rows = [
        {"cell_line": line, "trained_on": line, "task": "regression", "scheme": "random",
         "method": method, "K": 10, "fold": fold, "metric": "PCC", "value": value, "n": 100}
        for line in ("K", "L")
        for method, value in METHODS.items()
        for fold in range(10)
        if line == "K" or "only" not in method
    ]  # fmt: skip
    write_table(pd.DataFrame(rows).reindex(columns=list(METRICS)), tmp_path / "m.tsv")
    inputs = Inputs(metrics=(tmp_path / "m.tsv",), full_reach=1_000_000)
    table = build_ablation(inputs)
    assert set(table["method"]) == set(METHODS) - {"full-500kb"}
    figure = draw_ablation(table)
    first, second = figure.axes
    assert [t.get_text() for t in first.get_xticklabels()][3:] == ["both,\nCTCF", "both,\nYY1"]
    assert [t.get_text() for t in second.texts].count("not run") == 2
    changes = {t.get_text() for t in first.texts}
    assert {"−7.1 %", "−10.0 %"} <= changes
    # Neither the comparison of methods nor the scan of distances takes them for its own.
    assert set(own_scores(inputs, "PCC")["method"]) == {"full", "sequence", "hichip", "lasso"}
    assert set(build_distance(inputs)["method"]) == {"full", "full-500kb"}


def test_a_gene_is_near_or_far_by_the_loops_of_any_target():
    bins = np.zeros((4, 400, 2), np.float32)
    bins[1, 201, 0] = bins[2, 201, 0] = bins[2, 399, 1] = bins[3, 0, 1] = 1
    genes = np.array(["a", "b", "c", "d"])
    dataset = SimpleNamespace(bins=bins, bin_size=5000, cell_line="K", gene=genes)
    assert _groups(dataset)["group"].tolist() == [NONE, NEAR, BEYOND, BEYOND]


@pytest.mark.parametrize("lines", [1, 2, 3, 4, 6])
def test_a_row_of_panels_has_one_score(lines):
    """Its axis is named once, on the left."""
    names = [f"line {i}" for i in range(lines)]
    rows = [
        {"cell_line": line, "trained_on": line, "task": "regression", "scheme": "random",
         "method": "full", "K": 5, "fold": fold, "metric": metric, "value": 0.5, "n": 9}
        for metric in ("AUC", "PCC") for line in names for fold in range(5)
    ]  # fmt: skip
    figure = draw_ablation(pd.DataFrame(rows).reindex(columns=list(METRICS)))
    labels = [axis.get_ylabel() for axis in figure.axes]
    columns = figure.axes[0].get_gridspec().ncols
    assert len(labels) == 2 * lines
    wanted = ["Area under the ROC curve (AUC)"] * lines + ["Pearson r (PCC)"] * lines
    assert [w for w, first in zip(wanted, labels, strict=True) if first] == wanted[::columns]
    assert labels[::columns] == wanted[::columns]
