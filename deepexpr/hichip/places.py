"""Where contacts lie: the numbers of their anchors, gaps and distances."""

import numpy as np
import pandas as pd

from deepexpr.errors import InputError
from deepexpr.hichip.bedpe import ANCHOR1, ANCHOR2, is_cis
from deepexpr.schemas import DEPTH

#: Anchors that are looked up at a time.
ROWS = 1 << 20


def number_anchors(
    contacts: pd.DataFrame, depth: pd.DataFrame
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Number the anchors: rows of `depth` for anchor 1 and 2 of each contact, and the reads.

    Returns (s,) int64, (s,) int64, (a,) int64. Raises InputError for anchors without a depth.
    """
    known = _Places(depth)
    numbers = []
    for columns in (ANCHOR1, ANCHOR2):
        found = known.find(contacts[columns])
        if (found < 0).any():
            row = int(np.flatnonzero(found < 0)[0])
            chromosome, start, end = contacts[columns].iloc[row]
            raise InputError(
                f"{int((found < 0).sum())} contact(s) have an anchor without a depth.",
                where="depth",
                expected="one row for every anchor of the contacts, with the same coordinates",
                found=f"no row for {chromosome}:{start}-{end}",
                fix="Take contacts and depth from the same run, with the same anchors.",
            )
        numbers.append(found)
    return numbers[0], numbers[1], depth["reads"].to_numpy(np.int64)


class _Places:
    """Rows of a table of anchors by their coordinates, looked up some at a time: what is in memory
    for that does not grow with the number of those looked up."""

    def __init__(self, depth: pd.DataFrame) -> None:
        chromosome = depth[DEPTH[0]].astype(str)
        self._code = {name: code for code, name in enumerate(dict.fromkeys(chromosome))}
        starts = _joint(chromosome.map(self._code).to_numpy(np.int64), depth[DEPTH[1]])
        self._starts, label = np.unique(starts, return_inverse=True)
        ends = _joint(label, depth[DEPTH[2]])
        self._row = np.argsort(ends, kind="stable")
        self._ends = ends[self._row]

    def find(self, anchors: pd.DataFrame) -> np.ndarray:
        """(s,) int64 rows of chromosome, start and end; -1 where there is none."""
        rows = np.full(len(anchors), -1, np.int64)
        for begin in range(0, len(anchors) if len(self._row) else 0, ROWS):
            part = anchors.iloc[begin : begin + ROWS]
            own, start, end = (part[name] for name in part.columns)
            code = own.astype(str).map(self._code).fillna(-1).to_numpy(np.int64)
            label, known = _among(self._starts, _joint(code, start))
            place, also = _among(self._ends, _joint(label, end))
            rows[begin : begin + ROWS] = np.where(known & also, self._row[place], -1)
        return rows


def _joint(label: np.ndarray, position: pd.Series) -> np.ndarray:
    """One number for a label and a position below 2^32."""
    return (label << 32) + position.to_numpy(np.int64)


def _among(ordered: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Places of `values` in an ordered array that is not empty, and whether they are there."""
    place = np.minimum(np.searchsorted(ordered, values), len(ordered) - 1)
    return place, ordered[place] == values


def anchor_gap(contacts: pd.DataFrame) -> np.ndarray:
    """(s,) int64 bp between the nearest ends of the anchors, the model's distance; -1 for trans.

    0 for anchors that touch or overlap. The original program measures distances so, too.
    """
    gap = np.maximum(contacts["start1"], contacts["start2"]) - np.minimum(
        contacts["end1"], contacts["end2"]
    )
    return np.where(is_cis(contacts), np.maximum(gap, 0), -1).astype(np.int64)


def midpoint_distance(contacts: pd.DataFrame) -> np.ndarray:
    """(s,) int64 bp between the midpoints of the anchors, rounded down; -1 for trans."""
    twice = np.zeros(len(contacts), np.int64)
    for side, sign in (("2", 1), ("1", -1)):
        for end in ("start", "end"):
            twice += sign * contacts[f"{end}{side}"].to_numpy(np.int64)
    return np.where(is_cis(contacts), np.abs(twice) // 2, -1)
