"""From a table of plotted values to files: the one way in which any figure is drawn."""

from __future__ import annotations

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

#: Columns of words: read as text even where they look like numbers. All others hold numbers.
TEXT = (
    "cell_line", "trained_on", "gene", "method", "query", "target", "target_name", "name", "note",
    "reason", "sample", "run", "item", "quantity", "metric", "expected", "verdict", "meaning",
    "assembly", "type", "module", "detail", "output", "task", "scheme", "part", "chromosome",
    "strand", "role", "orientation", "unit", "within_spread", "status", "stage", "section",
)  # fmt: skip

#: Columns of both words and numbers, and columns that are words in some figures only.
MIXED = {
    "qc": ("value",), "quality": ("value",), "summary": ("value",), "benchmarks": ("step",),
    "training_curves": ("step",),
}  # fmt: skip

#: Columns that say what a row is of: never empty, in whatever figure they stand.
KEYS = (
    "cell_line", "trained_on", "scheme", "method", "K", "metric", "run", "fold", "member", "step",
    "chain", "quantity", "unit", "part", "query", "role", "position", "module", "box",
    "distance_kb",
)  # fmt: skip

#: Figures about one cell line or genome, where no row needs a cell line.
ONE_LINE = ("2C", "8", "9", "attribution_motifs", "interpretation")

#: Columns of one figure that are never empty, in rows where the condition (pandas' eval) holds.
FILLED = {
    "1": {"name": "True", "type": "True", "detail": "type == 'WordCounts'"},
    "2C": {
        "start": "part != 'expression'", "end": "part != 'expression'", "value": "part == 'loop'",
        "start2": "part == 'loop'", "end2": "part == 'loop'", "at_gene": "part == 'loop'",
        "cell_line": "part in ['expression', 'loop']",
    },
    "interpretation": {"value": "True"},
    "search": {"depth": "trees.notna()"},
}  # fmt: skip

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
    values = read_table(table, columns, dtype={c: "str" for c in TEXT if c in columns})
    words = {*TEXT, *MIXED.get(spec.name, ())}
    for column in columns:
        empty = values[column].isna()
        needed = empty & _must_be_filled(spec.name, column, values)
        if needed.any():
            _refuse(table, values[column], needed, "is empty", "a value in every such row")
        if column not in words:
            wrong = ~np.isfinite(pd.to_numeric(values[column], errors="coerce")) & ~empty
            if wrong.any():
                expected = "a finite number, or NA where there is none"
                _refuse(table, values[column], wrong, "is not a number", expected)
    return values


def _must_be_filled(figure: str, column: str, values: pd.DataFrame) -> bool | pd.Series:
    """In which rows of a figure's table a column holds a value."""
    optional = column not in KEYS or (column == "cell_line" and figure in ONE_LINE)
    condition = FILLED.get(figure, {}).get(column, str(not optional))
    return values.eval(condition, engine="python")


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
