"""Random genes: what training costs does not depend on what they hold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from deepexpr.features.dataset import Dataset, write_dataset
from deepexpr.features.splits import make_splits
from deepexpr.files import write_table


def synthetic_dataset(work: Path, genes: int) -> tuple[Path, Path]:
    """Files of random promoters of 2 kb with 400 bins, and of their splits in ten folds."""
    rng = np.random.default_rng(genes)
    names = np.array([f"G{i:05d}" for i in range(genes)])
    chromosome = np.array([f"chr{1 + i % 20}" for i in range(genes)])
    bins = rng.gamma(0.1, 1.0, (genes, 400)).astype(np.float32)
    values = rng.normal(size=genes).astype(np.float32)
    dataset = Dataset(
        gene=names, chromosome=chromosome, tss=np.arange(genes) * 9000 + 2000,
        strand=np.full(genes, "+"),
        sequence=np.frombuffer(b"ACGT", np.uint8)[rng.integers(0, 4, (genes, 2000))],
        expression=values, label=np.where(values >= np.median(values), 1, -1).astype(np.int8),
        cell_line="Random", assembly="none", bins=bins,
        loop_count=bins.sum(1, keepdims=True),
        loop_number=(bins > 0).sum(1, keepdims=True).astype(np.int32),
    )  # fmt: skip
    path, splits = work / f"genes.{genes}.h5", work / f"splits.{genes}.tsv"
    write_dataset(dataset, path)
    table = pd.DataFrame({"gene": names, "chromosome": chromosome})
    write_table(make_splits(table, "random", 10, 1), splits)
    return path, splits
