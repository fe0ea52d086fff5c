"""Settings of variants; rules hand their values over."""

from deepexpr.settings import Field, Section


class ScoringSection(Section):
    """How variants in promoters are scored."""

    longest: int = Field(50, ge=1, le=1000)
    """Longest variant that is scored (bp, of either allele without the letters they share)."""
    shift: int = Field(10, ge=0, le=1000)
    """The window is also read this far (bp) to either side; 0: it is not."""
    strands: bool = True
    """Both strands of the window are read, for the spread between them."""
    background: int = Field(1000, ge=0)
    """Random variants of the same promoters for the percentile; 0: no percentile."""
    p_value: float = Field(1e-4, ge=0, le=1)
    """Of a match of a known motif, in either allele; 0: motifs are not looked for."""


class VariantSection(ScoringSection):
    """Variants that a run scores."""

    vcf: dict[str, str] = Field({})
    """VCF file by assembly: its variants are scored for each cell line of that assembly."""
    leave_out_mismatches: bool = False
    """Leave out, and count, variants whose REF is not what the genome holds; else they stop the
    run."""
