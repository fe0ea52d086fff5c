"""Loops that another program called, as a cell line's signal.

Tables come in many shapes; a few are known by their header, the rest by position:

BEDPE            chromosome, start, end twice; the value is the first number behind them
this package's   its own contacts and loops (schemas.LOOPS)
Origami          CSV with "PET Count" and "Bayes probability" (older: "Bayes mixture")
cLoops2          chrA, startA, endA, chrB, ...; several columns of counts
WashU            chr:start-end, chr:start-end, value
Coordinates are taken as 0-based and half-open.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from deepexpr.errors import InputError
from deepexpr.files import non_negative, reading
from deepexpr.hichip.bedpe import ANCHORS, order_anchors
from deepexpr.reference.chromosomes import require_shared_names
from deepexpr.schemas import SIGNAL

logger = logging.getLogger(__name__)

#: Names of the six anchor columns, in lower case.
ANCHOR_NAMES = (
    tuple(ANCHORS),
    ("chrom1", "start1", "end1", "chrom2", "start2", "end2"),
    ("chr1", "start1", "end1", "chr2", "start2", "end2"),
    ("chra", "starta", "enda", "chrb", "startb", "endb"),
    ("chr1", "s1", "e1", "chr2", "s2", "e2"),  # FitHiChIP
    ("chr1", "x1", "x2", "chr2", "y1", "y2"),  # HiCCUPS
)
#: Columns that hold counts, by falling preference, in lower case.
VALUE_NAMES = ("count", "pet count", "counts", "cc", "observed")
#: Probabilities that a contact is a loop, in lower case.
CONFIDENCE_NAMES = ("confidence", "bayes probability", "bayes mixture")
PLACE = re.compile(r"^(\S+):(\d+)-(\d+)$")


def read_loop_table(
    path: str | Path, value_column: str | None = None, confidence: float = 0.9
) -> pd.DataFrame:
    """Loops of one sample: the six anchor columns and float64 `count`; anchors in order.

    value_column : name of the column of counts where the header leaves it open. Rows whose
    probability is at most `confidence` are left out where the table has probabilities. Loops
    that repeat are summed.
    """
    rows = _rows(path)
    # R writes quotes, and dots for blanks.
    rows[0] = [text.strip().strip('"').replace("PET.C", "PET C") for text in rows[0]]
    named = [text.replace("Bayes.", "Bayes ").lower() for text in rows[0]]
    places = next((names for names in ANCHOR_NAMES if set(names) <= set(named)), None)
    if places:
        table = pd.DataFrame(rows[1:], columns=[text.strip() for text in rows[0]])
        anchors = table.iloc[:, [named.index(name) for name in places]]
        value = table.iloc[:, _value_place(table.columns, value_column, path)]
        kept = _probable(table, named, confidence, path)
    else:
        anchors, value = _by_position(rows, value_column, path)
        kept = np.ones(len(value), dtype=bool)
    loops = _typed(anchors, value, path)[kept]
    loops = loops.groupby(ANCHORS, as_index=False, sort=True)["count"].sum()
    logger.info("%s: %d rows, %d loops", path, len(value), len(loops))
    return loops


def imported_signal(
    tables: Mapping[str, pd.DataFrame], chromosomes: Collection[str], genome: str = "genome"
) -> pd.DataFrame:
    """Signal of a cell line (schemas.SIGNAL and count.{sample}) from its samples' loop tables.

    The counts are taken as they are, since how deeply a library was sequenced is not in a table
    of loops; a loop that a sample lacks counts 0 there. Loops on other `chromosomes` are left out.
    """
    indexed = {name: table.set_index(ANCHORS)["count"] for name, table in tables.items()}
    joined = pd.DataFrame(indexed).fillna(0.0).reset_index()
    names = set(joined["chromosome1"]) | set(joined["chromosome2"])
    if len(joined):
        require_shared_names(names, chromosomes, "the table of loops", genome)
    inside = joined["chromosome1"].isin(chromosomes) & joined["chromosome2"].isin(chromosomes)
    logger.info("%d of %d loops are on chromosomes of the genome", inside.sum(), len(joined))
    joined = joined[inside].reset_index(drop=True)
    normalised = joined[list(tables)].mean(axis=1)
    signal = joined[ANCHORS].assign(normalised=normalised, signal=np.log2(1 + normalised))
    return signal[list(SIGNAL)].assign(**{f"count.{name}": joined[name] for name in tables})


def _rows(path: str | Path) -> list[list[str]]:
    """Cells of the lines that are not comments; a header may stand behind one #."""
    with reading(path, "table of loops") as handle:
        lines = [line.rstrip("\r\n") for line in handle if line.strip()]
    kept = [line for line in lines if not line.startswith("#")]
    header = [line.lstrip("#") for line in lines if line.startswith("#")]
    separator = "," if kept and "\t" not in kept[0] and "," in kept[0] else "\t"
    rows = [line.split(separator) for line in kept]
    if header and rows and len(header[-1].split(separator)) == len(rows[0]):
        rows.insert(0, header[-1].split(separator))
    width = len(rows[0]) if rows else 0
    wrong = next((row for row in rows if len(row) != width), None)
    if width < 3 or wrong is not None:
        raise InputError(
            "The file is not a table of loops.",
            where=str(path),
            expected="tab- or comma-separated rows: the two anchors and a count",
            found="\t".join(wrong)[:100] if wrong else "\t".join(rows[0])[:100] if rows else "",
            fix="Give BEDPE with a count behind the six columns of the anchors.",
        )
    return rows


def _value_place(columns: pd.Index, value_column: str | None, path: str | Path) -> int:
    names = [value_column] if value_column else VALUE_NAMES
    lower = [column.lower() for column in columns]
    found = [lower.index(name.lower()) for name in names if name.lower() in lower]
    if not found:
        raise InputError(
            f"The table of loops has no column {value_column!r}."
            if value_column
            else "Which column of the table holds the counts is not known.",
            where=str(path),
            expected=value_column or f"one of {', '.join(VALUE_NAMES)}",
            found=", ".join(columns),
            fix="Fill in value_column in the unit sheet.",
        )
    return found[0]


def _probable(
    table: pd.DataFrame, named: list[str], confidence: float, path: str | Path
) -> np.ndarray:
    for name in CONFIDENCE_NAMES:
        if name in named:
            values = _numbers(table.iloc[:, named.index(name)], path)
            return (values > confidence).to_numpy()
    return np.ones(len(table), dtype=bool)


def _by_position(
    rows: list[list[str]], value_column: str | None, path: str | Path
) -> tuple[pd.DataFrame, pd.Series]:
    """A table without a header: WashU's places, or BEDPE and its first number behind."""
    table = pd.DataFrame(rows)
    if value_column:
        raise InputError(
            f"The table of loops has no header that names {value_column!r}.",
            where=str(path),
            found="\t".join(rows[0])[:100],
            fix="Empty value_column, or give the table a header.",
        )
    if all(PLACE.match(text) for text in rows[0][:2]):
        first, second = (table[i].str.extract(PLACE) for i in (0, 1))
        return pd.concat([first, second], axis=1), table[2]
    numeric = [i for i in range(6, table.shape[1]) if _is_number(rows[0][i])]
    if not numeric or not all(rows[0][i].isdigit() for i in (1, 2, 4, 5)):
        raise InputError(
            "The shape of the table of loops is not known.",
            where=str(path),
            expected="BEDPE with a count, or a header that names anchors and counts",
            found="\t".join(rows[0])[:100],
            fix="Name the columns chrom1, start1, end1, chrom2, start2, end2, count.",
        )
    return table.iloc[:, :6], table[numeric[0]]


def _typed(anchors: pd.DataFrame, value: pd.Series, path: str | Path) -> pd.DataFrame:
    """Anchors with the smaller place first, and the counts as float64."""
    table = anchors.set_axis(ANCHORS, axis=1).copy()
    for column in ("start1", "end1", "start2", "end2"):
        table[column] = _numbers(table[column], path).astype("int64")
    table["count"] = _numbers(value, path)
    kinds = {"chromosome1": "category", "chromosome2": "category"}
    return order_anchors(table.astype(kinds)).astype(dict.fromkeys(kinds, str))


def _numbers(values: pd.Series, path: str | Path) -> pd.Series:
    return non_negative(
        values, "the table of loops are no positions or counts", f"{path}, data row",
        "Correct the table, or name its column of counts in value_column.",
    )  # fmt: skip


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
