"""Loops that another program called, as a cell line's signal.

Tables come in many shapes (:mod:`deepexpr.hichip.loop_shapes`):

BEDPE            chromosome, start, end twice; the value is the column of whole numbers behind
this package's   its own contacts and loops (schemas.LOOPS), and both browser files
Origami          CSV with "PET Count" and "Bayes probability" (older: "Bayes mixture")
cLoops2          chrA, startA, endA, chrB, ...; several columns of counts
WashU            chr:start-end, chr:start-end, value; longrange text; UCSC interact
Coordinates are taken as 0-based and half-open.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from deepexpr.errors import InputError
from deepexpr.files import non_negative
from deepexpr.hichip.bedpe import ANCHORS, order_anchors
from deepexpr.hichip.loop_shapes import Shape, read_shape
from deepexpr.hichip.sections import CutoffSection
from deepexpr.reference.chromosomes import require_shared_names
from deepexpr.schemas import SIGNAL

logger = logging.getLogger(__name__)

#: Probabilities that a contact is a loop, in lower case.
CONFIDENCE_NAMES = ("confidence", "bayes probability", "bayes mixture")
#: 1 where a contact is a loop, in lower case: this package's, cLoops2's.
FLAG_NAMES = ("loop", "significant", "is_loop", "isloop")
#: False discovery rates, in lower case, and the largest of a loop: 0.05 as usual, 0.1 as HiCCUPS.
Q_LIMITS = dict.fromkeys(
    ("q-value_bias", "q-value", "q_value", "qvalue", "q.value", "qval", "fdr", "padj", "p.adj",
     "p_adj", "adj.p.val", "p.adjust"), 0.05,
) | dict.fromkeys(("fdrbl", "fdrdonut", "fdrh", "fdrv"), 0.1)  # fmt: skip
#: Words of a flag.
_FLAGS = {"1": True, "1.0": True, "true": True, "yes": True, "0": False, "0.0": False,
          "false": False, "no": False}  # fmt: skip
#: Anchors narrower than this (bp) are somebody's middle points.
NARROW = 50


def read_loop_table(
    path: str | Path,
    value_column: str | None = None,
    confidence: float = CutoffSection().confidence,
) -> pd.DataFrame:
    """Loops of one sample: the six anchor columns and float64 `count`; anchors in order.

    value_column : name of the column of counts where the header leaves it open. Rows whose
    probability is at most `confidence`, whose flag is 0 or whose q-value is above its limit are
    left out; so is an anchor's loop with itself. A loop that stands twice, in either direction,
    counts once. Raises InputError for empty anchors, counts that are no numbers, loops that stand
    twice with different counts, and where nothing is left.
    """
    shape = read_shape(path, value_column)
    loops = _typed(shape, path)
    kept = _called(shape, confidence, path)
    loops = loops[kept]
    own = (loops[ANCHORS[:3]].to_numpy() == loops[ANCHORS[3:]].to_numpy()).all(axis=1)
    if own.any():
        logger.warning("%s: %d loop(s) of an anchor with itself are left out", path, own.sum())
    loops = _once(loops[~own], path)
    if not len(loops):
        raise InputError(
            "No loop is left of the table of loops.",
            where=f"{path}, line {shape.lines[0]}",
            expected="rows between two anchors, called as loops",
            found=" ".join(map(str, [*shape.anchors.iloc[0], shape.count.iloc[0]])),
            fix="Look at the columns of probabilities and flags: give the table of loops.",
        )
    _warn_of_doubts(loops, path)
    logger.info("%s: %d rows, %d loops", path, len(kept), len(loops))
    return loops.sort_values(ANCHORS, ignore_index=True)[[*ANCHORS, "count"]]


def imported_signal(
    tables: Mapping[str, pd.DataFrame],
    chromosomes: Collection[str] | Mapping[str, int],
    genome: str = "genome",
) -> pd.DataFrame:
    """Signal of a cell line (schemas.SIGNAL and count.{sample}) from its samples' loop tables.

    The counts are taken as they are, since how deeply a library was sequenced is not in a table
    of loops; a loop that a sample lacks counts 0 there. Loops on other `chromosomes` are left
    out, with a warning; where their sizes (bp) are given, anchors must lie within them. Raises
    InputError where a sample has no loop on them.
    """
    if isinstance(chromosomes, Mapping):
        tables = {name: _inside(table, chromosomes, name) for name, table in tables.items()}
    for name, table in tables.items():
        names = set(table["chromosome1"]) | set(table["chromosome2"])
        require_shared_names(names, chromosomes, f"the table of loops of {name}", genome)
    indexed = {name: table.set_index(ANCHORS)["count"] for name, table in tables.items()}
    joined = pd.DataFrame(indexed).fillna(0.0).reset_index()
    inside = joined["chromosome1"].isin(chromosomes) & joined["chromosome2"].isin(chromosomes)
    if not inside.any():
        raise InputError(
            "No loop has both anchors on chromosomes of the genome.", where=", ".join(tables)
        )
    if not inside.all():
        lost = joined[~inside]
        others = (set(lost["chromosome1"]) | set(lost["chromosome2"])) - set(chromosomes)
        logger.warning(
            "%d of %d loops are on chromosomes that the genome lacks, such as %s",
            len(lost), len(joined), ", ".join(sorted(others)[:3]),
        )  # fmt: skip
    joined = joined[inside].reset_index(drop=True)
    normalised = joined[list(tables)].mean(axis=1)
    signal = joined[ANCHORS].assign(normalised=normalised, signal=np.log2(1 + normalised))
    return signal[list(SIGNAL)].assign(**{f"count.{name}": joined[name] for name in tables})


def _inside(table: pd.DataFrame, sizes: Mapping[str, int], sample: str) -> pd.DataFrame:
    """The loops with their last bins cut at the chromosomes' ends; InputError beyond them."""
    table = table.copy()
    for side in ("1", "2"):
        start, end = table[f"start{side}"], table[f"end{side}"]
        limit = table[f"chromosome{side}"].map(sizes)
        width = end - start
        last_bin = (start < limit) & (start % width == 0) & (width >= 1000)
        beyond = (end > limit) & ~last_bin
        if beyond.any():
            row = int(beyond.to_numpy().argmax())
            name = table[f"chromosome{side}"].iloc[row]
            raise InputError(
                f"{int(beyond.sum())} anchor(s) of loops reach beyond the end of the chromosome.",
                where=f"the table of loops of {sample}",
                expected=f"an end up to {limit.iloc[row]:.0f} on {name}",
                found=f"{start.iloc[row]}-{end.iloc[row]}",
                fix="Use loops of the same assembly.",
            )
        table[f"end{side}"] = np.where(end > limit, limit, end).astype(np.int64)
    return table


def _typed(shape: Shape, path: str | Path) -> pd.DataFrame:
    """Anchors with the smaller place first, and the counts as float64."""
    table = shape.anchors.copy()
    for column in ("start1", "end1", "start2", "end2"):
        values = _numbers(table[column], path, shape.lines)
        _refuse(values % 1 != 0, shape, path, "positions that are no whole numbers")
        table[column] = values.astype("int64")
    empty = (table["start1"] >= table["end1"]) | (table["start2"] >= table["end2"])
    _refuse(empty, shape, path, "an anchor that ends before it begins, or where it begins")
    table["count"] = _numbers(shape.count, path, shape.lines)
    kinds = {"chromosome1": "category", "chromosome2": "category"}
    return order_anchors(table.astype(kinds)).astype(dict.fromkeys(kinds, str))


def _refuse(wrong: pd.Series, shape: Shape, path: str | Path, what: str) -> None:
    if wrong.any():
        row = int(wrong.to_numpy().argmax())
        raise InputError(
            f"{int(wrong.sum())} loop(s) have {what}.",
            where=f"{path}, line {shape.lines[row]}",
            expected="0-based half-open coordinates: start < end",
            found=" ".join(shape.anchors.iloc[row]),
            fix="Correct the row, or make the table again.",
        )


def _called(shape: Shape, confidence: float, path: str | Path) -> np.ndarray:
    """(n,) bool: what the table's own probabilities, flags and q-values call loops."""
    named = shape.named
    kept = np.ones(len(shape.count), dtype=bool)
    for name in CONFIDENCE_NAMES:
        if name in named:
            kept &= (_numbers(named[name], path, shape.lines) > confidence).to_numpy()
            break
    for name in FLAG_NAMES:
        if name in named:
            flags = named[name].str.lower().map(_FLAGS)
            if flags.isna().any():
                row = int(flags.isna().to_numpy().argmax())
                raise InputError(
                    f"The column {name} of the table of loops holds something else than 0 and 1.",
                    where=f"{path}, line {shape.lines[row]}", expected="0 or 1",
                    found=repr(named[name].iloc[row]), fix="Correct or remove the column.",
                )  # fmt: skip
            kept &= flags.to_numpy(bool)
    for name, limit in Q_LIMITS.items():
        if name in named:
            q = _probabilities(named[name], name, path, shape.lines)
            above = kept & (q > limit)
            if above.any():
                logger.warning(
                    "%s: column %s: %d of %d rows are above %g and no loops; they are left out",
                    path, name, above.sum(), len(q), limit,
                )  # fmt: skip
            kept &= ~above
    return kept


def _probabilities(
    column: pd.Series, name: str, path: str | Path, lines: Sequence[int]
) -> np.ndarray:
    values = _numbers(column, path, lines)
    if (values > 1).any():
        row = int((values > 1).to_numpy().argmax())
        raise InputError(
            f"The column {name} of the table of loops holds values above 1.",
            where=f"{path}, line {lines[row]}",
            expected="false discovery rates between 0 and 1",
            found=repr(column.iloc[row]),
            fix="Give the rates themselves, or rename the column where it is something else.",
        )
    return values.to_numpy()


def _once(loops: pd.DataFrame, path: str | Path) -> pd.DataFrame:
    """Equal rows, in either direction, once; InputError where their counts differ."""
    distinct = loops.drop_duplicates([*ANCHORS, "count"])
    twice = distinct.duplicated(ANCHORS, keep=False)
    if twice.any():
        first = distinct[twice].sort_values(ANCHORS).iloc[:2]
        raise InputError(
            f"{int(distinct[twice].drop_duplicates(ANCHORS).shape[0])} loop(s) stand twice with "
            "different counts.",
            where=str(path),
            expected="each loop once, or with the same count in both directions",
            found=f"{' '.join(map(str, first.iloc[0][ANCHORS]))}: "
            + " and ".join(f"{count:g}" for count in first["count"]),
            fix="Sum or choose the rows that belong together.",
        )
    if len(distinct) < len(loops):
        logger.info("%s: %d repeated or mirrored rows", path, len(loops) - len(distinct))
    return distinct


def _warn_of_doubts(loops: pd.DataFrame, path: str | Path) -> None:
    width = (loops["end1"] - loops["start1"]).median()
    if width < NARROW:
        logger.warning("%s: most anchors have %d bp or less: are these middle points?", path, width)
    if len(loops) > 1 and (loops["count"] == 1).mean() >= 0.5:
        logger.warning(
            "%s: %d of %d loops have a count of 1: are these all tested contacts?",
            path, (loops["count"] == 1).sum(), len(loops),
        )  # fmt: skip


def _numbers(values: pd.Series, path: str | Path, lines: Sequence[int]) -> pd.Series:
    return non_negative(
        values,
        "the table of loops are no positions or counts",
        f"{path}, line",
        "Correct the table, or name its column of counts in value_column.",
        lines,
    )
