"""Settings of Origami's loop model, and of what is called a loop."""

from __future__ import annotations

from typing import Literal

from deepexpr.hichip.sections import CutoffSection, SamplerSection
from deepexpr.settings import Field


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

    thin: int = Field(5, ge=2, description="Leave out every n-th iteration after the burn-in.")
    trans: Literal["auto", "smallest", "original"] = Field(
        "auto",
        description="Where contacts between chromosomes read the distance spline: at the smallest "
        "cis distance, or as the original program does; auto is original in mode chiapet.",
    )
    count_cap: int = Field(
        30, description="Contacts with more PETs are left out of the updates of rates and splines."
    )
    initial_rates: tuple[float, float] = Field(
        (1.0, 5.0), description="lambda0 and lambda1 at the start."
    )
    threads: int = Field(1, ge=1, description="Chains that run at the same time.")
    max_distances: int = Field(20_000, ge=2, description="Distinct distances, at most.")

    @property
    def trans_place(self) -> str:
        """`trans` with "auto" resolved."""
        if self.trans == "auto":
            return "original" if self.mode == "chiapet" else "smallest"
        return self.trans


class CallSettings(CutoffSection, OrigamiSettings):
    """Settings of the verb call-loops."""
