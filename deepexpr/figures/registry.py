"""All figures by name: what they are called, what they need, and where they are drawn.

Modules are named as text and imported when used: listing the figures stays light, and
drawing needs matplotlib and the table only.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass

from deepexpr.errors import InputError


@dataclass(frozen=True)
class FigureSpec:
    """One figure: `build_{stem}(inputs)` makes its table, `draw_{stem}(table)` draws it."""

    name: str
    title: str
    module: str
    stem: str
    needs: tuple[str, ...]
    takes: tuple[str, ...] = ()

    def build(self) -> Callable:
        """The function from Inputs to the DataFrame of plotted values."""
        return getattr(self._imported(), f"build_{self.stem}")

    def draw(self) -> Callable:
        """The function from that DataFrame to a matplotlib Figure (to text for `summary`)."""
        return getattr(self._imported(), f"draw_{self.stem}")

    def page(self) -> Callable | None:
        """The function from the table to an HTML body, where the figure has one of its own."""
        return getattr(self._imported(), f"page_{self.stem}", None)

    def columns(self) -> tuple[str, ...]:
        """Columns of the table."""
        return getattr(self._imported(), f"{self.stem.upper()}_COLUMNS")

    def _imported(self):
        return importlib.import_module(f"deepexpr.figures.{self.module}")


_SPECS = (
    FigureSpec(
        "table1", "Cell lines and data", "overview", "overview", ("dataset",), ("qc", "signal")
    ),
    FigureSpec("1", "Architecture of the network", "architecture", "architecture", ("bundle",)),
    FigureSpec("2A", "Loop signal and expression", "loops_expression", "loop_signal", ("dataset",)),
    FigureSpec(
        "2B", "Number of loops and expression", "loops_expression", "loop_number", ("dataset",)
    ),
    FigureSpec(
        "2C", "Loops and expression of one gene", "gene_tracks", "gene_tracks",
        ("dataset", "genes"), ("gene", "signal", "transcripts", "chrom_sizes"),
    ),
    FigureSpec("3", "Classification: AUC", "performance", "auc", ("metrics",), ("tests",)),
    FigureSpec("4", "Regression: Pearson r", "performance", "pcc", ("metrics",), ("tests",)),
    FigureSpec("5", "Prediction across cell lines", "performance", "cross", ("cross",), ("tests",)),
    FigureSpec("6", "Ablation", "ablation", "ablation", ("metrics",), ("tests",)),
    FigureSpec(
        "7", "Distance of the loops used", "ablation", "distance", ("metrics",), ("full_reach",)
    ),
    FigureSpec(
        "8", "Motifs of first-layer filters", "motif_matches", "filter_motifs",
        ("filters", "tomtom"), ("jaspar", "e_value", "cell_line"),
    ),
    FigureSpec(
        "9", "Motifs of enhancers", "motif_matches", "enhancer_motifs",
        ("filters", "tomtom"), ("jaspar", "e_value", "cell_line"),
    ),
    FigureSpec(
        "attribution_motifs", "Motifs pooled from attributions", "motif_matches",
        "attribution_motifs", ("filters", "tomtom"), ("jaspar", "e_value", "cell_line"),
    ),
    FigureSpec(
        "interpretation", "What moves the prediction of one gene", "interpretation",
        "interpretation", ("interpretation",), ("cell_line",),
    ),
    FigureSpec(
        "convergence", "Convergence of CisModule", "convergence", "convergence", ("trace",)
    ),
    FigureSpec(
        "search", "Search of the baselines", "baseline_search", "search", ("search",)
    ),
    FigureSpec(
        "paper", "The paper's numbers beside ours", "paper", "paper",
        ("metrics",), ("dataset", "motif_summary", "cross", "full_reach"),
    ),
    FigureSpec("qc", "Quality of the HiChIP libraries", "quality", "qc", ("qc",)),
    FigureSpec(
        "training_curves", "Training curves", "training", "training_curves", ("history",)
    ),
    FigureSpec("benchmarks", "Run time and memory", "training", "benchmarks", ("benchmark",)),
    FigureSpec(
        "quality", "Quality of the run", "run_quality", "quality",
        ("history",), ("qc", "loop_qc", "run_info", "benchmark", "versions"),
    ),
    FigureSpec(
        "summary", "What was run, and the main numbers", "landing", "summary",
        ("dataset",),
        ("metrics", "cross", "signal", "qc", "loop_qc", "run_info", "motif_summary", "versions",
         "title", "warning"),
    ),
)  # fmt: skip

FIGURES: dict[str, FigureSpec] = {spec.name: spec for spec in _SPECS}


def find(name: str) -> FigureSpec:
    """The figure called `name`, upper or lower case; InputError with the list otherwise."""
    for key in (name, name.upper(), name.lower()):
        if key in FIGURES:
            return FIGURES[key]
    raise InputError(
        f"There is no figure {name!r}.",
        where="the figure's name",
        expected=", ".join(FIGURES),
        found=name,
        fix="Choose one of these.",
    )
