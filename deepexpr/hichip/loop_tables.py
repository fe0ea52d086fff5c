"""Loops that another program called, as a cell line's signal.

Tables come in many shapes (:mod:`deepexpr.hichip.loop_shapes`):

BEDPE            chromosome, start, end twice; the value is the column of whole numbers behind
this package's   its own contacts and loops (schemas.LOOPS), and both browser files
Origami          CSV with "PET Count" and "Bayes probability" (older: "Bayes mixture")
cLoops2          chrA, startA, endA, chrB, ...; several columns of counts
WashU            chr:start-end, chr:start-end, value; longrange text; UCSC interact
Coordinates are taken as 0-based and half-open.
"""

import logging
from collections.abc import Collection, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from deepexpr.errors import InputError
from deepexpr.hichip.bedpe import ANCHORS, order_anchors
from deepexpr.hichip.loop_rates import called, numbers
from deepexpr.hichip.loop_shapes import Shape, read_shape
from deepexpr.hichip.replicates import warn_of_equal
from deepexpr.hichip.sections import CutoffSection
from deepexpr.reference.chromosomes import require_shared_names
from deepexpr.schemas import SIGNAL

logger = logging.getLogger(__name__)

#: Anchors narrower than this (bp) are somebody's middle points.
NARROW = 50


def read_loop_table(
    path: str | Path,
    value_column: str | None = None,
    confidence: float = CutoffSection().confidence,
) -> pd.DataFrame:
    """Loops of one sample: the six anchor columns and float64 `count`; anchors in order.

    value_column : name of the column of counts where the header leaves it open; EACH_ONE ("1")
    where no column holds counts. Rows whose
    probability is at most `confidence`, whose flag is 0 or whose q-value is above its limit are
    left out; so is an anchor's loop with itself. A loop that stands twice, in either direction,
    counts once. Raises InputError for empty anchors, counts that are no numbers, loops that stand
    twice with different counts, and where nothing is left.
    """
    shape = read_shape(path, value_column)
    loops = _typed(shape, path)
    kept = called(shape, confidence, path)
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
    _warn_of_doubts(loops, path, shape.counted)
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
    warn_of_equal({name: [joined[name].to_numpy()] for name in tables}, "loops")
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
        values = numbers(table[column], path, shape.lines)
        _refuse(values % 1 != 0, shape, path, "positions that are no whole numbers")
        table[column] = values.astype("int64")
    empty = (table["start1"] >= table["end1"]) | (table["start2"] >= table["end2"])
    _refuse(empty, shape, path, "an anchor that ends before it begins, or where it begins")
    table["count"] = numbers(shape.count, path, shape.lines)
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


def _warn_of_doubts(loops: pd.DataFrame, path: str | Path, counted: bool) -> None:
    width = (loops["end1"] - loops["start1"]).median()
    if width < NARROW:
        logger.warning("%s: most anchors have %d bp or less: are these middle points?", path, width)
    if counted and len(loops) > 1 and (loops["count"] == 1).all():
        logger.warning(
            "%s: all %d loops have a count of 1, as where loops have no counts: each weighs alike",
            path, len(loops),
        )  # fmt: skip
    elif counted and len(loops) > 1 and (loops["count"] == 1).mean() >= 0.5:
        logger.warning(
            "%s: %d of %d loops have a count of 1: are these all tested contacts?",
            path, (loops["count"] == 1).sum(), len(loops),
        )  # fmt: skip
    if (loops["count"] < 1).mean() >= 0.5:
        logger.warning(
            "%s: %d of %d counts are below 1, such as %g: are these shares or scores?",
            path, (loops["count"] < 1).sum(), len(loops), loops["count"].min(),
        )  # fmt: skip
    starts, ends = loops[["start1", "start2"]].to_numpy(), loops[["end1", "end2"]].to_numpy()
    if len(loops) > 1 and (starts % 10 == 1).all() and (ends % 10 == 0).all():
        logger.warning(
            "%s: anchors begin at ...1 and end at ...0, as where positions are counted from 1; "
            "they are taken as 0-based and half-open, as of BEDPE", path,
        )  # fmt: skip
