"""Loop signal of a cell line: counts made comparable between samples, then averaged.

docs/method.md, 2.6: n~_ij = n_ij / N_i * min_i N_i; signal = log2(1 + mean over replicates of n~).
"""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from deepexpr.errors import InputError
from deepexpr.files import read
from deepexpr.hichip.bedpe import ANCHORS, order_anchors
from deepexpr.hichip.replicates import warn_of_equal
from deepexpr.hichip.sections import SignalSection
from deepexpr.schemas import CONTACTS, QC, SIGNAL

logger = logging.getLogger(__name__)

#: What became of the mates: where they came as .pairs, the middle ones are equal and the last 0.
_OF_MATES = ("read_pairs", "r1_unique", "r2_unique", "both_unique", "r1_multiple", "r2_multiple")


def read_totals(path: str | Path, metric: str = SignalSection().total_metric) -> dict[str, float]:
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
    if metric == _OF_MATES[0]:
        _warn_of_mixed(table, path)
    return dict(zip(rows["sample"], values.astype(float), strict=True))


def _warn_of_mixed(table: pd.DataFrame, path: str | Path) -> None:
    """Samples that entered as .pairs, of which no read is lost, beside others that count all."""
    wide = table.drop_duplicates(["sample", "metric"]).pivot(
        index="sample", columns="metric", values="value"
    )
    if not set(_OF_MATES) <= set(wide.columns):
        return
    counts = wide[[*_OF_MATES]].apply(pd.to_numeric, errors="coerce")
    total, *same, first, second = (counts[name] for name in _OF_MATES)
    late = (first + second == 0) & (total > 0)
    for each in same:
        late &= each == same[0]
    if late.any() and not late.all():
        logger.warning(
            "%s: %s of %s came as pairs, which does not say how many were sequenced, as it does of "
            "%s: their counts are not comparable; use valid_pairs (--total-metric) for all",
            path, _OF_MATES[0], ", ".join(wide.index[late]), ", ".join(wide.index[~late]),
        )  # fmt: skip


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
    counts = count_samples(table, contacts)
    scaled = [n / totals[s] * smallest for s, n in counts.items()]
    table["normalised"] = np.mean(scaled, axis=0) if len(table) else np.zeros(0)
    table["signal"] = np.log2(1 + table["normalised"])
    table = table[list(SIGNAL)]
    return table.assign(**{f"count.{s}": n for s, n in counts.items()})


def joined_signal(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The loops of several targets of one cell line, each once, their normalised counts added up.

    tables : DataFrame[schemas.SIGNAL] each, further columns ``count.{sample}`` of samples of its
    own. Returns the same columns, and the counts of all samples (0 where one was not called for).
    """
    joined = pd.concat(tables, ignore_index=True)
    counts = [column for column in joined.columns if column.startswith("count.")]
    joined = joined.fillna(dict.fromkeys(counts, 0))
    added = joined.groupby(ANCHORS, as_index=False)[["normalised", *counts]].sum()
    added = added.astype(dict.fromkeys(counts, np.int64))
    added["signal"] = np.log2(1 + added["normalised"])
    return added[[*SIGNAL, *counts]]


def count_samples(
    loops: pd.DataFrame, contacts: Mapping[str, pd.DataFrame]
) -> dict[str, np.ndarray]:
    """(loops,) int64 PETs of each loop by sample; warns of samples that are one library.

    loops : anchor columns. contacts : sample -> DataFrame[schemas.CONTACTS].
    """
    counts = {sample: count_loops(loops, own, sample) for sample, own in contacts.items()}
    warn_of_equal({sample: [own] for sample, own in counts.items()}, "loops")
    return counts


def count_loops(loops: pd.DataFrame, contacts: pd.DataFrame, sample: str) -> np.ndarray:
    """(loops,) int64 PETs of each loop in one sample, 0 where it has none."""
    text = {"chromosome1": str, "chromosome2": str}
    known = contacts[list(CONTACTS)].astype(text)
    found = loops.astype(text).merge(known, on=ANCHORS, how="left")["count"]
    logger.info("%s: %d of %d loops have PETs", sample, int(found.notna().sum()), len(loops))
    if len(loops) and len(contacts) and found.isna().all():
        logger.warning("%s: no loop has PETs; are these its contacts, on the same anchors?", sample)
    return found.fillna(0).to_numpy(np.int64)
