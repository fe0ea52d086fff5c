"""A small dataset whose expression depends on a motif and on two bins."""

import numpy as np
import pandas as pd
import pytest

from deepexpr.features.dataset import Dataset, write_dataset
from deepexpr.features.splits import make_splits
from deepexpr.files import write_table
from deepexpr.model import trees

GENES = 90


def make_dataset(cell_line="Alpha", seed=0, hichip=True):
    rng = np.random.default_rng(7)  # the promoters are those of every cell line
    sequence = np.frombuffer(b"ACGT", np.uint8)[rng.integers(4, size=(GENES, 120))].copy()
    motifs = rng.integers(0, 4, GENES)
    for row, number in enumerate(motifs):
        for i in range(number):
            sequence[row, 10 + 12 * i : 16 + 12 * i] = np.frombuffer(b"GGGCGG", np.uint8)
    rng = np.random.default_rng(seed)
    bins = rng.gamma(1, 1, (GENES, 10)).astype(np.float32)
    expression = motifs + bins[:, 3] + 0.5 * bins[:, 4] + rng.normal(0, 0.3, GENES)
    expression = expression.astype(np.float32)
    loops = {"bins": bins, "loop_count": bins.sum(axis=1, keepdims=True),
             "loop_number": (bins > 1).sum(axis=1, keepdims=True).astype(np.int32)}  # fmt: skip
    return Dataset(
        gene=np.array([f"g{i:03d}" for i in range(GENES)]),
        chromosome=np.array([f"chr{1 + i // 15}" for i in range(GENES)]),
        tss=np.arange(GENES, dtype=np.int64) * 10_000,
        strand=np.full(GENES, "+"),
        sequence=sequence,
        expression=expression,
        label=np.where(expression >= np.median(expression), 1, -1).astype(np.int8),
        cell_line=cell_line,
        assembly="demo",
        tss_index=60,
        **(loops if hichip else {}),
    )


@pytest.fixture
def dataset():
    return make_dataset()


@pytest.fixture
def splits(dataset):
    genes = pd.DataFrame({"gene": dataset.gene, "chromosome": dataset.chromosome})
    return make_splits(genes, "random", 3, seed=1)


@pytest.fixture
def files(tmp_path, splits):
    """Paths of two datasets and their splits."""
    paths = {"splits": tmp_path / "splits.tsv"}
    write_table(splits, paths["splits"])
    for seed, name in enumerate(("Alpha", "Beta")):
        paths[name] = tmp_path / f"{name}.h5"
        write_dataset(make_dataset(name, seed), paths[name])
    return paths


@pytest.fixture
def small():
    """Settings of a search of seconds."""
    return {
        "length": 4, "informative": 3, "inner_folds": 3, "grid_points": 7, "grid_low": -3,
        "grid_high": 1, "forest_sizes": [5, 10], "forest_depths": [2, 4],
    }  # fmt: skip


@pytest.fixture(autouse=True)
def few_rounds(monkeypatch):
    """Trees grow a tenth as long."""
    monkeypatch.setattr(trees, "MOST_ROUNDS", 30)
