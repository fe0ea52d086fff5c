"""The health of input files that are there: seconds now in place of hours into a run.

Of each file only its ends are looked at: the first record, and for gzip the last block.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import pandas as pd

from deepexpr.checks.gzip_ends import BGZF_END, check_gzip_end, is_gzip
from deepexpr.config.entries import files_of
from deepexpr.errors import InputError
from deepexpr.expression.gene_tables import read_gene_counts
from deepexpr.files import reading

#: kallisto's k-mers; shorter reads hold none.
KALLISTO_K = 31


def unit_health(units: pd.DataFrame, assays: dict[str, str], min_length: int, path: str):
    """Problems of the files of all units, in the order of the sheet.

    assays : the assay of each sample. min_length : shortest HiChIP read that is kept (bp).
    """

    def look(item) -> list[InputError]:
        index, unit = item
        shortest = min_length if assays[unit["sample"]] == "hichip" else KALLISTO_K
        return list(_unit_problems(unit, shortest, f"{path}, row {index}"))

    with ThreadPoolExecutor(max_workers=min(8, os.cpu_count() or 1)) as pool:
        return [problem for found in pool.map(look, units.iterrows()) for problem in found]


def _unit_problems(unit: pd.Series, shortest: int, where: str) -> Iterator[InputError]:
    names = []
    for column, path in files_of(unit).items():
        if not Path(path).is_file():
            continue
        place = f"{path} ({where}, column {column})"
        try:
            if column in ("fq1", "fq2"):
                names.append(_first_read(path, column, shortest, place))
            elif column == "expression":
                read_gene_counts(path, unit["value_column"] or None)
            elif column in ("bam1", "bam2"):
                _require_bam(path)
            elif column in ("pairs", "loops") and not path.endswith((".bz2", ".xz", ".zst")):
                _require_text(path, column)
            if is_gzip(path) and not path.endswith(".bam"):
                check_gzip_end(path, "file")
        except InputError as error:
            yield InputError(
                error.problem, where=place, expected=error.expected, found=error.found,
                fix=error.fix,
            )  # fmt: skip
    if len(names) == 2 and names[0] != names[1]:
        yield InputError(
            "The two FASTQ files are not mates: their first reads have different names.",
            where=f"{where}, columns fq1 and fq2",
            expected=f"{names[0]} in both",
            found=f"{names[1]} in {unit['fq2']}",
            fix="Pair the files that came from the same run.",
        )


def _require_bam(path: str) -> None:
    """A BAM's first bytes, and the empty block that ends a complete one."""
    with open(path, "rb") as handle:
        start = handle.read(18)
        handle.seek(max(0, os.path.getsize(path) - len(BGZF_END)))
        end = handle.read()
    if start[:4] != BGZF_END[:4] or start[12:14] != b"BC":
        raise InputError(
            "The file is no BAM.", expected="alignments as BAM", fix="Check the path; convert SAM."
        )
    if end != BGZF_END:
        raise InputError(
            "The BAM file is cut: its end is missing.",
            expected="a BAM that ends with the BGZF end-of-file block",
            fix="Copy it again, or map again.",
        )


def _require_text(path: str, column: str) -> None:
    with reading(path, "file") as handle:
        start = handle.readline(200)
    if "\0" in start or (column == "pairs" and not start.startswith("#")):
        raise InputError(
            f"The file does not begin like {'a .pairs file' if column == 'pairs' else 'a table'}.",
            expected="a header of lines with #" if column == "pairs" else "tab-separated text",
            found=repr(start[:40]),
            fix="Check the path, or move it to the column of its kind.",
        )


def _first_read(path: str, column: str, shortest: int, place: str) -> str:
    """The name of the first read, without the mate's number."""
    with reading(path, "FASTQ") as handle:
        record = [line.rstrip("\r\n") for line in islice(handle, 4)]
    if len(record) < 4 or record[0][:1] != "@" or record[2][:1] != "+" or not record[0][1:].strip():
        raise InputError(
            "The file does not begin with a FASTQ record.",
            expected="four lines: @name, bases, +, qualities",
            found=repr(record[0][:60]) if record else "nothing",
            fix="Check the path; the file must be FASTQ, plain or gzip.",
        )
    bases, qualities = record[1], record[3]
    if len(bases) != len(qualities):
        raise InputError(
            "The first read has not one quality for each base.",
            expected=f"{len(bases)} qualities",
            found=f"{len(qualities)}",
            fix="Copy or download the file again.",
        )
    if len(bases) < shortest:
        raise InputError(
            f"The first read is too short to be used: {len(bases)} bp.",
            expected=f"{shortest} bp or more",
            found=bases,
            fix="Give the reads as they were sequenced; an index read (I1) is no mate.",
        )
    return record[0][1:].split()[0].removesuffix(f"/{column[-1]}")
