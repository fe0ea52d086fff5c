"""Small tables of plotted values, one per figure, made without any other stage."""

from __future__ import annotations

import numpy as np
import pandas as pd

from deepexpr.schemas import METRICS

LINES = ("K562", "Jurkat", "HCT116")


def loop_signal(lines=LINES, genes: int = 400, seed: int = 1) -> pd.DataFrame:
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


def loop_number(lines=LINES, genes: int = 400, seed: int = 2) -> pd.DataFrame:
    table = loop_signal(lines, genes, seed).drop(columns=["loop_count", "log2_loop_count"])
    rng = np.random.default_rng(seed)
    table.insert(2, "loop_number", rng.negative_binomial(1, 0.25, len(table)))
    table["expression"] += 0.2 * table["loop_number"]
    return table


def metrics(
    metric: str,
    methods,
    lines=LINES,
    ks=(5, 10),
    schemes=("random",),
    seed: int = 3,
    trained_on=None,
) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = []
    for line in lines:
        others = trained_on(line) if trained_on else line
        for scheme in schemes:
            for k in ks:
                for number, method in enumerate(methods):
                    for fold in range(k):
                        value = (
                            0.8 - 0.03 * number + rng.normal(0, 0.02) - (scheme != "random") * 0.05
                        )
                        rows.append(
                            (line, others, "regression" if metric == "PCC" else "classification",
                             scheme, method, k, fold, metric, value, 1e-9, 1640 // k, np.nan)
                        )  # fmt: skip
    table = pd.DataFrame(rows, columns=list(METRICS))
    return table.assign(p_full=np.where(table["method"].isin(["lasso", "svm"]), 0.001, np.nan))


def filter_motifs(queries: int = 16, matched: int = 13, seed: int = 4) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = []
    for index in range(queries):
        query = rng.dirichlet([0.15] * 4, 8)
        rows += [_column(f"filter{index}", "query", i, p) for i, p in enumerate(query)]
        if index < matched:
            offset = int(rng.integers(-2, 5))
            target = rng.dirichlet([0.3] * 4, 12)
            for i in range(8):
                if 0 <= i + offset < 12:
                    target[i + offset] = 0.8 * query[i] + 0.05
            hit = {
                "target": f"MA{index:04d}.1",
                "target_name": ("CTCF", "NRF1::MAX", "YY1")[index % 3],
                "orientation": "+-"[index % 2], "offset": offset, "p_value": 10.0**-index,
                "e_value": 0.04 * 10.0**-index, "q_value": 0.1 * 10.0**-index,
            }  # fmt: skip
            rows += [
                _column(f"filter{index}", "target", i - offset, p) | hit
                for i, p in enumerate(target)
            ]
    from deepexpr.figures.motif_matches import FILTER_MOTIFS_COLUMNS

    return pd.DataFrame(rows, columns=list(FILTER_MOTIFS_COLUMNS))


def _column(query: str, role: str, position: int, p: np.ndarray) -> dict:
    sites = 812.0 if role == "query" else np.nan
    letters = dict(zip("ACGT", map(float, p), strict=True))
    return {
        "query": query,
        "role": role,
        "e_limit": 0.05,
        "sites": sites,
        "position": position,
    } | letters


def gene_tracks(lines=LINES, loops: int = 25, seed: int = 5) -> pd.DataFrame:
    from deepexpr.figures.gene_tracks import GENE_TRACKS_COLUMNS

    rng = np.random.default_rng(seed)
    start, end, tss = 18_000_000, 18_800_000, 18_400_000
    rows = [{"part": "region", "start": start, "end": end, "name": "PPIB"}]
    for index, left in enumerate(sorted(rng.integers(start, end - 60_000, 11))):
        name = "PPIB" if index == 5 else f"GENE{index}"
        left = tss if index == 5 else int(left)
        right = left + int(rng.integers(3_000, 60_000))
        rows.append(
            {"part": "gene", "start": left, "end": right, "name": name, "strand": "+-"[index % 2]}
        )
    for number, line in enumerate(lines):
        rows.append(
            {"part": "expression", "cell_line": line, "name": "PPIB", "value": 0.5 + number}
        )
        for _ in range(loops):
            own = rng.random() < 0.4
            a, b = sorted([tss if own else rng.integers(start, end), rng.integers(start, end)])
            rows.append(
                {"part": "loop", "cell_line": line, "start": a, "end": a + 5000, "start2": b,
                 "end2": b + 5000, "value": rng.gamma(3, 1), "at_gene": int(own)}
            )  # fmt: skip
    return pd.DataFrame(rows).assign(chromosome="chr22").reindex(columns=list(GENE_TRACKS_COLUMNS))


def distance(lines=LINES, k: int = 10) -> pd.DataFrame:
    methods = [f"full-{kb}kb" for kb in (500, 250, 100, 50)]
    table = metrics("PCC", ["full", *methods], lines, (k,))
    reach = table["method"].str.extract(r"-(\d+)kb", expand=False).fillna(1000).astype(int)
    return table.assign(distance_kb=reach)
