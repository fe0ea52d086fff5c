"""BED files, read in one place: intervals and whatever stands behind them."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from deepexpr.errors import InputError
from deepexpr.files import reading

#: Lines that are no intervals.
HEADS = ("#", "track", "browser")


class BedRow(NamedTuple):
    """An interval: `start`, `end` 0-based half-open, bp; `fields`: all cells of the line;
    `where`: file and line, for messages."""

    chromosome: str
    start: int
    end: int
    fields: list[str]
    where: str


def bed_rows(path: str | Path, what: str = "BED file") -> Iterator[BedRow]:
    """The intervals of a BED file (plain, gzip or ``-``), separated by tabs.

    Raises InputError, with the line, for one that is no interval, is empty or begins below 0.
    """
    with reading(path, what) as handle:
        for number, line in enumerate(handle, 1):
            if not line.strip() or line.startswith(HEADS):
                continue
            text = line.rstrip("\r\n")
            fields = text.split("\t")
            where = f"{path}, line {number}"
            good = len(fields) >= 3 and fields[1].isdecimal() and fields[2].isdecimal()
            if not good or int(fields[1]) >= int(fields[2]):
                raise InputError(
                    "Not a BED line.",
                    where=where,
                    expected="chromosome, start, end (0 <= start < end), separated by tabs",
                    found=text[:60],
                )
            yield BedRow(fields[0], int(fields[1]), int(fields[2]), fields, where)
