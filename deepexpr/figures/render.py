"""From a table of plotted values to files: the one way in which any figure is drawn."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import numpy as np
import pandas as pd

from deepexpr.errors import InputError
from deepexpr.figures import style
from deepexpr.figures.declaration import FigureSpec
from deepexpr.figures.pages import page
from deepexpr.figures.registry import find
from deepexpr.files import read_table, writing

logger = logging.getLogger(__name__)

#: Columns that say what a row is of: never empty, in whatever figure they stand.
KEYS = (
    "cell_line", "trained_on", "scheme", "method", "K", "metric", "run", "fold", "member", "step",
    "chain", "quantity", "unit", "part", "query", "role", "position", "module", "box",
    "distance_kb",
)  # fmt: skip

#: Of the columns of names, those of this package's own words: NA is none. A cell line or a gene
#: may be called NA or nan.
OWN_WORDS = ("scheme", "method", "metric", "query", "role", "step")

ENDINGS = (".pdf", ".png", ".svg", ".html")


def render(name: str, table: str | Path, outputs: Sequence[str | Path]) -> None:
    """Draw figure `name` from `table` into each of `outputs` (.pdf, .png, .svg, .html).

    Raises InputError for an unknown figure, a table that lacks columns, or an ending that
    the figure cannot have.
    """
    spec = find(name)
    check_endings(outputs)
    values = read(spec, table)
    pages = [path for path in map(Path, outputs) if path.suffix.lower() == ".html"]
    pictures = [path for path in map(Path, outputs) if path.suffix.lower() != ".html"]
    for path in pages:
        with writing(path) as handle:
            handle.write(page(spec, values))
    if pictures:
        _draw(spec, values, pictures)
    logger.info("figure %s: %d rows, %d files", spec.name, len(values), len(outputs))


def check_endings(outputs: Sequence[str | Path]) -> None:
    """InputError for the first name that no figure can be written to: before any is written."""
    for path in map(Path, outputs):
        if path.suffix.lower() not in ENDINGS:
            raise InputError(
                f"No figure can be written as {path.name!r}.",
                where="the file to write",
                expected=f"names that end in {', '.join(ENDINGS)}",
                found=path.suffix or "no ending",
                fix="Change the ending.",
            )


def read(spec: FigureSpec, table: str | Path) -> pd.DataFrame:
    """The table of a figure, with its columns and numbers checked and names read as text."""
    columns = spec.columns()
    words = {column.name for column in columns.columns if column.kind != "number"}
    values = read_table(table, columns)
    for column in columns:
        absent = ["", "NA"] if column in OWN_WORDS else [""]
        empty = values[column].isna() | values[column].isin(absent)
        needed = empty & values.eval(spec.filled.get(column, str(column in KEYS)), engine="python")
        if needed.any():
            _refuse(table, values[column], needed, "is empty", "a value in every such row")
        if column not in words:
            wrong = ~np.isfinite(pd.to_numeric(values[column], errors="coerce")) & ~empty
            if wrong.any():
                expected = "a finite number, or NA where there is none"
                _refuse(table, values[column], wrong, "is not a number", expected)
    return values


def _refuse(
    table: str | Path, column: pd.Series, wrong: pd.Series, what: str, expected: str
) -> NoReturn:
    """Raise InputError for the first row of `column` that is `wrong`."""
    row = int(wrong.to_numpy().argmax())
    raise InputError(
        f"The column {column.name} holds something that {what}.",
        where=f"{table}, line {row + 2}",
        expected=expected,
        found=repr(str(column.iloc[row])),
        fix="Correct the table, or make it again with `deepexpr table`.",
    )


def _draw(spec: FigureSpec, values: pd.DataFrame, outputs: list[Path]) -> None:
    draw = spec.draw()
    with style.styled():
        figure = draw(values)
        style.save(figure, outputs)
