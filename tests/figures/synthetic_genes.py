"""Small tables of plotted values of the figures of single genes, their letters and motifs."""

from __future__ import annotations

import numpy as np
import pandas as pd
from synthetic_hichip import LINES

from deepexpr.figures.data_tables import TABLES_COLUMNS


def filter_motifs(queries: int = 4, matched: int = 3, seed: int = 4) -> pd.DataFrame:
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
                "target_name": ("CTCF", "Ahr::Arnt", "NR1H3::RXRA")[index % 3],
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
        "cell_line": "K562",
        "query": query,
        "role": role,
        "e_limit": 0.05,
        "sites": sites,
        "position": position,
    } | letters


def gene_tracks(lines=LINES, loops: int = 25, seed: int = 5, genes: int = 11) -> pd.DataFrame:
    from deepexpr.figures.gene_tracks import GENE_TRACKS_COLUMNS

    rng = np.random.default_rng(seed)
    start, end, tss = 18_000_000, 18_800_000, 18_400_000
    rows = [{"part": "region", "start": start, "end": end, "name": "PPIB"}]
    for index, left in enumerate(sorted(rng.integers(start, end - 60_000, genes))):
        asked = index == genes // 2
        name = "PPIB" if asked else f"GENE{index}"
        left = tss if asked else int(left)
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


def tables() -> pd.DataFrame:
    gene = {"table": "genes", "cell_line": "K562", "gene": "PPIB", "chromosome": "chr15",
            "start": 64163128, "measured": 2.5, "predicted": 1.9, "measured_percentile": 97.5,
            "predicted_percentile": 88.0, "probability": 0.9, "loops": 1, "signal": 4.25,
            "motifs": "NFYA, SP1"}  # fmt: skip
    other = gene | {"gene": "=2+3</script>", "predicted": np.nan, "loops": 0, "motifs": ""}
    loop = {"table": "loops", "cell_line": "K562", "gene": "PPIB", "chromosome": "chr15",
            "start": 64160000, "end": 64165000, "start2": 64260000, "end2": 64265000,
            "signal": 4.25}  # fmt: skip
    score = {"table": "scores", "cell_line": "K562", "task": "regression", "method": "full",
             "K": 10, "metric": "PCC", "value": 0.71, "sd": 0.02, "folds": 10}  # fmt: skip
    return pd.DataFrame([gene, other, loop, score], columns=list(TABLES_COLUMNS))


def browser() -> pd.DataFrame:
    from deepexpr.figures.browser import BROWSER_COLUMNS

    here = {"cell_line": "K562", "chromosome": "chr15", "start": 64160000, "end": 64165000}
    rows = [
        here | {"part": "chromosome", "cell_line": None, "start": 0, "end": 1e8, "name": "hg38"},
        here | {"part": "gene", "cell_line": None, "name": "PPIB", "strand": "-"},
        here | {"part": "region", "name": "PPIB", "measured_percentile": 97.5,
                "predicted_percentile": 88.0, "loops": 1},
        here | {"part": "loop", "start2": 64260000, "end2": 64265000, "value": 4.25},
        here | {"part": "signal", "value": 4.25},
        here | {"part": "expression", "name": "PPIB", "measured_percentile": 97.5},
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(BROWSER_COLUMNS))


def interpretation(seed: int = 10) -> pd.DataFrame:
    from deepexpr.figures.interpretation import INTERPRETATION_COLUMNS

    rng = np.random.default_rng(seed)
    values = rng.normal(0, 0.004, 2000)
    values[900:910] += 0.08
    values[1100:1112] -= 0.05
    rows = [
        ("letter", "PPIB", np.nan, i - 1000, i - 999, "ACGT"[rng.integers(4)], np.nan, np.nan, v,
         0.01, np.nan)
        for i, v in enumerate(values)
    ]  # fmt: skip
    for start, name, strand, value in ((-100, "NRF1", "+", 0.08), (100, "REST", "-", -0.05),
                                       (-98, "NRF2", "-", 0.06)):  # fmt: skip
        rows.append(("motif", "PPIB", np.nan, start, start + 11, name, strand, np.nan, value,
                     np.nan, 1e-6))  # fmt: skip
    for i in range(400):
        filled = rng.random() < 0.05
        start = 63_000_000 + 5000 * i
        rows.append(("bin", "PPIB", "chr15", start, start + 5000, np.nan, np.nan,
                     2.0 * filled, 0.1 * filled, 0.02 * filled, np.nan))  # fmt: skip
    table = pd.DataFrame(rows, columns=list(INTERPRETATION_COLUMNS[1:]))
    return table.assign(cell_line="K562")


def variants(number: int = 300, seed: int = 9) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    broken = rng.random(number) < 0.1
    made = rng.random(number) < 0.05
    return pd.DataFrame(
        {"cell_line": "K562", "variant": [f"chr1:{i + 1}:A>C" for i in range(number)],
         "gene": [f"GENE{i % 30}" for i in range(number)],
         "tss_distance": rng.integers(-1000, 1000, number),
         "change": rng.normal(0, 0.01 + 0.05 * broken), "folds_sd": 0.01,
         "percentile": rng.random(number) * 100, "made": made.astype(int),
         "broken": broken.astype(int), "of": number}
    )  # fmt: skip
