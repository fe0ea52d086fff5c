"""Expression that the reads gave beside published values of the same cell lines."""

import logging

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from deepexpr.expression.gene_tables import read_gene_counts
from deepexpr.expression.normalise import PSEUDOCOUNT
from deepexpr.expression.tables import read_expression
from deepexpr.figures import style
from deepexpr.figures.declaration import columns_of
from deepexpr.figures.inputs import Inputs

logger = logging.getLogger(__name__)

UNIT = "log10(value + 0.1)"
#: One row per gene that both have; spearman is that of the cell line, over these genes.
PUBLISHED_COLUMNS = columns_of(
    "cell_line gene published expression spearman",
    published=UNIT, expression=style.EXPRESSION_UNIT,
)  # fmt: skip


def build_published(inputs: Inputs) -> pd.DataFrame:
    """Our expression and the published values of every gene, by symbol, and their Spearman."""
    ours = [read_expression(path) for path in inputs.expression]
    tables = []
    for line, path in inputs.published.items():
        values = read_gene_counts(path)
        own = next(table[line] for table in ours if line in table)
        both = pd.DataFrame(
            {"published": np.log10(values + PSEUDOCOUNT), "expression": own}
        ).dropna()
        table = both.rename_axis("gene").reset_index().assign(cell_line=line)
        tables.append(table.assign(spearman=spearman(table["published"], table["expression"])))
        logger.info(
            "%s: %d genes here, %d published, %d in both, Spearman %.3f",
            line, len(own), len(values), len(both), tables[-1]["spearman"].max(),
        )  # fmt: skip
    return pd.concat(tables, ignore_index=True)[list(PUBLISHED_COLUMNS)]


def spearman(first: pd.Series, second: pd.Series) -> float:
    """Correlation of the ranks, ties at their average rank; NaN below three genes or without
    variation."""
    if len(first) < 3 or first.nunique() < 2 or second.nunique() < 2:
        return float("nan")
    return float(first.rank().corr(second.rank()))


def draw_published(table: pd.DataFrame) -> Figure:
    """A scatter of genes per cell line, with Spearman's correlation above it."""
    title = "Expression beside published values"
    if table.empty:
        return style.only_words(title, "No gene is in both tables.")
    lines = list(dict.fromkeys(table["cell_line"]))
    figure, axes = style.panels_of_lines(len(lines))
    for axis, line in zip(axes, lines, strict=True):
        own = table[table["cell_line"] == line]
        rho = own["spearman"].iloc[0]
        value = f"Spearman {rho:.3f}" if np.isfinite(rho) else "Spearman not defined"
        style.title(axis, line, f"n = {len(own):,} genes\n{value}")
        axis.scatter(
            own["published"], own["expression"], s=3, linewidths=0, alpha=0.3, color=style.BLUE,
            rasterized=True,
        )  # fmt: skip
    style.label_outside(axes, f"Published,\n{UNIT}", f"Here,\n{style.EXPRESSION_UNIT}")
    return figure
