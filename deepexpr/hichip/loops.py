"""From pooled contacts to called loops: anchors matched with depths, the model, the verdict."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
import pandas as pd

from deepexpr.errors import InputError
from deepexpr.hichip.bedpe import ANCHOR1, ANCHOR2
from deepexpr.hichip.origami import OrigamiResult, OrigamiSettings, fit_origami, prior_parameters
from deepexpr.hichip.quality import judge
from deepexpr.schemas import DEPTH, LOOP_QC, LOOPS

logger = logging.getLogger(__name__)

#: A contact is a loop above this confidence (spec section 2.5).
CONFIDENCE = 0.9


@dataclass(frozen=True)
class LoopCalls:
    """table : DataFrame[schemas.LOOPS], one row per contact, in the order of the contacts.
    result : the model's. reason : why there are no loops or nothing to learn from, or ""."""

    table: pd.DataFrame
    result: OrigamiResult
    reason: str


def call_loops(
    contacts: pd.DataFrame,
    depth: pd.DataFrame,
    settings: OrigamiSettings,
    seed: int,
    cutoff: float = CONFIDENCE,
) -> LoopCalls:
    """Run the loop model on contacts and call the loops (spec section 2.5).

    Parameters
    ----------
    contacts : DataFrame[schemas.CONTACTS], from :func:`deepexpr.hichip.bedpe.pool_contacts`.
    depth : DataFrame[schemas.DEPTH]; every anchor of a contact must be in it.
    cutoff : a loop has a confidence above it, lies on one chromosome, and its anchors do not
        touch.
    """
    if not 0 <= cutoff < 1:
        raise InputError(
            "The confidence cut-off is out of range.",
            where="confidence",
            expected="at least 0 and below 1",
            found=str(cutoff),
        )
    anchor1, anchor2, reads = number_anchors(contacts, depth)
    count = contacts["count"].to_numpy(np.int64)
    gap = anchor_gap(contacts)
    depth1, depth2 = reads[anchor1], reads[anchor2]
    if len(contacts):
        alpha, beta = prior_parameters(anchor1, anchor2, count, depth1, depth2, settings.mode)
    else:
        alpha = beta = np.zeros(0)
    result = fit_origami(count, gap, alpha, beta, settings, seed)
    # Fixed bins of one contact are adjacent, and overlapping peaks are nearer still, at gap 0.
    loop = (result.confidence > cutoff) & (gap > 0)
    table = contacts.assign(
        name=[f"contact_{i}" for i in range(1, len(contacts) + 1)],
        score=np.round(1000 * result.confidence).astype(np.int64),
        strand1=".",
        strand2=".",
        confidence=result.confidence,
        depth1=depth1,
        depth2=depth2,
        distance=midpoint_distance(contacts),
        loop=loop.astype(np.int64),
    )[list(LOOPS)]
    reason = _explain(result, gap, cutoff, loop)
    return LoopCalls(table=table, result=result, reason=reason)


def quality_table(calls: LoopCalls) -> pd.DataFrame:
    """DataFrame[schemas.LOOP_QC]: contacts, loops, lambda0, lambda1, R-hats, reason."""
    table, result = calls.table, calls.result
    rows = {
        "contacts": len(table),
        "contacts_trans": int((table["distance"] < 0).sum()),
        "loops": int(table["loop"].sum()),
        "lambda0": f"{result.rates[0]:.6g}",
        "lambda1": f"{result.rates[1]:.6g}",
        "chains": len(result.trace),
        "kept_iterations": result.kept,
        "rhat_lambda0": f"{result.rhat[0]:.4f}",
        "rhat_lambda1": f"{result.rhat[1]:.4f}",
        "rhat_confidence_max": f"{result.rhat[2]:.4f}",
        "reason": calls.reason or "none",
    }
    table = pd.DataFrame({"metric": list(rows), "value": [str(v) for v in rows.values()]})
    return judge(table)[list(LOOP_QC)]


def number_anchors(
    contacts: pd.DataFrame, depth: pd.DataFrame
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Number the anchors: rows of `depth` for anchor 1 and 2 of each contact, and the reads.

    Returns (s,) int64, (s,) int64, (a,) int64. Raises InputError for anchors without a depth.
    """
    keys = list(DEPTH[:3])
    known = depth.astype({"chromosome": str}).assign(number=np.arange(len(depth)))
    numbers = []
    for columns in (ANCHOR1, ANCHOR2):
        wanted = contacts[columns].set_axis(keys, axis=1).astype({"chromosome": str})
        found = wanted.merge(known, on=keys, how="left")["number"].to_numpy(np.float64)
        if np.isnan(found).any():
            row = int(np.flatnonzero(np.isnan(found))[0])
            chromosome, start, end = wanted.iloc[row]
            raise InputError(
                f"{int(np.isnan(found).sum())} contact(s) have an anchor without a depth.",
                where="depth",
                expected="one row for every anchor of the contacts, with the same coordinates",
                found=f"no row for {chromosome}:{start}-{end}",
                fix="Take contacts and depth from the same run, with the same anchors.",
            )
        numbers.append(found.astype(np.int64))
    return numbers[0], numbers[1], depth["reads"].to_numpy(np.int64)


def anchor_gap(contacts: pd.DataFrame) -> np.ndarray:
    """(s,) int64 bp between the nearest ends of the anchors, the model's distance; -1 for trans.

    0 for anchors that touch or overlap. The original program measures distances so, too.
    """
    gap = np.maximum(contacts["start1"], contacts["start2"]) - np.minimum(
        contacts["end1"], contacts["end2"]
    )
    return np.where(_cis(contacts), np.maximum(gap, 0), -1).astype(np.int64)


def midpoint_distance(contacts: pd.DataFrame) -> np.ndarray:
    """(s,) int64 bp between the midpoints of the anchors, rounded down; -1 for trans."""
    twice = contacts["start2"] + contacts["end2"] - contacts["start1"] - contacts["end1"]
    return np.where(_cis(contacts), np.abs(twice) // 2, -1).astype(np.int64)


def _cis(contacts: pd.DataFrame) -> np.ndarray:
    first, second = contacts["chromosome1"].astype(str), contacts["chromosome2"].astype(str)
    return np.asarray(first) == np.asarray(second)


def _explain(result: OrigamiResult, gap: np.ndarray, cutoff: float, loop: np.ndarray) -> str:
    confident = result.confidence > cutoff
    logger.info(
        "%d contacts in, %d above confidence %g; of these %d trans and %d adjacent left out; "
        "%d loops",
        len(gap),
        int(confident.sum()),
        cutoff,
        int((confident & (gap < 0)).sum()),
        int((confident & (gap == 0)).sum()),
        int(loop.sum()),
    )
    reasons = [result.reason] if result.reason else []
    if len(gap) and not loop.any():
        highest = result.confidence.max()
        if confident.any():
            reasons.append(f"all contacts above confidence {cutoff:g} are trans or adjacent")
        else:
            reasons.append(
                f"no contact exceeds confidence {cutoff:g}; the highest is {highest:.3f}"
            )
        logger.warning("no loops: %s", "; ".join(reasons))
    return "; ".join(reasons)
