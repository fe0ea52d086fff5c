"""Settings of the figures; rules hand their values over."""

from typing import Annotated, Literal

from deepexpr.settings import Field, Section, Unique


class FigureSection(Section):
    """Figures."""

    formats: Annotated[tuple[Literal["pdf", "png", "svg"], ...], Unique] = Field(
        ("pdf", "png", "svg"), min_length=1
    )
    """File formats."""
    gene: str | dict[str, str] | None = None
    """Gene of figure 2C; `{ASSEMBLY: gene, ...}` where its name differs between assemblies; the one
    with the strongest loops if null."""
