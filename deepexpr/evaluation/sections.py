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
