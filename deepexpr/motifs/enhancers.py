"""Enhancers: the distal anchors of a cell line's strongest loops (method.md, 5, paper §2.6).

An anchor is distal where no promoter overlaps it. Where genes are given, only loops that join
a promoter with a distal anchor count; without genes every anchor does.
"""

import logging

import numpy as np
import pandas as pd
import pysam

from deepexpr.errors import InputError

logger = logging.getLogger(__name__)

ANCHORS = ("chromosome", "start", "end", "signal")


def distal_anchors(signal: pd.DataFrame, genes: pd.DataFrame | None, reach: int) -> pd.DataFrame:
    """Distinct distal anchors, strongest first: columns ANCHORS.

    signal : schemas.SIGNAL. genes : schemas.GENES, or None. reach : bp on each side of a TSS
    that make its promoter. An anchor's signal is that of its strongest loop. Ties stay in genome
    order.
    """
    sides = [_side(signal, 1), _side(signal, 2)]
    if genes is not None:
        promoter = [overlaps_any(side, promoters(genes, reach)) for side in sides]
        keep = [~promoter[0] & promoter[1], ~promoter[1] & promoter[0]]
        logger.info(
            "%d loops: %d join a promoter and a distal anchor, %d two promoters, %d none",
            len(signal), sum(k.sum() for k in keep), (promoter[0] & promoter[1]).sum(),
            (~promoter[0] & ~promoter[1]).sum(),
        )  # fmt: skip
        sides = [side[kept] for side, kept in zip(sides, keep, strict=True)]
    else:
        logger.info("no genes given: all anchors of %d loops count as distal", len(signal))
    anchors = pd.concat(sides, ignore_index=True)
    best = anchors.groupby(["chromosome", "start", "end"], as_index=False)["signal"].max()
    best = best.sort_values(["signal", "chromosome", "start"], ascending=[False, True, True])
    logger.info("%d distinct distal anchors", len(best))
    return best.reset_index(drop=True)[list(ANCHORS)]


def promoters(genes: pd.DataFrame, reach: int) -> pd.DataFrame:
    """TSS - reach .. TSS + reach of each gene: chromosome, start, end (half-open)."""
    return pd.DataFrame(
        {
            "chromosome": genes["chromosome"],
            "start": genes["tss"] - reach,
            "end": genes["tss"] + reach,
        }
    )


def overlaps_any(regions: pd.DataFrame, others: pd.DataFrame) -> np.ndarray:
    """(n,) bool: whether each region shares a base with one of `others`."""
    result = np.zeros(len(regions), dtype=bool)
    for chromosome, rows in regions.groupby("chromosome").indices.items():
        here = others[others["chromosome"] == chromosome]
        starts, ends = np.sort(here["start"].to_numpy()), np.sort(here["end"].to_numpy())
        part = regions.iloc[rows]
        # Begun before our end, less those that ended before our start.
        begun = np.searchsorted(starts, part["end"].to_numpy(), side="left")
        ended = np.searchsorted(ends, part["start"].to_numpy(), side="right")
        result[rows] = begun > ended
    return result


def trim_to_peaks(anchors: pd.DataFrame, peaks: pd.DataFrame) -> pd.DataFrame:
    """Each anchor cut to its highest peak (the part inside the anchor); those without are dropped.

    peaks : chromosome, start, end, height. Ties: the first on the genome.
    """
    rows = []
    by_chromosome = dict(iter(peaks.sort_values(["start", "end"]).groupby("chromosome")))
    for anchor in anchors.itertuples(index=False):
        here = by_chromosome.get(anchor.chromosome)
        if here is None:
            continue
        inside = here[(here["start"] < anchor.end) & (here["end"] > anchor.start)]
        if len(inside):
            peak = inside.loc[inside["height"].idxmax()]
            start, end = max(peak["start"], anchor.start), min(peak["end"], anchor.end)
            rows.append((anchor.chromosome, int(start), int(end), anchor.signal))
    logger.info("%d of %d anchors hold a peak", len(rows), len(anchors))
    return pd.DataFrame(rows, columns=list(ANCHORS))


def trim_to_width(regions: pd.DataFrame, width: int) -> pd.DataFrame:
    """Regions cut or widened to `width` bp around their midpoint."""
    start = (regions["start"] + regions["end"]) // 2 - width // 2
    return regions.assign(start=start, end=start + width)


def fetch_sequences(regions: pd.DataFrame, genome: pysam.FastaFile) -> pd.DataFrame:
    """Regions clipped to their chromosomes, with columns name ("chr1:100-200") and sequence.

    Case is kept: lower-case letters are the genome's soft-masked repeats. Raises InputError
    where a chromosome is not in the genome.
    """
    sizes = dict(zip(genome.references, genome.lengths, strict=True))
    unknown = sorted(set(regions["chromosome"]) - set(sizes))
    if unknown:
        raise InputError(
            f"The genome has no chromosome {', '.join(unknown[:5])}.",
            expected="the names that the loops use",
            found=", ".join(list(sizes)[:5]),
            fix="Use the genome that the reads were mapped to.",
        )
    limit = regions["chromosome"].map(sizes)
    clipped = regions.assign(
        start=regions["start"].clip(lower=0), end=np.minimum(regions["end"], limit)
    )
    clipped = clipped[clipped["end"] > clipped["start"]].reset_index(drop=True)
    places = list(clipped[["chromosome", "start", "end"]].itertuples(index=False, name=None))
    return clipped.assign(
        name=[f"{chromosome}:{start}-{end}" for chromosome, start, end in places],
        sequence=[genome.fetch(*place) for place in places],
    )


def _side(signal: pd.DataFrame, number: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "chromosome": signal[f"chromosome{number}"].astype(str),
            "start": signal[f"start{number}"].astype(np.int64),
            "end": signal[f"end{number}"].astype(np.int64),
            "signal": signal["signal"].astype(float),
        }
    )
