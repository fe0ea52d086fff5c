"""Small tables of plotted values of the HiChIP figures."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd

LINES = ("K562", "Jurkat")


def loop_signal(lines=LINES, genes: int = 200, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    tables = []
    for line in lines:
        count = rng.poisson(3, genes) * rng.gamma(2, 6, genes)
        x = np.log2(1 + count)
        tables.append(
            pd.DataFrame(
                {
                    "cell_line": line,
                    "gene": [f"GENE{i}" for i in range(genes)],
                    "loop_count": count,
                    "log2_loop_count": x,
                    "expression": -0.5 + 0.4 * x + rng.normal(0, 1, genes),
                    "note": np.nan,
                }
            )
        )
    return pd.concat(tables, ignore_index=True)


def loop_number(lines=LINES, genes: int = 200, seed: int = 2) -> pd.DataFrame:
    table = loop_signal(lines, genes, seed).drop(columns=["loop_count", "log2_loop_count"])
    rng = np.random.default_rng(seed)
    table.insert(2, "loop_number", rng.negative_binomial(1, 0.25, len(table)))
    table["expression"] += 0.2 * table["loop_number"]
    return table


def qc(samples=("K562_hichip_1", "K562_hichip_2")) -> pd.DataFrame:
    counts = {
        "read_pairs": 1_000_000, "written_pairs": 980_000, "both_unique": 610_000,
        "cis_below_1kb": 120_000, "cis_1kb_to_20kb": 90_000,
        "cis_above_20kb": 230_000, "trans": 100_000, "valid_pairs": 420_000,
        "verdict": "good: 43 % of the pairs are cis above 20 kb",
    }  # fmt: skip
    rows = [(sample, metric, str(value)) for sample in samples for metric, value in counts.items()]
    table = pd.DataFrame(rows, columns=["sample", "metric", "value"])
    return table.assign(expected="", verdict="", meaning="")


def replicates(lines=LINES, loops: int = 120, seed: int = 11) -> pd.DataFrame:
    from deepexpr.figures.replicates import REPLICATES_COLUMNS

    rng = np.random.default_rng(seed)
    samples = [(f"{line}_hichip_{i}", line) for line in lines for i in (1, 2)]
    rows = []
    for i, (one, line) in enumerate(samples):
        for other, beside in samples[i + 1 :]:
            alike = line == beside
            rows.append(
                {"part": "maps", "cell_line": line, "cell_line2": beside, "sample1": one,
                 "sample2": other, "scc": 0.9 if alike else 0.6,
                 "verdict": "good: no count is out of the ordinary" if alike else np.nan}
            )  # fmt: skip
    for line in lines:
        for size in rng.gamma(2, 10, loops):
            rows.append(
                {"part": "loops", "cell_line": line, "cell_line2": line,
                 "sample1": f"{line}_hichip_1", "sample2": f"{line}_hichip_2",
                 "count1": rng.poisson(size), "count2": rng.poisson(size)}
            )  # fmt: skip
    return pd.DataFrame(rows).reindex(columns=list(REPLICATES_COLUMNS))


def aggregate(lines=LINES, seed: int = 12) -> pd.DataFrame:
    from deepexpr.figures.aggregate import AGGREGATE_COLUMNS

    rng = np.random.default_rng(seed)
    row, column = (axis.ravel() for axis in np.mgrid[-10:11, -10:11])
    tables = [
        pd.DataFrame(
            {"part": part, "cell_line": line, "row": row, "column": column, "loops": 800,
             "called": 3000,
             "pets": height * (row == 0) * (column == 0) + rng.gamma(4, 0.05, len(row))}
        )
        for line in lines
        for part, height in (("loops", 4.0), ("controls", 0.0))
    ]  # fmt: skip
    return pd.concat(tables, ignore_index=True).reindex(columns=list(AGGREGATE_COLUMNS))


def callers(lines=LINES, seed: int = 14) -> pd.DataFrame:
    from deepexpr.figures.callers import CALLERS_COLUMNS, EDGES, PARTS

    rng = np.random.default_rng(seed)
    rows = [
        {"cell_line": line, "part": part, "kb_from": a, "kb_to": b, "loops": rng.poisson(100)}
        for line in lines
        for part in PARTS
        for a, b in itertools.pairwise(EDGES)
    ]
    return pd.DataFrame(rows).reindex(columns=list(CALLERS_COLUMNS))


def differential(loops: int = 200, seed: int = 13) -> pd.DataFrame:
    from deepexpr.figures.differential import DIFFERENTIAL_COLUMNS

    rng = np.random.default_rng(seed)
    change = rng.normal(0, 1, loops)
    p = 10.0 ** -(change**2 * rng.gamma(2, 1, loops))
    start = rng.integers(0, 1000, loops) * 5000
    at_gene = rng.random(loops) < 0.5
    table = pd.DataFrame(
        {"comparison": "Jurkat over K562", "chromosome1": "chr1", "start1": start,
         "end1": start + 5000, "chromosome2": "chr1", "start2": start + 90_000,
         "end2": start + 95_000, "mean": rng.gamma(2, 10, loops), "log2_change": change,
         "error": 0.5, "p_value": p, "q_value": np.minimum(1, 3 * p),
         "genes": np.where(at_gene, "PPIB", None),
         "expression_change": np.where(at_gene, 0.3 * change, np.nan)}
    )  # fmt: skip
    return table.reindex(columns=list(DIFFERENTIAL_COLUMNS))
