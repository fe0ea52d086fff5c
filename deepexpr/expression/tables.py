"""Reading the expression table back, for the steps behind this one."""

import logging
from pathlib import Path

import numpy as np
import pandas as pd

from deepexpr.errors import InputError
from deepexpr.files import read
from deepexpr.schemas import EXPRESSION_KEY, Table

log = logging.getLogger(__name__)


def read_expression(path: str | Path) -> pd.DataFrame:
    """An expression table: index gene (str, unique), one float64 column per cell line.

    Raises InputError where a gene repeats or a value is no finite number.
    """
    table = read(Table(EXPRESSION_KEY), path, rest="name")
    table = table.set_index(EXPRESSION_KEY)
    repeated = table.index[table.index.duplicated()]
    if len(repeated):
        raise InputError(
            f"The gene {repeated[0]} stands more than once.",
            where=str(path),
            fix="Keep one row per gene.",
        )
    if table.empty or not len(table.columns):
        raise InputError("The expression table holds no values.", where=str(path))
    values = table.apply(pd.to_numeric, errors="coerce").astype(float)
    bad = ~np.isfinite(values.to_numpy())
    if bad.any():
        row, column = np.argwhere(bad)[0]
        raise InputError(
            f"{int(bad.sum())} value(s) are no numbers.",
            where=f"{path}, gene {table.index[row]}, column {table.columns[column]}",
            expected="log10 expression in every cell",
            found=repr(table.iat[row, column]),
            fix="Leave out the genes that were not measured.",
        )
    return values


def expression_of(table: pd.DataFrame, cell_line: str, where: str) -> pd.Series:
    """One cell line's column of `read_expression`; InputError names those there are."""
    if cell_line not in table:
        raise InputError(
            f"The expression table has no column {cell_line}.",
            where=where,
            expected=", ".join(map(str, table.columns)),
            fix="Check the name of the cell line.",
        )
    return table[cell_line]
