"""TomTom: which known motifs a motif resembles, and how surely (Gupta et al. 2007).

Two engines, one table. ``memelite`` (a Python package) computes MEME's TomTom with the
distance ``ed`` and complete scores. ``meme`` runs the MEME suite's own program, which also
knows MEME's default distance ``pearson``; the two distances give different p-values.

E = p x number of targets. q is Benjamini-Hochberg over the targets of one query, for both
engines. Column-shuffled queries give the honest null of "so many of my motifs are known".
"""

import logging
import warnings
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control

from deepexpr.errors import InputError
from deepexpr.features.motif import Motif, check_unique_names
from deepexpr.motifs import memelite_parts
from deepexpr.motifs.meme_suite import run_meme_tomtom
from deepexpr.motifs.sections import DistanceSection, TomtomSection
from deepexpr.schemas import TOMTOM, TOMTOM_SUMMARY
from deepexpr.settings import Field

logger = logging.getLogger(__name__)

#: Below this number the targets' columns are a poor background (memelite's own limit).
_FEW_TARGETS = 25


class TomtomOptions(DistanceSection):
    """How motifs are compared; for the engines see the module."""

    threads: int = Field(1, ge=1)
    """Threads of memelite."""


def compare(
    queries: Sequence[Motif], targets: Sequence[Motif], options: TomtomOptions | None = None
) -> pd.DataFrame:
    """All pairs of queries and targets: columns schemas.TOMTOM, by query, then p-value.

    Column 0 of the query lies on column `offset` of the target (negative: left of it), which
    is reverse-complemented where orientation is "-". Raises InputError for no targets, or
    where the engine is not installed.
    """
    options = options or TomtomOptions()
    check_unique_names(queries)
    check_unique_names(targets)
    if not targets:
        raise InputError("There is no target motif to compare with.")
    if len(targets) < _FEW_TARGETS:
        logger.warning(
            "only %d targets: TomTom's p-values take the targets' columns as background and "
            "depend on which they are", len(targets),
        )  # fmt: skip
    if not queries:
        logger.warning("no query motif: the table is empty")
        return pd.DataFrame({column: [] for column in TOMTOM})
    if options.engine == "memelite":
        pairs = _run_memelite(queries, targets, options)
    else:
        pairs = run_meme_tomtom(queries, targets, options.distance)
    table = _finish(pairs, queries, targets)
    logger.info("%d queries x %d targets compared", len(queries), len(targets))
    return table


def significant(table: pd.DataFrame, e_value: float = TomtomSection().e_value) -> pd.DataFrame:
    """The pairs with E below `e_value`; counts are logged."""
    kept = table[table["e_value"] < e_value].reset_index(drop=True)
    logger.info("%d of %d pairs have E < %g", len(kept), len(table), e_value)
    return kept


def best_matches(table: pd.DataFrame) -> pd.DataFrame:
    """The pair with the smallest p-value of each query, in the table's order of queries."""
    best = table.loc[table.groupby("query", sort=False)["p_value"].idxmin()]
    return best.reset_index(drop=True)


def shuffle_columns(motif: Motif, rng: np.random.Generator) -> Motif:
    """The motif with its columns in random order: same letters and information, no known order."""
    return replace(motif, probabilities=motif.probabilities[rng.permutation(motif.width)])


def known_share(
    table: pd.DataFrame,
    queries: Sequence[Motif],
    targets: Sequence[Motif],
    options: TomtomOptions,
    *,
    e_value: float = TomtomSection().e_value,
    shuffles: int = 0,
    seed: int = 0,
) -> pd.DataFrame:
    """How many queries match a target, beside the same for shuffled ones.

    table : the result of `compare` for these queries and targets.
    shuffles : repeats of the null; in each, every query's columns are permuted.
    Returns one row with columns schemas.TOMTOM_SUMMARY.
    """
    rng = np.random.default_rng(seed)
    null = []
    for _ in range(shuffles if queries else 0):
        shuffled = [shuffle_columns(motif, rng) for motif in queries]
        null.append(_matched(compare(shuffled, targets, options), e_value))
    row = {
        "queries": len(queries),
        "matched": _matched(table, e_value),
        "matched_shuffled_mean": np.mean(null) if null else np.nan,
        "matched_shuffled_max": max(null) if null else np.nan,
        "shuffles": len(null),
        "e_value": e_value,
        "targets": len(targets),
        "distance": options.distance,
        "engine": options.engine,
    }
    logger.info(
        "%d of %d queries match at E < %g; shuffled: mean %s",
        row["matched"], len(queries), e_value,
        f"{row['matched_shuffled_mean']:.2f}" if null else "not computed",
    )  # fmt: skip
    return pd.DataFrame([row], columns=list(TOMTOM_SUMMARY))


def _matched(table: pd.DataFrame, e_value: float) -> int:
    return int(table.loc[table["e_value"] < e_value, "query"].nunique())


def _run_memelite(
    queries: Sequence[Motif], targets: Sequence[Motif], options: TomtomOptions
) -> pd.DataFrame:
    """All pairs by memelite, which is compiled when first used on a machine (memelite_parts)."""
    import memelite
    from numba.core.config import NUMBA_NUM_THREADS  # type: ignore[attr-defined]  # set when Numba is imported

    # numba refuses more threads than there are.
    threads = min(options.threads, NUMBA_NUM_THREADS)
    columns = [np.ascontiguousarray(motif.probabilities.T) for motif in (*queries, *targets)]
    own, known = columns[: len(queries)], columns[len(queries) :]
    if threads == 1 and memelite.__version__ == memelite_parts.VERSION:
        found = memelite_parts.compare_columns(own, known)
    else:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="tomtom was given")  # logged in `compare`
            # n_target_bins: exact columns, no merging of similar target columns.
            found = memelite.tomtom(own, known, n_target_bins=None, n_jobs=threads)
    p_values, _, offsets, overlaps, strands = found
    return pd.DataFrame(
        {
            "query": np.repeat([motif.name for motif in queries], len(targets)),
            "target": np.tile([motif.name for motif in targets], len(queries)),
            "offset": offsets.ravel().astype(int),
            "orientation": np.where(strands.ravel() == 0, "+", "-"),
            "overlap": overlaps.ravel().astype(int),
            "p_value": np.clip(p_values.ravel(), 0.0, 1.0),
        }
    )


def _finish(
    pairs: pd.DataFrame, queries: Sequence[Motif], targets: Sequence[Motif]
) -> pd.DataFrame:
    """Add names, E and q; sort by query (as given), p-value and target."""
    order = {motif.name: i for i, motif in enumerate(queries)}
    table = pairs.assign(
        target_name=pairs["target"].map({motif.name: motif.alt_name for motif in targets}),
        e_value=pairs["p_value"] * len(targets),
        rank=pairs["query"].map(order),
    )
    table["q_value"] = table.groupby("query")["p_value"].transform(
        lambda p: false_discovery_control(p.to_numpy(), method="bh")
    )
    table = table.sort_values(["rank", "p_value", "target"], kind="stable", ignore_index=True)
    return table[list(TOMTOM)]
