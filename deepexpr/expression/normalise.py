"""From counts to the value that is predicted (docs/method.md, section 1).

Mean over the replicates of a cell line, log10(count + 0.1), quantile normalisation across the
cell lines of an assembly; +1 or -1 by the median over protein-coding genes.
"""

import logging
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from deepexpr.expression.sections import ExpressionSection
from deepexpr.schemas import EXPRESSION_KEY

log = logging.getLogger(__name__)

#: Added to counts before the logarithm (paper).
PSEUDOCOUNT = ExpressionSection().pseudocount


def expression_table(
    counts: pd.DataFrame,
    replicates: Mapping[str, Sequence[str]],
    pseudocount: float = PSEUDOCOUNT,
    normalisation: str = "quantile",
) -> pd.DataFrame:
    """Column gene, then one per cell line: log10(mean count + pseudocount), normalised.

    counts : column gene, then one per sample. replicates : the samples of each cell line.
    """
    means = {line: counts[list(names)].mean(axis=1) for line, names in replicates.items()}
    values = np.log10(pd.DataFrame(means) + pseudocount)
    if normalisation == "quantile":
        if len(means) == 1:
            log.info("one cell line only: quantile normalisation changes nothing")
        values[:] = quantile_normalise(values.to_numpy())
    values.insert(0, EXPRESSION_KEY, counts["gene"].to_numpy())
    return values


def quantile_normalise(values: np.ndarray) -> np.ndarray:
    """Give the columns of float (n, columns) one distribution: the mean of the sorted columns.

    A value takes the mean distribution's value at its rank. Tied values share their average rank;
    a rank of x.5 lies midway between its neighbours.
    """
    reference = np.sort(values, axis=0).mean(axis=1)
    ranks = rankdata(values, method="average", axis=0)
    return np.interp(ranks, np.arange(1, len(values) + 1), reference)


def binary_labels(values: pd.Series, biotypes: pd.Series) -> pd.Series:
    """+1 (int8) where a value is at least the median over protein-coding genes, else -1.

    values, biotypes : by gene, on the same index. Where no gene is protein-coding, the median
    is taken over all.
    """
    coding = biotypes == "protein_coding"
    if not coding.any():
        log.warning("no gene is protein-coding: labels are by the median over all genes")
        coding |= True
    median = values[coding].median()
    labels = pd.Series(np.where(values >= median, 1, -1), index=values.index, dtype="int8")
    log.info(
        "median %.4g over %d protein-coding genes; %d genes above or equal, %d below",
        median, coding.sum(), (labels == 1).sum(), (labels == -1).sum(),
    )  # fmt: skip
    return labels
