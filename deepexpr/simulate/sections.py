"""Settings of the embedded demo; rules hand their values over."""

from typing import Self

from pydantic import model_validator

from deepexpr.settings import Field, RuleError, Section


class SimulateSection(Section):
    """Set for the embedded demo only; makes the genome and the reads the sheets name."""

    output: str
    """Folder for the simulated genome and reads and their truth."""
    seed: int = Field(1, ge=0)
    """Seed of the simulation."""
    scale: float = Field(1, ge=0.05, le=10)
    """Size of the demo; 1 is several hundred genes."""
    divergence: float | None = Field(None, gt=0, le=0.5)
    """Two species without reads in place of one with: share of a promoter's letters by which the
    second differs. Tables of counts, loops and orthologues take the reads' place."""
    active_sites: bool = False
    """Enhancers count by their sites of the one factor that is active in the cell line; contacts
    without such a site, as strong and as far, count nothing. Tables of counts and loops take the
    reads' place."""

    @model_validator(mode="after")
    def _one_world(self) -> Self:
        if self.active_sites and self.divergence is not None:
            raise RuleError(
                "One simulation has a second species or active sites, not both.",
                where="active_sites",
                expected="divergence, or active_sites: true",
                found=f"divergence: {self.divergence}, active_sites: true",
                fix="Leave one of them out.",
            )
        return self
