"""Settings of the embedded demo; rules hand their values over."""

from deepexpr.settings import Field, Section


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
