"""Loops that differ between two cell lines with replicates, and what their genes do.

The union of both lines' loops is counted in every replicate and tested by
:mod:`deepexpr.hichip.negative_binomial`; beside each loop stands the change of expression of the
genes whose promoters its anchors overlap.
"""

import logging
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from deepexpr.hichip.bedpe import ANCHORS
from deepexpr.hichip.coverage import false_discovery
from deepexpr.hichip.negative_binomial import compare_groups
from deepexpr.hichip.signal import count_samples
from deepexpr.schemas import DIFFERENTIAL

logger = logging.getLogger(__name__)

#: bp around a TSS that an anchor must overlap, as where loops are binned (docs/method.md, 2.7).
PROMOTER_WINDOW = 5000


def differential_loops(
    loops: Sequence[pd.DataFrame],
    contacts: Mapping[str, pd.DataFrame],
    second: Sequence[str],
) -> pd.DataFrame:
    """The tested columns of schemas.DIFFERENTIAL, one row per loop of either cell line.

    loops : anchor columns of both lines' loops. contacts : sample -> DataFrame[schemas.CONTACTS].
    second : samples of the second line; all others are of the first. Raises InputError unless both
    lines have two samples. Without loops, or with a sample that has no PET in any of them, nothing
    is tested, and the log says so.
    """
    union = pd.concat([table[ANCHORS] for table in loops], ignore_index=True)
    union = union.drop_duplicates().sort_values(ANCHORS, ignore_index=True)
    group = np.array([sample in set(second) for sample in contacts])
    counts = np.stack([*count_samples(union, contacts).values()], axis=1)
    empty = [name for name, total in zip(contacts, counts.sum(axis=0), strict=True) if not total]
    if empty:
        logger.warning(
            "%s: no PET in any of %d loops; nothing is tested", ", ".join(empty), len(union)
        )
        nothing = dict.fromkeys(("mean", "log2_change", "error", "p_value", "q_value"), np.nan)
        return union.assign(**nothing)
    test = compare_groups(counts, group)
    tested = np.isfinite(test.p)
    q = np.full(len(union), np.nan)
    q[tested] = false_discovery(test.p[tested], int(tested.sum()))
    logger.info(
        "%d loops of either line, %d tested, %d differ at a false discovery rate of 0.1",
        len(union), tested.sum(), (q[tested] < 0.1).sum(),
    )  # fmt: skip
    return union.assign(
        mean=test.mean, log2_change=test.log2_change, error=test.error, p_value=test.p, q_value=q
    )


def add_expression(table: pd.DataFrame, genes: pd.DataFrame, change: pd.Series) -> pd.DataFrame:
    """DataFrame[schemas.DIFFERENTIAL]: `table` with the genes at its loops and their mean change.

    genes : DataFrame[schemas.GENES]. change : gene -> log10 expression of the second cell line over
    the first; genes without a value are left out.
    """
    known = genes[genes["gene"].isin(change.dropna().index)]
    left = known["tss"].to_numpy(np.int64) - PROMOTER_WINDOW // 2
    chromosome, names = known["chromosome"].to_numpy(str), known["gene"].to_numpy(str)
    found: list[set[str]] = [set() for _ in range(len(table))]
    for side in ("1", "2"):
        own = table[f"chromosome{side}"].to_numpy(str)
        for name in np.unique(own):
            rows, here = np.flatnonzero(own == name), np.flatnonzero(chromosome == name)
            here = here[np.argsort(left[here], kind="stable")]
            starts = left[here]
            begin = table[f"start{side}"].to_numpy(np.int64)[rows] - PROMOTER_WINDOW
            end = table[f"end{side}"].to_numpy(np.int64)[rows]
            low, high = (
                np.searchsorted(starts, begin, "right"),
                np.searchsorted(starts, end, "left"),
            )
            for row, a, b in zip(rows, low, high, strict=True):
                found[row].update(names[here[a:b]])
    ordered = [sorted(own) for own in found]
    means = [float(change[own].mean()) if own else np.nan for own in ordered]
    texts = [",".join(own) if own else np.nan for own in ordered]
    return table.assign(genes=texts, expression_change=means)[list(DIFFERENTIAL)]
