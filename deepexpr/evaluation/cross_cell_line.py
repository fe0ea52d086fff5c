"""Predicting a cell line by the models of the others.

A gene is predicted by the models of the fold whose test genes it belongs to, so no model has
seen the gene in any cell line; the prediction is the mean over the other cell lines (method.md, 4).
Nothing is predicted unless all models and the target share genome build, splits and task:
otherwise a gene could be a training gene of one of them.

Cell lines resemble each other, so beside the models stands what needs none: `copy`, the other
lines' measured expression.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from deepexpr.baselines.bundle import BaselineBundle
from deepexpr.errors import InputError, Unsupported
from deepexpr.features.bundles import BundleRecord, read_record
from deepexpr.features.dataset import Dataset
from deepexpr.features.learnable import has_loops
from deepexpr.features.predictions import prediction_table
from deepexpr.features.splits import fold_roles, restrict_splits
from deepexpr.schemas import COPY

log = logging.getLogger(__name__)


def open_bundle(path: str | Path) -> BundleRecord:
    """A trained bundle, network or baseline, told apart by "type" in its bundle.json."""
    if read_record(path)["type"] == "baseline":
        return BaselineBundle.open(path)
    # Keras takes seconds to load, and baselines do not need it.
    from deepexpr.model.bundle import Bundle

    return Bundle.open(path)


def by_method(bundles: Iterable[Any]) -> dict[str, list[Any]]:
    """Opened bundles by their method, in the order given."""
    found: dict[str, list[Any]] = {}
    for bundle in bundles:
        found.setdefault(bundle.method, []).append(bundle)
    return found


def open_bundles(paths: Iterable[str | Path]) -> dict[str, list[Any]]:
    """Bundles by method; those that were left out for want of data are passed over, logged."""
    opened = []
    for path in paths:
        try:
            opened.append(open_bundle(path))
        except Unsupported as error:
            log.warning("%s: %s", path, error.problem)
    return by_method(opened)


def alike(
    methods: Mapping[str, list[Any]], others: Sequence[Dataset], target: Dataset
) -> tuple[dict[str, list[Any]], list[Dataset]]:
    """Which models, and which cell lines' datasets, may predict `target`.

    Those of lines with loops if it has any, of lines without if it has none, as far as there are
    such; else the networks of promoters alone, and all lines. So all methods learn from the same.
    """
    has = has_loops(target)
    same = [other for other in others if has_loops(other) == has]
    if len(same) == len(others):
        return dict(methods), list(others)
    log.warning(
        "of %s and the other cell lines (%s) not all have loops: %s",
        target.cell_line, ", ".join(other.cell_line for other in others),
        f"it is predicted from {', '.join(other.cell_line for other in same)} alone" if same
        else "only the promoters' networks predict it",
    )  # fmt: skip
    if not same:
        return {name: own for name, own in methods.items() if name == "sequence"}, list(others)
    lines = [other.cell_line for other in same]
    kept = {
        name: [bundle for bundle in own if bundle.info["cell_line"] in lines]
        for name, own in methods.items()
    }
    return {name: own for name, own in kept.items() if own}, same


def predict_cross(bundles: Sequence[Any], target: Dataset, splits: pd.DataFrame) -> pd.DataFrame:
    """Test genes of `target` predicted by the mean over `bundles`: schemas.PREDICTIONS.

    bundles : opened, one per other cell line, of one method. splits : schemas.SPLITS, those
    the bundles were trained on. Raises InputError where anything does not match.
    """
    splits = restrict_splits(splits, target.gene)
    check_bundles(bundles, target, splits)
    info = bundles[0].info
    sources = ",".join(sorted(bundle.info["cell_line"] for bundle in bundles))
    about = {"trained_on": sources, "method": bundles[0].method}
    about |= {key: info[key] for key in ("task", "scheme", "K")}
    tables = []
    for fold in bundles[0].folds:
        rows = np.sort(target.index_of(fold_roles(splits, fold)["test"]))
        genes = target.gene[rows]
        predicted = np.mean([bundle.predict(target, fold, genes) for bundle in bundles], axis=0)
        tables.append(prediction_table(target, rows, predicted, fold=fold, **about))
    log.info("%s predicted by %s trained on %s", target.cell_line, bundles[0].method, sources)
    return pd.concat(tables, ignore_index=True)


def copy_measured(
    others: Sequence[Dataset], target: Dataset, splits: pd.DataFrame, task: str, scheme: str
) -> pd.DataFrame:
    """Test genes of `target` predicted by the mean of what `others` measured: schemas.PREDICTIONS.

    Expression, or for classification the share of lines with label +1. A gene that an other line
    lacks is predicted by the rest; genes that all lack are left out, logged.
    """
    splits = restrict_splits(splits, target.gene)
    wrong = [other for other in others if other.assembly != target.assembly]
    if not others or wrong or target.cell_line in [other.cell_line for other in others]:
        raise InputError(
            "Expression can be copied from other cell lines of the same assembly only.",
            expected=f"datasets of {target.assembly}, none of {target.cell_line}",
            found=", ".join(f"{other.cell_line} ({other.assembly})" for other in others) or "none",
        )
    classes = task == "classification"
    measured = pd.DataFrame(
        {
            other.cell_line: pd.Series(
                other.label > 0 if classes else other.expression, index=other.gene, dtype=float
            )
            for other in others
        }
    )
    mean = measured.mean(axis=1).reindex(target.gene)
    if mean.isna().any():
        log.warning("%d genes were measured in no other cell line", int(mean.isna().sum()))
    folds = sorted(splits["fold"].unique())
    sources = ",".join(sorted(other.cell_line for other in others))
    about = {"trained_on": sources, "scheme": scheme, "method": COPY, "K": len(folds)}
    tables = []
    for fold in folds:
        rows = np.sort(target.index_of(fold_roles(splits, fold)["test"]))
        tables.append(
            prediction_table(target, rows, mean.to_numpy()[rows], task, fold=fold, **about)
        )
    return pd.concat(tables, ignore_index=True).dropna(subset="predicted", ignore_index=True)


def check_bundles(bundles: Sequence[Any], target: Dataset, splits: pd.DataFrame) -> None:
    """Raise InputError unless the bundles fit each other, the target and the splits."""
    check_alike(bundles, target, target.assembly)
    for bundle in bundles:
        _check_splits(bundle, splits)


def check_alike(bundles: Sequence[Any], target: Dataset, assembly: str) -> None:
    """Raise InputError unless the bundles are of one kind and `assembly`, none of the target."""
    if not bundles:
        raise InputError("No bundle was given.", expected="one per other cell line")
    first = bundles[0]
    lines = [bundle.info["cell_line"] for bundle in bundles]
    if target.cell_line in lines or len(set(lines)) < len(lines):
        raise InputError(
            "The bundles must come from different cell lines other than the target.",
            expected=f"one bundle per cell line, none of {target.cell_line}",
            found=", ".join(lines),
        )
    for bundle in bundles:
        expected = {"assembly": assembly, "method": first.method}
        expected |= {key: first.info[key] for key in ("type", "task", "K", "scheme")}
        found = bundle.info | {"method": bundle.method}
        for key, value in expected.items():
            if found[key] != value:
                raise InputError(
                    f"The bundles and the target differ in {key}.",
                    where=str(bundle.path),
                    expected=str(value),
                    found=str(found[key]),
                    fix="Train all with the same settings, genome and splits.",
                )


def _check_splits(bundle: Any, splits: pd.DataFrame) -> None:
    keys = ["fold", "gene", "role"]
    merged = bundle.splits[keys].merge(splits[keys], how="outer", on=keys, indicator=True)
    different = merged[merged["_merge"] != "both"]
    if len(different):
        row = different.iloc[0]
        raise InputError(
            f"The bundle was trained on other splits: {len(different)} rows differ, such as "
            f"gene {row['gene']}, {row['role']} in fold {row['fold']}.",
            where=str(bundle.path),
            expected="the same genes in the same folds and roles as in --splits",
            fix="Use one splits file for all cell lines, made of genes that all datasets have.",
        )
