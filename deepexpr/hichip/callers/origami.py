"""Origami's Bayesian mixture model (:mod:`deepexpr.hichip.origami`) as a loop caller."""

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd

from deepexpr.hichip.callers import Calls
from deepexpr.hichip.places import anchor_gap, number_anchors
from deepexpr.hichip.sections import SamplerSection
from deepexpr.settings import Field

RATE = "loops"


class OrigamiSettings(SamplerSection):
    """Settings of the loop model; defaults are the published program's, but for the chains.

    trans, the distance at which contacts between chromosomes take their distance rate:
        "smallest": the smallest cis distance d. "original": as the published program does, which
        means the same but exponentiates log10(d + 1), and so reads the spline far beyond the
        largest distance; this moves lambda0 and, at short distances, confidences by up to 0.15.
        "auto": "original" in mode chiapet, which reproduces that program, else "smallest".
        With "smallest" and many trans contacts the posterior has two modes, of which a chain
        sees one (on the reference data in mode hichip: 896 or 1,415 loops, by the seed).
    max_distances : with more distinct distances than this, log10(distance + 1) is rounded to
        that many steps between the smallest and the largest (0.03 % of the distance at 20,000).
    """

    thin: int = Field(5, ge=2)
    """Leave out every n-th iteration after the burn-in."""
    trans: Literal["auto", "smallest", "original"] = "auto"
    """Where contacts between chromosomes read the distance spline: at the smallest cis distance, or
    as the original program does; auto is original in mode chiapet."""
    count_cap: int = 30
    """Contacts with more PETs are left out of the updates of rates and splines."""
    initial_rates: tuple[float, float] = (1.0, 5.0)
    """lambda0 and lambda1 at the start."""
    threads: int = Field(1, ge=1)
    """Chains that run at the same time."""
    max_distances: int = Field(20_000, ge=2)
    """Distinct distances, at most."""

    @property
    def trans_place(self) -> str:
        """`trans` with "auto" resolved."""
        if self.trans == "auto":
            return "original" if self.mode == "chiapet" else "smallest"
        return self.trans


SETTINGS = OrigamiSettings


def threads(settings: Mapping[str, Any]) -> int:
    """Each chain has a core."""
    return settings["chains"]


def methods(settings: Mapping[str, Any]) -> str:
    """Mode, iterations and cut-off."""
    return (
        f"Origami's model (mode {settings['mode']}, {settings['iterations']} iterations after"
        f" {settings['burn_in']}, confidence above {settings['confidence']})"
    )


def call(
    contacts: pd.DataFrame, depth: pd.DataFrame, settings: OrigamiSettings, seed: int
) -> Calls:
    """The posterior that each contact is a loop; InputError for an anchor without a depth."""
    from deepexpr.hichip.origami import fit_origami, prior_parameters

    anchor1, anchor2, reads = number_anchors(contacts, depth)
    count = contacts["count"].to_numpy(np.int64)
    depths = reads[anchor1], reads[anchor2]
    if len(contacts):
        alpha, beta = prior_parameters(anchor1, anchor2, count, *depths, settings.mode)
    else:
        alpha = beta = np.zeros(0)
    result = fit_origami(count, anchor_gap(contacts), alpha, beta, settings, seed)
    quality = {
        "lambda0": f"{result.rates[0]:.6g}",
        "lambda1": f"{result.rates[1]:.6g}",
        "pets_background": f"{result.total_rates[0]:.6g}",
        "pets_loops": f"{result.total_rates[1]:.6g}",
        "pets_ratio": f"{_ratio(*result.total_rates):.6g}",
        "chains": len(result.trace),
        **({"chains_left_out": int((~result.in_mode).sum())} if len(result.trace) > 1 else {}),
        "kept_iterations": result.kept,
        "rhat_lambda0": f"{result.rhat[0]:.4f}",
        "rhat_lambda1": f"{result.rhat[1]:.4f}",
        "rhat_confidence_max": f"{result.rhat[2]:.4f}",
    }
    return Calls(result.confidence, quality, result.reason)


def _ratio(background: float, loops: float) -> float:
    return loops / background if background > 0 else float("nan")
