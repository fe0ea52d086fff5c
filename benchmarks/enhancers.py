"""The network that reads contacted places, beside the same one that reads bins alone.

    python benchmarks/enhancers.py --demo FOLDER --work DIR --output benchmarks/enhancers
    python benchmarks/enhancers.py --real --work DIR --output benchmarks/enhancers_real

--demo: FOLDER holds a finished run of the demo (results/) and its truth (resources/demo/). Of each
line, r of the sums of planted and of all contacts; of each line and kind, `enhancers`, the same
network with N for every letter of the places (counts and distances alone), and the run's own
`tuned`, which has bins alone; the demo's splits, settings and seed. Then, of the test genes of each
fold: the AUROC of a gene's planted enhancers among its contacts; and which planted motifs the
filters of a fold match (TomTom, E < 0.05), trained, as they start, and at random.
--real: K562's genes of chr19 and chr22 (real_data.py), 10 random folds and both chromosomes.
Finished networks in DIR are kept. Writes OUTPUT.tsv, OUTPUT_contacts.tsv and OUTPUT_motifs.tsv.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import logging
from pathlib import Path

import numpy as np
import pandas as pd
from real_places import real_dataset, real_splits
from sklearn.metrics import roc_auc_score

from deepexpr.cli import main as deepexpr
from deepexpr.evaluation.metrics import fold_metrics
from deepexpr.features.dataset import CONTACTS, ENHANCERS, Dataset, write_dataset
from deepexpr.features.splits import fold_roles, read_splits
from deepexpr.files import write_table
from deepexpr.model.attention import CONTACTED, contact_attention, contact_effects
from deepexpr.model.bundle import Bundle
from deepexpr.model.config import make_configs
from deepexpr.model.examples import Examples
from deepexpr.model.jobs import make_job
from deepexpr.model.network import FIRST_CONVOLUTION
from deepexpr.model.steps import fold_data
from deepexpr.model.variants import builder
from deepexpr.motifs.filters import filter_motifs, filter_pwms
from deepexpr.motifs.jaspar import load_targets
from deepexpr.motifs.tomtom import compare, significant

LINES, SEED = ("Alpha", "Beta", "Gamma"), 1
#: The demo's network is smaller than the variant's default.
SMALL = {"filters": 16, "kernel": 8}
TRAINING = {"patience": 5, "distal_patience": 5, "distal_epochs": 25}


def without_letters(dataset: Dataset, path: Path) -> None:
    """Write the dataset with N in every contacted place."""
    blank = np.full_like(dataset.others[ENHANCERS], ord("N"))
    write_dataset(dataclasses.replace(dataset, others={**dataset.others, ENHANCERS: blank}), path)


def train(dataset: Path, splits: Path, scheme: str, kind: str, folder: Path, variant: str) -> Path:
    """Folder of the networks of a kind; trained unless they are there."""
    if not (folder / "predictions.tsv").is_file():
        command = ["train", "--dataset", dataset, "--splits", splits, "--scheme", scheme,
                   "--task", "regression", "--kind", kind, "--output", folder, "--threads", 1,
                   "--model", json.dumps(SMALL | {"variant": variant}),
                   "--training", json.dumps(TRAINING), "--seed", SEED]  # fmt: skip
        if deepexpr([str(word) for word in command]):
            raise SystemExit(f"{folder}: training failed")
    return folder


def make_demo(demo: Path, work: Path, line: str) -> Path:
    """The line's dataset with contacted places, and beside it the one without letters."""
    path, results = work / f"{line}.h5", demo / "results"
    genome = work / "genome.fa"
    if not genome.is_file():  # the index is made beside it
        genome.write_bytes((demo / "resources" / "demo" / "genome.fa").read_bytes())
    if not path.is_file():
        command = ["dataset", "--genes", results / "reference/demo/genes.tsv",
                   "--promoters", results / "reference/demo/promoters.fa",
                   "--expression", results / "expression/demo/expression.tsv",
                   "--cell-line", line, "--assembly", "demo",
                   "--signal", results / f"loops/{line}/signal.tsv", "--genome", genome,
                   "--enhancer-width", 600,
                   "--output", path]  # fmt: skip
        if deepexpr([str(word) for word in command]):
            raise SystemExit(f"{path}: not made")
        without_letters(Dataset.open(path), work / f"{line}.blank.h5")
    return path


def scores(folder: Path, **names: str) -> list[dict]:
    """A row for each fold: names, fold, genes and Pearson's r."""
    table = fold_metrics(pd.read_csv(folder / "predictions.tsv", sep="\t"))
    return [
        {**names, "fold": row.fold, "genes": row.n, "r": row.value}
        for row in table.itertuples()
        if row.metric == "PCC"
    ]


def planted_contacts(dataset: Dataset, loops: pd.DataFrame) -> np.ndarray:
    """(n, N) whether each contact is a loop that was planted for that gene in that line; NaN: none.

    A place is known by its distance from the TSS: the middle of a bin.
    """
    true = set()
    for row in loops.itertuples():
        true |= {(row.gene, row.start1 + 2500), (row.gene, row.start2 + 2500)}
    contacts = dataset.others[CONTACTS]
    sign = np.where(dataset.strand == "+", 1, -1)[:, None]
    middle = dataset.tss[:, None] + sign * contacts[:, :, 1].astype(np.int64)
    found = [
        [(gene, place) in true for place in row]
        for gene, row in zip(dataset.gene.tolist(), middle.tolist(), strict=True)
    ]
    return np.where(contacts[:, :, 0] > 0, found, np.nan)


def contact_sums(dataset: Dataset, true: np.ndarray, splits: Path, line: str) -> list[dict]:
    """Rows of two sums without a model, log2(1 + counts): of planted contacts alone, which is all
    that letters could tell of the demo, and of all contacts."""
    counts = np.exp2(dataset.others[CONTACTS][:, :, 0].astype(float)) - 1
    sums = {"planted contacts alone": (counts * (true == 1)).sum(axis=1),
            "all contacts": counts.sum(axis=1)}  # fmt: skip
    table, rows = read_splits(splits), []
    for fold in sorted(table["fold"].unique()):
        test = dataset.index_of(fold_roles(table, fold)["test"])
        for name, summed in sums.items():
            r = np.corrcoef(np.log2(1 + summed[test]), dataset.expression[test])[0, 1]
            rows.append({"cell_line": line, "kind": "hichip", "network": name, "fold": fold,
                         "genes": len(test), "r": r})  # fmt: skip
    return rows


def rank_contacts(folder: Path, dataset: Dataset, true: np.ndarray, **names: str) -> list[dict]:
    """AUROC of planted contacts among the contacts of each fold's test genes."""
    bundle, rows = Bundle.open(folder / "bundle"), []
    for fold in bundle.folds:
        test = dataset.index_of(fold_roles(bundle.splits, fold)["test"])
        examples = Examples(dataset.inputs).take(test)
        known, there = true[test], np.isfinite(true[test])
        contacts = examples.arrays[CONTACTS]
        judged = {
            "attention": contact_attention(bundle.models(fold)[0], examples)[:, :, 0],
            "effect": contact_effects(
                lambda some, fold=fold: bundle.predict_examples(some, fold)[0], examples
            ),
            "count": contacts[:, :, 0],
            "distance": np.abs(contacts[:, :, 1]),
        }
        positive = known[there] == 1
        found = {name: roc_auc_score(positive, value[there]) for name, value in judged.items()}
        within = {f"{name}_in_gene": within_genes(known, value) for name, value in judged.items()}
        rows.append({**names, "fold": fold, "contacts": int(there.sum()),
                     "planted": int(positive.sum()), **found, **within})  # fmt: skip
    return rows


def within_genes(known: np.ndarray, value: np.ndarray) -> float:
    """Share of pairs of a planted and another contact of one gene in which the planted one stands
    higher; ties count half."""
    higher, pairs = 0.0, 0
    for own, values in zip(known, value, strict=True):
        difference = values[own == 1][:, None] - values[own == 0]
        higher += (difference > 0).sum() + (difference == 0).sum() / 2
        pairs += difference.size
    return higher / pairs


def filters_of(folder: Path, dataset: Dataset) -> dict[str, dict[int, np.ndarray]]:
    """Filters of each fold that read the places: trained, as they start, and fresh at random."""
    bundle = Bundle.open(folder / "bundle")
    model, training = make_configs(bundle.info["model"], TRAINING)
    job = make_job(dataset, bundle.splits, "regression", "hichip", model, training, SEED)
    found: dict[str, dict[int, np.ndarray]] = {"trained": {}, "start": {}, "random": {}}
    for fold in bundle.folds:
        layer = bundle.models(fold)[0].get_layer(CONTACTED).get_layer(FIRST_CONVOLUTION)
        found["trained"][fold] = np.array(layer.get_weights()[0])
        made = builder(model, training, job.shape, "hichip")
        roles = {role: dataset.index_of(g) for role, g in fold_roles(bundle.splits, fold).items()}
        data = fold_data(dataset, roles["train"], roles["validation"], "regression", True)
        asked = next(made.fits(made.prepare(data, False), SEED + fold, "start"))
        network = asked.build()
        layer = network.get_layer(CONTACTED).get_layer(FIRST_CONVOLUTION)
        found["random"][fold] = np.array(layer.get_weights()[0])
        asked.prepare(network)
        found["start"][fold] = np.array(layer.get_weights()[0])
    return found


def name_motifs(folder: Path, dataset: Dataset, planted: pd.DataFrame, line: str) -> list[dict]:
    """Which planted motifs the filters match, by the windows that they fire in."""
    places = dataset.others[ENHANCERS][dataset.others[CONTACTS][:, :, 0] > 0]
    known, rows = load_targets("JASPAR2018", "vertebrates"), []
    for state, folds in filters_of(folder, dataset).items():
        for fold, weights in folds.items():
            motifs = filter_motifs(filter_pwms(weights, places))
            matches = significant(compare(motifs, known)) if motifs else pd.DataFrame()
            hit = set(matches["target"]) if len(matches) else set()
            named = [row.tf for row in planted.itertuples() if row.motif in hit]
            matched = matches["query"].nunique() if len(matches) else 0
            rows.append(
                {"cell_line": line, "filters": state, "fold": fold, "fired": len(motifs),
                 "matched": matched, "planted": len(planted), "named": ",".join(named)}
            )  # fmt: skip
    return rows


def measure_demo(demo: Path, work: Path, output: str) -> None:
    """All of the demo; prints means as it goes."""
    truth, results = demo / "resources" / "demo" / "truth", demo / "results"
    loops = pd.read_csv(truth / "loops.tsv", sep="\t")
    planted = pd.read_csv(truth / "motifs.tsv", sep="\t").query("where == 'enhancer'")
    splits = results / "features/demo/splits/random-K5.tsv"
    found: dict[str, list[dict]] = {"": [], "_contacts": [], "_motifs": []}
    for line in LINES:
        path = make_demo(demo, work, line)
        dataset = Dataset.open(path)
        true = planted_contacts(dataset, loops[loops["cell_line"] == line])
        found[""] += contact_sums(dataset, true, splits, line)
        for kind in ("full", "hichip"):
            own = train(path, splits, "random", kind, work / f"{line}.{kind}", "enhancers")
            blank = work / f"{line}.blank"
            other = train(
                blank.with_suffix(".blank.h5"), splits, "random", kind,
                work / f"{line}.blank.{kind}", "enhancers",
            )  # fmt: skip
            before = results / f"models/{line}/regression/K5/{kind}"
            names = {"cell_line": line, "kind": kind}
            for network, folder in (("tuned", before), ("no letters", other), ("enhancers", own)):
                found[""] += scores(folder, **names, network=network)
            found["_contacts"] += rank_contacts(own, dataset, true, **names, network="enhancers")
            blanks = Dataset.open(work / f"{line}.blank.h5")
            found["_contacts"] += rank_contacts(other, blanks, true, **names, network="no letters")
        found["_motifs"] += name_motifs(work / f"{line}.hichip", dataset, planted, line)
    write(found, output)


def measure_real(work: Path, output: str) -> None:
    """K562 on chr19 and chr22."""
    path, blank = work / "K562.h5", work / "K562.blank.h5"
    if not blank.is_file():
        write_dataset(real_dataset(work), path)
        without_letters(Dataset.open(path), blank)
    rows = []
    for scheme, splits in real_splits(Dataset.open(path), work).items():
        for kind in ("full", "hichip"):
            for network, data, variant in (
                ("tuned", path, "tuned"),
                ("no letters", blank, "enhancers"),
                ("enhancers", path, "enhancers"),
            ):
                folder = work / f"K562.{scheme}.{kind}.{network.replace(' ', '-')}"
                train(data, splits, scheme, kind, folder, variant)
                rows += scores(folder, cell_line="K562", scheme=scheme, kind=kind, network=network)
                write({"": rows}, output)


def write(found: dict[str, list[dict]], output: str) -> None:
    """The tables, and their means."""
    for suffix, rows in found.items():
        table = pd.DataFrame(rows)
        write_table(table.round(4), f"{output}{suffix}.tsv")
        groups = [n for n in ("cell_line", "scheme", "kind", "network", "filters") if n in table]
        print(table.groupby(groups).mean(numeric_only=True).round(3).to_string())


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--demo", type=Path)
    parser.add_argument("--real", action="store_true")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--output", required=True)
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    if args.demo:
        measure_demo(args.demo, args.work, args.output)
    if args.real:
        measure_real(args.work, args.output)


if __name__ == "__main__":
    main()
