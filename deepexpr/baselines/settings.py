"""Settings of the baselines: features and search grids, with the paper's as defaults."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import AfterValidator, model_validator

from deepexpr.settings import Field, RuleError, Section

if TYPE_CHECKING:
    import numpy as np

Size = Annotated[int, Field(ge=1)]
Sizes = Annotated[tuple[Size, ...], AfterValidator(lambda sizes: tuple(sorted(set(sizes))))]
Share = Annotated[float, Field(gt=0, le=1)]

#: Above so many words the lookup tables outgrow a desktop's memory; above so many cells (4 bytes)
#: those of a window's halves do.
MAX_WORDS, MAX_CELLS = 20_000_000, 100_000_000


#: Methods whose features are their definition, whatever `features` says.
OWN_FEATURES = {"ridge": "network", "trees": "anchors", "totals": "totals"}
#: Those that solve words, in single precision, so nothing is gained by doubles of them.
WORD_METHODS = ("ridge", "trees")


class BaselineSettings(Section):
    """Hyper-parameters of the methods and of their search."""

    WHERE = "settings of the baselines"

    features: Literal["gapped", "network"] = "gapped"
    """What the paper's methods read: gapped k-mers and bins (method.md, 4), or words and loops in
    windows as the network counts them. ridge, trees and totals have features of their own."""
    word_blocks: Literal["auto", "coarse", "fine"] = "auto"
    """Words of ridge, trees and `features: network`: in a few windows, or, for thousands of genes,
    in windows that flow into each other, and with gaps too (docs/baselines.md). auto: fine for
    ridge and trees from 3,000 training genes on, as `tuned` has them, else coarse."""
    motifs: str | None = None
    """MEME file of known motifs, whose matches in windows are read beside these words, as `tuned`
    reads those of model.motifs; a run takes that by default."""
    samples: str | None = None
    """Table (TSV: gene, then log expression) of further samples, which are further targets of the
    words of ridge and trees, as of those of `tuned` by training.samples; a run takes that by
    default."""
    length: int = Field(6, ge=1, le=20)
    """Letters of a gapped k-mer (docs/method.md, section 4)."""
    informative: int = Field(4, ge=1)
    """Letters of a gapped k-mer that are not gaps."""
    inner_folds: int = Field(10, ge=2)
    """Folds of the search within the training part (paper: 10)."""
    grid_points: int = Field(250, ge=1)
    """Penalties of Lasso and SVM, evenly spaced in log10 (paper: 250)."""
    grid_low: float = -5.0
    """log10 of the smallest penalty (illegible in the paper)."""
    grid_high: float = 5.0
    """log10 of the largest penalty."""
    forest_sizes: Sizes = Field(
        (50, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000), min_length=1
    )
    """Trees of a forest (paper: 11 x 5)."""
    forest_depths: Sizes = Field((2, 4, 6, 8, 10), min_length=1)
    """Levels of a tree."""
    forest_features: Literal["sqrt", "log2"] | Share = "sqrt"
    """Features tried at a split: sqrt, log2 or a fraction in (0, 1]. The paper does not say; all
    features (1.0) cost 40 times as much."""
    forest_leaf: int = Field(1, ge=1)
    """Smallest number of genes in a leaf."""
    forest_selection: Literal["inner", "oob"] = "inner"
    """By inner folds (paper), or by the genes that each tree of one forest did not draw: a tenth of
    the cost."""
    logistic_penalty: float = Field(1.0, gt=0)
    """Inverse strength C of the L2 penalty; the paper gives no grid (1: the library's default)."""
    lasso_deviance: float = Field(0.999, gt=0, le=1)
    """The Lasso path stops where this fraction of the training variance is explained; weaker
    penalties take the score of the last solution (rule of glmnet)."""
    lasso_drop: float = Field(0.1, gt=0)
    """The path of an inner fold also stops where its R² has fallen this far below its best: beyond
    lie hours of fitting noise, which the search would not choose."""
    svm_drop: float = Field(0.05, gt=0)
    """The same for the SVM's C and the AUC of an inner fold."""
    svm_patience: float = Field(2.0, gt=0)
    """The SVM's path of an inner fold also ends where its AUC has not risen for this many powers of
    ten of C: fits of genes that no plane parts take minutes there."""
    lasso_tolerance: float = Field(1e-4, gt=0)
    """Largest step of a coefficient, in standard deviations of the response, at which a solution
    counts as converged."""

    def features_of(self, method: str) -> str:
        """ "gapped", "network", "anchors" or "totals": what the method reads."""
        return OWN_FEATURES.get(method, self.features)

    def read_by(self, method: str) -> Self:
        """Without motifs where the method reads no words, without samples where it solves none."""
        unread = []
        if self.features_of(method) in ("gapped", "totals"):
            unread.append("motifs")
        if method not in WORD_METHODS:
            unread.append("samples")
        return self.model_copy(update=dict.fromkeys(unread))

    @model_validator(mode="after")
    def _grid_ascends(self) -> Self:
        if self.grid_low > self.grid_high:
            raise RuleError(
                "The grid ends below its start.",
                where="grid_low",
                expected=f"at most grid_high, {self.grid_high:g}",
                found=f"{self.grid_low:g}",
            )
        return self

    @model_validator(mode="after")
    def _words_fit_into_memory(self) -> Self:
        patterns = math.comb(self.length, self.informative)
        if not patterns:
            raise RuleError(
                "A gapped k-mer has fewer letters than informative ones.",
                where="informative",
                expected=f"at most length, {self.length}",
                found=str(self.informative),
            )
        for what, number, most in (
            ("words before strands are merged", patterns * 4**self.informative, MAX_WORDS),
            ("cells of tables", patterns * 4 ** ((self.length + 1) // 2), MAX_CELLS),
        ):
            if number > most:
                raise RuleError(
                    f"Words of {self.length} letters, {self.informative} of them informative, are "
                    "too many.",
                    where="length",
                    expected=f"at most {most:,} {what}",
                    found=f"{number:,}",
                    fix="Choose fewer informative positions or shorter words.",
                )
        return self

    def penalties(self) -> np.ndarray:
        """The grid of Lasso's alpha and of the SVM's C: float64 (grid_points,), ascending."""
        import numpy as np

        return np.logspace(self.grid_low, self.grid_high, self.grid_points)
