"""Loop callers on the demo's planted loops: precision and recall, and whether q means what it says.

    snakemake --cores 2 --configfile config/demo/config.yaml   # once, `make demo`
    python benchmarks/callers.py --results results --truth resources/demo/truth/loops.tsv \
        --output benchmarks/callers.tsv --plot benchmarks/callers.png \
        --overlap benchmarks/callers_overlap.tsv

Every caller judges the pooled contacts of each cell line. area: average precision (AUPRC) over
contacts on one chromosome whose anchors do not touch, planted loops without PETs counting as
missed. Then, at some levels of the false discovery that a caller promises (of Origami the mean of
1 - posterior over what it calls, of coverage its q), how much is called and how much of it false.
A loop is right where both bins are those of a planted loop.
"""

from __future__ import annotations

import argparse
import logging
import time
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score, precision_recall_curve

from deepexpr.files import read_table, write_table
from deepexpr.hichip.bedpe import ANCHORS, pool_contacts, pool_depth
from deepexpr.hichip.callers import both, find_caller
from deepexpr.hichip.places import anchor_gap

LEVELS = (0.01, 0.05, 0.1, 0.2)
CALLERS = {
    "origami": ("origami", {"iterations": 2000, "chains": 4}),
    "coverage, peak to all": ("coverage", {"pairs": "peak_to_all"}),
    "coverage, peak to peak": ("coverage", {"pairs": "peak_to_peak"}),
    "coverage, all": ("coverage", {"pairs": "all"}),
}


def promised(name: str, confidence: np.ndarray) -> np.ndarray:
    """The false discovery that a caller promises for all that is as confident or more."""
    if name != "origami":
        return 1 - confidence
    order = np.argsort(-confidence, kind="stable")
    rate = np.empty(len(confidence))
    rate[order] = np.cumsum(1 - confidence[order]) / np.arange(1, len(order) + 1)
    return rate


def read_line(
    line: str, results: Path, planted: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame, set[tuple]]:
    """Contacts and depths of a line's replicates, and its planted loops."""
    samples = sorted(results.glob(f"hichip/{line}_*/contacts.tsv.gz"))
    contacts = pool_contacts(samples)
    depth = pool_depth([path.with_name("depth.tsv.gz") for path in samples])
    rows = planted.loc[planted["cell_line"] == line, ANCHORS].to_numpy().tolist()
    return contacts, depth, set(map(tuple, rows))


def measure(line: str, results: Path, planted: pd.DataFrame) -> tuple[list[dict], dict]:
    """Rows of one cell line, and the precision and recall of each caller."""
    contacts, depth, truth = read_line(line, results, planted)
    keys = contacts[ANCHORS].astype({"chromosome1": str, "chromosome2": str}).to_numpy().tolist()
    apart = anchor_gap(contacts) > 0
    right = np.array([tuple(key) in truth for key in keys])[apart]
    missed = len(truth) - int(right.sum())
    rows, curves = [], {}
    for name, (module, values) in CALLERS.items():
        caller = find_caller(module)
        start = time.process_time()
        calls = caller.call(contacts, depth, caller.SETTINGS(**values), 1)
        seconds = time.process_time() - start
        confidence = calls.confidence[apart]
        labels, scores = np.r_[right, np.ones(missed, bool)], np.r_[confidence, np.full(missed, -1)]
        row = {
            "cell_line": line, "caller": name, "contacts": int(apart.sum()),
            "planted": len(truth), "planted_without_pets": missed, "seconds": round(seconds, 2),
            "area": round(average_precision_score(labels, scores), 4),
        }  # fmt: skip
        rate = promised(name, confidence)
        for level in LEVELS:
            called = (rate < level) & (confidence > 0)
            found = int(called.sum())
            rows.append(
                row | {
                    "promised": level, "called": found, "right": int((called & right).sum()),
                    "false_discovery": round(1 - (called & right).sum() / max(found, 1), 4),
                    "recall": round(int((called & right).sum()) / max(len(truth), 1), 4),
                }
            )  # fmt: skip
        curves[name] = precision_recall_curve(labels, scores)[:2]
    return rows, curves


def overlap(line: str, contacts: pd.DataFrame, depth: pd.DataFrame, truth: set) -> list[dict]:
    """Loops that both callers call at the defaults of the pipeline, or one alone, and how many of
    them were planted."""
    caller = find_caller("both")
    settings = caller.SETTINGS(**CALLERS["origami"][1])
    calls = caller.call(contacts, depth, settings, 1)
    apart = anchor_gap(contacts) > 0
    keys = contacts[ANCHORS].astype({"chromosome1": str, "chromosome2": str}).to_numpy().tolist()
    right = np.array([tuple(key) in truth for key in keys])
    origami, coverage = (
        (calls.columns[both.confidence_column(name)] > settings.confidence) & apart
        for name in ("origami", "coverage")
    )
    parts = {
        "both": origami & coverage, "origami only": origami & ~coverage,
        "coverage only": coverage & ~origami,
    }  # fmt: skip
    return [
        {"cell_line": line, "part": part, "loops": int(mask.sum()),
         "planted": int((mask & right).sum()), "of": len(truth)}
        for part, mask in parts.items()
    ]  # fmt: skip


def plot(rows: pd.DataFrame, curves: dict[str, dict], path: str) -> None:
    """Precision against recall per cell line, and true against promised false discovery."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, len(curves) + 1, figsize=(3.2 * (len(curves) + 1), 3.4))
    for axis, (line, own) in zip(axes, curves.items(), strict=False):
        for name, (precision, recall) in own.items():
            axis.plot(recall[1:], precision[1:], label=name, linewidth=1)
        axis.set(title=line, xlabel="recall", ylabel="precision", ylim=(0, 1.02))
    for name, own in rows.groupby("caller", sort=False):
        mean = own.groupby("promised")["false_discovery"].mean()
        axes[-1].plot(mean.index, mean, "o-", label=name, linewidth=1)
    axes[-1].plot([0, 0.2], [0, 0.2], ":", color="grey")
    axes[-1].set(title="mean", xlabel="promised false discovery", ylabel="true false discovery")
    axes[0].legend(fontsize=6)
    figure.tight_layout()
    figure.savefig(path, dpi=150)


def main() -> None:
    """Measure every caller on every cell line of the truth."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--results", type=Path, required=True, help="folder of the demo's results")
    parser.add_argument("--truth", required=True, help="the demo's planted loops")
    parser.add_argument("--output", help="TSV of the measurements")
    parser.add_argument("--overlap", help="TSV of the loops of both callers, and of one alone")
    parser.add_argument("--plot", help="PNG of precision, recall and calibration")
    args = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    planted = read_table(args.truth)
    if args.overlap:
        shared = []
        for line in dict.fromkeys(planted["cell_line"]):
            shared += overlap(line, *read_line(line, args.results, planted))
        print(pd.DataFrame(shared).to_string())
        write_table(pd.DataFrame(shared), args.overlap)
    if not args.output:
        return
    rows, curves = [], {}
    for line in dict.fromkeys(planted["cell_line"]):
        own, curves[line] = measure(line, args.results, planted)
        rows += own
    table = pd.DataFrame(rows)
    print(table.to_string())
    write_table(table, args.output)
    if args.plot:
        plot(table, curves, args.plot)


if __name__ == "__main__":
    main()
