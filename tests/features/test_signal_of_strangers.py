"""Tables that a dataset is joined from by hand: what would count twice, or is no value, is told."""

import logging

import numpy as np
import pandas as pd
import pytest

from deepexpr.errors import InputError
from deepexpr.features.bins import loop_bins
from deepexpr.features.build import build_dataset
from deepexpr.hichip.bedpe import read_contacts
from deepexpr.schemas import CONTACTS, GENES, SIGNAL

NEAR, FAR, OTHER = ("chr1", 0, 5000), ("chr1", 20_000, 25_000), ("chr1", 40_000, 45_000)
GENE = pd.DataFrame([["A", "chr1", 2500, "+", "T", "protein_coding"]], columns=list(GENES))


def signal(*pairs):
    return pd.DataFrame([(*a, *b, 7.0, 3.0) for a, b in pairs], columns=list(SIGNAL))


@pytest.mark.parametrize(
    ("pairs", "says"),
    [
        ([(NEAR, FAR), (NEAR, OTHER)], None),
        ([(FAR, NEAR)], None),
        ([(NEAR, NEAR), (FAR, FAR)], None),
        ([(NEAR, FAR), (NEAR, FAR)], "1 loop\\(s\\) stand twice"),
        ([(NEAR, FAR), (FAR, NEAR)], "1 loop\\(s\\) stand twice"),
        ([(NEAR, ("chr1", 25_000, 20_000))], "ends where it begins, or before"),
        ([(("chr1", 9, 9), FAR)], "ends where it begins, or before"),
    ],
)
def test_loops_of_the_signal_stand_once(pairs, says):
    if says is None:
        binned, *_ = loop_bins(GENE, signal(*pairs))
        assert np.isfinite(binned).all()
        return
    with pytest.raises(InputError, match=says):
        loop_bins(GENE, signal(*pairs))


@pytest.mark.parametrize(("largest", "told"), [(6.3, False), (25_000, True)])
def test_expression_that_is_no_logarithm_is_told(caplog, largest, told):
    with caplog.at_level(logging.WARNING):
        build_dataset(
            GENE, {"A": "ACGT" * 500}, pd.Series([largest], ["A"]), cell_line="L", assembly="toy"
        )
    assert ("values are taken as log10" in caplog.text) == told


@pytest.mark.parametrize(("mirrored", "told"), [(True, True), (False, False)])
def test_contacts_of_both_triangles_are_told(tmp_path, caplog, mirrored, told):
    rows = [(NEAR, FAR, 3), (NEAR, OTHER, 2), (FAR, OTHER, 3)]
    rows += [(b, a, n) for a, b, n in rows] if mirrored else rows[:1]
    table = pd.DataFrame([(*a, *b, n) for a, b, n in rows], columns=list(CONTACTS))
    table.to_csv(tmp_path / "c.tsv", sep="\t", index=False)
    with caplog.at_level(logging.WARNING):
        assert read_contacts(tmp_path / "c.tsv")["count"].sum() == (16 if mirrored else 11)
    assert ("both of its triangles" in caplog.text) == told
