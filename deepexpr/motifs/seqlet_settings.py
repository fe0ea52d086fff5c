"""Settings of the motifs that are pooled from attributions."""

from deepexpr.settings import Field, Section

#: Of a cut motif; TomTom compares at least 5 columns.
LEAST_WIDTH = 5


class SeqletSection(Section):
    """Of the seqlets and of the groups they make."""

    WHERE = "settings of the attribution motifs"

    width: int = Field(8, ge=LEAST_WIDTH)
    """Letters of a window (bp)."""
    flank: int = Field(4, ge=0)
    """Letters shown on either side of it, and the largest shift at which two are compared (bp)."""
    false_discovery: float = Field(0.05, gt=0, lt=1)
    """Nominal: windows count where windows on attributions in random order would be this share of
    them. What it comes to is measured on dinucleotide-shuffled promoters."""
    alike: float = Field(0.5, gt=0, lt=1)
    """Cosine above which groups are joined."""
    least: int = Field(10, ge=2)
    """Seqlets of a motif, at least."""
    most: int = Field(2000, ge=2)
    """Seqlets pooled, strongest first; memory grows with its square."""


class SeqletSettings(SeqletSection):
    """The same, and the seed."""

    seed: int = Field(1, ge=0)
    """Seed of the null and of the draw of promoters."""
