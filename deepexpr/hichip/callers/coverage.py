"""Contacts beyond what distance and coverage explain (:mod:`deepexpr.hichip.coverage`)."""

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd

from deepexpr.hichip.callers import Calls
from deepexpr.settings import Field, Section

RATE = "coverage"


class CoverageSettings(Section):
    """Settings of the caller `coverage`; a contact's confidence is 1 - q."""

    pairs: Literal["all", "peak_to_all", "peak_to_peak"] = "peak_to_all"
    """Which contacts are tested: with a peak at one anchor or at both, or all; the background is
    that of the same pairs."""
    peaks: str | None = None
    """BED of peaks, in the contacts' names of chromosomes; an anchor that overlaps one is a peak.
    Without it anchors with many reads are (peak_depth); anchors that are no bins are all peaks."""
    peak_depth: float = Field(1.5, gt=0)
    """Without a BED, a peak has at least so many times the reads of the median anchor."""


SETTINGS = CoverageSettings


def threads(settings: Mapping[str, Any]) -> int:
    """One core."""
    return 1


def methods(settings: Mapping[str, Any]) -> str:
    """Test and cut-off."""
    own = CoverageSettings(
        **{
            k: v
            for k, v in settings["caller_settings"].items()
            if k in CoverageSettings.model_fields
        }
    )
    return (
        "a binomial test against distance and coverage, in the manner of Fit-Hi-C and FitHiChIP"
        f" ({own.pairs.replace('_', '-')}, false discovery rate below"
        f" {1 - settings['confidence']:.3g})"
    )


def call(
    contacts: pd.DataFrame, depth: pd.DataFrame, settings: CoverageSettings, seed: int
) -> Calls:
    """1 - q of every contact; 0 of those that are not tested. Nothing is drawn: no seed."""
    from deepexpr.hichip.coverage import judge_counts, pairs_to_test

    peak = find_peaks(depth, settings)
    tested = pairs_to_test(contacts, depth, peak, settings.pairs == "peak_to_peak")
    confidence = np.zeros(len(contacts))
    quality: dict[str, Any] = {
        "peaks": int(peak.sum()),
        "pairs_tested": int(tested.pairs.sum()),
        "contacts_tested": len(tested.rows),
    }
    if not len(tested.rows):
        kind = "" if settings.pairs == "all" else f" {settings.pairs.replace('_', ' ')}"
        return Calls(confidence, quality, f"there is no{kind} contact to test")
    result = judge_counts(tested)
    confidence[tested.rows] = 1 - result.q
    quality |= {
        "contacts_beyond_chance": result.outliers,
        "coverage_power": f"{result.power:.4f}",
        "smallest_q": f"{result.q.min():.3g}",
    }
    return Calls(confidence, quality)


def find_peaks(depth: pd.DataFrame, settings: CoverageSettings) -> np.ndarray:
    """(a,) bool: which anchors (schemas.DEPTH) are peaks; all of them for pairs "all"."""
    from deepexpr.hichip.regions import read_regions

    width = (depth["end"] - depth["start"]).to_numpy(np.int64)
    are_bins = len(width) > 0 and (width == np.median(width)).mean() > 0.9
    if settings.pairs == "all" or (settings.peaks is None and not are_bins):
        return np.ones(len(depth), bool)
    if settings.peaks is None:
        reads = depth["reads"].to_numpy(np.int64)
        typical = np.median(reads[reads > 0]) if (reads > 0).any() else 0.0
        return reads >= max(settings.peak_depth * typical, 1)
    names = depth["chromosome"].astype(str)
    regions = read_regions(settings.peaks, list(dict.fromkeys(names)), "BED of peaks")
    peak = np.zeros(len(depth), bool)
    for name in regions.intervals:
        rows = np.flatnonzero(names == name)
        start, end = (depth[c].to_numpy(np.int64)[rows] for c in ("start", "end"))
        peak[rows] = regions.overlap(name, start, end)
    return peak
