"""Settings of motifs; rules hand their values over."""

from typing import Literal, Self

from pydantic import model_validator

from deepexpr.settings import Field, RuleError, Section


class FilterSection(Section):
    """Filters of the first layer as motifs."""

    alpha: float = Field(0.7, gt=0, lt=1)
    """Activation threshold as a fraction of the filter's largest possible activation."""


class TargetSection(Section):
    """The known motifs."""

    targets: str = "JASPAR2018"
    """JASPAR release (CORE vertebrates) or a MEME file."""


class DistanceSection(Section):
    """How motifs are compared."""

    engine: Literal["memelite", "meme"] = "memelite"
    """TomTom implementation."""
    distance: Literal["ed", "pearson"] = "ed"
    """Column distance; pearson needs engine meme."""

    @model_validator(mode="after")
    def _pearson_is_of_meme(self) -> Self:
        if self.distance == "pearson" and self.engine != "meme":
            raise RuleError(
                "Distance pearson needs the MEME suite's TomTom.",
                where="distance",
                fix="Set motifs.engine: meme, or motifs.distance: ed.",
            )
        return self


class TomtomSection(DistanceSection, TargetSection):
    """Comparison with the known motifs."""

    e_value: float = Field(0.05, gt=0)
    """Largest E-value of a match."""
    null_shuffles: int = Field(10, ge=0)
    """Shuffled copies of the filters for the null."""


class EnhancerSection(Section):
    """The distal anchors that enhancer motifs are looked for in."""

    enhancers: int = Field(500, ge=1)
    """Distal anchors of the strongest loops given to CisModule."""
    enhancer_width: int | None = Field(1000, ge=0)
    """Width around the anchor's middle (bp); the whole anchor if null or 0."""


class InterpretSection(TargetSection):
    """Explanation of one gene's prediction."""

    interpret_method: Literal["mutagenesis", "masking", "gradient"] = "mutagenesis"
    """How the bases of an interpreted gene are judged; gradient is a fast approximation of
    mutagenesis."""


class PooledSection(Section):
    """Attributions pooled into motifs."""

    attribution_promoters: int = Field(1000, ge=1)
    """Promoters whose attributions are pooled into motifs."""
