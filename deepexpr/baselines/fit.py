"""One method on one dataset: search, fit and predict every fold of the splits.

The training part is the genes of the roles train and validation together: the baselines do
their own inner cross-validation and need no early stopping. The test genes of a fold touch
neither the scaling nor the search.
"""

import logging
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from deepexpr.baselines.inner import SEARCH
from deepexpr.baselines.inputs import choose_words, feature_matrix
from deepexpr.baselines.methods import check_method, fit_method, predict_method, search
from deepexpr.baselines.settings import WORD_METHODS, BaselineSettings
from deepexpr.features.dataset import Dataset
from deepexpr.features.families import find_scheme
from deepexpr.features.predictions import observed, prediction_table
from deepexpr.features.splits import fold_roles, restrict_splits
from deepexpr.model.samples import read_samples

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class BaselineRun:
    """All folds of one method: fitted pipelines by fold, and the tables of the run.

    splits : schemas.SPLITS, the genes that were used. predictions : schemas.PREDICTIONS, test
    genes. search : one row per fold and grid point. kind : what the method reads
    (BaselineSettings.features_of). settings : those of the run, with nothing left to choose by the
    number of genes.
    folds : per fold {"fold", "training_genes", "test_genes", "chosen"}.
    """

    pipelines: dict[int, Pipeline]
    splits: pd.DataFrame
    predictions: pd.DataFrame
    search: pd.DataFrame
    folds: list[dict[str, Any]]
    features: int
    kind: str
    settings: BaselineSettings


def run_baseline(
    dataset: Dataset,
    splits: pd.DataFrame,
    task: str,
    method: str,
    settings: BaselineSettings,
    seed: int = 0,
    threads: int = 1,
    scheme: str | None = None,
) -> BaselineRun:
    """Fit `method` on every fold of `splits` and predict its test genes.

    scheme : name of the splits' scheme; None finds it (features.families.find_scheme).
    Folds run in `threads` threads of one BLAS thread each, so that the number of threads does
    not change the result. Genes of the splits that the dataset lacks are left out, logged.
    """
    check_method(task, method)
    splits = restrict_splits(splits, dataset.gene)
    kind = settings.features_of(method)
    numbers = sorted(int(fold) for fold in splits["fold"].unique())
    fewest = min((splits["role"][splits["fold"] == fold] != "test").sum() for fold in numbers)
    settings = choose_words(settings, method, int(fewest))
    samples = read_samples(settings.samples, dataset.gene) if settings.samples else None
    rows, single = np.arange(len(dataset)), method in WORD_METHODS
    found = feature_matrix(dataset, rows, settings, kind, dataset.has_hichip, single)
    log.info("%s, %s: %d genes x %d features", dataset.cell_line, method, *found.x.shape)
    scheme = scheme or find_scheme(dataset, splits)
    about = {"scheme": scheme, "method": method, "K": len(numbers)}
    with threadpool_limits(limits=1):
        results = Parallel(n_jobs=min(threads, len(numbers)), prefer="threads")(
            delayed(_fold)(dataset, found, samples, splits, fold, task, settings, seed, about)
            for fold in numbers
        )
    return BaselineRun(
        pipelines={fold: result[0] for fold, result in zip(numbers, results, strict=True)},
        splits=splits,
        predictions=pd.concat([result[1] for result in results], ignore_index=True),
        search=pd.concat([result[2] for result in results], ignore_index=True),
        folds=[result[3] for result in results],
        features=found.x.shape[1],
        kind=kind,
        settings=settings,
    )


def _fold(dataset, found, samples, splits, fold, task, settings, seed, about):
    """Pipeline, predictions, search table and description of one fold."""
    start, x, method = time.perf_counter(), found.x, about["method"]
    roles = fold_roles(splits, fold)
    train = np.sort(dataset.index_of([*roles["train"], *roles["validation"]]))
    test = np.sort(dataset.index_of(roles["test"]))
    y = observed(dataset, train, task)
    # The same inner folds and trees for a fold, whatever the method or the other folds.
    fold_seed = int(np.random.SeedSequence([seed, fold]).generate_state(1)[0] >> 1)
    choice = search(x[train], y, task, method, settings, fold_seed)
    known = None if samples is None else samples[train]
    pipeline = fit_method(
        x[train], y, task, method, choice, settings, fold_seed, found.blocks, known
    )
    predicted = predict_method(pipeline, x[test], task)
    predictions = prediction_table(dataset, test, predicted, task, fold=fold, **about)
    table = choice.table.assign(fold=fold)
    scores = [name for name in table if name.startswith("score_")]
    chosen = {"note": choice.table.loc[choice.table["chosen"] == 1, "note"].iloc[0]}
    description = {
        "fold": fold,
        "training_genes": len(train),
        "test_genes": len(test),
        "chosen": choice.parameters | {key: text for key, text in chosen.items() if text},
    }
    log.info(
        "fold %d: %d training and %d test genes, chosen %s, %.1f s",
        fold, len(train), len(test), description["chosen"], time.perf_counter() - start,
    )  # fmt: skip
    return pipeline, predictions, table[[*SEARCH, *scores]], description
