"""Verdicts: every row of the QC is explained, ranges are ordered, and the words fit the side."""

import numpy as np
import pandas as pd
import pytest

from deepexpr import schemas
from deepexpr.hichip.bam_mates import MateCounts
from deepexpr.hichip.pairs import PairCounts, qc_table
from deepexpr.hichip.quality import BAD, EXPECTATIONS, GOOD, LOOK, judge
from deepexpr.hichip.trimming import TrimStats


def verdict(metric, value):
    row = judge(pd.DataFrame({"metric": [metric], "value": [value]})).iloc[0]
    return row["verdict"], row["meaning"]


@pytest.mark.parametrize(
    ("metric", "value", "expected", "words"),
    [
        ("trimmed_fraction", 0.4, GOOD, "junction"),
        ("trimmed_fraction", 0.03, LOOK, "is the enzyme right"),
        ("trimmed_fraction", 0.01, BAD, "is the enzyme right"),
        ("trimmed_fraction", 0.95, LOOK, "high: nearly every read"),
        ("duplicate_fraction", 0.5, GOOD, "duplicates"),
        ("duplicate_fraction", 0.6, LOOK, "used up"),
        ("duplicate_fraction", 0.9, BAD, "used up"),
        ("valid_pairs", 0, BAD, "none is left"),
        ("rhat_lambda0", "1.3", BAD, "more iterations"),
        ("rhat_lambda0", "nan", LOOK, "not known: too few iterations were kept"),
        ("rhat_confidence_max", "nan", "", "not known: one chain cannot tell"),
        ("replicate_scc", "nan", LOOK, "not known: no distance has pairs enough"),
        ("replicate_scc", "1.0", BAD, "one library under two names"),
        ("replicate_scc", "0.97", GOOD, "HiCRep"),
        ("trimmed_fraction", "nan", "", "no restriction enzyme cut the library"),
        ("reason", "there are no contacts", "", "why"),
        ("duplicates", 7, "", "equal to another"),
        ("of another tool", 7, "", ""),
    ],
)
def test_verdict_by_hand(metric, value, expected, words):
    found, meaning = verdict(metric, value)
    assert found == expected
    assert words in meaning


@pytest.mark.parametrize("metric", EXPECTATIONS)
def test_ranges_are_ordered_and_have_words(metric):
    expectation = EXPECTATIONS[metric]
    (low, high), (below, above) = expectation.good, expectation.bad
    assert expectation.meaning
    assert (low is None) == (not expectation.low)
    assert (high is None) == (not expectation.high)
    bounds = [b for b in (below, low, high, above) if b is not None]
    assert bounds == sorted(bounds)
    assert bool(expectation.expected) == bool(expectation.low or expectation.high)


def test_every_row_of_a_sample_is_explained():
    trim = TrimStats(100, (30, 20), (3, 2), 4).table()
    table = qc_table("s", trim, MateCounts(96, (80, 80), (5, 5), 70), PairCounts(valid=50))
    assert tuple(table.columns) == schemas.QC
    assert set(table["metric"]) <= set(EXPECTATIONS)
    assert (table["meaning"] != "").all()
    assert set(table["verdict"]) <= {GOOD, LOOK, BAD, ""}
    assert ((table["verdict"] != "") == (table["expected"] != "")).all()
    assert np.isfinite(table["value"]).all()
