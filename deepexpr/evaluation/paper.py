"""The numbers the paper reports, beside those of a run (docs/method.md, section 6).

What was not run says so in the table; nothing is left out silently. Two differences are
printed in the paper ten times too large (0.677, 0.176); the values its own figures support
stand here and the row says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

#: spread: standard deviation of ours over folds (over cell lines x folds for several lines);
#: within_spread: "yes" where |ours - paper| <= spread, "no", or "unknown" without a spread.
PAPER = (
    "quantity", "cell_line", "unit", "paper", "ours", "difference", "spread", "folds",
    "within_spread", "status", "note",
)  # fmt: skip

NOT_RUN = "not run"
RUN = "run"

#: The paper's 400 bins of 5 kb, bp to either side of the TSS.
PAPER_REACH = 1_000_000

_HUMAN = ("K562", "Jurkat", "HCT116")


@dataclass(frozen=True)
class Reported:
    """One number of the paper.

    kind : "difference" (method - other), "change" (100 * (method - other) / other, percent),
        "level" (of the method) or "given" (handed in by the caller under `key`).
    cross : whether the models were trained on other cell lines.
    """

    quantity: str
    kind: str
    paper: float
    unit: str
    cell_lines: tuple[str, ...]
    task: str = "regression"
    method: str = ""
    other: str = ""
    cross: bool = False
    key: str = ""
    note: str = ""


def _above(task, metric, method, label, numbers, lines, cross=False, notes=()):
    """Differences of one DeepExpression kind above each of three baselines."""
    return [
        Reported(
            f"{label} above {name}", "difference", paper, metric, lines, task, method, other,
            cross, note=dict(notes).get(other, ""),
        )
        for (name, other), paper in numbers.items()
    ]  # fmt: skip


_RF, _SVM = ("random forest", "random_forest"), ("SVM", "svm")
_LOGISTIC, _LINEAR = (
    ("logistic regression", "logistic_regression"),
    ("linear regression", "linear_regression"),
)
_LASSO = ("Lasso", "lasso")

REPORTED: tuple[Reported, ...] = (
    Reported("2A: summed loop counts and expression", "given", 0.623, "PCC", ("mESC",),
             key="loop_count"),
    Reported("2B: number of loops and expression", "given", 0.583, "PCC", ("mESC",),
             key="loop_number"),
    *_above("classification", "AUC", "full", "3: DeepExpression",
            {_RF: 0.0574, _SVM: 0.0677, _LOGISTIC: 0.1458}, ("mESC",),
            notes={"svm": "printed as 0.677"}.items()),
    *_above("classification", "AUC", "sequence", "3: DeepExpression-seq",
            {_RF: 0.0073, _SVM: 0.0176, _LOGISTIC: 0.0957}, ("mESC",),
            notes={"svm": "printed as 0.176"}.items()),
    *_above("regression", "PCC", "full", "4: DeepExpression",
            {_RF: 0.0404, _LASSO: 0.1669, _LINEAR: 0.2763}, ("mESC",)),
    *_above("regression", "PCC", "sequence", "4: DeepExpression-seq",
            {_RF: 0.0020, _LASSO: 0.1227, _LINEAR: 0.2321}, ("mESC",)),
    *_above("regression", "PCC", "full", "5: cross-cell-line, DeepExpression",
            {_RF: 0.33, _LASSO: 0.30, _LINEAR: 0.27}, _HUMAN, cross=True),
    Reported("6: without the promoter", "change", -23.64, "% of PCC", ("mESC",),
             method="hichip", other="full"),
    Reported("6: without HiChIP", "change", -8.39, "% of PCC", ("mESC",),
             method="sequence", other="full"),
    Reported("7: loops within 1000 kb", "level", 0.6545, "PCC", ("K562",), method="full"),
    Reported("7: loops within 500 kb", "level", 0.6531, "PCC", ("K562",), method="full-500kb"),
    Reported("7: loops within 100 kb", "level", 0.6422, "PCC", ("K562",), method="full-100kb"),
    Reported("8: filters that match a known motif", "given", 83 / 128, "fraction", ("mESC",),
             key="filters_matched", note="83 of 128"),
    Reported("9: enhancer motifs that match a known motif", "given", 22 / 24, "fraction",
             ("mESC",), key="enhancer_motifs_matched", note="22 of 24"),
)  # fmt: skip

#: K of the paper's scores; cell lines that have one, and those of its other numbers.
K = 10
SCORED = frozenset(x for r in REPORTED if r.kind != "given" for x in r.cell_lines)
GIVEN = frozenset(x for r in REPORTED if r.kind == "given" for x in r.cell_lines)


def paper_beside_ours(
    metrics: pd.DataFrame,
    given: Mapping[str, float] | None = None,
    full_reach: int = PAPER_REACH,
) -> pd.DataFrame:
    """Columns PAPER, one row per number of the paper, in its order.

    metrics : schemas.METRICS. given : numbers that are no scores of predictions, by key:
    "loop_count", "loop_number" (Pearson r), "filters_matched", "enhancer_motifs_matched"
    (fractions). full_reach : how far from the TSS, bp, the bins of this run reach. Of the scores
    those of random, 10-fold splits count, which are the paper's.
    """
    # Under the name of its reach, a network of other bins is not taken for the paper's.
    if full_reach != PAPER_REACH:
        own = f"full-{full_reach // 1000}kb"
        metrics = metrics.assign(method=metrics["method"].replace("full", own))
    metrics = metrics[(metrics["scheme"] == "random") & (metrics["K"] == K)]
    rows = [_row(reported, *_ours(reported, metrics, given or {})) for reported in REPORTED]
    return pd.DataFrame(rows, columns=list(PAPER))


def _row(reported: Reported, value: float, ours: np.ndarray) -> dict:
    spread = float(ours.std(ddof=1)) if len(ours) > 1 else np.nan
    difference = value - reported.paper
    within = "unknown" if np.isnan(spread) else "yes" if abs(difference) <= spread else "no"
    return {
        "quantity": reported.quantity,
        "cell_line": ",".join(reported.cell_lines),
        "unit": reported.unit,
        "paper": reported.paper,
        "ours": value,
        "difference": difference,
        "spread": spread,
        "folds": len(ours) if reported.kind != "given" else 0,
        "within_spread": within if len(ours) else NOT_RUN,
        "status": RUN if len(ours) else NOT_RUN,
        "note": reported.note,
    }


def _ours(
    reported: Reported, metrics: pd.DataFrame, given: Mapping[str, float]
) -> tuple[float, np.ndarray]:
    """The same quantity of the run (NaN if not run), and by cell line and fold (then empty)."""
    if reported.kind == "given":
        values = [given[reported.key]] if reported.key in given else []
        return _mean(np.array(values, dtype=np.float64))
    first = _scores(reported, metrics, reported.method)
    if reported.kind == "level":
        return _mean(first.to_numpy())
    # Paired by cell line and fold: the splits are the same.
    second = _scores(reported, metrics, reported.other)
    first, second = first.align(second, join="inner")
    if reported.kind == "change" and len(first):  # of the means, as figure 6 shows it
        change = 100 * (first.mean() / second.mean() - 1)
        return float(change), (100 * (first / second - 1)).to_numpy()
    return _mean((first - second).to_numpy())


def _mean(values: np.ndarray) -> tuple[float, np.ndarray]:
    return float(values.mean()) if len(values) else np.nan, values


def _scores(reported: Reported, metrics: pd.DataFrame, method: str) -> pd.Series:
    """Scores by (cell line, fold), those that are defined; empty unless every line was run."""
    crossed = metrics["trained_on"] != metrics["cell_line"]
    chosen = metrics[
        metrics["cell_line"].isin(reported.cell_lines)
        & (metrics["task"] == reported.task)
        & (metrics["method"] == method)
        & (crossed == reported.cross)
    ]
    scores = chosen.set_index(["cell_line", "fold"])["value"].dropna()
    lines = set(scores.index.get_level_values("cell_line"))
    return scores if lines == set(reported.cell_lines) else scores.iloc[:0]
