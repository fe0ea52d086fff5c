"""The product's own networks on the groups of real_genes.py: trained, saved, and their bundles
opened again to predict the held-out genes."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import numpy as np
import pandas as pd
from real_genes_data import BIN, BINS, MOTIFS, SAMPLES, RealGenes, loops
from real_genes_rows import LINES, WITH_LOOPS, add_row, file_of, keep, scores, targets
from scipy.stats import pearsonr

from deepexpr.features.build import build_dataset
from deepexpr.features.dataset import Dataset, write_dataset
from deepexpr.files import read_table, write_table
from deepexpr.model.backend import configure
from deepexpr.model.bundle import Bundle
from deepexpr.model.config import make_configs
from deepexpr.model.crossvalidation import run_job
from deepexpr.model.examples import Examples
from deepexpr.model.jobs import make_job

FEW = {"epochs": 3, "patience": 3}
#: `tuned` and those like it: few epochs, as beside finer words the layers add little; validation
#: genes choose among them. `samples`: three networks of `tuned`, with the 131 samples. `paper`: its
#: own, up to 60 epochs, five without improvement.
TRAINING = {
    "tuned": FEW, "samples": FEW | {"members": 3}, "tuned_motifs": FEW,
    "motifs_samples": FEW | {"members": 3}, "lstm": FEW, "embedding": FEW, "paper": {},
}  # fmt: skip
#: What the layers learn without words takes more.
WITHOUT_WORDS = {"epochs": 12, "patience": 3}
#: What is called otherwise in the table, and is no variant of its own.
RENAMED = {
    "samples": "tuned, 131 samples", "tuned_motifs": "tuned, motifs",
    "motifs_samples": "tuned, motifs, 131 samples",
}  # fmt: skip


def dataset_of(genes: RealGenes, line: str, signal: pd.DataFrame | None, path: Path) -> Dataset:
    """The dataset that `deepexpr dataset` would make of the genes that the line has a value of."""
    if not path.is_file():
        table = pd.DataFrame(
            {n: getattr(genes, n) for n in ("gene", "chromosome", "tss", "strand")}
        )
        table = table.assign(transcript="", biotype="protein_coding")
        promoters = {
            g: s.tobytes().decode() for g, s in zip(genes.gene, genes.sequence, strict=True)
        }
        expression = pd.Series(genes.expression[line], index=genes.gene).dropna()
        made = build_dataset(
            table, promoters, expression, cell_line=line, assembly="hg38", signal=signal,
            bins=BINS, bin_size=BIN,
        )  # fmt: skip
        write_dataset(made, path)
    return Dataset.open(path)


def samples_of(genes: RealGenes, path: Path) -> str:
    """Path of the table that `training.samples` reads: genes whose values are all known."""
    if not path.is_file():
        table = pd.DataFrame(genes.samples, columns=[f"sample_{i}" for i in range(SAMPLES)])
        table.insert(0, "gene", genes.gene)
        write_table(table.dropna(), path)
    return str(path)


def fold_of(genes: RealGenes, dataset: Dataset, group: int) -> pd.DataFrame:
    """Splits of one fold: the group is held out, a ninth of the others validates."""
    held = dict(zip(genes.gene, genes.group == group, strict=True))
    test = np.array([held[gene] for gene in dataset.gene])
    drawn = np.random.default_rng(group).permutation(np.flatnonzero(~test))
    role = np.where(test, "test", "train").astype(object)
    role[drawn[: len(drawn) // 9]] = "validation"
    return pd.DataFrame({"fold": group, "gene": dataset.gene, "role": role})


def bundle_scores(
    data: Dataset, splits: pd.DataFrame, settings: dict, changed: dict, folder: Path
) -> tuple[float, float]:
    """r by sequence and with loops of the saved bundle on the test genes of the one fold in
    `splits`."""
    model, training = make_configs(settings, changed)
    job = make_job(data, splits, "regression", "full", model, training, 1, "chromosome")
    run_job(job, folder)
    bundle = Bundle.open(folder / "bundle")
    index = data.index_of(splits["gene"][splits["role"] == "test"])
    part, y = Examples(data.inputs).take(index), data.expression[index]
    reached = [
        float(pearsonr(bundle.predict_examples(part, sequence_only=only)[0], y)[0])
        for only in (True, False)
    ]
    shutil.rmtree(folder)
    return reached[0], reached[1]


def measure_variant(
    asked: str,
    genes: RealGenes,
    lines: list[str],
    groups: list[int],
    work: Path,
    output: Path,
    epochs: int | None = None,
    words: bool = True,
) -> None:
    """Rows of one of TRAINING: of each line its bundle's predictions by sequence, and with loops
    where the line has some.

    epochs : at most so many of the sequence, in place of those of TRAINING. words : as the variant
    has them; else its layers alone.
    """
    configure(threads=1)
    y = targets(genes)
    row_of = {gene: i for i, gene in enumerate(genes.gene)}
    changed = TRAINING[asked] if words else WITHOUT_WORDS
    changed = changed | ({"epochs": epochs} if epochs else {})
    variant, name = "tuned" if asked in RENAMED else asked, RENAMED.get(asked, asked)
    if "samples" in asked:
        changed["samples"] = samples_of(genes, work / "samples.tsv")
    name = name if words else f"{name} without words"
    name = name if epochs is None else f"{name} {epochs} epochs"
    settings = {"variant": variant} | ({} if words else {"words": False})
    settings |= {"motifs": str(MOTIFS)} if "motifs" in asked else {}
    places = {line: (number, signal) for number, (_, signal, line) in enumerate(WITH_LOOPS)}
    for group in groups:
        for line in lines:
            path, began = file_of(work, f"{name}, {line}", group, 0), time.process_time()
            if path.is_file():
                continue
            number, signal = places.get(line, (None, None))
            kind = "sequence" if signal is None else "full"
            of_line = None if signal is None else loops(signal)
            data = dataset_of(genes, line, of_line, work / f"{line}.h5")
            folder = path.with_name(f"{path.name.split('.')[0]}-{group}")
            model, training = make_configs(settings, changed)
            splits = fold_of(genes, data, group)
            job = make_job(data, splits, "regression", kind, model, training, 1, "chromosome")
            run_job(job, folder)
            bundle = Bundle.open(folder / "bundle")
            held = splits["gene"][splits["role"] == "test"]
            part = Examples(data.inputs).take(data.index_of(held))
            rows = [row_of[gene] for gene in held]
            result = np.full(y.shape, np.nan)
            if number is not None:
                result[rows, len(LINES) + number] = bundle.predict_examples(part)[0]
            alone = bundle.predict_examples(part, sequence_only=True)[0]
            result[rows, LINES.index(line)] = alone
            keep(path, result)
            minutes, test = (time.process_time() - began) / 60, genes.group == group
            history = read_table(folder / "history.tsv")
            trained = history.loc[history["step"] == "sequence", "epoch"].max()
            reached, note = scores(result[test], y[test]), bundle.info["recipes"][str(group)]
            add_row(output, f"{name}, {line}", group, 1, reached, int(trained), minutes, note)
