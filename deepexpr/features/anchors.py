"""What loops say of a gene beyond sums of bins: anchors near it, and the partners of its own.

A further input of networks (dataset.ANCHORS), which boosted trees read (docs/evidence.md).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

#: Anchors are counted within these distances of the TSS (bp).
WITHIN = (10e3, 25e3, 50e3, 100e3, 250e3, 1e6)
#: Distances (bp) at which a partner counts half.
HALF = (20e3, 100e3, 300e3)
#: Where there is no anchor (bp).
FAR = 1e7
#: Loops shorter than this (bp) that span a TSS are counted apart.
SHORT = 200_000

#: The columns of `anchor_features`; sums and numbers are log(1 + x), distances log10.
COLUMNS = (
    "nearest", "covered", "at_gene", "widest_at_gene", "most_loops_at_gene",
    *(f"{what}_within_{int(reach / 1000)}kb" for reach in WITHIN for what in ("anchors", "width")),
    "ahead", "behind", "spanning", "spanning_short",
    "partners", "partners_width", "partners_widest", "partners_loops", "partners_most_loops",
    *(f"partners_near_{int(half / 1000)}kb" for half in HALF),
    *(f"partners_width_near_{int(half / 1000)}kb" for half in HALF[:2]),
    "partners_of_partners", "genes_at_partners", "partners_without_gene", "genes_at_own",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Anchors:
    """Distinct anchors of one chromosome. start, end : (a,). partners : (a,) arrays of numbers.

    degree : (a,) loops of each. spans : (l, 2) middles of both anchors of each loop, ascending.
    genes : (a,) arrays of row numbers of the genes at each.
    """

    start: np.ndarray
    end: np.ndarray
    partners: list[np.ndarray]
    degree: np.ndarray
    spans: np.ndarray
    genes: list[np.ndarray]


def anchor_features(
    genes: pd.DataFrame, signal: pd.DataFrame, promoter_window: int = 5000
) -> np.ndarray:
    """(n, COLUMNS) float32, of genes (chromosome, tss 0-based, strand) in their order.

    signal : schemas.SIGNAL, each loop once; loops between chromosomes are left out, and counts are
    not looked at: `bins` holds them. A gene is at an anchor that overlaps the window of
    `promoter_window` bp around its TSS, as in features.bins. Genes at partners are counted among
    `genes`, so these should be all that there are.
    """
    result = np.zeros((len(genes), len(COLUMNS)), np.float32)
    chromosome, tss = genes["chromosome"].to_numpy(str), genes["tss"].to_numpy(np.int64)
    forward = (genes["strand"] == "+").to_numpy()
    first, second = (signal[f"chromosome{i}"].to_numpy(str) for i in (1, 2))
    for name in np.unique(chromosome):
        rows = np.flatnonzero(chromosome == name)
        loops = signal[(first == name) & (second == name)]
        near = promoter_window // 2
        anchors = anchors_of(loops, tss[rows], near)
        for row, place in enumerate(tss[rows]):
            partners = _of_partners(anchors, place, near, row)
            result[rows[row]] = _of_place(anchors, place, near, forward[rows[row]]) + partners
    return result


def anchors_of(loops: pd.DataFrame, tss: np.ndarray, near: int) -> Anchors:
    """Of loops within one chromosome, whose genes have these TSS; near: bp from a gene's TSS."""
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
        [np.flatnonzero((tss >= s - near) & (tss <= e + near)) for s, e in places],
    )  # fmt: skip


def _distance(anchors: Anchors, tss: int) -> np.ndarray:
    return np.maximum(np.maximum(anchors.start - tss, tss - anchors.end), 0)


def _of_place(anchors: Anchors, tss: int, near: int, forward: bool) -> list[float]:
    """Anchors at and around the TSS, and loops that span it."""
    distance, width = _distance(anchors, tss), anchors.end - anchors.start
    own = distance <= near
    found = [np.log10(1 + distance.min(initial=FAR)), (distance == 0).any(), own.sum()]
    found += [np.log1p(x[own].max(initial=0)) for x in (width, anchors.degree)]
    for reach in WITHIN:
        inside = distance <= reach
        found += [np.log1p(inside.sum()), np.log1p(width[inside].sum())]
    ahead = ((anchors.start + anchors.end) // 2 - tss) * (1 if forward else -1)
    for side in (ahead[ahead > 0], -ahead[ahead <= 0]):
        found.append(np.log10(1000 + side.min(initial=FAR)))
    over = (anchors.spans[:, 0] < tss) & (anchors.spans[:, 1] > tss)
    short = np.diff(anchors.spans, axis=1)[:, 0] < SHORT
    return [*found, np.log1p(over.sum()), np.log1p((over & short).sum())]


def _of_partners(anchors: Anchors, tss: int, near: int, row: int) -> list[float]:
    """The anchors that loops join to the gene's own, and the genes there."""
    own = np.flatnonzero(_distance(anchors, tss) <= near)
    partners = _joined(anchors.partners, own)
    width = (anchors.end - anchors.start)[partners]
    degree = anchors.degree[partners]
    distance = np.abs((anchors.start + anchors.end)[partners] // 2 - tss)
    found = [len(partners), np.log1p(width.sum()), np.log1p(width.max(initial=0))]
    found += [np.log1p(degree.sum()), np.log1p(degree.max(initial=0))]
    found += [(1 / (1 + distance / half)).sum() for half in HALF]
    found += [np.log1p((width / 1000 / (1 + distance / half)).sum()) for half in HALF[:2]]
    second = set(_joined(anchors.partners, partners)) - set(partners) - set(own)
    empty = sum(len(anchors.genes[a]) == 0 for a in partners)
    there, here = (np.setdiff1d(_joined(anchors.genes, group), [row]) for group in (partners, own))
    return [*found, np.log1p(len(second)), len(there), empty, len(here)]


def _joined(lists: list[np.ndarray], numbers: np.ndarray) -> np.ndarray:
    """The distinct members of these lists, ascending."""
    return np.unique(np.concatenate([np.zeros(0, int), *(lists[i] for i in numbers)]))
