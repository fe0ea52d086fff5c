"""Loops at a gene as a vector: 400 bins of 5 kb around its TSS (docs/method.md, 2.7).

A loop belongs to a gene if one of its anchors overlaps the window around the TSS; it adds its
normalised count to the bin that holds the midpoint of the *other* anchor. Counts are summed
before the logarithm. Bins run along the genome, whatever the gene's strand.
"""

import logging
import warnings

import numpy as np
import pandas as pd
import pyranges

from deepexpr.errors import InputError
from deepexpr.features.sections import FeatureSection
from deepexpr.schemas import GENES, SIGNAL

logger = logging.getLogger(__name__)


def loop_bins(
    genes: pd.DataFrame,
    signal: pd.DataFrame,
    bins: int = FeatureSection().bins,
    bin_size: int = FeatureSection().bin_size,
    promoter_window: int = 5000,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Bin the loops of every gene by the place of their distal anchor.

    Parameters
    ----------
    genes : DataFrame[schemas.GENES], n rows, any order; tss 0-based.
    signal : DataFrame[schemas.SIGNAL], one row per loop, 0-based half-open anchors. Loops
        between chromosomes are left out, and counted in the log.
    bins : number of bins, even, so that the TSS lies between the two middle ones; bin 0 starts at
        tss - bins / 2 * bin_size.
    bin_size, promoter_window : bp. The window is [tss - w // 2, tss - w // 2 + w).

    Returns
    -------
    binned : (n, bins) float32, log2(1 + sum of normalised counts).
    loop_count : (n,) float32, normalised counts summed over all loops at the gene, also those
        whose other anchor lies outside the bins.
    loop_number : (n,) int32, number of these loops.

    Where both anchors overlap the window each adds to the bin of the other, so such a loop
    counts on both sides in `binned`, and once in `loop_count` and `loop_number`.
    """
    _check(genes, signal)
    first, second = signal["chromosome1"].astype(str), signal["chromosome2"].astype(str)
    cis = np.asarray(first) == np.asarray(second)
    loops = signal[cis].reset_index(drop=True)
    value = loops["normalised"].to_numpy(np.float64)
    _check_chromosomes(genes, loops)
    sides = [genes_at_anchor(genes, loops, side, promoter_window) for side in ("1", "2")]
    binned = _sum_into_bins(genes, loops, sides, value, bins, bin_size)
    gene, loop = _distinct_pairs(sides, len(loops))
    count = np.bincount(gene, weights=value[loop], minlength=len(genes))
    number = np.bincount(gene, minlength=len(genes))
    logger.info(
        "%d loops in, %d between chromosomes left out; %d at a gene; %d of %d genes have a loop",
        len(signal),
        len(signal) - len(loops),
        len(np.unique(loop)),
        int((number > 0).sum()),
        len(genes),
    )
    return np.log2(1 + binned).astype(np.float32), count.astype(np.float32), number.astype(np.int32)


def _check(genes: pd.DataFrame, signal: pd.DataFrame) -> None:
    for table, columns, name in ((genes, GENES[:3], "genes"), (signal, SIGNAL[:7], "signal")):
        missing = [c for c in columns if c not in table.columns]
        if missing:
            raise InputError(
                f"The {name} lack the column(s) {', '.join(missing)}.", expected=", ".join(columns)
            )
    value = signal["normalised"].to_numpy(np.float64)
    if not (np.isfinite(value) & (value >= 0)).all():
        raise InputError(
            "Normalised counts must be numbers of at least 0.",
            where="signal, column normalised",
            found=f"{int((~(np.isfinite(value) & (value >= 0))).sum())} other value(s)",
        )
    _check_anchors(signal)


def _check_anchors(signal: pd.DataFrame) -> None:
    """Anchors are not empty, and no loop stands twice in either direction: it would count twice."""
    first, second = (list(SIGNAL[i : i + 3]) for i in (0, 3))
    for chromosome, start, end in (first, second):
        empty = (signal[start] >= signal[end]).to_numpy()
        if empty.any():
            row = signal.iloc[int(empty.argmax())]
            raise InputError(
                f"{int(empty.sum())} loop(s) have an anchor that ends where it begins, or before.",
                where="signal",
                expected="0-based half-open coordinates: start < end",
                found=f"{row[chromosome]}:{row[start]}-{row[end]}",
            )
    mirrored = signal[[*second, *first]].set_axis([*first, *second], axis=1)
    own = (signal[first].to_numpy() == signal[second].to_numpy()).all(axis=1)
    both = pd.concat([signal[[*first, *second]], mirrored[~own]], ignore_index=True)
    twice = -(-int(both.duplicated().sum()) // 2)
    if twice:
        raise InputError(
            f"{twice} loop(s) stand twice in the signal.",
            where="signal",
            expected="each loop once, in one direction",
            fix="Remove the repeats: their counts would be summed.",
        )


def _check_chromosomes(genes: pd.DataFrame, loops: pd.DataFrame) -> None:
    of_genes, of_loops = set(genes["chromosome"]), set(loops["chromosome1"].astype(str))
    if of_genes and of_loops and not of_genes & of_loops:
        raise InputError(
            "Genes and loops have no chromosome in common.",
            expected=f"the genes' names, such as {min(of_genes)}",
            found=f"in the loops: {', '.join(sorted(of_loops)[:5])}",
            fix="Use one assembly, and one naming of its chromosomes, for both.",
        )


def genes_at_anchor(
    genes: pd.DataFrame, loops: pd.DataFrame, side: str, window: int
) -> tuple[np.ndarray, np.ndarray]:
    """All (gene, loop) row pairs where that anchor of the loop overlaps the gene's window."""
    start = genes["tss"] - window // 2
    # Below 0 there are no anchors, and pyranges finds nothing for such windows.
    windows = _ranges(genes["chromosome"], start.clip(lower=0), start + window)
    anchors = _ranges(loops["chromosome1"], loops[f"start{side}"], loops[f"end{side}"])
    # Every chromosome costs pyranges some milliseconds, and genomes may have 20,000 scaffolds.
    windows = windows[windows["Chromosome"].isin(set(anchors["Chromosome"]))]
    anchors = anchors[anchors["Chromosome"].isin(set(windows["Chromosome"]))]
    if windows.empty:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    with warnings.catch_warnings():
        # pyranges 0.1 calls pandas in ways that pandas 3 will drop; both are pinned.
        warnings.simplefilter("ignore", DeprecationWarning)
        joined = pyranges.PyRanges(windows).join(pyranges.PyRanges(anchors)).df
    if joined.empty:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    joined = joined.sort_values(["Row_b", "Row"])  # sums of floats depend on their order
    return joined["Row"].to_numpy(np.int64), joined["Row_b"].to_numpy(np.int64)


def _ranges(chromosome: pd.Series, start: pd.Series, end: pd.Series) -> pd.DataFrame:
    """Intervals as pyranges takes them, with the number of the row."""
    columns = {"Chromosome": chromosome.astype(str), "Start": start, "End": end}
    return pd.DataFrame(columns).reset_index(drop=True).assign(Row=np.arange(len(start)))


def _sum_into_bins(
    genes: pd.DataFrame,
    loops: pd.DataFrame,
    sides: list[tuple[np.ndarray, np.ndarray]],
    value: np.ndarray,
    bins: int,
    bin_size: int,
) -> np.ndarray:
    """(n, bins) float64 sums of `value` by the bin of the other anchor's midpoint."""
    origin = genes["tss"].to_numpy(np.int64) - bins // 2 * bin_size
    binned = np.zeros(len(genes) * bins)
    for (gene, loop), other in zip(sides, ("2", "1"), strict=True):
        ends = loops[f"start{other}"].to_numpy(np.int64) + loops[f"end{other}"].to_numpy(np.int64)
        place = (ends[loop] // 2 - origin[gene]) // bin_size
        inside = (place >= 0) & (place < bins)
        np.add.at(binned, gene[inside] * bins + place[inside], value[loop[inside]])
        logger.info(
            "anchor %s at a gene: %d pairs of gene and loop; in %d the other anchor lies outside "
            "the bins",
            "21"[int(other) - 1],
            len(gene),
            int((~inside).sum()),
        )
    return binned.reshape(len(genes), bins)


def _distinct_pairs(
    sides: list[tuple[np.ndarray, np.ndarray]], loops: int
) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of gene and loop, once even where both anchors overlap the window."""
    gene, loop = (np.concatenate(parts) for parts in zip(*sides, strict=True))
    pair = np.unique(gene.astype(np.int64) * max(loops, 1) + loop)
    return pair // max(loops, 1), pair % max(loops, 1)
