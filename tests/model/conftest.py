"""A small dataset in which planted motifs and the bins decide the expression."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from deepexpr.features.dataset import Dataset, write_dataset
from deepexpr.features.splits import make_splits
from deepexpr.files import write_table
from deepexpr.options import add_verb

LENGTH, BINS, GENES = 160, 40, 300
MOTIF = np.frombuffer(b"TGACTCAT", np.uint8)

#: Small enough for seconds, large enough to learn the planted motif.
MODEL = {
    "variant": "tuned", "filters": 16, "first_pool": 4, "windows": 5, "dense": [16], "dropout": 0.0,
    "distal": [16], "distal_dropout": 0.0, "bins_dropout": 0.0, "words": False,
    "convolution_from": 1,
}  # fmt: skip
TRAINING = {
    "batch_size": 16, "epochs": 12, "patience": 12, "shift": 4, "learning_rate": 0.01,
    "distal_learning_rate": 0.01, "distal_epochs": 15,
}  # fmt: skip


def make_dataset(seed: int, cell_line: str = "Toy", assembly: str = "toy") -> Dataset:
    """Expression = 1.5 x copies of MOTIF + strength of the loops + noise."""
    rng = np.random.default_rng(seed)
    sequence = np.frombuffer(b"ACGT", np.uint8)[rng.integers(0, 4, (GENES, LENGTH))]
    copies = rng.integers(0, 3, GENES)
    for row, count in enumerate(copies):
        for start in rng.choice(np.arange(0, LENGTH - 8, 10), count, replace=False):
            sequence[row, start : start + 8] = MOTIF
    loops = rng.gamma(2.0, 1.0, GENES)
    bins = np.log2(1 + rng.poisson(loops[:, None], (GENES, BINS))).astype(np.float32)
    expression = 1.5 * copies + 0.8 * loops + rng.normal(0, 0.2, GENES)
    return Dataset(
        gene=np.array([f"G{i:03d}" for i in range(GENES)]),
        chromosome=np.array([f"chr{1 + i % 3}" for i in range(GENES)]),
        tss=np.arange(GENES) * 10_000 + 500,
        strand=np.array(["+", "-"] * (GENES // 2)),
        sequence=sequence,
        expression=expression.astype(np.float32),
        label=np.where(expression >= np.median(expression), 1, -1).astype(np.int8),
        cell_line=cell_line,
        assembly=assembly,
        bins=bins,
        loop_count=bins.sum(axis=1, keepdims=True),
        loop_number=(bins > 0).sum(axis=1, keepdims=True).astype(np.int32),
        tss_index=LENGTH // 2,
        bin_size=5000,
    )


@pytest.fixture(scope="session")
def toy(tmp_path_factory):
    """Paths of the dataset (h5) and of splits in 2 folds, and the settings."""
    folder = tmp_path_factory.mktemp("toy")
    dataset = make_dataset(1)
    write_dataset(dataset, folder / "toy.h5")
    genes = pd.DataFrame({"gene": dataset.gene, "chromosome": dataset.chromosome})
    write_table(make_splits(genes, "random", 2, 0), folder / "splits.tsv")
    return SimpleNamespace(
        folder=folder,
        h5=folder / "toy.h5",
        splits=folder / "splits.tsv",
        model=MODEL,
        training=TRAINING,
        dataset=make_dataset,
    )


@pytest.fixture(scope="session")
def train(toy):
    """train(output, kind, task, **options): run the verb's function, as the command line does."""
    import argparse
    import json

    from deepexpr.commands import train as command

    def run(output, kind="full", task="regression", model=None, training=None, **options):
        parser = argparse.ArgumentParser()
        add_verb(parser, command)
        argv = ["--kind", kind, "--task", task, "--output", str(output)]
        argv += ["--model", json.dumps(MODEL | (model or {}))]
        argv += ["--training", json.dumps(TRAINING | (training or {}))]
        options = {"dataset": toy.h5, "splits": toy.splits, "threads": 1} | options
        for name, value in options.items():
            argv += [f"--{name.replace('_', '-')}", str(value)]
        command.run(parser.parse_args(argv))
        return output

    return run


@pytest.fixture(scope="session")
def train_only(toy):
    """train_only(output, kind, task, model): one epoch of one fold of these settings alone."""
    import json

    from deepexpr.cli import main

    def run(output, kind, task, model):
        argv = ["train", "--dataset", str(toy.h5), "--splits", str(toy.splits), "--kind", kind]
        argv += ["--task", task, "--model", json.dumps(model), "--training", '{"epochs": 1}']
        argv += ["--only-fold", "0", "--threads", "1", "--output", str(output)]
        assert main(argv) == 0
        return output / ".partial" / "fold-0"

    return run


@pytest.fixture(scope="session")
def sequence_run(toy, train):
    """The output of kind sequence, regression, trained once."""
    return train(toy.folder / "sequence", "sequence")


@pytest.fixture(scope="session")
def full_run(toy, train, sequence_run):
    """The output of kind full, started from `sequence_run`."""
    return train(toy.folder / "full", "full", pretrained=sequence_run / "bundle")
