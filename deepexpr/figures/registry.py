"""All figures: each declared once, and what a run makes of them follows.

Modules are named as text and imported when used: listing the figures stays light, and
drawing needs matplotlib and the table only. Other installed packages add a figure by an entry
point in the group "deepexpr.figures": a module with ``FIGURE = FigureSpec(...)``, its columns,
build and draw, and its caption beside it (.rst); it imports matplotlib inside draw.
"""

import importlib

from deepexpr import plugins
from deepexpr.errors import InputError
from deepexpr.figures.declaration import (
    DATA,
    FAMILY,
    MOTIFS,
    NETWORK,
    PERFORMANCE,
    QUALITY,
    SUMMARY,
    FigureSpec,
)


def _own(name: str, title: str, module: str, *rest, **more) -> FigureSpec:
    return FigureSpec(name, title, f"{FAMILY}.{module}", *rest, **more)


def _motifs(name: str, title: str, stem: str, kind: str, **more) -> FigureSpec:
    """Motifs of one kind (motifs/{cell_line}/{kind}.*) and their matches."""
    return _own(
        name, title, "motif_matches", stem, MOTIFS,
        ("filters", "tomtom"), ("jaspar", "e_value", "cell_line"), per="cell line",
        sources={"filters": f"{kind}_motifs", "tomtom": f"{kind}_matches"},
        environment="motifs", filled={"cell_line": "False"}, **more,
    )  # fmt: skip


_SPECS = (
    _own("table1", "Cell lines and data", "table1", "table1", DATA, ("dataset",), ("signal", "qc")),
    _own(
        "1", "Architecture of the network", "architecture", "architecture", NETWORK, ("bundle",),
        environment="tensorflow",
        filled={"name": "True", "type": "True", "detail": "type == 'WordCounts'"},
    ),
    _own(
        "2A", "Loop signal and expression", "loops_expression", "loop_signal", DATA, ("dataset",),
        when=("hichip",),
    ),
    _own(
        "2B", "Number of loops and expression", "loops_expression", "loop_number", DATA,
        ("dataset",), when=("hichip", "loops"),
    ),
    _own(
        "2C", "Loops and expression of one gene", "gene_tracks", "gene_tracks", DATA,
        ("dataset", "genes"), ("signal", "transcripts", "chrom_sizes", "gene"), per="assembly",
        when=("hichip", "loops"),
        filled={
            "start": "part != 'expression'", "end": "part != 'expression'",
            "value": "part == 'loop'", "start2": "part == 'loop'", "end2": "part == 'loop'",
            "at_gene": "part == 'loop'", "cell_line": "part in ['expression', 'loop']",
        },
    ),
    _own(
        "aggregate", "Mean contact map around loops", "aggregate", "aggregate", DATA,
        ("contacts",), when=("hichip", "loops"),
        filled={"row": "note.isna()", "column": "note.isna()", "pets": "note.isna()"},
    ),
    _own(
        "callers", "Loops of both callers", "callers", "callers", DATA,
        ("contacts",), ("confidence",), when=("hichip", "loops", "both callers"),
    ),
    _own(
        "differential", "Loops that differ between cell lines", "differential", "differential",
        DATA, ("differential",), when=("hichip", "loops"),
    ),
    _own(
        "3", "Classification: AUC", "performance", "auc", PERFORMANCE, ("metrics",), ("tests",),
        when=("classification",),
    ),
    _own(
        "4", "Regression: Pearson r", "performance", "pcc", PERFORMANCE, ("metrics",), ("tests",),
        when=("regression",),
    ),
    _own(
        "5", "Prediction across cell lines", "performance", "cross", PERFORMANCE,
        ("cross",), ("tests",), when=("regression", "cross"), sources={"tests": "cross_tests"},
    ),
    _own(
        "cross_species", "Prediction across species", "cross_species", "cross_species", PERFORMANCE,
        ("species",), ("species_apart",), filled={"group": "True"},
    ),
    _own(
        "6", "Ablation", "ablation", "ablation", PERFORMANCE, ("metrics",), ("tests",),
        when=("hichip", "ablation"),
    ),
    _own(
        "7", "Distance of the loops used", "ablation", "distance", PERFORMANCE,
        ("metrics",), ("full_reach",), when=("hichip", "distances"),
    ),
    _own(
        "reach", "Neighbouring or far", "reach", "reach", PERFORMANCE, ("dataset", "outcome"),
        when=("hichip",), filled={"group": "True"},
    ),
    _motifs("8", "Motifs of first-layer filters", "filter_motifs", "filters"),
    _motifs("9", "Motifs of enhancers", "enhancer_motifs", "enhancers", when=("hichip", "loops")),
    _motifs(
        "attribution_motifs", "Motifs pooled from attributions", "attribution_motifs",
        "attribution", when=("attribution",),
    ),
    _own(
        "interpretation", "What moves the prediction of one gene", "interpretation",
        "interpretation", MOTIFS, ("interpretation",), ("cell_line",), per="gene",
        when=("attribution",), filled={"value": "True", "cell_line": "False"},
    ),
    _own(
        "variants", "Variants in promoters", "variants", "variants", MOTIFS, ("variants",),
        ("cell_line",), per="cell line",
        filled=dict.fromkeys(("tss_distance", "change", "made", "broken", "of"), "True")
        | {"cell_line": "False"},
    ),
    _own(
        "variant_places", "Variants in contacted places", "variant_places", "variant_places",
        MOTIFS, ("variant_places",), ("cell_line",), per="cell line",
        filled=dict.fromkeys(("tss_distance", "change", "made", "broken", "of"), "True")
        | {"cell_line": "False"},
    ),
    _own(
        "convergence", "Convergence of CisModule", "convergence", "convergence", QUALITY,
        ("trace",),
    ),
    _own(
        "search", "Search of the baselines", "search", "search", QUALITY, ("search",),
        filled={"depth": "trees.notna()"},
    ),
    _own(
        "paper", "The paper's numbers beside ours", "paper", "paper", PERFORMANCE,
        ("metrics",), ("dataset", "cross", "full_reach", "motif_summary"),
        when=("numbers of the paper",),
    ),
    _own(
        "published", "Expression beside published values", "published", "published", DATA,
        ("expression", "published"),
    ),
    _own("qc", "Quality of the HiChIP libraries", "qc", "qc", QUALITY, ("qc",)),
    _own(
        "replicates", "Agreement of the replicates", "replicates", "replicates", QUALITY,
        ("concordance",), ("signal", "replicate_qc"), sources={"signal": "pool_signal"},
        filled={"cell_line": "True"},
    ),
    _own(
        "training_curves", "Training curves", "training", "training_curves", QUALITY,
        ("history",),
    ),
    # What was measured by the time the last heavy jobs are done.
    _own(
        "benchmarks", "Run time and memory", "training", "benchmarks", QUALITY,
        ("benchmark",), ("replaced",), after=("metrics", "filters_matches"),
    ),
    _own(
        "quality", "Quality of the run", "quality", "quality", QUALITY,
        ("history",),
        ("qc", "replicate_qc", "loop_qc", "run_info", "versions", "benchmark", "replaced"),
        after=("metrics", "filters_matches"), page=True,
    ),
    _own(
        "summary", "Answers, and what was run", "summary", "summary", SUMMARY,
        ("dataset",),
        ("metrics", "qc", "replicate_qc", "loop_qc", "run_info", "signal", "cross", "species",
         "motif_summary", "versions", "matches", "outcome", "title", "warning", "logs", "replaced"),
        after=("metrics", "filters_matches"), page=True,
    ),
    _own(
        "tables", "Tables: genes, loops and scores", "data_tables", "tables", SUMMARY,
        ("dataset", "predictions", "metrics"), ("signal", "matches", "jaspar", "e_value"),
        page=True, environment="motifs",
        filled=dict.fromkeys(("method", "K", "metric"), "table == 'scores'"),
    ),
    _own(
        "browser", "Genome browser", "browser", "browser", SUMMARY,
        ("dataset", "predictions", "genes"), ("signal", "transcripts", "chrom_sizes"),
        per="assembly", when=("hichip", "loops"), page=True,
        filled={
            "cell_line": "part not in ['chromosome', 'gene']", "chromosome": "True",
            "start": "True", "end": "True", "value": "part in ['loop', 'signal']",
            "start2": "part == 'loop'", "end2": "part == 'loop'", "name": "part == 'region'",
        },
    ),
)  # fmt: skip


def _brought() -> tuple[FigureSpec, ...]:
    """The figures of other packages."""
    modules = [m for m in plugins.members(FAMILY).values() if not m.startswith(f"{FAMILY}.")]
    return tuple(importlib.import_module(module).FIGURE for module in modules)


FIGURES: dict[str, FigureSpec] = {spec.name: spec for spec in (*_brought(), *_SPECS)}


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
