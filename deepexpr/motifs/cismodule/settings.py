"""Settings of CisModule, with the paper's symbols and where each default comes from."""

from typing import Annotated, Self

from pydantic import model_validator

from deepexpr.settings import Field, RuleError, Section

Positive = Annotated[float, Field(gt=0)]


class CismoduleSection(Section):
    """Hyper-parameters of CisModule, all but the number of motifs; lengths in bp."""

    WHERE = "settings of CisModule"

    module_length: int = 150
    """l, length of a module (at the start, where it is sampled; bp)."""
    module_length_step: int = Field(0, ge=0)
    """Metropolis steps of l by up to this many bp; 0 keeps l fixed."""
    width: int = 10
    """w_k, width of a motif, at the start (bp)."""
    min_width: int = Field(6, ge=2)
    """Where the moves of the width stop (bp)."""
    max_width: int = 18
    """Where the moves of the width stop (bp)."""
    extent_moves: int = Field(4, ge=0)
    """Motifs whose extent (width, place) is proposed to change in an iteration."""
    iterations: int = 200
    """Iterations of each chain in all."""
    burn_in: int = Field(100, ge=0)
    """First iterations, not averaged."""
    chains: int = Field(3, ge=1)
    """Chains from different starts; the one with the highest mean log posterior is reported."""
    background_order: int = Field(3, ge=0, le=5)
    """Order of the Markov background (0: letters alone, as in the paper)."""
    letter_prior: float = Field(0.5, gt=0)
    """Pseudocount of each letter of a motif column (product-Dirichlet)."""
    step_prior: float = Field(1.0, gt=0)
    """Pseudocount of each kind of step inside a module (Dirichlet on q)."""
    module_prior: tuple[Positive, Positive | None] = (1.0, None)
    """(a, b) of the Beta prior on r; b null means one module per 10 module lengths."""
    draws: int = Field(200, ge=1)
    """Alignments drawn with the final parameters for the probabilities of sites and modules."""

    @model_validator(mode="after")
    def _fit_each_other(self) -> Self:
        rules = {
            "min_width <= width <= max_width": self.min_width <= self.width <= self.max_width,
            "max_width <= module_length": self.max_width <= self.module_length,
            "burn_in < iterations": self.burn_in < self.iterations,
        }
        broken = [rule for rule, holds in rules.items() if not holds]
        if broken:
            raise RuleError("The settings of CisModule do not fit.", expected="; ".join(broken))
        return self

    @property
    def beta_prior(self) -> tuple[float, float]:
        """(a, b) of the Beta prior on r."""
        a, b = self.module_prior
        return a, 10.0 * self.module_length * a if b is None else b


class CismoduleSettings(CismoduleSection):
    """All of the hyper-parameters."""

    motifs: int = Field(24, ge=1)
    """K, number of motifs looked for."""
