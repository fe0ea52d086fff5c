"""How alike two contact maps are: HiCRep's stratum-adjusted correlation.

Source: Yang et al., HiCRep, Genome Research 27:1939 (2017). Contacts fall with distance in every
map, so a plain correlation of two maps is high whatever they are of. Here contacts of one distance
(a stratum) are correlated with each other alone, in maps smoothed by a mean filter, and the
strata's correlations are averaged by weights n * sqrt(var(rank(x) / n) * var(rank(y) / n)), which
is (n + 1) / 12 for both, n being the pairs of bins that are not empty in both maps.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from deepexpr.hichip.bam_mates import PairBatch
from deepexpr.hichip.chromosomes import Chromosomes
from deepexpr.hichip.quality import judge
from deepexpr.hichip.replicates import warn_of_equal
from deepexpr.hichip.sections import ConcordanceSection
from deepexpr.schemas import CONCORDANCE, QC

logger = logging.getLogger(__name__)

#: Pairs of bins that a stratum needs (HiCRep: more than two).
FEWEST = 3


def band_counts(
    batches: Iterable[PairBatch], chromosomes: Chromosomes, settings: ConcordanceSection
) -> list[np.ndarray]:
    """Pairs by bins, chromosome by chromosome: (strata, bins) float32 each, smoothed.

    batches : pairs with 1-based positions and the numbers of `chromosomes`. Row k holds the pairs
    of bins i and i + k, after the mean filter of the whole symmetric map.
    """
    size, half = settings.scc_resolution, settings.scc_smoothing
    bins = [-(-length // size) for length in chromosomes.sizes]
    width = settings.scc_distance // size + 1 + 2 * half
    # The filter of a kept stratum reaches 2 * half strata further, and no other pair is needed.
    bands = [np.zeros((min(width, n), n), np.float32) for n in bins]
    for batch in batches:
        place = (batch.position - 1) // size
        cis = batch.chromosome[:, 0] == batch.chromosome[:, 1]
        near = cis & (np.abs(place[:, 1] - place[:, 0]) < width)
        own, place = batch.chromosome[near, 0], np.sort(place[near], axis=1)
        for number in np.unique(own):
            band, chosen = bands[number], place[own == number]
            stratum = chosen[:, 1] - chosen[:, 0]
            flat = np.bincount(stratum * band.shape[1] + chosen[:, 0], minlength=band.size)
            band += flat.reshape(band.shape)
    kept = settings.scc_distance // size + 1
    return [smooth_band(band, half)[:kept] for band in bands]


def smooth_band(band: np.ndarray, half: int) -> np.ndarray:
    """The mean filter of a symmetric map that is kept as a band: (strata, bins) float32.

    Row k of `band` holds the elements (i, i + k). An element becomes the mean of the (2 half + 1)^2
    around it; beyond the map's edges there are no elements to be averaged. Rows nearer to the
    band's end than 2 half lack elements and are not to be used.
    """
    strata, n = band.shape
    if half == 0 or not n:
        return band
    result = np.zeros_like(band)
    width = np.minimum(np.arange(n) + half, n - 1) - np.maximum(np.arange(n) - half, 0) + 1
    for k in range(strata):
        own = max(n - k, 0)
        if not own:
            break
        total = np.zeros(own, np.float64)
        for shift in range(-2 * half, 2 * half + 1):  # element (i + a, j + b), b - a = shift
            source = abs(k + shift)
            if source >= strata:
                continue
            row = band[source, : n - source].astype(np.float64)
            sums = np.r_[0.0, np.cumsum(row)]
            # The row's element at i + a, or at j + b where that lies before i + a.
            first = np.arange(own) + (k + shift if k + shift < 0 else 0)
            low, high = max(-half, -half - shift), min(half, half - shift)
            left = np.clip(first + low, 0, len(row))
            right = np.clip(first + high + 1, 0, len(row))
            total += sums[right] - sums[left]
        result[k, :own] = total / (width[:own] * width[k : k + own])
    return result


def stratum_adjusted_correlation(one: np.ndarray, other: np.ndarray) -> float:
    """SCC of two maps of one chromosome, (strata, bins) each, from :func:`smooth_band`.

    Row k is a stratum, of bins - k elements. NaN where no stratum has different values.
    """
    sum_of, weights = 0.0, 0.0
    bins = one.shape[1]
    for k in range(one.shape[0]):
        x, y = (band[k, : max(bins - k, 0)].astype(np.float64) for band in (one, other))
        used = (x != 0) | (y != 0)
        n = int(used.sum())
        if n < FEWEST:
            continue
        x, y = x[used] - x[used].mean(), y[used] - y[used].mean()
        spread = np.sqrt((x**2).sum() * (y**2).sum())
        if spread > 0:
            sum_of += (n + 1) / 12 * float((x * y).sum() / spread)
            weights += (n + 1) / 12
    return sum_of / weights if weights else float("nan")


def compare_all(
    bands: Mapping[str, Sequence[np.ndarray]],
    chromosomes: Chromosomes,
    cell_lines: Mapping[str, str],
) -> pd.DataFrame:
    """DataFrame[schemas.CONCORDANCE]: every pair of samples; scc is the mean over chromosomes,
    weighted by their lengths, of those that have one.

    bands : by sample, from :func:`band_counts`; cell_lines : sample -> cell line.
    """
    rows = []
    warn_of_equal(bands, "elements of their contact maps' first chromosome")
    lengths = np.array(chromosomes.sizes, float)
    for one, other in combinations(bands, 2):
        values = np.array(
            [
                stratum_adjusted_correlation(a, b)
                for a, b in zip(bands[one], bands[other], strict=True)
            ]
        )
        known = ~np.isnan(values)
        scc = np.average(values[known], weights=lengths[known]) if known.any() else float("nan")
        lines = cell_lines[one], cell_lines[other]
        rows.append((one, other, *lines, int(lines[0] == lines[1]), scc, int(known.sum())))
        logger.info("%s and %s: SCC %.4f over %d chromosomes", one, other, scc, known.sum())
    return pd.DataFrame(rows, columns=list(CONCORDANCE))


def replicate_quality(table: pd.DataFrame) -> pd.DataFrame:
    """DataFrame[schemas.QC], the cell line as the sample: how alike its replicates are, and whether
    more so than to samples of other cell lines; nothing of cell lines with one sample.

    table : schemas.CONCORDANCE.
    """
    parts = []
    replicates = table[table["replicates"] == 1]
    for line in dict.fromkeys(replicates["cell_line1"]):
        own = replicates.loc[replicates["cell_line1"] == line]
        between = (table["cell_line1"] == line) ^ (table["cell_line2"] == line)
        rows = {
            "replicates": len({*own["sample1"], *own["sample2"]}),
            "replicate_scc": own["scc"].min(),
        }
        if between.any():
            rows["scc_to_others"] = table.loc[between, "scc"].max()
            rows["scc_margin"] = rows["replicate_scc"] - rows["scc_to_others"]
        named = pd.DataFrame({"sample": line, "metric": list(rows), "value": list(rows.values())})
        parts.append(judge(named)[list(QC)])
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(QC))
