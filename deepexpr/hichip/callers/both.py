"""Origami and coverage side by side: a loop is what both call, or what the one of them calls that
is asked for; the overlap is counted."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from deepexpr.hichip.callers import Calls, coverage, origami
from deepexpr.hichip.places import anchor_gap
from deepexpr.hichip.sections import CutoffSection, TakenSection

RATE = f"{origami.RATE} {coverage.RATE}"


class BothSettings(coverage.CoverageSettings, origami.OrigamiSettings, TakenSection, CutoffSection):
    """Settings of both callers, and the cut-off above which their loops are counted."""


SETTINGS = BothSettings


def threads(settings: Mapping[str, Any]) -> int:
    """As many as Origami's chains."""
    return origami.threads(settings)


def methods(settings: Mapping[str, Any]) -> str:
    """Both methods, or that of the caller whose loops are taken."""
    taken = settings["loops_of"]
    if taken != "both":
        return {"origami": origami, "coverage": coverage}[taken].methods(settings)
    return f"{origami.methods(settings)} and {coverage.methods(settings)}; both had to call a loop"


def call(contacts: pd.DataFrame, depth: pd.DataFrame, settings: BothSettings, seed: int) -> Calls:
    """The smaller of the two confidences, or that of `loops_of`; both are columns beside it."""
    results = {
        "origami": origami.call(contacts, depth, settings, seed),
        "coverage": coverage.call(contacts, depth, settings, seed),
    }
    confidences = {name: result.confidence for name, result in results.items()}
    apart = anchor_gap(contacts) > 0
    called = [(confidence > settings.confidence) & apart for confidence in confidences.values()]
    both, either = int((called[0] & called[1]).sum()), int((called[0] | called[1]).sum())
    quality = {
        "loops_origami": int(called[0].sum()),
        "loops_coverage": int(called[1].sum()),
        "loops_both": both,
        "loops_jaccard": f"{both / either:.4f}" if either else "NA",
    }
    for result in results.values():
        quality |= result.quality
    reasons = [f"{name}: {result.reason}" for name, result in results.items() if result.reason]
    smaller = np.minimum(*confidences.values())
    return Calls(
        confidences.get(settings.loops_of, smaller),
        quality,
        "; ".join(reasons),
        {confidence_column(name): confidence for name, confidence in confidences.items()},
    )


def confidence_column(caller: str) -> str:
    """The column of the table of contacts that holds one caller's confidence."""
    return f"confidence.{caller}"
