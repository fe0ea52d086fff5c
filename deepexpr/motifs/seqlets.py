"""Motifs that a network uses: stretches of high attribution (seqlets), alike ones pooled.

The idea is that of TF-MoDISco (Shrikumar et al. 2018) in its plainest form, for the few hundred to
few thousand promoters that a cell line's network is read on:

1. A seqlet is a window whose summed attribution stands out: the same windows on each promoter's
   attributions in random order set the threshold, where they would be the share
   `false_discovery` of the windows above it. Windows that raise the prediction and windows that
   lower it are thresholded and pooled apart. Attributions of neighbouring letters resemble each
   other, in promoters without any motif too, so that share is nominal. What it comes to is
   measured by the seqlets above the same threshold on dinucleotide-shuffled promoters, read by
   the same network.
2. Two seqlets are alike as the cosine of their one-hot letters weighted by attribution, the best
   over small shifts and both strands. Average linkage makes the groups.
3. A group's members are laid on its most central seqlet; the pooled letters make the matrix.
"""

import logging
from dataclasses import dataclass

import numpy as np
import pandas as pd

from deepexpr.features.motif import Motif, column_information
from deepexpr.features.sequence import one_hot
from deepexpr.letters import reverse_complement
from deepexpr.motifs.seqlet_settings import LEAST_WIDTH, SeqletSettings
from deepexpr.schemas import ATTRIBUTION_MOTIFS

logger = logging.getLogger(__name__)

#: Columns at a motif's ends with less information (bits) are cut off.
_LEAST_INFORMATION = 0.25


@dataclass(frozen=True)
class Seqlets:
    """One sign's seqlets, strongest first. letters : uint8 (n, W) ASCII with flanks.
    weights : (n, W) attribution of each letter. promoter, start : (n,) row and first letter of the
    window (without flank). threshold : the sum that a window had to reach.
    """

    letters: np.ndarray
    weights: np.ndarray
    promoter: np.ndarray
    start: np.ndarray
    threshold: float

    def __len__(self) -> int:
        return len(self.start)


def attribution_motifs(
    sequences: np.ndarray,
    contributions: np.ndarray,
    settings: SeqletSettings,
    shuffled: np.ndarray | None = None,
) -> tuple[list[Motif], pd.DataFrame]:
    """Motifs that raise and that lower the prediction, and one row for each.

    sequences : uint8 (n, L). contributions : (n, L), attribution of each letter, in units of the
    prediction. shuffled : (n, L), those of dinucleotide-shuffled promoters, from which the false
    discovery is measured (NaN without). The table's columns are schemas.ATTRIBUTION_MOTIFS;
    motifs are in its order: raising before lowering, then by number of seqlets.
    """
    motifs: list[Motif] = []
    rows: list[dict] = []
    for effect, sign in (("raises", 1.0), ("lowers", -1.0)):
        seqlets = find_seqlets(sequences, sign * contributions, settings)
        groups = group_seqlets(seqlets, settings) if len(seqlets) >= settings.least else []
        chance = np.nan
        if shuffled is not None and len(seqlets):
            chance = false_discovery(
                seqlets.threshold, sign * contributions, sign * shuffled, settings
            )
        logger.info(
            "%s: %d seqlets, %d motifs; %.2f seqlets of shuffled promoters for each of these",
            effect, len(seqlets), len(groups), chance,
        )  # fmt: skip
        for members, letters in groups:
            name = f"attribution_{len(motifs) + 1}"
            motif = _motif(name, effect, letters)
            if motif is None:
                continue
            motifs.append(motif)
            inside = seqlets.weights[members][:, settings.flank : settings.flank + settings.width]
            rows.append(
                {
                    "motif": name,
                    "effect": effect,
                    "consensus": motif.consensus,
                    "width": motif.width,
                    "seqlets": len(members),
                    "promoters": len(np.unique(seqlets.promoter[members])),
                    "mean_attribution": sign * inside.sum(axis=1).mean(),
                    "information_content": motif.information_content,
                    "false_discovery": chance,
                }
            )
    return motifs, pd.DataFrame(rows, columns=list(ATTRIBUTION_MOTIFS))


def find_seqlets(
    sequences: np.ndarray, contributions: np.ndarray, settings: SeqletSettings
) -> Seqlets:
    """Windows whose summed `contributions` exceed chance, no two overlapping, strongest first.

    Windows need room for their flanks. Only large positive sums count.
    """
    sums = _window_sums(contributions, settings)
    rng = np.random.default_rng(settings.seed)
    null = _window_sums(rng.permuted(contributions, axis=1), settings)
    threshold = _threshold(sums.ravel(), null.ravel(), settings.false_discovery)
    places = [
        (sums[row, start], row, start)
        for row in range(len(sums))
        for start in _apart(sums[row], threshold, settings.width)
    ]
    places.sort(key=lambda place: (-place[0], place[1], place[2]))
    if len(places) > settings.most:
        logger.info("%d seqlets, the %d strongest are pooled", len(places), settings.most)
    places = places[: settings.most]
    promoter = np.array([place[1] for place in places], dtype=np.int64)
    first = np.array([place[2] for place in places], dtype=np.int64)
    columns = first[:, None] + np.arange(settings.width + 2 * settings.flank)
    return Seqlets(
        sequences[promoter[:, None], columns],
        contributions[promoter[:, None], columns],
        promoter,
        first + settings.flank,
        threshold,
    )


def false_discovery(
    threshold: float, contributions: np.ndarray, shuffled: np.ndarray, settings: SeqletSettings
) -> float:
    """Seqlets of shuffled promoters per seqlet of the real ones, at most 1.

    contributions, shuffled : (n, L) and (m, L), of the sign that is looked at; with m other than n
    by promoter.
    """
    found = [
        sum(len(_apart(row, threshold, settings.width)) for row in _window_sums(part, settings))
        / len(part)
        for part in (contributions, shuffled)
    ]
    return min(1.0, found[1] / found[0]) if found[0] else np.nan


def _window_sums(contributions: np.ndarray, settings: SeqletSettings) -> np.ndarray:
    """(n, windows): column i is the window that starts at letter i + flank."""
    inner = contributions[:, settings.flank : contributions.shape[1] - settings.flank]
    cumulated = np.cumsum(np.pad(inner, ((0, 0), (1, 0))), axis=1)
    return cumulated[:, settings.width :] - cumulated[:, : -settings.width]


def _threshold(observed: np.ndarray, null: np.ndarray, share: float) -> float:
    """Smallest positive value above which null / observed windows are at most `share`; else inf."""
    values = np.unique(np.quantile(observed, np.linspace(0.5, 1, 2001)))
    values = values[values > 0]
    above = len(observed) - np.searchsorted(np.sort(observed), values, side="left")
    by_chance = len(null) - np.searchsorted(np.sort(null), values, side="left")
    fine = by_chance <= share * above
    return float(values[fine][0]) if fine.any() else np.inf


def _apart(sums: np.ndarray, threshold: float, width: int) -> list[int]:
    """Starts of windows above `threshold`, the largest first, none overlapping another."""
    free = np.ones(len(sums), dtype=bool)
    chosen = []
    above = np.flatnonzero(sums >= threshold)
    for start in above[np.argsort(-sums[above], kind="stable")]:
        if free[start]:
            chosen.append(int(start))
            free[max(0, start - width + 1) : start + width] = False
    return chosen


def group_seqlets(
    seqlets: Seqlets, settings: SeqletSettings
) -> list[tuple[np.ndarray, np.ndarray]]:
    """(rows of the members, their letters uint8 laid on each other), largest group first."""
    # Here, as `check` reads the settings above for every run and need not wait for SciPy.
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    similarity, shift, turned = _similarities(seqlets, settings.flank)
    distance = squareform(1.0 - similarity, checks=False)
    label = fcluster(linkage(distance, "average"), 1.0 - settings.alike, "distance")
    groups = []
    for number in np.unique(label):
        members = np.flatnonzero(label == number)
        if len(members) < settings.least:
            continue
        central = members[similarity[np.ix_(members, members)].sum(axis=1).argmax()]
        letters = np.stack(
            [
                _laid(seqlets.letters[m], int(shift[central, m]), bool(turned[central, m]))
                for m in members
            ]
        )
        groups.append((members, letters))
    return sorted(groups, key=lambda group: (-len(group[0]), group[0][0]))


def _similarities(seqlets: Seqlets, reach: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Best cosine of each pair (n, n), and the shift and strand at which the second has it.

    Shift s moves the (turned) second by s letters to the right.
    """
    weighted = one_hot(seqlets.letters) * np.maximum(seqlets.weights, 0.0)[:, :, None]
    weighted /= np.linalg.norm(weighted, axis=(1, 2), keepdims=True)
    n, width, _ = weighted.shape
    flat = weighted.reshape(n, -1).astype(np.float32)
    best = np.full((n, n), -1.0, dtype=np.float32)
    shift, turned = np.zeros((n, n), dtype=np.int8), np.zeros((n, n), dtype=bool)
    for strand, version in enumerate((weighted, weighted[:, ::-1, ::-1])):
        for s in range(-reach, reach + 1):
            moved = np.zeros_like(version)
            low, high = max(0, s), min(width, width + s)
            moved[:, low:high] = version[:, low - s : high - s]
            cosine = flat @ moved.reshape(n, -1).T.astype(np.float32)
            better = cosine > best
            best[better], shift[better], turned[better] = cosine[better], s, bool(strand)
    best = np.clip((best + best.T) / 2, 0.0, 1.0)  # the two differ in the last digits
    np.fill_diagonal(best, 1.0)
    return best, shift, turned


def _laid(letters: np.ndarray, shift: int, turned: bool) -> np.ndarray:
    """One seqlet as its group sees it; N where the shift leaves no letter."""
    version = reverse_complement(letters) if turned else letters
    width = len(letters)
    moved = np.full(width, ord("N"), dtype=np.uint8)
    low, high = max(0, shift), min(width, width + shift)
    moved[low:high] = version[low - shift : high - shift]
    return moved


def _motif(name: str, effect: str, letters: np.ndarray) -> Motif | None:
    """The pooled letters as a matrix without its uninformative ends; None if nothing is left."""
    counts = one_hot(letters).sum(axis=0).astype(np.float64)
    whole = Motif.from_counts(name, effect, counts, pseudocount=0.25)
    kept = np.flatnonzero(column_information(whole.probabilities) >= _LEAST_INFORMATION)
    if not len(kept) or kept[-1] - kept[0] + 1 < LEAST_WIDTH:
        return None
    return Motif.from_counts(name, effect, counts[kept[0] : kept[-1] + 1], pseudocount=0.25)
