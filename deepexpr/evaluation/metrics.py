"""Scores of predictions, one per fold.

Classification: area under the ROC curve. Regression: Pearson r with the two-tailed t test on
n - 2 degrees of freedom (method.md, 4). Where a score is not defined, the value is NaN and the
reason says why, so that a table never has a hole nobody can explain.
"""

import json
import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from deepexpr.errors import InputError
from deepexpr.files import read
from deepexpr.schemas import COPY, METRICS, PREDICTIONS, TASKS
from deepexpr.scores import METRIC_OF_TASK, partial_pearson, score

log = logging.getLogger(__name__)

#: One fold of one method: what the rows of predictions are grouped by.
FOLD_KEYS = ("cell_line", "trained_on", "task", "scheme", "method", "K", "fold")

#: Partial correlation of prediction and expression, given what the other lines measured.
BEYOND_COPY = "PCC beyond copy"


def read_predictions(paths: Iterable[str | Path]) -> pd.DataFrame:
    """All rows of several prediction tables (schemas.PREDICTIONS), checked for repeats."""
    tables = [read(PREDICTIONS, path) for path in paths]
    # Models that were left out have no rows, and no types either.
    filled = [table for table in tables if len(table)] or tables[:1]
    predictions = pd.concat(filled, ignore_index=True)[list(PREDICTIONS)]
    unknown = sorted(set(predictions["task"]) - set(TASKS))
    if unknown:
        raise InputError(f"Unknown task(s) {', '.join(unknown)}.", expected=" or ".join(TASKS))
    repeated = predictions.duplicated([*FOLD_KEYS, "gene"])
    if repeated.any():
        row = predictions[repeated].iloc[0]
        raise InputError(
            f"{repeated.sum()} prediction(s) stand more than once, such as gene {row['gene']}, "
            f"{row['cell_line']}, {row['method']}, fold {row['fold']}.",
            where=", ".join(map(str, list(paths)[:3])),
            fix="Give every file once.",
        )
    log.info("%d predictions from %d file(s)", len(predictions), len(tables))
    return predictions


def fold_metrics(predictions: pd.DataFrame) -> pd.DataFrame:
    """One row per fold of each method: schemas.METRICS, in the order of FOLD_KEYS.

    predictions : schemas.PREDICTIONS.
    """
    rows = []
    holes: dict[tuple, list] = {}  # folds without a score, by what they share and the reason
    for keys, group in predictions.groupby(list(FOLD_KEYS), sort=True):
        entry = dict(zip(FOLD_KEYS, keys, strict=True))
        observed, predicted = (group[c].to_numpy(np.float64) for c in ("observed", "predicted"))
        found = score(entry["task"], observed, predicted)
        if found[2]:
            holes.setdefault((*keys[:-1], found[2]), []).append(keys[-1])
        rows.append(_scored(entry, METRIC_OF_TASK[entry["task"]], found, len(group)))
    for (line, trained, task, scheme, method, k, why), folds in holes.items():
        log.warning(
            "%s: no score of %s (%s%s) in %d of %s folds (%s): %s", line, method, task,
            "" if trained == line else f", trained on {trained}", len(folds), k, scheme, why,
        )  # fmt: skip
    return pd.DataFrame(rows, columns=list(METRICS))


def _scored(entry: dict, metric: str, found: tuple[float, float, str], n: int) -> dict[str, Any]:
    """A row of METRICS; found : value, p-value and why there is none."""
    return entry | dict(zip(("value", "p_value", "reason"), found, strict=True)) | {
        "metric": metric, "n": n,
    }  # fmt: skip


def metrics_beyond_copy(predictions: pd.DataFrame) -> pd.DataFrame:
    """Per fold of each method the correlation that the method `copy` leaves: schemas.METRICS.

    predictions : schemas.PREDICTIONS, regression. Empty where nothing was copied.
    """
    rows, keys = [], [key for key in FOLD_KEYS if key != "method"]
    regression = predictions[predictions["task"] == "regression"]
    for values, group in regression.groupby(keys, sort=True):
        copied = group[group["method"] == COPY].set_index("gene")["predicted"]
        if copied.empty:
            continue
        for method, own in group[group["method"] != COPY].groupby("method", sort=True):
            known = own[own["gene"].isin(copied.index)]
            found = partial_pearson(
                known["observed"].to_numpy(np.float64),
                known["predicted"].to_numpy(np.float64),
                copied[known["gene"]].to_numpy(np.float64),
            )
            entry = dict(zip(keys, values, strict=True)) | {"method": method}
            rows.append(_scored(entry, BEYOND_COPY, found, len(known)))
    return pd.DataFrame(rows, columns=list(METRICS))


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a table as JSON types, NaN as null."""
    rows = table.astype(object).where(table.notna(), None).to_dict(orient="records")
    return json.loads(json.dumps(rows, default=lambda number: number.item()))
