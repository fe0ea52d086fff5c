"""Settings of the evaluation; rules hand their values over."""

from typing import Annotated, Literal, Self

from pydantic import model_validator

from deepexpr.settings import Field, RuleError, Section, Unique

#: A K of K-fold cross-validation, a half-width of the distance scan (bp).
Folds = Annotated[int, Field(ge=2)]
HalfWidth = Annotated[int, Field(ge=5000)]


class SchemeSection(Section):
    """How genes are split."""

    scheme: Literal["random", "chromosome", "family"] = "random"
    """How genes are split into folds: at random, by whole chromosomes, or by whole families of
    genes with similar promoters."""


class SpeciesSection(Section):
    """Predict the cell lines of one assembly from those of another, both ways, by orthologues."""

    orthologues: str
    """Table of orthologues: two columns of genes, or a download of Ensembl BioMart with the gene
    names of both species. Genes in several pairs are left out."""
    assemblies: tuple[str, str]
    """The two assemblies, in the order of the table's columns (of BioMart's, first the species
    whose columns do not begin with its name)."""

    @model_validator(mode="after")
    def _two(self) -> Self:
        if len(set(self.assemblies)) < 2:
            raise RuleError(
                "Orthologues are of two assemblies.",
                where="assemblies",
                expected="two names of assemblies",
                found=", ".join(self.assemblies),
                fix="Name the assembly of either column.",
            )
        return self


class EvaluationSection(SchemeSection):
    """Cross-validation."""

    tasks: Annotated[tuple[Literal["classification", "regression"], ...], Unique] = Field(
        ("classification", "regression"), min_length=1
    )
    """Tasks."""
    folds: Annotated[tuple[Folds, ...], Unique] = Field((2, 5, 10, 15, 20), min_length=1)
    """Values of K."""
    main_folds: int = Field(10, ge=2)
    """K of cross-cell-line, ablation, distance scan and motifs; one of folds."""
    cross_cell_line: bool = True
    """Predict each cell line from the others of its assembly."""
    cross_species: SpeciesSection | None = None
    ablation: bool = True
    """Train the HiChIP-only network beside the full and the sequence-only one."""
    distances: Annotated[tuple[HalfWidth, ...], Unique] = (1_000_000, 500_000, 100_000)
    """Half-widths of the HiChIP input in the distance scan (bp); empty for none."""
    distance_cell_lines: tuple[str, ...] | None = None
    """Cell lines of the distance scan; all with HiChIP if null."""

    @model_validator(mode="after")
    def _main_folds_are_run(self) -> Self:
        if self.main_folds not in self.folds:
            raise RuleError(
                "evaluation.main_folds is not one of evaluation.folds.",
                where="main_folds",
                expected=f"one of {list(self.folds)}",
                found=str(self.main_folds),
                fix="Add it to evaluation.folds, or choose one that is there.",
            )
        return self
