"""From a table of plotted values to files: the one way in which any figure is drawn."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from deepexpr.figures import style
from deepexpr.figures.pages import page
from deepexpr.figures.registry import FigureSpec, find
from deepexpr.files import read_table, writing

logger = logging.getLogger(__name__)

#: Columns of names: read as text even where they look like numbers.
TEXT = (
    "cell_line", "trained_on", "gene", "method", "query", "target", "target_name", "name", "note",
    "reason", "sample", "run", "item", "quantity", "metric", "expected", "verdict", "meaning",
)  # fmt: skip


def render(name: str, table: str | Path, outputs: Sequence[str | Path]) -> None:
    """Draw figure `name` from `table` into each of `outputs` (.pdf, .png, .svg, .html).

    Raises InputError for an unknown figure, a table that lacks columns, or an ending that
    the figure cannot have.
    """
    spec = find(name)
    values = read(spec, table)
    pages = [path for path in map(Path, outputs) if path.suffix == ".html"]
    pictures = [path for path in map(Path, outputs) if path.suffix != ".html"]
    for path in pages:
        with writing(path) as handle:
            handle.write(page(spec, values))
    if pictures:
        _draw(spec, values, pictures)
    logger.info("figure %s: %d rows, %d files", spec.name, len(values), len(outputs))


def read(spec: FigureSpec, table: str | Path) -> pd.DataFrame:
    """The table of a figure, with its columns checked and names read as text."""
    columns = spec.columns()
    return read_table(table, columns, dtype={c: "str" for c in TEXT if c in columns})


def _draw(spec: FigureSpec, values: pd.DataFrame, outputs: list[Path]) -> None:
    draw = spec.draw()
    with style.styled():
        figure = draw(values)
        style.save(figure, outputs)
