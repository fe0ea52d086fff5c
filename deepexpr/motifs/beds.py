"""BED files of peaks, sites, modules and enhancers."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from deepexpr.errors import InputError
from deepexpr.files import reading, writing

#: narrowPeak and broadPeak: column 7 is the signal. Plain BED: column 5 is the score.
_SIGNAL_COLUMN, _SCORE_COLUMN = 6, 4


def read_peaks(path: str | Path) -> pd.DataFrame:
    """Peaks of a BED, narrowPeak or broadPeak file: chromosome, start, end, height.

    height : signal of a narrow or broad peak, else the score, else 0. Raises InputError with
    the line of a row that is no interval.
    """
    rows = []
    with reading(path, "BED file") as handle:
        for number, line in enumerate(handle, 1):
            fields = line.rstrip("\n").split("\t")
            if not line.strip() or line.startswith(("#", "track", "browser")):
                continue
            try:
                rows.append((fields[0], int(fields[1]), int(fields[2]), _height(fields)))
            except (IndexError, ValueError) as error:
                raise InputError(
                    f"Not a BED line: {line.strip()[:60]!r}.",
                    where=f"{path}, line {number}",
                    expected="chromosome, start, end, separated by tabs",
                ) from error
    return pd.DataFrame(rows, columns=["chromosome", "start", "end", "height"])


def _height(fields: list[str]) -> float:
    column = _SIGNAL_COLUMN if len(fields) >= 9 else _SCORE_COLUMN
    return float(fields[column]) if len(fields) > column and fields[column] != "." else 0.0


def write_bed6(table: pd.DataFrame, path: str | Path) -> None:
    """Write chromosome, start, end, name, probability, strand; score is per mille."""
    with writing(path) as handle:
        for row in table.itertuples(index=False):
            score = round(1000 * min(1.0, row.probability))
            handle.write(
                f"{row.chromosome}\t{row.start}\t{row.end}\t{row.name}\t{score}\t{row.strand}\n"
            )
