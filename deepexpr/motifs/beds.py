"""BED files of peaks, sites, modules and enhancers."""

import logging
import re
from pathlib import Path

import pandas as pd

from deepexpr.errors import InputError
from deepexpr.files import writing
from deepexpr.reference.bed import BedRow, bed_rows

logger = logging.getLogger(__name__)

_SCORE = 4  # the fifth column
#: Columns of the signal in ENCODE's narrowPeak (10 columns), broadPeak (9) and gappedPeak (15).
_SIGNALS = {10: 6, 9: 6, 15: 12}


def read_peaks(path: str | Path) -> pd.DataFrame:
    """Peaks of any kind of BED file: chromosome, start, end, height.

    height : the signal of a narrowPeak, broadPeak or gappedPeak; the value of a bedGraph (four
    columns, the last of numbers); the largest signal of SEACR's table; else the score, as of BED
    with blocks or thick parts and of MACS' summits; else 0. The kind is told by all rows. Raises
    InputError with the line of a row that is no interval, or whose height is no number.
    """
    rows = list(bed_rows(path))
    column = _height_column(rows)
    heights = [_height(row, column) for row in rows]
    if not any(heights) and column not in (None, _SCORE):
        heights = [_height(row, _SCORE) for row in rows]  # a signal that nobody filled in
    widths = sorted({len(row.fields) for row in rows})
    if len(widths) > 1:
        logger.warning("%s: rows have %d to %d columns", path, widths[0], widths[-1])
    if len(heights) > 1 and len(set(heights)) == 1:
        logger.warning(
            "%s: all %d peaks have the height %g: where an anchor holds several, the first on the "
            "genome is taken",
            path, len(heights), heights[0],
        )  # fmt: skip
    return pd.DataFrame(
        [(*row[:3], height) for row, height in zip(rows, heights, strict=True)],
        columns=["chromosome", "start", "end", "height"],
    )


def _height_column(rows: list[BedRow]) -> int | None:
    """The column of the height by the shape of all rows; None where there is none."""
    widths = {len(row.fields) for row in rows}
    width = min(widths, default=0)
    if widths == {4} and all(_is_number(row.fields[3]) for row in rows):
        if _count_rows(rows):
            return None
        logger.info("column 4 holds numbers and is taken as the height, as of bedGraph")
        return 3
    if widths == {6} and all(re.fullmatch(r".+:\d+-\d+", row.fields[5]) for row in rows):
        return _SCORE  # SEACR: total signal, largest signal, where it lies
    _require_strands(rows)
    if width in _SIGNALS and len(widths) == 1 and not all(map(_has_thick_part, rows)):
        return _SIGNALS[width]
    if width == 15:
        return _SIGNALS[15]
    return _SCORE if max(widths, default=0) > _SCORE else None


def _require_strands(rows: list[BedRow]) -> None:
    """Column 6 of BED and of all kinds of peaks is the strand; tables of others have it not."""
    for row in rows:
        if len(row.fields) > 5 and row.fields[5] not in ("+", "-", ".", "*", ""):
            raise InputError(
                "The table is no BED of peaks: its column 6 is no strand.",
                where=row.where,
                expected="chromosome, start, end, name, score, and +, - or . in column 6",
                found=repr(row.fields[5][:40]),
                fix="Give narrowPeak, broadPeak or BED; of another table its first three columns.",
            )


def _has_thick_part(row: BedRow) -> bool:
    """Whether columns 7 and 8 are the thick part of BED8 to BED12: places in the interval."""
    start, end = row.fields[6], row.fields[7]
    return start.isdecimal() and end.isdecimal() and row.start <= int(start) <= int(end) <= row.end


def _count_rows(rows: list[BedRow]) -> bool:
    """Whether the fourth column counts the rows, which makes it names."""
    values = [float(row.fields[3]) for row in rows]
    return len(rows) > 2 and values in ([*range(1, len(rows) + 1)], [*range(len(rows))])


def _is_number(text: str) -> bool:
    return bool(re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", text))


def _height(row: BedRow, column: int | None) -> float:
    if column is None or len(row.fields) <= column or row.fields[column] == ".":
        return 0.0
    text = row.fields[column]
    if not _is_number(text):
        raise InputError(
            f"Column {column + 1} of the peaks is no number.",
            where=row.where,
            expected="the peak's height: a score in column 5, a signal in column 7 of narrowPeak",
            found=repr(text),
            fix="Give BED with its columns in order: a strand belongs into column 6.",
        )
    return float(text)


def write_bed6(table: pd.DataFrame, path: str | Path) -> None:
    """Write chromosome, start, end, name, probability, strand; score is per mille."""
    with writing(path) as handle:
        for row in table.itertuples(index=False):
            score = round(1000 * min(1.0, row.probability))
            handle.write(
                f"{row.chromosome}\t{row.start}\t{row.end}\t{row.name}\t{score}\t{row.strand}\n"
            )
