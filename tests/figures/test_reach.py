"""Genes with and without far loops, evaluated apart."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from deepexpr.features.dataset import Dataset, write_dataset
from deepexpr.figures.inputs import Inputs
from deepexpr.figures.registry import find
from deepexpr.figures.render import read
from deepexpr.files import write_table
from deepexpr.schemas import PREDICTIONS

GENES, BINS = 90, 80


@pytest.fixture
def files(tmp_path):
    """Thirty genes of each group, in bins of 5 kb; 100 kb are 20 of them to either side."""
    bins = np.zeros((GENES, BINS), np.float32)
    bins[30:60, [20, 59]] = 1.0  # the last bins that are near
    bins[60:, 40] = 1.0
    bins[60:75, 19] = bins[75:, 60] = 0.5  # the first that are far
    values = np.random.default_rng(0).normal(0, 1, GENES)
    dataset = Dataset(
        gene=np.array([f"G{i}" for i in range(GENES)]),
        chromosome=np.array(["chr1"] * GENES),
        tss=np.arange(GENES) * 1000 + 500_000,
        strand=np.array(["+"] * GENES),
        sequence=np.full((GENES, 20), ord("A"), np.uint8),
        expression=values.astype(np.float32),
        label=np.where(values > np.median(values), 1, -1).astype(np.int8),
        cell_line="Toy", assembly="toy", bins=bins,
        loop_count=bins.sum(axis=1, keepdims=True),
        loop_number=(bins > 0).sum(axis=1, keepdims=True).astype(np.int32),
        tss_index=10, bin_size=5000,
    )  # fmt: skip
    write_dataset(dataset, tmp_path / "toy.h5")
    bare = dataclasses.replace(dataset, bins=None, loop_count=None, loop_number=None,
                               cell_line="Bare")  # fmt: skip
    write_dataset(bare, tmp_path / "bare.h5")
    noise = np.random.default_rng(1).normal(0, 1, GENES)
    predicted = {
        "full": values,
        "sequence": np.where(np.arange(GENES) < 60, values, noise),
        "lasso": np.where(np.arange(GENES) < 60, values, -values),
        "random_forest": noise,
        "hichip": values,
    }
    about = {"task": "regression", "scheme": "random", "K": 3, "fold": np.arange(GENES) % 3}
    paths = []
    for line in ("Toy", "Bare"):
        for method, values_of in predicted.items():
            table = pd.DataFrame({"cell_line": line, "trained_on": line, "method": method, **about,
                                  "gene": dataset.gene, "observed": values,
                                  "predicted": values_of})  # fmt: skip
            paths.append(tmp_path / f"{line}.{method}.tsv")
            write_table(table[list(PREDICTIONS)], paths[-1])
    # A left-out model has a header alone.
    write_table(pd.DataFrame(columns=list(PREDICTIONS)), tmp_path / "none.tsv")
    return Inputs(dataset=(tmp_path / "toy.h5", tmp_path / "bare.h5"),
                  outcome=(*paths, tmp_path / "none.tsv"))  # fmt: skip


def test_groups_are_scored_apart(files, tmp_path):
    table = find("reach").build()(files)
    assert set(table["cell_line"]) == {"Toy"}  # the other has no loops
    assert set(table["method"]) == {"full", "sequence", "lasso"}  # the best baseline alone
    assert (table["n"] == 10).all()
    means = table.groupby(["group", "method"])["value"].mean()
    assert set(table["group"]) == {"no loop", "within 100 kb", "beyond 100 kb"}
    assert means["no loop"].to_list() == pytest.approx([1, 1, 1])
    assert means["within 100 kb"].to_list() == pytest.approx([1, 1, 1])
    far = means["beyond 100 kb"]
    assert far["full"] == pytest.approx(1)
    assert far["lasso"] == pytest.approx(-1)
    assert abs(far["sequence"]) < 0.6
    write_table(table, tmp_path / "t.tsv")
    figure = find("reach").draw()(read(find("reach"), tmp_path / "t.tsv"))
    title = figure.axes[0].get_title()
    assert "30, 30, 30 genes; K = 3" in title
    assert "+2.000" in title


def test_no_loops_at_all_are_said(files):
    bare = Inputs(dataset=files.dataset[1:], outcome=files.outcome)
    table = find("reach").build()(bare)
    assert table.empty
    text = find("reach").draw()(table).axes[0].texts[0].get_text()
    assert "No network was evaluated" in text.replace("\n", " ")


def test_small_groups_are_in_the_table_and_not_drawn(files):
    table = find("reach").build()(files).assign(n=4)
    axis = find("reach").draw()(table).axes[0]
    assert not any(len(points.get_offsets()) for points in axis.collections)
