"""Aggregate peak analysis: the mean contact map around loops, beside matched controls.

After Rao et al., Cell 159:1665 (2014). A called loop is a pixel of the contact map; the mean of the
maps around many of them shows a bright middle where they are loops, and a slope alone where they
are nothing but near. Controls are pixels of the same distances at random places of the same
chromosomes.
"""

import logging
from typing import NamedTuple

import numpy as np
import pandas as pd

from deepexpr.hichip.places import is_cis

logger = logging.getLogger(__name__)

#: Bins to either side of the loop; loops nearer than twice that would show the diagonal.
HALF = 10
#: Controls for each loop, and loops that are averaged at most.
CONTROLS, MOST = 5, 5000
#: Bins of a corner square (Rao et al. compare the middle with corners).
CORNER = 5


class Aggregate(NamedTuple):
    """loops, controls : (2 HALF + 1, 2 HALF + 1) float64 mean PETs, rows the left anchor's bins.
    number : loops that are averaged. reason : why there are none, or ""."""

    loops: np.ndarray
    controls: np.ndarray
    number: int
    reason: str

    @property
    def score(self) -> float:
        """The middle over the mean of the corner that is nearest to the diagonal; NaN if empty."""
        corner = self.loops[-CORNER:, :CORNER].mean()
        return float(self.loops[HALF, HALF] / corner) if corner > 0 else float("nan")


def aggregate(contacts: pd.DataFrame, loop: np.ndarray, seed: int) -> Aggregate:
    """The mean maps of the contacts that are loops.

    contacts : the anchor columns and `count`, pooled over replicates; anchors are bins of one size.
    loop : (s,) bool, which of them are loops.
    """
    size = int((contacts["end1"] - contacts["start1"]).median()) if len(contacts) else 0
    starts = contacts[["start1", "start2"]].to_numpy(np.int64)
    if size and (starts % size).any():
        return _nothing("anchors are peaks, not bins of one size")
    cis = is_cis(contacts)
    chromosome = contacts["chromosome1"].astype("category").cat.codes.to_numpy(np.int64)[cis]
    first, second = (starts[cis] // max(size, 1)).T
    number = int(second.max()) + 1 if len(second) else 0
    pixels = (chromosome * number + first) * number + second
    order = np.argsort(pixels)
    keys = pixels[order]
    counts = contacts["count"].to_numpy(float)[cis][order]
    bins = np.zeros(chromosome.max() + 1 if len(chromosome) else 0, np.int64)
    np.maximum.at(bins, chromosome, second + 1)
    wide = (second - first > 2 * HALF) & (first >= HALF) & (second + HALF < bins[chromosome])
    chosen = np.flatnonzero(loop[cis] & wide)
    if not len(chosen):
        return _nothing(f"no loop is farther than {2 * HALF} bins")
    rng = np.random.default_rng(seed)
    if len(chosen) > MOST:
        chosen = np.sort(rng.choice(chosen, MOST, replace=False))
    logger.info("%d of %d loops averaged", len(chosen), int(loop.sum()))

    def mean_map(own: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        around = np.arange(-HALF, HALF + 1)
        result = np.zeros((len(around), len(around)))
        for i, down in enumerate(around):
            wanted = (own * number + left + down) * number + right
            wanted = wanted[:, None] + around
            at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
            result[i] = np.where(keys[at] == wanted, counts[at], 0.0).mean(axis=0)
        return result

    own, left, right = chromosome[chosen], first[chosen], second[chosen]
    loops = mean_map(own, left, right)
    controls = []
    for _ in range(CONTROLS):
        room = bins[own] - HALF - (right - left) - HALF
        place = HALF + (rng.random(len(own)) * room).astype(np.int64)
        controls.append(mean_map(own, place, place + right - left))
    return Aggregate(loops, np.mean(controls, axis=0), len(chosen), "")


def _nothing(reason: str) -> Aggregate:
    empty = np.zeros((2 * HALF + 1, 2 * HALF + 1))
    return Aggregate(empty, empty, 0, reason)
