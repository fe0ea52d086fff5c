"""Several marks with planted truth: the demo's contacts dealt to two marks, ablated one by one.

    python benchmarks/marks.py --demo FOLDER --work DIR --output benchmarks/marks.tsv

FOLDER holds a finished run of the demo (results/) and its truth (resources/demo/). In the demo a
gene's expression follows the summed strength of its planted loops; the other contacts are only
near. Two ways to deal them:
- carrier, decoy: planted loops, and the other contacts;
- major, minor: each enhancer bears one mark, three in four of them the first; of the other contacts
  each has half.
So the first mark of each way must lead. Networks of the demo's splits, settings and seed: of both
marks, with anchors (which are of both together) and without, and of either alone, as
`evaluation.ablation` trains them; and the baselines `trees` and `ridge`, which read both. A row for
each line, way, method and fold. Finished networks in DIR are kept.
"""

from __future__ import annotations

import argparse
import json
import logging
from pathlib import Path

import numpy as np
import pandas as pd

from deepexpr.cli import main as deepexpr
from deepexpr.evaluation.metrics import fold_metrics
from deepexpr.files import read_table, write_table

LINES, SEED = ("Alpha", "Beta", "Gamma"), 1
WAYS = (("carrier", "decoy"), ("major", "minor"))
#: Share of enhancers that bear the first mark of the second way.
MAJOR = 0.75
#: Those of config/demo.
MODEL = {"variant": "tuned", "filters": 16, "kernel": 8}
TRAINING = {"patience": 5, "distal_patience": 5, "distal_epochs": 25}
PLACES = ["chromosome1", "start1", "chromosome2", "start2"]


def deal(signal: pd.DataFrame, planted: pd.DataFrame, way: tuple[str, str]) -> np.ndarray:
    """Which mark each contact has, (n,): its number in `way`.

    signal : the line's loops; planted : its rows of the truth's loops.tsv.
    """
    enhancer = {tuple(row[:4]): row[4] for row in planted[[*PLACES, "enhancer"]].values.tolist()}
    own = [enhancer.get(tuple(place)) for place in signal[PLACES].values.tolist()]
    if way == WAYS[0]:
        return np.array([int(name is None) for name in own])
    rng = np.random.default_rng(SEED)
    names = sorted(set(planted["enhancer"]))
    major = dict(zip(names, rng.random(len(names)) < MAJOR, strict=True))
    background = rng.random(len(signal)) < 0.5
    return np.array([int(not major.get(name, b)) for name, b in zip(own, background, strict=True)])


def run(*command) -> None:
    if deepexpr([str(word) for word in command]):
        raise SystemExit(f"failed: {command}")


def make_dataset(demo: Path, work: Path, line: str, way: tuple[str, str]) -> Path:
    """The line's dataset with the bins of both marks."""
    path, results = work / f"{line}.{way[0]}.h5", demo / "results"
    if not path.is_file():
        signal = read_table(results / f"loops/{line}/signal.tsv")
        planted = read_table(demo / "resources/demo/truth/loops.tsv")
        mark = deal(signal, planted[planted["cell_line"] == line], way)
        tables = []
        for number, name in enumerate(way):
            table = work / f"{line}.{name}.tsv"
            write_table(signal[mark == number], table)
            print(line, name, f"{(mark == number).sum()} contacts", flush=True)
            tables += ["--target-signal", f"{name}={table}"]
        run("dataset", "--genes", results / "reference/demo/genes.tsv",
            "--promoters", results / "reference/demo/promoters.fa",
            "--expression", results / "expression/demo/expression.tsv",
            "--cell-line", line, "--assembly", "demo", *tables, "--output", path)  # fmt: skip
    return path


def measure(demo: Path, work: Path, line: str, way: tuple[str, str]) -> list[dict]:
    """Rows of one line and way, trained unless they are there."""
    results, dataset = demo / "results", make_dataset(demo, work, line, way)
    splits = results / "features/demo/splits/random-K5.tsv"
    common = ["--dataset", dataset, "--splits", splits, "--scheme", "random",
              "--task", "regression", "--seed", SEED]  # fmt: skip
    folders = {}

    def train(method: str, kind: str, *options, changed=None) -> None:
        folders[method] = folder = work / f"{line}.{way[0]}.{method.replace(', ', '-')}"
        if not (folder / "predictions.tsv").is_file():
            run("train", *common, "--kind", kind, *options, "--threads", 1, "--output", folder,
                "--model", json.dumps(MODEL | (changed or {})),
                "--training", json.dumps(TRAINING))  # fmt: skip

    train("sequence", "sequence")
    upon = ("--pretrained", folders["sequence"] / "bundle")
    train("full", "full", *upon)
    train("full, no anchors", "full", *upon, changed={"anchors": False})
    for name in way:
        train(f"full-only-{name}", "full", *upon, "--only-target", name)
    for method in ("trees", "ridge"):
        folders[method] = folder = work / f"{line}.{way[0]}.{method}"
        if not (folder / "predictions.tsv").is_file():
            run("baseline", *common, "--method", method, "--output", folder)
    folders["full, marks not told apart"] = results / f"models/{line}/regression/K5/full"
    rows = []
    for method, folder in folders.items():
        table = fold_metrics(read_table(folder / "predictions.tsv"))
        rows += [
            {"cell_line": line, "marks": ", ".join(way), "method": method, "fold": row.fold,
             "genes": row.n, "r": row.value}
            for row in table.itertuples()
        ]  # fmt: skip
    return rows


def main() -> None:
    """Measure all lines and ways; prints means and in how many folds the first mark leads."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--demo", required=True, type=Path)
    parser.add_argument("--work", required=True, type=Path)
    parser.add_argument("--output", required=True, type=Path)
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    rows: list[dict] = []
    for way in WAYS:
        for line in LINES:
            rows += measure(args.demo, args.work, line, way)
            write_table(pd.DataFrame(rows).round(4), args.output)
    table = pd.DataFrame(rows)
    means = table.groupby(["marks", "cell_line", "method"], sort=False)["r"]
    print(means.agg(["mean", "std"]).round(3).unstack("cell_line").to_string())
    for way in WAYS:
        own = table[table["marks"] == ", ".join(way)]
        by_fold = own.pivot_table(index=["cell_line", "fold"], columns="method", values="r")
        first, second = (by_fold[f"full-only-{name}"] for name in way)
        print(f"{way[0]} above {way[1]} in {(first > second).sum()} of {len(by_fold)} folds")


if __name__ == "__main__":
    main()
