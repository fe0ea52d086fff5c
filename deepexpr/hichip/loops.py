"""From pooled contacts to called loops: what a caller makes of them, and the verdict."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from deepexpr.hichip.bedpe import is_cis
from deepexpr.hichip.callers import Calls, find_caller
from deepexpr.hichip.places import anchor_gap, midpoint_distance, number_anchors
from deepexpr.hichip.quality import judge
from deepexpr.hichip.sections import CutoffSection
from deepexpr.schemas import LOOP_QC, LOOPS
from deepexpr.settings import Section

logger = logging.getLogger(__name__)

#: Share of anchors with fewer reads than PETs that is sound: programs that count reads otherwise
#: than contacts have a few.
FEWER = 0.01
#: Rows of the table that are made at a time.
ROWS = 1 << 18


@dataclass(frozen=True)
class LoopCalls:
    """contacts : as they were judged. calls : what the caller made of them. loop : (s,) bool;
    depth1, depth2 : (s,) reads of their anchors. reason : why there are no loops or nothing to
    learn from, or ""."""

    contacts: pd.DataFrame
    calls: Calls
    loop: np.ndarray
    depth1: np.ndarray
    depth2: np.ndarray
    reason: str

    @property
    def quality(self) -> dict[str, Any]:
        """The caller's own metrics."""
        return self.calls.quality

    @property
    def table(self) -> pd.DataFrame:
        """DataFrame[schemas.LOOPS], one row per contact, in their order, and behind its columns
        those of the caller."""
        return self.rows(np.arange(len(self.loop)))

    @property
    def loops(self) -> pd.DataFrame:
        """The rows of the table that are loops."""
        return self.rows(np.flatnonzero(self.loop))

    def parts(self) -> Iterator[pd.DataFrame]:
        """The table some rows at a time: whole, it takes several times the contacts' memory."""
        for begin in range(0, max(len(self.loop), 1), ROWS):
            yield self.rows(np.arange(begin, min(begin + ROWS, len(self.loop))))

    def rows(self, rows: np.ndarray) -> pd.DataFrame:
        """The table's rows at these places."""
        contacts, confidence = self.contacts.iloc[rows], self.calls.confidence[rows]
        own = {name: values[rows] for name, values in self.calls.columns.items()}
        table = contacts.assign(
            name=pd.array([f"contact_{i + 1}" for i in rows], dtype="str"),
            score=np.round(1000 * confidence).astype(np.int64),
            strand1=".",
            strand2=".",
            confidence=confidence,
            depth1=self.depth1[rows],
            depth2=self.depth2[rows],
            distance=midpoint_distance(contacts),
            loop=self.loop[rows].astype(np.int64),
            **own,
        )
        return table[[*LOOPS, *own]]


def call_loops(
    contacts: pd.DataFrame,
    depth: pd.DataFrame,
    settings: Section,
    seed: int,
    cutoff: float = CutoffSection().confidence,
    caller: str = "origami",
) -> LoopCalls:
    """Let a caller judge the contacts, and say which are loops (docs/method.md, 2.5).

    Parameters
    ----------
    contacts : DataFrame[schemas.CONTACTS], from :func:`deepexpr.hichip.bedpe.pool_contacts`.
    depth : DataFrame[schemas.DEPTH]; every anchor of a contact must be in it.
    settings : of the caller's own class.
    cutoff : a loop has a confidence above it, lies on one chromosome, and its anchors do not
        touch.
    """
    anchor1, anchor2, reads = number_anchors(contacts, depth)
    _warn_of_foreign_depth(contacts, (anchor1, anchor2), reads)
    depth1, depth2 = reads[anchor1], reads[anchor2]
    del anchor1, anchor2  # callers take as much again
    calls = find_caller(caller).call(contacts, depth, settings, seed)
    gap = anchor_gap(contacts)
    # Fixed bins of one contact are adjacent, and overlapping peaks are nearer still, at gap 0.
    loop = (calls.confidence > cutoff) & (gap > 0)
    reason = _explain(calls, gap, cutoff, loop)
    return LoopCalls(contacts, calls, loop, depth1, depth2, reason)


def _warn_of_foreign_depth(
    contacts: pd.DataFrame, anchors: tuple[np.ndarray, np.ndarray], reads: np.ndarray
) -> None:
    """An anchor's reads are those of its contacts and more: fewer, in many anchors, are another
    sample's."""
    pets = sum(np.bincount(own, weights=contacts["count"], minlength=len(reads)) for own in anchors)
    fewer = int((reads < pets).sum())
    if fewer > FEWER * len(reads):
        logger.warning(
            "%d of %d anchors have fewer reads than PETs in contacts: is the depth that of other "
            "samples, or of fewer, than the contacts?", fewer, len(reads),
        )  # fmt: skip


def quality_table(calls: LoopCalls) -> pd.DataFrame:
    """DataFrame[schemas.LOOP_QC]: contacts, loops, the caller's own metrics, reason."""
    rows = {
        "contacts": len(calls.contacts),
        "contacts_trans": int((~is_cis(calls.contacts)).sum()),
        "loops": int(calls.loop.sum()),
        **calls.quality,
        "reason": calls.reason or "none",
    }
    table = pd.DataFrame({"metric": list(rows), "value": [str(v) for v in rows.values()]})
    return judge(table)[list(LOOP_QC)]


def _explain(result: Calls, gap: np.ndarray, cutoff: float, loop: np.ndarray) -> str:
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
