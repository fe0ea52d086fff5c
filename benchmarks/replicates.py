"""Do replicates agree better on loop counts within a brain region than between regions?

    snakemake --cores 2 --configfile config/chr22/config.yaml   # once, `make real`
    python benchmarks/replicates.py --results results/chr22 --output benchmarks/replicates.tsv

Correlation of the PETs of two samples, as log2(1 + count) after scaling to equal totals; a sample
without PETs counts 0. Twice: over the loops of either region, which were chosen by the counts of
their region and so favour it, and over the contacts with at least 5 PETs in all samples together,
a choice that knows no regions.
"""

from __future__ import annotations

import argparse
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from deepexpr.files import read_table, write_table
from deepexpr.hichip.bedpe import ANCHORS, read_contacts


def read_counts(results: Path) -> dict[str, pd.DataFrame]:
    """Choice -> PETs of every sample (columns) in every chosen contact (rows)."""
    text = {"chromosome1": str, "chromosome2": str}
    tables = [read_table(path, dtype=text) for path in sorted(results.glob("loops/*/loops.bedpe"))]
    loops = pd.concat(tables)[ANCHORS].drop_duplicates().set_index(ANCHORS).index
    counts = {
        path.parent.name: read_contacts(path).astype(text).set_index(ANCHORS)["count"]
        for path in sorted(results.glob("hichip/*/contacts.tsv.gz"))
    }
    everything = pd.DataFrame(counts).fillna(0)
    return {
        "loops of either region": everything.reindex(loops).fillna(0),
        "contacts with 5 PETs": everything[everything.sum(axis=1) >= 5],
    }


def correlations(choice: str, counts: pd.DataFrame) -> pd.DataFrame:
    """One row per pair of samples."""
    scaled = np.log2(1 + counts / counts.sum() * counts.sum().min())
    region = {name: name.rpartition("_hichip_")[0] for name in counts}
    rows = []
    for one, two in combinations(counts, 2):
        rows.append(
            {
                "over": choice,
                "sample1": one,
                "sample2": two,
                "within_region": int(region[one] == region[two]),
                "contacts": len(counts),
                "pearson_r": round(stats.pearsonr(scaled[one], scaled[two]).statistic, 4),
                "spearman_r": round(stats.spearmanr(scaled[one], scaled[two]).statistic, 4),
            }
        )
    return pd.DataFrame(rows)


def main() -> None:
    """Read, correlate, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--results", type=Path, required=True, help="of the run on real reads")
    parser.add_argument("--output", required=True, help="TSV of the correlations")
    args = parser.parse_args()
    table = pd.concat([correlations(*item) for item in read_counts(args.results).items()])
    print(table.to_string(index=False))
    for kind in ("pearson_r", "spearman_r"):
        print(kind, table.groupby(["over", "within_region"])[kind].mean().to_dict())
    write_table(table, args.output)


if __name__ == "__main__":
    main()
