"""What loops say of a gene beyond sums of bins: anchors near it, its partners, and their genes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

#: A gene is at an anchor within this of its TSS (bp), as where loops are binned.
NEAR = 2500
#: Anchors are counted within these distances of the TSS (bp).
WITHIN = (10e3, 25e3, 50e3, 100e3, 250e3, 1e6)
#: Distances (bp) at which a partner counts half.
HALF = (20e3, 100e3, 300e3)
#: Where there is no anchor.
FAR = 1e7


@dataclass(frozen=True, eq=False)
class Anchors:
    """Distinct anchors of one chromosome. start, end : (a,). partners : (a,) arrays of numbers.

    degree : (a,) loops of each. spans : (l, 2) middles of both anchors of each loop, ascending.
    """

    start: np.ndarray
    end: np.ndarray
    partners: list[np.ndarray]
    degree: np.ndarray
    spans: np.ndarray


def anchors_of(loops: pd.DataFrame) -> Anchors:
    """Of loops within one chromosome."""
    sides = [loops[[f"start{i}", f"end{i}"]].to_numpy(np.int64) for i in (1, 2)]
    places, number = np.unique(np.concatenate(sides), axis=0, return_inverse=True)
    first, second = number.reshape(2, -1)
    partners: list[set[int]] = [set() for _ in places]
    for a, b in zip(first, second, strict=True):
        if a != b:
            partners[a].add(b)
            partners[b].add(a)
    return Anchors(
        places[:, 0], places[:, 1], [np.array(sorted(p), int) for p in partners],
        np.bincount(number.ravel(), minlength=len(places)),
        np.sort(places.sum(axis=1)[number.reshape(2, -1)] // 2, axis=0).T,
    )  # fmt: skip


def anchor_features(genes: pd.DataFrame, loops: pd.DataFrame, score: np.ndarray) -> np.ndarray:
    """(n, p) float32, of genes (chromosome, tss, strand) by loops within chromosomes.

    score : (n,) sequence scores; those of genes at a gene's partners are among the features, so
    left-out ones, or of held-out genes.
    """
    result = [np.zeros(0)] * len(genes)
    chromosome, tss = genes["chromosome"].to_numpy(), genes["tss"].to_numpy(np.int64)
    forward, lowest = (genes["strand"] == "+").to_numpy(), float(score.mean())
    for name in np.unique(chromosome):
        rows = np.flatnonzero(chromosome == name)
        anchors = anchors_of(loops[loops["chromosome1"] == name])
        at = [
            rows[(tss[rows] >= s - NEAR) & (tss[rows] <= e + NEAR)]
            for s, e in zip(anchors.start, anchors.end, strict=True)
        ]
        for row in rows:
            place = _of_place(anchors, tss[row], forward[row])
            partners = _of_partners(anchors, tss[row], at, row, score, lowest)
            result[row] = np.array(place + partners)
    return np.vstack(result).astype(np.float32)


def _distance(anchors: Anchors, tss: int) -> np.ndarray:
    return np.maximum(np.maximum(anchors.start - tss, tss - anchors.end), 0)


def _of_place(anchors: Anchors, tss: int, forward: bool) -> list[float]:
    """Anchors at and around the TSS, and loops that span it."""
    distance, width = _distance(anchors, tss), anchors.end - anchors.start
    near = distance <= NEAR
    found = [np.log10(1 + distance.min(initial=FAR)), (distance == 0).any(), near.sum()]
    found += [np.log1p(x[near].max(initial=0)) for x in (width, anchors.degree)]
    for reach in WITHIN:
        inside = distance <= reach
        found += [np.log1p(inside.sum()), np.log1p(width[inside].sum())]
    ahead = ((anchors.start + anchors.end) // 2 - tss) * (1 if forward else -1)
    for side in (ahead[ahead > 0], -ahead[ahead <= 0]):
        found.append(np.log10(1000 + side.min(initial=FAR)))
    over = (anchors.spans[:, 0] < tss) & (anchors.spans[:, 1] > tss)
    short = np.diff(anchors.spans, axis=1)[:, 0] < 200_000
    return [*found, np.log1p(over.sum()), np.log1p((over & short).sum())]


def _of_partners(anchors, tss, at, row, score, lowest: float) -> list[float]:
    """The anchors that loops join to the gene's own, and the genes there."""
    own = np.flatnonzero(_distance(anchors, tss) <= NEAR)
    partners = np.unique(np.concatenate([np.zeros(0, int), *(anchors.partners[a] for a in own)]))
    width = (anchors.end - anchors.start)[partners]
    degree = anchors.degree[partners]
    distance = np.abs((anchors.start + anchors.end)[partners] // 2 - tss)
    found = [len(partners), np.log1p(width.sum()), np.log1p(width.max(initial=0))]
    found += [np.log1p(degree.sum()), np.log1p(degree.max(initial=0))]
    found += [(1 / (1 + distance / half)).sum() for half in HALF]
    found += [np.log1p((width / 1000 / (1 + distance / half)).sum()) for half in HALF[:2]]
    second = np.concatenate([np.zeros(0, int), *(anchors.partners[a] for a in partners)])
    found.append(np.log1p(len(set(second) - set(partners) - set(own))))
    empty = sum(len(at[a]) == 0 for a in partners)
    there, here = (
        np.setdiff1d(np.concatenate([np.zeros(0, int), *(at[a] for a in group)]), [row])
        for group in (partners, own)
    )
    best = [score[g].max(initial=lowest - 2) for g in (there, here)]
    return [*found, len(there), empty, best[0], (score[there] - lowest).sum(), len(here), best[1]]
