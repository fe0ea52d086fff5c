"""Nothing overlaps, nothing is cut: measured on the drawn text, for easy tables and hard ones."""

import numpy as np
import pandas as pd
import pytest
import synthetic_tables as synthetic
from legibility import faults
from matplotlib.figure import Figure

from deepexpr.figures import style
from deepexpr.figures.registry import FIGURES, find

LINES = ("K562", "Jurkat", "HCT116", "mESC")
LONG = ("MiddleFrontalGyrus_left", "SubstantiaNigra_right", "Left_ventricle_failure")
NETWORKS = synthetic.REGRESSION[:3]
KS = (2, 5, 10, 15, 20)


def lost(table, share: float = 0.1):
    """`table` with a share of its scores missing, for a long reason."""
    table = table.astype({"reason": object})
    rows = table.sample(frac=share, random_state=1).index
    table.loc[rows, ["value", "reason"]] = [np.nan, "predicted values are constant in this fold"]
    return table


def cross(lines):
    def others(line):
        return ",".join(name for name in lines if name != line)

    return synthetic.metrics("PCC", synthetic.REGRESSION, lines, ks=(5,), trained_on=others)


def auc(lines, ks=KS):
    return synthetic.metrics("AUC", synthetic.CLASSIFICATION, lines, ks)


def pcc(lines, ks=KS, methods=synthetic.REGRESSION):
    return synthetic.metrics("PCC", methods, lines, ks)


def runs():
    kinds = [f"classification {kind}" for kind in ("full", "sequence", "hichip")]
    return synthetic.training_curves([f"{line} {kind}" for line in LINES for kind in kinds])


def searches():
    table = synthetic.search()
    named = [table.assign(run=table["run"].str.replace("K562", line)) for line in LONG]
    return pd.concat(named, ignore_index=True)


LIBRARIES = [f"Human_{x}{i}_unknown_WT_unknown_HiChIP_mergedSRR" for x in LONG for i in "12"]
DOUBT = (
    "look at: many reads do not map: is it the right genome, are there adapters or contaminants? "
    "(mapped_fraction 0.423); few reads map uniquely: are they very short, or is it the wrong "
    "genome? (unique_fraction 0.407)"
)


def doubtful(table):
    """`table` of libraries or replicates with a long verdict wherever there is one."""
    if "metric" in table:
        return table.assign(value=table["value"].where(table["metric"] != "verdict", DOUBT))
    return table.assign(verdict=table["verdict"].where(table["verdict"].isna(), DOUBT))


def replicates(lines=LONG):
    table = synthetic.replicates(lines)
    for column in ("sample1", "sample2"):
        table[column] = "Human_" + table[column] + "_unknown_WT_unknown_standard_mergedSRR"
    return doubtful(table)


HARD = {
    "all the paper's folds": ("3", lambda: auc(LINES)),
    "missing scores of classifiers": ("3", lambda: lost(auc(LONG, (5,)))),
    "missing scores": ("4", lambda: lost(pcc(LONG))),
    "missing scores of one K": ("4", lambda: lost(pcc(LONG, (5,)))),
    "missing scores across cell lines": ("5", lambda: lost(cross(LONG))),
    "missing scores in the ablation": ("6", lambda: lost(pcc(LONG, (5,), NETWORKS))),
    "missing scores in the distances": ("7", lambda: lost(synthetic.distance(LONG))),
    "one cell line and a long best baseline": (
        "4", lambda: pcc(("Alpha",), (5,), (*NETWORKS, "ridge", "totals"))
    ),
    "one cell line by reach": ("reach", lambda: synthetic.reach().query("cell_line == 'K562'")),
    "no match of one, and a long heading": (
        "9", lambda: synthetic.filter_motifs(1, 0).assign(cell_line="MiddleFrontalGyrus")
    ),
    "one cell line": ("4", lambda: pcc(("Alpha",), (5,), ("full",))),
    "four cell lines": ("2A", lambda: synthetic.loop_signal(LINES)),
    "long names": ("2A", lambda: synthetic.loop_signal(LONG)),
    "long names over boxes": ("2B", lambda: synthetic.loop_number(LONG)),
    "many genes": ("2C", lambda: synthetic.gene_tracks(LINES, genes=60)),
    "one gene": ("2C", lambda: synthetic.gene_tracks(("Alpha",), genes=1)),
    "many filters": ("8", lambda: synthetic.filter_motifs(30, 30)),
    "one filter": ("8", lambda: synthetic.filter_motifs(1, 1)),
    "no match": ("9", lambda: synthetic.filter_motifs(3, 0)),
    "many libraries": ("qc", lambda: synthetic.qc([f"{x}_hichip_{i}" for x in LONG for i in "12"])),
    "many runs": ("training_curves", runs),
    "long names of searches": ("search", searches),
    "long names of libraries": ("qc", lambda: doubtful(synthetic.qc(LIBRARIES))),
    "one library of a long name": ("qc", lambda: doubtful(synthetic.qc(LIBRARIES[:1]))),
    "many doubtful libraries": ("qc", lambda: doubtful(synthetic.qc([f"s{i}" for i in range(15)]))),
    "long names of replicates": ("replicates", replicates),
    "one line of long names": ("replicates", lambda: replicates(LONG[:1])),
    "many lines of long names": ("replicates", lambda: replicates([*LONG, *LINES])),
}  # fmt: skip


def drawn(name, table) -> Figure:
    with style.styled():
        return find(name).draw()(table)


@pytest.mark.parametrize("name", list(FIGURES))
def test_text_is_whole_and_apart(name):
    assert faults(drawn(name, synthetic.TABLES[name]())) == []


@pytest.mark.parametrize("case", list(HARD))
def test_hard_cases_are_whole_and_apart(case):
    name, table = HARD[case]
    assert faults(drawn(name, table())) == []


def test_cells_of_a_row_stand_on_one_line():
    texts = drawn("table1", synthetic.TABLES["table1"]()).axes[0].texts
    names = ("Cell line", "Assembly", "Genes", "Read pairs")
    header = [text for text in texts if text.get_text() in names]
    assert len(header) == 4
    assert {text.get_verticalalignment() for text in header} == {"baseline"}
    assert len({text.get_position()[1] for text in header}) == 1


def test_the_measure_finds_what_it_is_for():
    figure = Figure(figsize=(2, 1))
    axes = figure.subplots()
    axes.text(0.5, 0.5, "over")
    axes.text(0.52, 0.5, "under")
    figure.text(0.95, 0.5, "beyond the edge")
    figure.legend(handles=axes.plot([0, 1], label="line"), loc="center")
    axes.legend(loc="center")
    found = " ".join(faults(figure))
    for words in (
        "'over' lies over 'under'",
        "'beyond the edge' is cut",
        "legend lies over a panel",
        "over data",
    ):
        assert words in found


@pytest.mark.parametrize("name", [n for n in FIGURES if n not in ("summary", "table1", "paper")])
def test_no_panel_is_empty(name):
    """Every panel of a figure holds data or words."""
    for axes in drawn(name, synthetic.TABLES[name]()).axes:
        artists = [*axes.lines, *axes.patches, *axes.collections, *axes.texts]
        assert artists or not axes.axison, axes.get_title()
