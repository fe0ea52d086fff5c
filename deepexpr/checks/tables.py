"""Tables of genes that several checks look at, read once."""

import functools
import os

import pandas as pd

from deepexpr.expression.gene_tables import read_gene_counts


def gene_values(path: str, value_column: str) -> pd.Series:
    """As `read_gene_counts`; a file that has not changed is not read, nor warned of, again."""
    stat = os.stat(path)
    return _read(path, value_column or None, (stat.st_size, stat.st_mtime_ns))


@functools.lru_cache(maxsize=64)
def _read(path: str, value_column: str | None, version: tuple[int, int]) -> pd.Series:
    return read_gene_counts(path, value_column)
