"""Small tables of plotted values, one per figure, made without any other stage."""

from __future__ import annotations

import numpy as np
import pandas as pd
from synthetic_genes import (
    browser,
    filter_motifs,
    gene_tracks,
    interpretation,
    tables,
    variants,
)
from synthetic_hichip import (
    LINES,
    aggregate,
    callers,
    differential,
    loop_number,
    loop_signal,
    qc,
    replicates,
)

from deepexpr.schemas import METRICS


def metrics(
    metric: str,
    methods,
    lines=LINES,
    ks=(2, 5),
    schemes=("random",),
    seed: int = 3,
    trained_on=None,
) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = []
    for line in lines:
        others = trained_on(line) if trained_on else line
        for scheme in schemes:
            for k in ks:
                for number, method in enumerate(methods):
                    for fold in range(k):
                        value = (
                            0.8 - 0.03 * number + rng.normal(0, 0.02) - (scheme != "random") * 0.05
                        )
                        rows.append(
                            (line, others, "regression" if metric == "PCC" else "classification",
                             scheme, method, k, fold, metric, value, 1e-9, 1640 // k, np.nan)
                        )  # fmt: skip
    table = pd.DataFrame(rows, columns=list(METRICS))
    return table.assign(p_full=np.where(table["method"].isin(["lasso", "svm"]), 0.001, np.nan))


def distance(lines=LINES, k: int = 4) -> pd.DataFrame:
    methods = [f"full-{kb}kb" for kb in (500, 250, 100, 50)]
    table = metrics("PCC", ["full", *methods], lines, (k,))
    reach = table["method"].str.extract(r"-(\d+)kb", expand=False).fillna("1000").astype(int)
    return table.assign(distance_kb=reach)


def architecture() -> pd.DataFrame:
    from deepexpr.figures.architecture import ARCHITECTURE_COLUMNS

    layers = [
        ("promoter", "InputLayer", "proximal", 0, "", "2000 x 4", 0, 1),
        ("first_convolution", "Conv1D", "proximal", 1, "128 filters of width 8", "2000 x 128", 4224,
         0),
        ("first_relu", "Activation", "proximal", 1, "relu", "2000 x 128", 0, 1),
        ("block_1_1", "Conv1D", "proximal", 2, "12 filters of width 4", "2000 x 12", 6156, 0),
        ("block_1_1_joined", "Concatenate", "proximal", 2, "", "2000 x 140", 0, 1),
        ("sequence_score", "Dense", "proximal", 3, "1 unit", "1", 41, 0),
        ("bins", "InputLayer", "distal", 0, "", "400", 0, 1),
        ("hichip_score", "Dense", "distal", 1, "1 unit", "1", 400, 1),
        ("joint_score", "Add", "joint", 0, "", "1", 0, 1),
        ("expression", "Rescaling", "joint", 1, "", "1", 0, 1),
    ]  # fmt: skip
    rows = [(number, *layer) for number, layer in enumerate(layers)]
    return pd.DataFrame(rows, columns=list(ARCHITECTURE_COLUMNS)).replace("", np.nan)


def overview() -> pd.DataFrame:
    from deepexpr.figures.table1 import TABLE1_COLUMNS

    rows = [
        ("K562", "hg19", 17899, 4, 1.5e8, 71303, 12000),
        ("mESC", "mm9", 18871, np.nan, np.nan, np.nan, np.nan),
    ]
    return pd.DataFrame(rows, columns=list(TABLE1_COLUMNS))


def training_curves(runs=("K562 regression full", "K562 regression hichip"), seed: int = 6):
    rng = np.random.default_rng(seed)
    rows = [
        (
            run,
            fold,
            0,
            step,
            epoch,
            1 / epoch + rng.random() / 9,
            0.3 + 1 / epoch + rng.random() / 9,
        )
        for run in runs
        for step in (("sequence", "distal") if run.endswith("full") else ("hichip",))
        for fold in range(3)
        for epoch in range(1, 12)
    ]
    from deepexpr.figures.training import TRAINING_CURVES_COLUMNS

    return pd.DataFrame(rows, columns=list(TRAINING_CURVES_COLUMNS))


def benchmarks() -> pd.DataFrame:
    rows = [
        ("hichip", "map_mate", 8, 340.2, 2900.0), ("loops", "call_loops", 2, 1200.0, 800.0),
        ("motifs", "match_motifs", 1, 2.0, np.nan),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["stage", "step", "jobs", "s", "max_rss"])


def summary() -> pd.DataFrame:
    rows = [
        ("data", "K562", "17,899 genes (hg19), 71,303 loops from 4 HiChIP samples"),
        ("result", "K562", "Pearson r (random 10-fold): DeepExpression 0.654 ± 0.020"),
        ("warning", "", "K562: 1 folds of SVM (classification) have no score <one class>."),
        ("version", "deepexpr", "0.2.0"),
    ]
    return pd.DataFrame(rows, columns=["section", "item", "value"])


def cross() -> pd.DataFrame:
    def others(line: str) -> str:
        return ",".join(name for name in LINES if name != line)

    return metrics("PCC", ("full", "random_forest", "lasso"), ks=(5,), trained_on=others)


def published(lines=LINES, genes: int = 200) -> pd.DataFrame:
    table = loop_signal(lines, genes)[["cell_line", "gene", "expression"]]
    noise = np.random.default_rng(8).normal(0, 0.3, len(table))
    return table.assign(published=table["expression"] + noise, spearman=0.96)


def quality() -> pd.DataFrame:
    rows = [
        ("HiChIP libraries", "K562_hichip_1", "read_pairs", "1000000", "at least 1", "good", "x"),
        ("HiChIP libraries", "K562_hichip_1", "trans_fraction", "0.6", "at most 0.5", "look",
         "pairs between chromosomes; high: many pairs join chromosomes: random ligation"),
        ("Loops", "K562", "loops", "71303", "at least 1", "good", "contacts called as loops"),
        ("RNA-seq libraries", "K562_rna_1", "pseudoaligned_fraction", "0.93", "at least 0.5",
         "good", "x"),
        ("Training", "K562 regression full", "networks", "10", "", "", "networks trained"),
        ("Run time and memory", "map_mate", "seconds", "340.2", "", "", "wall time"),
        ("Software", "kallisto", "version", "kallisto, version 0.48.0", "", "", ""),
    ]  # fmt: skip
    from deepexpr.figures.quality import QUALITY_COLUMNS

    return pd.DataFrame(rows, columns=list(QUALITY_COLUMNS))


def paper() -> pd.DataFrame:
    from deepexpr.figures.paper import PAPER_COLUMNS

    rows = [
        ("2A: summed loop counts and expression", "mESC", "PCC", 0.623, np.nan, np.nan, np.nan, 0,
         "not run", "not run", np.nan),
        ("3: DeepExpression above SVM", "mESC", "AUC", 0.0677, 0.05, -0.0177, 0.02, 10, "yes",
         "run", "printed as 0.677"),
        ("6: without HiChIP", "mESC", "% of PCC", -8.39, -3.1, 5.29, 1.2, 10, "no", "run", np.nan),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(PAPER_COLUMNS))


def search(seed: int = 8) -> pd.DataFrame:
    from deepexpr.figures.search import SEARCH_COLUMNS

    rng = np.random.default_rng(seed)
    rows = []
    for fold in range(3):
        penalties = np.logspace(-3, 1, 9)
        scores = 0.5 - 0.1 * (np.log10(penalties) + 1) ** 2 + rng.normal(0, 0.02, 9)
        rows += [
            ("K562 regression Lasso", fold, p, np.nan, np.nan, "R2", s, 0.05, int(s == max(scores)))
            for p, s in zip(penalties, scores, strict=True)
        ]
        grid = [(trees, depth) for trees in (50, 100, 200) for depth in (2, 4, 8)]
        scores = [0.7 + 0.01 * depth + trees / 5000 + rng.normal(0, 0.01) for trees, depth in grid]
        rows += [
            (
                "K562 classification forest",
                fold,
                np.nan,
                t,
                d,
                "AUC",
                s,
                0.03,
                int(s == max(scores)),
            )
            for (t, d), s in zip(grid, scores, strict=True)
        ]
    return pd.DataFrame(rows, columns=list(SEARCH_COLUMNS))


def convergence(seed: int = 9) -> pd.DataFrame:
    from deepexpr.figures.convergence import CONVERGENCE_COLUMNS

    rng = np.random.default_rng(seed)
    rows = [
        (run, chain, i, 900 * (1 - np.exp(-i / 8)) + rng.normal(0, 12), 60 + i // 4, 300 + i)
        for run in LINES
        for chain in range(3)
        for i in range(50)
    ]
    return pd.DataFrame(rows, columns=list(CONVERGENCE_COLUMNS))


def reach() -> pd.DataFrame:
    methods = ("full", "full-100kb", "sequence", "ridge")
    parts = [metrics("PCC", methods, ks=(5,), seed=20 + i).assign(group=group)
             for i, group in enumerate(("no loop", "within 100 kb", "beyond 100 kb"))]  # fmt: skip
    return pd.concat(parts, ignore_index=True)[["group", *METRICS]]


def cross_species() -> pd.DataFrame:
    methods = ("full", "sequence", "ridge")
    lines = {"K562": "mESC", "mESC": "K562,HCT116"}
    parts = [
        metrics(metric, names, tuple(lines), ks=(5,), trained_on=lines.get, seed=seed)
        .assign(group=group, metric=metric)
        for metric, names, group, seed in (
            ("PCC", (*methods, "copy"), "one orthologue", 30),
            ("PCC beyond copy", methods, "one orthologue", 31),
            ("PCC", methods, "no orthologue", 32),
        )
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True)[["group", *METRICS]]


REGRESSION = ("full", "sequence", "hichip", "linear_regression", "lasso", "random_forest")
CLASSIFICATION = ("full", "sequence", "hichip", "logistic_regression", "svm", "random_forest")

#: Name of a figure -> its small table.
TABLES = {
    "table1": overview,
    "1": architecture,
    "2A": loop_signal,
    "2B": loop_number,
    "2C": gene_tracks,
    "aggregate": aggregate,
    "callers": callers,
    "replicates": replicates,
    "differential": differential,
    "3": lambda: metrics("AUC", CLASSIFICATION),
    "4": lambda: metrics("PCC", REGRESSION),
    "5": cross,
    "6": lambda: metrics("PCC", REGRESSION[:3]),
    "7": distance,
    "reach": reach,
    "cross_species": cross_species,
    "8": filter_motifs,
    "9": filter_motifs,
    "attribution_motifs": filter_motifs,
    "interpretation": interpretation,
    "variants": variants,
    "variant_places": variants,
    "convergence": convergence,
    "search": search,
    "paper": paper,
    "published": published,
    "qc": qc,
    "training_curves": training_curves,
    "benchmarks": benchmarks,
    "quality": quality,
    "summary": summary,
    "tables": tables,
    "browser": browser,
}
