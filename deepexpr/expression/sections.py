"""Settings of expression; rules hand their values over."""

from typing import Literal

from deepexpr.settings import Field, Section


class ExpressionSection(Section):
    """RNA-seq to expression per gene."""

    pseudocount: float = Field(0.1, gt=0)
    """Added to the gene count before log10 (reads)."""
    normalisation: Literal["quantile", "none"] = "quantile"
    """Normalisation across the cell lines of one assembly."""
    minimum_pseudoaligned: float = Field(0.3, ge=0, le=1)
    """A sample whose pseudoaligned fraction is lower stops the run (0: not looked at)."""
