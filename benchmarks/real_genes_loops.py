"""What reads a sequence score and loops, for real_genes.py: ridge, and the trees of the product.

None is a network, and all are fair baselines: trained on the genes of the other groups, with their
left-out sequence scores.
"""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from real_genes_data import BIN, RealGenes, loops_within
from real_genes_rows import LINES, WITH_LOOPS, add_row, file_of, keep, scores, targets
from scipy.stats import spearmanr
from sklearn.linear_model import LogisticRegressionCV, RidgeCV
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from deepexpr.baselines.word_ridge import PENALTIES, STRENGTHS
from deepexpr.baselines.word_trees import JointTrees
from deepexpr.features.anchors import anchor_features
from deepexpr.features.words import loop_totals, loop_windows
from deepexpr.files import write_table

#: Closed forms on the promoters: what is asked for, and what it is called in the table.
SCORED = {
    "fine": "fine words", "motifs": "fine words and motifs", "shuffled": "fine words and shuffled",
}  # fmt: skip
SAMPLED = ("", ", 131 samples", ", 131 samples, joined")
#: What reads a sequence score and loops: name, score, kind of model, loops' features; in the end
#: the same with classes.
MODELS = (
    ("fine words and loops", "fine words", "linear", "windows"),
    ("fine words and anchors, trees", "fine words", "trees", "anchors"),
    ("fine words and loops, trees", "fine words", "trees", "windows"),
    ("fine words and loops, AUC", "fine words", "linear", "windows"),
    ("fine words and anchors, trees, AUC", "fine words", "trees", "anchors"),
    ("fine words, 131 samples and anchors, trees", "fine words, 131 samples", "trees", "anchors"),
    ("joined words and anchors, trees", "fine words, 131 samples, joined", "trees", "anchors"),
    ("joined words and loops", "fine words, 131 samples, joined", "linear", "windows"),
    ("words, motifs and loops", "fine words and motifs", "linear", "windows"),
    ("words, motifs and anchors, trees", "fine words and motifs", "trees", "anchors"),
    ("words, motifs and anchors, trees, AUC", "fine words and motifs", "trees", "anchors"),
    (
        "joined words, motifs and anchors, trees",
        "fine words and motifs, 131 samples, joined",
        "trees",
        "anchors",
    ),
)
#: Both lines' loops by one source, both lines' values by another, for what differs between them.
PAIR = (("GM12878", "GM12878"), ("K562_bedpe", "K562_roadmap"))


def linear(x: np.ndarray, y: np.ndarray, classes: bool = False):
    """What predicts (m,) from (m, p), fitted on x (n, p) and y (n,): as the baseline `ridge`."""
    if classes:
        search = LogisticRegressionCV(Cs=STRENGTHS, cv=3, scoring="roc_auc")
        return make_pipeline(StandardScaler(), search).fit(x, y).decision_function
    return make_pipeline(StandardScaler(), RidgeCV(PENALTIES)).fit(x, y).predict


def trees(x: np.ndarray, y: np.ndarray, classes: bool = False):
    """The same, as the baseline `trees`."""
    task = "classification" if classes else "regression"
    return JointTrees(task, seed=0).fit(x, np.where(y > 0, 1, -1) if classes else y).predict


def area(predicted: np.ndarray, classes: np.ndarray) -> float:
    """AUC of the classes 0 and 1."""
    return float(roc_auc_score(classes, predicted))


def features_of(genes: RealGenes, names: set[str]) -> dict[tuple[str, str], np.ndarray]:
    """By kind of features and set of loops: (n, p), the same for all groups."""
    places = pd.DataFrame({n: getattr(genes, n) for n in ("chromosome", "tss", "strand")})
    found = {}
    for name in sorted(names):
        windows = loop_windows(genes.bins[name], BIN)
        found["windows", name] = windows
        anchors = anchor_features(places, loops_within(name))
        found["anchors", name] = np.hstack([windows, anchors])
    return found


def measure_loops(genes: RealGenes, groups: list[int], work: Path, output: Path) -> None:
    """Rows of what reads the fine words' left-out score and loops: Pearson r, and AUC of the same
    with classes, at the line's median."""
    y = targets(genes)
    labels = np.where(np.isnan(y), np.nan, y >= np.nanmedian(y, axis=0))
    loops = features_of(genes, {loops for _, loops, _ in WITH_LOOPS})
    kinds = {"linear": linear, "trees": trees}
    for name, base, kind, features in MODELS:
        for group in groups:
            scored, test = file_of(work, base, group, 0), genes.group == group
            if not scored.is_file():
                continue
            path, began = file_of(work, name, group, 0), time.process_time()
            if path.is_file():
                continue
            classes = name.endswith("AUC")
            values = labels if classes else y
            model = partial(kinds[kind], classes=classes)
            result = held_out(values, np.load(scored), loops, features, model, test)
            keep(path, result)
            minutes = (time.process_time() - began) / 60
            reached = scores(result[test], values[test], area if classes else None)
            add_row(output, name, group, 0, reached, 0, minutes)


def held_out(y, found, loops, features: str, model, test) -> np.ndarray:
    """(n, COLUMNS) predictions of the genes of `test` from `found` scores, NaN elsewhere."""
    result = np.full(y.shape, np.nan)
    for i, (_, name, line) in enumerate(WITH_LOOPS):
        column = LINES.index(line)
        known = np.isfinite(y[:, column])
        x = np.column_stack([_filled(found[:, column]), loops[features, name]])
        train, held = known & ~test, known & test
        result[held, len(LINES) + i] = model(x[train], y[train, column])(x[held])
    return result


def _filled(score: np.ndarray) -> np.ndarray:
    """Genes without a value in a line have no score there; none of them is fitted or judged."""
    return np.where(np.isfinite(score), score, np.nanmean(score))


def measure_sequence_auc(genes: RealGenes, groups, work: Path, output: Path) -> None:
    """Rows of the AUC, at the line's median, of the sequence scores alone."""
    y = targets(genes)
    labels = np.where(np.isnan(y), np.nan, y >= np.nanmedian(y, axis=0))
    bases = [f"{SCORED[what]}{rest}" for what in ("fine", "motifs") for rest in SAMPLED]
    for base in bases:
        for group in groups:
            scored, test = file_of(work, base, group, 0), genes.group == group
            if scored.is_file():
                found = np.load(scored)
                found[:, len(LINES) :] = np.nan
                reached = scores(found[test], labels[test], area)
                add_row(output, f"{base}, AUC", group, 0, reached, 0, 0.0)


def measure_differences(genes: RealGenes, groups: list[int], work: Path, output: Path) -> None:
    """Spearman's correlation of predicted and observed GM12878 - K562, a row per group."""
    y = targets(genes)[:, [LINES.index(line) for _, line in PAIR]]
    difference = y[:, 0] - y[:, 1]
    loops = features_of(genes, {name for name, _ in PAIR})
    totals = [loop_totals(genes.bins[name], BIN, [1_000_000])[:, 0] for name, _ in PAIR]
    rows = []
    for group in groups:
        scored = file_of(work, "fine words", group, 0)
        if not scored.is_file():
            continue
        scores = np.load(scored)
        both = [_filled(scores[:, LINES.index(line)]) for _, line in PAIR]
        known, test = np.isfinite(difference), genes.group == group
        train, held = known & ~test, known & test

        def add(what, predicted, group=group, held=held):
            found = spearmanr(predicted, difference[held])[0]
            rows.append((what, group, round(float(found), 4), int(held.sum())))
            print(*rows[-1], flush=True)

        add("difference of loop totals, 1 Mb", (totals[0] - totals[1])[held])
        for what, model, features in (
            ("ridge on loops of both and scores", linear, "windows"),
            ("trees on loops of both and scores", trees, "windows"),
            ("trees on anchors of both and scores", trees, "anchors"),
        ):
            x = np.column_stack([*both, *(loops[features, name] for name, _ in PAIR)])
            add(what, model(x[train], difference[train])(x[held]))
    table = pd.DataFrame(rows, columns=["what", "group", "spearman", "genes"])
    write_table(table, output.with_name("real_genes_differences.tsv"))
