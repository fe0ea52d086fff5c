"""Runs with little in them: one cell line, a lost fold, no loops, no motif; said in words."""

import numpy as np
import pytest
import synthetic_tables as synthetic
from legibility import faults
from matplotlib.text import Text

from deepexpr.figures import style
from deepexpr.figures.registry import find

ONE = ("Alpha",)
ONE_LINE = {
    "2A": lambda: synthetic.loop_signal(ONE),
    "2B": lambda: synthetic.loop_number(ONE),
    "2C": lambda: synthetic.gene_tracks(ONE),
    "3": lambda: synthetic.metrics("AUC", synthetic.CLASSIFICATION, ONE),
    "4": lambda: synthetic.metrics("PCC", synthetic.REGRESSION, ONE),
    "6": lambda: synthetic.metrics("PCC", synthetic.REGRESSION[:3], ONE),
    "7": lambda: synthetic.distance(ONE),
    "qc": lambda: synthetic.qc(("Alpha_hichip_1",)),
    "training_curves": lambda: synthetic.training_curves(("Alpha regression full",)),
}


def drawn(name, table) -> str:
    """All words of a figure, which must not overlap or be cut."""
    with style.styled():
        figure = find(name).draw()(table)
    assert faults(figure) == []
    return " ".join(" ".join(text.get_text().split()) for text in figure.findobj(Text))


@pytest.mark.parametrize("name", list(ONE_LINE))
def test_one_cell_line(name):
    assert "Alpha" in drawn(name, ONE_LINE[name]())


def test_one_cell_line_is_not_predicted_from_others():
    assert "needs at least two cell lines" in drawn("5", synthetic.cross().iloc[:0])


@pytest.mark.parametrize("name", ["3", "4", "5", "6", "7"])
def test_one_lost_fold_is_counted_with_its_reason(name):
    table = synthetic.TABLES[name]().astype({"reason": object}).reset_index(drop=True)
    table.loc[0, ["value", "reason"]] = [np.nan, "training diverged"]
    rows = table[(table["cell_line"] == table["cell_line"][0]) & (table["K"] == table["K"][0])]
    assert "missing: training diverged" in drawn(name, table.loc[rows.index])


@pytest.mark.parametrize("name", ["3", "4", "5", "6", "7"])
def test_all_folds_lost(name):
    table = synthetic.TABLES[name]().assign(value=np.nan, reason="training diverged")
    words = drawn(name, table)
    assert "training diverged" in words
    assert "No fold has a score" in words or "No score" in words


@pytest.mark.parametrize(("name", "column"), [("2A", "log2_loop_count"), ("2B", "loop_number")])
def test_no_loops(name, column):
    assert "No loop at any gene" in drawn(name, synthetic.TABLES[name]().assign(**{column: 0}))


def test_no_loops_at_the_gene():
    words = drawn("2C", synthetic.gene_tracks(("Alpha", "Beta"), loops=0))
    assert words.count("No loop in this window") == 2
    assert "n = 0 loops at PPIB" in words


def test_no_loops_are_a_number_in_table_1():
    table = synthetic.overview()
    table.loc[0, ["loops", "genes_with_loops"]] = 0
    assert " 0 " in f" {drawn('table1', table)} "


@pytest.mark.parametrize(("name", "noun"), [("8", "filter"), ("9", "enhancer motif")])
def test_no_motif_and_no_match(name, noun):
    assert f"No {noun} was found" in drawn(name, synthetic.filter_motifs().iloc[:0])
    words = drawn(name, synthetic.filter_motifs(3, 0))
    assert f"0 of 3 {noun}s match" in words
    assert "no JASPAR motif matches" in words


def test_a_constant_prediction_has_no_score_but_was_run():
    table = synthetic.TABLES["6"]().astype({"reason": object})
    table.loc[table["method"] == "hichip", ["value", "reason"]] = [np.nan, "values are constant"]
    words = drawn("6", table)
    assert "no score" in words
    assert "not run" not in words
    assert "not run" in drawn("6", table[table["method"] != "hichip"])


@pytest.mark.parametrize("folds", [(5,), (2, 5, 10)])
def test_figure_4_says_why_a_method_has_no_points(folds):
    """One that predicts the same for all genes was run, and is no gap as if it were not."""
    table = synthetic.metrics("PCC", synthetic.REGRESSION, ("Alpha", "Beta"), folds)
    table = table.astype({"reason": object})
    constant = (table["method"] == "lasso") & (table["cell_line"] == "Alpha")
    other = (table["method"] == "random_forest") & (table["cell_line"] == "Beta")
    why = "predicted values are constant"
    table.loc[constant, ["value", "reason"]] = [np.nan, why]
    words = drawn("4", table[~other])
    n = int(constant.sum())
    assert f"{n} of {(table['cell_line'] == 'Alpha').sum()} scores missing: {why}" in words
    if len(folds) == 1:
        assert words.count(f"no score: {why}") == 1
        assert words.count("not run") == 1  # the forest of Beta
    else:
        assert words.count("was run, and has no score") == 1
    assert "no score" not in drawn("4", table[~constant])


def test_no_number_of_the_paper_was_run():
    table = synthetic.paper()
    table = table.assign(ours=np.nan, difference=np.nan, spread=np.nan, status="not run")
    assert drawn("paper", table).count("not run") == len(table)
    assert "not\u00a0run" in find("paper").body()(table)
