"""The parts of rates.py behind the loops: networks, baselines, motifs and figures, on real genes.

Real promoters, expression and loops of K562 (real_genes_data.py), cut to the sizes wanted.
"""

from __future__ import annotations

import json
import shlex
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from measuring import measure
from real_genes_data import RealGenes, real_genes

from deepexpr.features.dataset import CONTACTS, ENHANCERS, Dataset, write_dataset
from deepexpr.features.sections import EnhancerFeatures
from deepexpr.features.splits import make_splits
from deepexpr.files import read_table, write_table, writing

DEEPEXPR = f"{shlex.quote(sys.executable)} -m deepexpr"


@cache
def all_genes() -> RealGenes:
    """Read once, as it takes seconds."""
    return real_genes()


def dataset_of(
    work: Path, genes: int, folds: int = 10, cell_line: str = "K562"
) -> tuple[Path, Path]:
    """A line with K562's loops: so many genes drawn from all, and random splits of them."""
    path, splits = work / f"{cell_line}.{genes}.h5", work / f"splits.{genes}.K{folds}.tsv"
    real = all_genes()
    rows = np.sort(np.random.default_rng(genes).permutation(len(real.gene))[:genes])
    values, bins = real.expression[cell_line][rows].astype(np.float32), real.bins["K562"][rows]
    if not path.exists():
        dataset = Dataset(
            gene=real.gene[rows], chromosome=real.chromosome[rows],
            tss=np.arange(len(rows)) * 9000 + 2000, strand=np.full(len(rows), "+"),
            sequence=real.sequence[rows], expression=values,
            label=np.where(values >= np.median(values), 1, -1).astype(np.int8),
            cell_line=cell_line, assembly="hg38", bins=bins,
            loop_count=bins.sum(1, keepdims=True),
            loop_number=(bins > 0).sum(1, keepdims=True).astype(np.int32),
        )  # fmt: skip
        write_dataset(dataset, path)
    table = pd.DataFrame({"gene": real.gene[rows], "chromosome": real.chromosome[rows]})
    write_table(make_splits(table, "random", folds, 1), splits)
    return path, splits


def with_places(path: Path) -> Path:
    """The dataset with contacted places of the default size; letters of promoters stand for
    theirs."""
    target = path.with_suffix(".places.h5")
    if not target.exists():
        dataset, settings = Dataset.open(path), EnhancerFeatures()
        rng, size = np.random.default_rng(1), (len(dataset), settings.enhancers)
        letters = dataset.sequence[rng.integers(0, len(dataset), size), : settings.enhancer_width]
        numbers = np.stack([1 + rng.random(size), rng.normal(0, 1e5, size)], axis=2)
        others = {ENHANCERS: letters, CONTACTS: numbers.astype(np.float32)}
        write_dataset(replace(dataset, others=others), target)
    return target


def train_command(
    work: Path,
    variant: str,
    genes: int,
    epochs: int,
    folds: int = 10,
    only: str = "--only-fold 1",
    trainer: str = "sequential",
    kind: str = "sequence",
) -> str:
    """Command that trains one fold, or all, on so many genes for so many epochs."""
    dataset, splits = dataset_of(work, genes, folds)
    chosen = {"epochs": epochs, "members": 1, "patience": epochs, "trainer": trainer}
    if kind == "full":
        dataset, chosen = with_places(dataset), chosen | {"distal_epochs": 1}
    settings = json.dumps(chosen)
    return (
        f"rm -rf {work}/net.{variant}; {DEEPEXPR} train --dataset {dataset} --splits {splits}"
        f' --task regression --kind {kind} --model \'{{"variant": "{variant}"}}\''
        f" --training '{settings}' {only} --threads 1 --output {work}/net.{variant}"
    )


def training_of(work: Path, variant: str, genes: int, *epochs: int):
    """A fold of ten trains on 8 ninths of 9 tenths of the genes: gene epochs are 0.8 of them a
    round. What is done once a fold (the word score) is part of the start."""
    for number in epochs:
        command = train_command(work, variant, genes, number)
        yield f"train_{variant}", "gene epochs", 0.8 * genes * number, command


def part_training(data: Path, work: Path):
    """The paper's network."""
    yield from training_of(work, "paper", 250, 1, 8)


def part_training_tuned(data: Path, work: Path):
    """The network `tuned`."""
    yield from training_of(work, "tuned", 500, 4, 24)


def part_training_lstm(data: Path, work: Path):
    """The network `lstm`."""
    yield from training_of(work, "lstm", 250, 1, 6)


def part_training_embedding(data: Path, work: Path):
    """The network `embedding`."""
    yield from training_of(work, "embedding", 250, 1, 6)


def part_training_enhancers(data: Path, work: Path):
    """The network `enhancers`, which trains anew for every kind that reads loops."""
    for epochs in (1, 6):
        command = train_command(work, "enhancers", 250, epochs, kind="full")
        yield "train_enhancers", "gene epochs", 0.8 * 250 * epochs, command


def part_training_stacked(data: Path, work: Path):
    """All folds side by side, on the CPU: two, of half of the genes each, 8 ninths trained on."""
    # Memory grows with genes and folds, not with the epochs that differ here: peak_mb of these
    # rows is NA in the table, to be put there again after a run.
    for variant, genes, most in (("paper", 200, 12), ("tuned", 400, 40)):
        for epochs in (1, most):
            command = train_command(work, variant, genes, epochs, 2, "", "stacked")
            yield f"train_stacked_{variant}", "gene epochs", genes * 8 / 9 * epochs, command


def part_words(data: Path, work: Path):
    """What a fold of tuned takes besides its epochs, the word score above all (and one epoch)."""
    for genes in (2500, 5000, 10_000):
        command = train_command(work, "tuned", genes, 1)
        yield "words_tuned", "thousand genes, by fold", genes / 1000, command


def baseline_command(work: Path, genes: int, method: str, settings: dict) -> str:
    """Command that fits a classifier on two folds, half of the genes each."""
    dataset, splits = dataset_of(work, genes, 2)
    return (
        f"{DEEPEXPR} baseline --dataset {dataset} --splits {splits} --task classification"
        f" --method {method} --settings '{json.dumps(settings)}' --output {work}/{method}"
    )


def part_forests(data: Path, work: Path):
    """Trees of the deepest forest: sizes and depths of the grid are read off it."""
    for genes, trees in ((2000, 25), (8000, 50)):
        settings = {"inner_folds": 2, "forest_sizes": [trees]}
        # An inner fold trains on half of half of the genes, the last forest on half of them.
        amount = 2 * (2 * genes / 4 + genes / 2) / 1000 * trees
        command = baseline_command(work, genes, "random_forest", settings)
        yield "baseline_random_forest", "thousand genes x trees", amount, command


def part_svm(data: Path, work: Path):
    """Kernels grow with the square of the genes."""
    for genes in (1000, 3000, 5000):
        amount = 2 * 2 * (genes / 4000) ** 2  # an inner fold trains on half of half of them
        command = baseline_command(work, genes, "svm", {"inner_folds": 2})
        yield "baseline_svm", "(thousand genes)^2 x inner fold", amount, command


def part_ridge(data: Path, work: Path):
    """One fold of ten, with the pipeline's settings: genes by genes are solved for their words."""
    for genes in (2500, 5000, 10_000):
        command = one_fold(work, genes, "ridge")
        yield "baseline_ridge", "(thousand genes)^2 x fold", (genes / 1000) ** 2, command


def part_totals(data: Path, work: Path):
    """The same of loop totals."""
    for genes in (2500, 10_000):
        command = one_fold(work, genes, "totals")
        yield "baseline_totals", "thousand genes x fold", genes / 1000, command


def part_trees(data: Path, work: Path):
    """The same of boosted trees on the scores of words, without anchors."""
    for genes in (1000, 3000):
        command = one_fold(work, genes, "trees")
        yield "baseline_trees", "(thousand genes)^2 x fold", (genes / 1000) ** 2, command


def one_fold(work: Path, genes: int, method: str) -> str:
    """Command that fits the first of ten folds."""
    dataset, splits = dataset_of(work, genes)
    table = read_table(splits)
    first = work / f"splits.{genes}.first.tsv"
    write_table(table[table["fold"] == table["fold"].min()], first)
    return (
        f"{DEEPEXPR} baseline --dataset {dataset} --splits {first} --task regression"
        f" --method {method} --output {work}/{method}"
    )


def part_evaluation(data: Path, work: Path):
    """Scores of many tables of all genes, and one line's genes by a network of another."""
    rng = np.random.default_rng(1)
    for number in (5, 20):
        tables = [str(_predictions(work, f"m{i}", rng)) for i in range(number)]
        outputs = f"--metrics {work}/metrics.tsv --tests {work}/tests.tsv"
        command = f"{DEEPEXPR} evaluate --predictions {' '.join(tables)} {outputs}"
        yield "evaluate", "thousand genes x tables", 10 * number, command
    for genes in (1000, 4000):
        measure(["bash", "-c", train_command(work, "paper", genes, 1, folds=2, only="")])
        _, splits = dataset_of(work, genes, 2)
        other = dataset_of(work, genes, 2, "HCT116")[0]
        command = (
            f"{DEEPEXPR} cross --bundle {work}/net.paper/bundle --dataset {other}"
            f" --splits {splits} --output {work}/cross.tsv"
        )
        yield "cross", "thousand genes x models", genes / 1000, command


def _predictions(work: Path, method: str, rng: np.random.Generator) -> Path:
    """A table of predictions of 10,000 genes in ten folds."""
    gene, fold = [f"g{i}" for i in range(10_000)], np.repeat(range(1, 11), 1000)
    observed = np.random.default_rng(1).normal(size=len(gene))
    values = {
        "cell_line": "K562", "trained_on": "K562", "task": "regression", "scheme": "random",
        "method": method, "K": 10, "fold": fold, "gene": gene, "observed": observed,
        "predicted": observed + rng.normal(size=len(gene)),
    }  # fmt: skip
    write_table(pd.DataFrame(values), work / f"predictions.{method}.tsv")
    return work / f"predictions.{method}.tsv"


def fasta_of(path: Path, sequences: list[str]) -> Path:
    """Write sequences under numbered names."""
    with writing(path) as handle:
        handle.writelines(f">s{i}\n{text}\n" for i, text in enumerate(sequences))
    return path


def small_network(work: Path) -> tuple[Path, Path]:
    """A network of the paper, two folds, and the dataset that it was trained on."""
    measure(["bash", "-c", train_command(work, "paper", 400, 1, folds=2, only="")])
    return work / "net.paper/bundle", dataset_of(work, 400, 2)[0]


def part_interpret(data: Path, work: Path):
    """One gene explained by one fold's network, and by the mean of two."""
    bundle, dataset = small_network(work)
    gene = Dataset.open(dataset).gene[0]
    for number, only in ((1, "--fold 1"), (2, "")):
        command = (
            f"{DEEPEXPR} interpret --bundle {bundle} --dataset {dataset} --gene {gene} {only}"
            f" --threads 1 --output {work}/interpretation"
        )
        yield "interpret", "genes x folds", number, command


def part_motifs(data: Path, work: Path):
    """Filters as matrices, attributions, TomTom, CisModule; a network of the paper, two folds."""
    bundle, dataset = small_network(work)
    letters = all_genes().sequence
    for number in (1000, 8000):
        fasta = fasta_of(
            work / f"{number}.fa", [row.tobytes().decode() for row in letters[:number]]
        )
        command = (
            f"{DEEPEXPR} filters --bundle {bundle} --fasta {fasta} --output {work}/filters.meme"
        )
        yield "filters", "thousand promoters", number / 1000, command
    for number in (25, 100):
        command = (
            f"{DEEPEXPR} attribution --bundle {bundle} --dataset {dataset} --promoters {number}"
            f" --threads 1 --output {work}/attribution.meme --table {work}/attribution.tsv"
        )
        yield "attribution", "promoters x folds", number * 2, command
    for shuffles in (1, 5):
        command = (
            f"{DEEPEXPR} tomtom --query {work}/filters.meme --targets JASPAR2018"
            f" --null-shuffles {shuffles} --output {work}/tomtom.tsv --summary {work}/tomtom.sum"
        )
        yield "tomtom", "sets of filters", 1 + shuffles, command
    enhancers = fasta_of(
        work / "enhancers.fa", [row[:1000].tobytes().decode() for row in letters[:25]]
    )
    for iterations in (10, 40):
        settings = {"iterations": iterations, "burn_in": 5, "chains": 1}
        command = (
            f"{DEEPEXPR} cismodule --fasta {enhancers} --motifs 24 --settings"
            f" '{json.dumps(settings)}' --output {work}/cismodule"
        )
        yield "cismodule", "thousand letters x motifs x iterations", 25 * 24 * iterations, command


def part_figures(data: Path, work: Path):
    """One figure of all genes, drawn in three formats."""
    dataset, _ = dataset_of(work, 10_000)
    files = " ".join(f"{work}/figure.{ending}" for ending in ("png", "svg", "pdf"))
    command = f"{DEEPEXPR} table 2A --dataset {dataset} --output {work}/figure.tsv --figure {files}"
    yield "figures", "figures", 1, command


PARTS = {name.removeprefix("part_"): part for name, part in globals().items() if "part_" in name}
#: What `models` of rates.py stands for.
TOGETHER = ("training", "training_tuned", "svm", "forests", "trees", "figures", "motifs",
            "training_stacked", "training_embedding", "training_lstm",
            "training_enhancers")  # fmt: skip
