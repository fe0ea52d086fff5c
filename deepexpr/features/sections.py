"""Settings of the bins; rules hand their values over."""

from deepexpr.settings import Field, Section


class FeatureSection(Section):
    """Bins around each TSS."""

    bins: int = Field(400, ge=2, multiple_of=2)
    """Number of bins around the TSS."""
    bin_size: int = Field(5000, ge=100)
    """Size of a bin (bp)."""

    @property
    def half_width(self) -> int:
        """How far the bins reach from the TSS (bp)."""
        return self.bins * self.bin_size // 2


class EnhancerFeatures(FeatureSection):
    """What the network `enhancers` reads beside bins: its dataset alone holds it."""

    enhancers: int = Field(8, ge=1)
    """Strongest contacts of a gene that bring their sequence (variant enhancers)."""
    enhancer_width: int = Field(1000, ge=10)
    """Letters of each, around the anchor's middle or of its highest peak (bp)."""
