"""The network on real genes beside ridge regression on 4-mers, on the same splits, in one run.

    python benchmarks/network_real.py --work DIR --output benchmarks/network_real.tsv

Genes of ../shared/data (real_data.py): promoters of chr19 and chr22, expression of three cell
lines, K562 also with its loops binned. Splits: 10 random folds; chromosomes (train on chr19, test
on chr22, and back). Ridge: 4-mers in the windows 0-700, 700-1000, 1000-1300 and 1300-2000, with
or without the bins, penalty by generalised cross-validation within the training genes. The network
is trained as `deepexpr train` does. Finished folds in DIR are kept: a stopped run goes on.
"""

from __future__ import annotations

import argparse
import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from real_data import datasets, require_data
from scipy.stats import mannwhitneyu, wilcoxon
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from deepexpr.evaluation.metrics import fold_metrics
from deepexpr.features.dataset import Dataset, write_dataset
from deepexpr.features.sequence import one_hot
from deepexpr.features.splits import fold_roles, make_splits
from deepexpr.files import write_table
from deepexpr.model.backend import configure, keras
from deepexpr.model.bundle import Bundle
from deepexpr.model.config import make_configs
from deepexpr.model.crossvalidation import run_job
from deepexpr.model.examples import Examples
from deepexpr.model.jobs import make_job
from deepexpr.model.layers import WordCounts
from deepexpr.model.network import WORD_SCORE
from deepexpr.model.training import forward

SEED = 1
EDGES = (0, 700, 1000, 1300, 2000)
PENALTIES = np.logspace(0, 6, 25)
SCHEMES = {"random": 10, "chromosome": 2}
#: What is trained: name in the table, settings of the model and of its training.
RECIPES = {
    "tuned": ({"variant": "tuned"}, {}),
    "tuned, 4 members": ({"variant": "tuned"}, {"members": 4}),
    "tuned without words": ({"variant": "tuned", "words": False}, {}),
    "paper": ({"variant": "paper"}, {}),
}
TABLE = (
    "data", "scheme", "method", "genes", "folds", "mean", "sd", "low", "high", "rank_sum_p",
    "signed_rank_p", "beside",
)  # fmt: skip


def ridge_features(dataset: Dataset) -> np.ndarray:
    """(n, 1024) float32 counts of 4-mers in the four windows, and the bins where there are any."""
    counts = WordCounts(4, EDGES, both_strands=False)
    parts = np.array_split(dataset.sequence, len(dataset) // 64 + 1)
    words = np.concatenate([np.asarray(counts(one_hot(part))) for part in parts]) ** 2 - 0.375
    return words if dataset.bins is None else np.hstack([words, dataset.bins])


def ridge(dataset: Dataset, splits: pd.DataFrame) -> pd.DataFrame:
    """Held-out predictions of every fold, fitted on all genes outside the test part."""
    features, tables = ridge_features(dataset), []
    for fold in sorted(splits["fold"].unique()):
        roles = {r: dataset.index_of(g) for r, g in fold_roles(splits, fold).items()}
        known = np.concatenate([roles["train"], roles["validation"]])
        model = make_pipeline(StandardScaler(), RidgeCV(PENALTIES))
        model.fit(features[known], dataset.expression[known])
        test = roles["test"]
        tables.append(
            pd.DataFrame(
                {
                    "fold": fold,
                    "gene": dataset.gene[test],
                    "observed": dataset.expression[test],
                    "predicted": model.predict(features[test]),
                }
            )
        )
    return pd.concat(tables, ignore_index=True)


def folder_of(work: Path, scheme: str, dataset: Dataset, recipe: str) -> Path:
    """Where the networks of one recipe are kept."""
    return work / scheme / dataset.cell_line / recipe.replace(", ", "-").replace(" ", "-")


def network(dataset: Dataset, splits, scheme: str, recipe: str, kind: str, work: Path):
    """Held-out predictions of one network, trained with its production code."""
    model, training = make_configs(*RECIPES[recipe])
    folder = folder_of(work, scheme, dataset, recipe)
    output, before = folder / kind, folder / "sequence" / "bundle"
    if not (output / "predictions.tsv").is_file():
        pretrained = Bundle.open(before) if kind == "full" else None
        job = make_job(
            dataset, splits, "regression", kind, model, training, SEED, scheme, pretrained
        )
        run_job(job, output)
    return pd.read_csv(output / "predictions.tsv", sep="\t")


def words_alone(dataset: Dataset, bundle: Bundle) -> pd.DataFrame:
    """Held-out predictions by the word score alone, without the convolution."""
    table = bundle.predict_held_out(dataset)
    for fold in bundle.folds:
        proximal = bundle.proximal(fold)
        words = keras.Model(proximal.input, proximal.get_layer(WORD_SCORE).output)
        test = table["fold"] == fold
        genes = dataset.index_of(table.loc[test, "gene"])
        table.loc[test, "predicted"] = forward(
            words, Examples({"promoter": dataset.sequence[genes]})
        )[:, 0]
    return table.assign(observed=dataset.expression[dataset.index_of(table["gene"])])


def scores(predictions: pd.DataFrame) -> np.ndarray:
    """Pearson r of each fold."""
    needed = {
        "cell_line": "", "trained_on": "", "task": "regression", "scheme": "", "method": "", "K": 0,
    }  # fmt: skip
    table = predictions.assign(**{k: v for k, v in needed.items() if k not in predictions})
    return fold_metrics(table).sort_values("fold")["value"].to_numpy()


def row(data, scheme, method, dataset, values, beside=None) -> dict:
    """One line of the table; `beside` (name, values): what it is tested to be above."""
    p = (None, None)
    if beside is not None and len(values) > 2:
        other = beside[1]
        p = (
            mannwhitneyu(values, other, alternative="greater").pvalue,
            wilcoxon(values, other, alternative="greater").pvalue,
        )
    numbers = [values.mean(), values.std(ddof=1), values.min(), values.max()]
    return dict(
        zip(TABLE, (data, scheme, method, len(dataset), len(values),
                    *(round(float(v), 4) for v in numbers),
                    *(None if v is None else float(f"{v:.2g}") for v in p),
                    None if beside is None else beside[0]), strict=True)
    )  # fmt: skip


def measured(name: str, dataset: Dataset, scheme: str, recipes, work: Path) -> list[dict]:
    """The rows of one data set and scheme."""
    genes = pd.DataFrame({"gene": dataset.gene, "chromosome": dataset.chromosome})
    splits = make_splits(genes, scheme, SCHEMES[scheme], SEED)
    promoters = replace(dataset, bins=None, loop_count=None, loop_number=None)
    base = scores(ridge(promoters, splits))
    rows = [row(name, scheme, "ridge, 4-mers", dataset, base)]
    if dataset.has_hichip:
        with_bins = scores(ridge(dataset, splits))
        rows.append(row(name, scheme, "ridge, 4-mers and bins", dataset, with_bins))
    for recipe in recipes:
        own = scores(network(dataset, splits, scheme, recipe, "sequence", work))
        beside = ("ridge, 4-mers", base)
        bundle = Bundle.open(folder_of(work, scheme, dataset, recipe) / "sequence" / "bundle")
        if bundle.info["model"]["words"]:
            alone = scores(words_alone(dataset, bundle))
            rows.append(row(name, scheme, f"{recipe}: words alone", dataset, alone, beside))
        rows.append(row(name, scheme, f"{recipe}: sequence", dataset, own, beside))
        if dataset.has_hichip:
            full = scores(network(dataset, splits, scheme, recipe, "full", work))
            beside = (f"{recipe}: sequence", own)
            rows.append(row(name, scheme, f"{recipe}: full", dataset, full, beside))
    return rows


def main() -> None:
    """Measure what is asked for and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", required=True, type=Path, help="folder of the trained folds")
    parser.add_argument("--output", required=True, help="table to write")
    parser.add_argument("--recipe", action="append", choices=list(RECIPES), help="default: tuned")
    parser.add_argument(
        "--data", action="append", choices=["K562 + loops", "Jurkat", "HCT116"], help="default: all"
    )
    parser.add_argument("--scheme", action="append", choices=list(SCHEMES), help="default: all")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    require_data()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    configure(args.threads)
    rows = []
    for name, made in datasets().items():
        if name == "K562" or name not in (args.data or [name]):
            continue  # "K562 + loops" holds its promoters too
        path = args.work / f"{name.replace(' ', '')}.h5"
        args.work.mkdir(parents=True, exist_ok=True)
        write_dataset(made, path)
        dataset = Dataset.open(path)
        for scheme in args.scheme or SCHEMES:
            rows += measured(name, dataset, scheme, args.recipe or ["tuned"], args.work)
            table = pd.DataFrame(rows, columns=list(TABLE))
            write_table(table, args.output)
            print(table.to_string(index=False), flush=True)


if __name__ == "__main__":
    main()
