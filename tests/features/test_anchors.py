"""What loops say of a gene beyond its bins, on a chromosome small enough to count by eye."""

import numpy as np
import pandas as pd
import pytest

from deepexpr.features.anchors import COLUMNS, anchor_features

#: a is at the left anchor of two loops, b at the right one of the first, c at none, d elsewhere.
GENES = pd.DataFrame(
    {
        "gene": ["a", "b", "c", "d"],
        "chromosome": ["chr1", "chr1", "chr1", "chr2"],
        "tss": [100_000, 300_000, 200_000, 100_000],
        "strand": ["+", "-", "+", "+"],
    }
)
LOOPS = pd.DataFrame(
    [
        ("chr1", 98_000, 103_000, "chr1", 298_000, 303_000),
        ("chr1", 98_000, 103_000, "chr1", 500_000, 510_000),
        ("chr1", 500_000, 510_000, "chr2", 98_000, 103_000),
    ],
    columns=["chromosome1", "start1", "end1", "chromosome2", "start2", "end2"],
)


@pytest.fixture
def found():
    values = anchor_features(GENES, LOOPS)
    return pd.DataFrame(values, index=GENES["gene"], columns=list(COLUMNS))


def test_anchors_at_and_near_the_gene(found):
    assert found["at_gene"].tolist() == [1, 1, 0, 0]
    assert found["covered"].tolist() == [1, 1, 0, 0]
    assert found.loc["c", "nearest"] == pytest.approx(np.log10(1 + 97_000))
    np.testing.assert_allclose(np.expm1(found["anchors_within_100kb"]), [1, 1, 2, 0], rtol=1e-5)
    # A loop spans what lies between the middles of its anchors.
    np.testing.assert_allclose(np.expm1(found["spanning"]), [0, 2, 2, 0], rtol=1e-5)
    np.testing.assert_allclose(np.expm1(found["most_loops_at_gene"]), [2, 1, 0, 0], rtol=1e-5)


def test_partners_and_the_genes_there(found):
    assert found["partners"].tolist() == [2, 1, 0, 0]
    assert found["genes_at_partners"].tolist() == [1, 1, 0, 0]
    assert found["partners_without_gene"].tolist() == [1, 0, 0, 0]
    # From b by a to the third anchor; loops between chromosomes join nothing.
    np.testing.assert_allclose(np.expm1(found["partners_of_partners"]), [0, 1, 0, 0], rtol=1e-5)


def test_directions_follow_the_strand_and_rows_the_genes(found):
    turned = anchor_features(GENES.assign(strand="+"), LOOPS)[1]
    other = dict(zip(COLUMNS, turned, strict=True))
    assert found.loc["b", "ahead"] == pytest.approx(np.log10(1000 + 199_500))
    assert found.loc["b", ["ahead", "behind"]].tolist() == [other["behind"], other["ahead"]]
    order = [3, 1, 0, 2]
    moved = anchor_features(GENES.iloc[order].reset_index(drop=True), LOOPS.iloc[::-1])
    np.testing.assert_array_equal(moved, found.to_numpy()[order])


def test_no_loop_at_all():
    alone = anchor_features(GENES, LOOPS.iloc[:0])
    assert np.isfinite(alone).all()
    assert len(np.unique(alone, axis=0)) == 1
