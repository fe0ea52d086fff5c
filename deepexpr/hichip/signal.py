"""Loop signal of a cell line: counts made comparable between samples, then averaged.

Spec section 2.6: n~_ij = n_ij / N_i * min_i N_i; signal = log2(1 + mean over replicates of n~).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from deepexpr.errors import InputError
from deepexpr.files import read
from deepexpr.hichip.bedpe import ANCHORS, order_anchors
from deepexpr.schemas import CONTACTS, QC, SIGNAL

logger = logging.getLogger(__name__)

#: The row of the QC table that is a sample's N_i.
TOTAL_METRIC = "read_pairs"


def read_totals(path: str | Path, metric: str = TOTAL_METRIC) -> dict[str, float]:
    """Read N_i of every sample from a table of schemas.QC: the rows of one metric.

    Raises InputError where no sample has it, one has it twice, or it is not above 0.
    """
    table = read(QC[:3], path)
    rows = table[table["metric"] == metric]
    if rows.empty:
        raise InputError(
            f"No sample has the metric {metric!r}.",
            where=str(path),
            expected=f"one row per sample with metric {metric}",
            found=", ".join(sorted(set(table["metric"].astype(str)))),
            fix="Give --total-metric one of the metrics found.",
        )
    values = pd.to_numeric(rows["value"], errors="coerce")
    bad = rows[rows["sample"].duplicated(keep=False) | ~(values > 0)]
    if not bad.empty:
        raise InputError(
            f"{metric} is repeated or not above 0 for {', '.join(sorted(set(bad['sample'])))}.",
            where=str(path),
            expected="one number above 0 per sample",
        )
    return dict(zip(rows["sample"], values.astype(float), strict=True))


def read_called_loops(path: str | Path) -> pd.DataFrame:
    """Read the anchors of the called loops from a BEDPE with a header.

    Where there is a column `loop` only its rows with 1 count. Returns the six anchor columns, the
    smaller anchor first, as those of contacts are.
    """
    table = read(CONTACTS[:6], path)
    kept = table[table["loop"] == 1] if "loop" in table.columns else table
    logger.info("%s: %d rows in, %d loops kept", path, len(table), len(kept))
    kinds = {"chromosome1": "category", "chromosome2": "category"}
    kept = order_anchors(kept[ANCHORS].astype(kinds)).astype(dict.fromkeys(kinds, str))
    if kept.duplicated().any():
        raise InputError("A loop is listed twice.", where=str(path), fix="Remove the repeats.")
    return kept.reset_index(drop=True)


def loop_signal(
    loops: pd.DataFrame, contacts: Mapping[str, pd.DataFrame], totals: Mapping[str, float]
) -> pd.DataFrame:
    """Normalised counts and signal of the loops of one cell line.

    Parameters
    ----------
    loops : the six anchor columns, one row per loop.
    contacts : sample -> DataFrame[schemas.CONTACTS], the replicates of this cell line.
    totals : sample -> N_i for *all* samples that are compared; the smallest is the common scale.

    Returns
    -------
    DataFrame[schemas.SIGNAL] and one int64 column ``count.{sample}`` (0 where the replicate has
    no such contact), rows as in `loops`.
    """
    missing = [s for s in contacts if s not in totals]
    if missing:
        raise InputError(
            f"No total for the sample(s) {', '.join(missing)}.",
            where="totals",
            expected="a row for every sample given as contacts",
            found=", ".join(totals) or "none",
            fix="Use the same sample names in --contacts and in the totals.",
        )
    smallest = min(totals.values())
    table = loops[ANCHORS].reset_index(drop=True)
    counts = {s: _look_up(table, c, s) for s, c in contacts.items()}
    scaled = [n / totals[s] * smallest for s, n in counts.items()]
    table["normalised"] = np.mean(scaled, axis=0) if len(table) else np.zeros(0)
    table["signal"] = np.log2(1 + table["normalised"])
    table = table[list(SIGNAL)]
    return table.assign(**{f"count.{s}": n for s, n in counts.items()})


def _look_up(loops: pd.DataFrame, contacts: pd.DataFrame, sample: str) -> np.ndarray:
    """(loops,) int64 PETs of each loop in one sample."""
    text = {"chromosome1": str, "chromosome2": str}
    known = contacts[list(CONTACTS)].astype(text)
    found = loops.astype(text).merge(known, on=ANCHORS, how="left")["count"]
    logger.info("%s: %d of %d loops have PETs", sample, int(found.notna().sum()), len(loops))
    if len(loops) and len(contacts) and found.isna().all():
        logger.warning("%s: no loop has PETs; are these its contacts, on the same anchors?", sample)
    return found.fillna(0).to_numpy(np.int64)
