"""Where contacts lie: the numbers of their anchors, gaps and distances."""

import numpy as np
import pandas as pd

from deepexpr.errors import InputError
from deepexpr.hichip.bedpe import ANCHOR1, ANCHOR2, is_cis
from deepexpr.schemas import DEPTH


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
    return np.where(is_cis(contacts), np.maximum(gap, 0), -1).astype(np.int64)


def midpoint_distance(contacts: pd.DataFrame) -> np.ndarray:
    """(s,) int64 bp between the midpoints of the anchors, rounded down; -1 for trans."""
    twice = contacts["start2"] + contacts["end2"] - contacts["start1"] - contacts["end1"]
    return np.where(is_cis(contacts), np.abs(twice) // 2, -1).astype(np.int64)
