"""Loops at a gene against a slow, obvious reference, and cases by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from deepexpr.errors import InputError
from deepexpr.features.bins import loop_bins
from deepexpr.schemas import SIGNAL


def make_genes(tss, chromosome="chr1"):
    number = len(tss)
    return pd.DataFrame(
        {
            "gene": [f"G{i}" for i in range(number)],
            "chromosome": chromosome,
            "tss": np.asarray(tss, np.int64),
            "strand": "+",
        }
    )


def make_signal(rows):
    table = pd.DataFrame(rows, columns=SIGNAL[:7])
    return table.astype({"normalised": float})


def slow_bins(genes, signal, bins, bin_size, window):
    sums = np.zeros((len(genes), bins))
    count, number = np.zeros(len(genes)), np.zeros(len(genes), int)
    for g, gene in enumerate(genes.itertuples()):
        low = gene.tss - window // 2
        high = low + window
        for loop in signal.itertuples():
            if not loop.chromosome1 == loop.chromosome2 == gene.chromosome:
                continue
            at1 = loop.start1 < high and loop.end1 > low
            at2 = loop.start2 < high and loop.end2 > low
            if at1 or at2:
                count[g] += loop.normalised
                number[g] += 1
            middles = []
            if at1:
                middles.append((loop.start2 + loop.end2) // 2)
            if at2:
                middles.append((loop.start1 + loop.end1) // 2)
            for middle in middles:
                place = int(np.floor((middle - (gene.tss - bins // 2 * bin_size)) / bin_size))
                if 0 <= place < bins:
                    sums[g, place] += loop.normalised
    return np.log2(1 + sums), count, number


@pytest.mark.parametrize("window", [5000, 4001, 20_000])
def test_equals_the_slow_reference(window):
    rng = np.random.default_rng(0)
    genes = pd.concat(
        [make_genes(rng.integers(0, 400_000, 40), c) for c in ("chr2", "chr1", "chr9")],
        ignore_index=True,
    ).sample(frac=1, random_state=0, ignore_index=True)
    rows = []
    for _ in range(400):
        start = np.sort(rng.integers(0, 80, 2) * 5000 + rng.integers(-700, 700))
        start = np.maximum(start, 0)
        width = rng.integers(200, 9000, 2)
        first, second = rng.choice(["chr1", "chr2"], 2) if rng.random() < 0.1 else ["chr1"] * 2
        ends = start + width
        rows.append((first, start[0], ends[0], second, start[1], ends[1], rng.gamma(2, 3)))
    signal = make_signal(rows)
    got = loop_bins(genes, signal, bins=40, bin_size=5000, promoter_window=window)
    wanted = slow_bins(genes, signal, 40, 5000, window)
    assert wanted[2].sum() > 100
    for one, other in zip(got, wanted, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)
    assert [x.dtype for x in got] == [np.float32, np.float32, np.int32]


def test_sum_then_logarithm_in_the_bin_of_the_other_anchor():
    genes = make_genes([1_000_000])
    near, far = ("chr1", 997_500, 1_002_500), ("chr1", 1_100_000, 1_105_000)
    signal = make_signal([(*near, *far, 3.0), (*near, "chr1", 1_100_100, 1_104_900, 4.0)])
    binned, count, number = loop_bins(genes, signal)
    assert binned.shape == (1, 400)
    # Midpoint 1,102,500 is 102,500 bp right of the TSS: bin 200 + 20.
    assert np.flatnonzero(binned[0]).tolist() == [220]
    assert binned[0, 220] == pytest.approx(3.0)  # log2(1 + 7)
    assert (count[0], number[0]) == (7.0, 2)


@pytest.mark.parametrize(
    ("start", "end", "belongs"),
    [
        (992_500, 997_500, False),
        (992_501, 997_501, True),
        (1_002_500, 1_007_500, False),
        (1_002_499, 1_007_499, True),
    ],
)
def test_the_window_is_half_open(start, end, belongs):
    signal = make_signal([("chr1", start, end, "chr1", 1_500_000, 1_505_000, 1.0)])
    assert loop_bins(make_genes([1_000_000]), signal)[2][0] == int(belongs)


def test_other_anchor_outside_the_bins_counts_only_in_the_totals(caplog):
    signal = make_signal([("chr1", 1_000, 2_000, "chr1", 1_900_000, 1_905_000, 2.0)])
    with caplog.at_level("INFO"):
        binned, count, number = loop_bins(make_genes([1_500]), signal)
    assert not binned.any()
    assert (count[0], number[0]) == (2.0, 1)
    assert "in 1 the other anchor lies outside" in caplog.text


def test_both_anchors_at_the_promoter_count_on_both_sides_but_once_in_total():
    signal = make_signal([("chr1", 9_000, 9_400, "chr1", 10_600, 11_000, 1.0)])
    binned, count, number = loop_bins(make_genes([10_000]), signal, bins=4, bin_size=500)
    assert binned[0].tolist() == [1.0, 0.0, 0.0, 1.0]
    assert (count[0], number[0]) == (1.0, 1)


def test_no_loops_and_no_genes():
    empty = make_signal([])
    binned, _, number = loop_bins(make_genes([5, 6]), empty)
    assert binned.shape == (2, 400)
    assert not number.any()
    assert loop_bins(make_genes([]), empty)[0].shape == (0, 400)


def test_other_chromosome_names_are_an_error():
    signal = make_signal([("1", 0, 10, "1", 20, 30, 1.0)])
    with pytest.raises(InputError, match="no chromosome in common"):
        loop_bins(make_genes([5]), signal)


@pytest.mark.parametrize("value", [np.nan, -1.0])
def test_impossible_counts_are_an_error(value):
    signal = make_signal([("chr1", 0, 10, "chr1", 20, 30, value)])
    with pytest.raises(InputError, match="at least 0"):
        loop_bins(make_genes([5]), signal)
