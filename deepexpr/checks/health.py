"""The health of input files that are there: seconds now in place of hours into a run.

Of each file only its ends are looked at: the first reads, and for gzip the last block.
"""

import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from deepexpr.checks import fastq
from deepexpr.checks.copies import copies
from deepexpr.checks.gzip_ends import check_gzip_end
from deepexpr.checks.junctions import require_junctions
from deepexpr.checks.tables import gene_values
from deepexpr.checks.telling import looking_at
from deepexpr.compression import has_bgzf_end, is_bgzf, is_gzip
from deepexpr.config.entries import files_of
from deepexpr.errors import InputError
from deepexpr.files import reading

#: kallisto's k-mers; shorter reads hold none.
KALLISTO_K = 31


@dataclass(frozen=True)
class Wanted:
    """What the files of the units are held against.

    assays, groups : the assay of each sample, and what its replicates share (its cell line).
    min_length : shortest HiChIP read that is kept (bp). enzymes : of the HiChIP samples.
    bowtie_options, min_trimmed_fraction, resolution : as in the settings.
    """

    assays: Mapping[str, str]
    groups: Mapping[str, str]
    min_length: int
    bowtie_options: str = ""
    enzymes: Mapping[str, str] = field(default_factory=dict)
    min_trimmed_fraction: float = 0
    resolution: int = 5000


def unit_health(units: pd.DataFrame, wanted: Wanted, path: str) -> list[InputError]:
    """Problems of the files of all units, in the order of the sheet."""

    def look(item) -> tuple[list[InputError], list[fastq.FirstReads]]:
        index, unit = item
        reads: list[fastq.FirstReads] = []
        with looking_at(index):
            problems = list(_unit_problems(unit, wanted, f"{path}, row {index}", reads))
        return problems, reads

    with ThreadPoolExecutor(max_workers=min(8, os.cpu_count() or 1)) as pool:
        looked = list(pool.map(look, units.iterrows()))
    problems = [problem for found, _ in looked for problem in found]
    groups = {sample: (wanted.groups[sample], wanted.assays[sample]) for sample in wanted.assays}
    reads = [reads for _, reads in looked]
    return problems + list(copies(units, reads, groups, wanted.resolution, path))


def _unit_problems(
    unit: pd.Series, wanted: Wanted, where: str, reads: list[fastq.FirstReads]
) -> Iterator[InputError]:
    """Problems of one unit's files; what was read of its FASTQ is added to `reads`."""
    paired = True
    for column, path in files_of(unit).items():
        if not Path(path).is_file():
            continue
        place = f"{where}, column {column}"
        try:
            if column in ("fq1", "fq2"):
                reads.append(fastq.first_reads(path))
                wrong = list(_fastq_problems(reads[-1], unit, column, wanted))
                yield from (problem.of(path, place) for problem in wrong)
                paired = paired and not wrong
            elif column == "expression":
                gene_values(path, unit["value_column"])
            elif column in ("bam1", "bam2"):
                _require_bam(path)
            elif column in ("pairs", "loops") and not path.endswith((".bz2", ".xz", ".zst")):
                _require_text(path, column)
            if is_gzip(path) and not path.endswith(".bam"):
                check_gzip_end(path, "file")
        except InputError as error:
            yield error.of(path, place)
    if paired and len(reads) == 2:
        for problem in fastq.pair_problems(*reads):
            yield problem.at(f"{where}, columns fq1 and fq2")
    if reads and (enzyme := wanted.enzymes.get(unit["sample"])):
        bases = [read for file in reads for read in file.bases]
        place = f"{where}, columns fq1 and fq2"
        try:
            require_junctions(bases, enzyme, wanted.min_trimmed_fraction, place)
        except InputError as error:
            yield error


def _fastq_problems(
    reads: fastq.FirstReads, unit: pd.Series, column: str, wanted: Wanted
) -> Iterator[InputError]:
    hichip = wanted.assays[unit["sample"]] == "hichip"
    shortest = wanted.min_length if hichip else KALLISTO_K
    yield from fastq.file_problems(reads, int(column[-1]), bool(unit["fq2"]), shortest)
    # kallisto takes no notice of qualities; bowtie loses reads whose low ones look high.
    if hichip and fastq.has_phred64(reads) and "--phred64" not in wanted.bowtie_options:
        yield InputError(
            "The qualities are written from @ on (Phred+64, Illumina before 2011).",
            expected="Phred+33",
            found=reads.qualities[0].decode("latin-1")[:60],
            fix="Add --phred64-quals to hichip.bowtie_options; where other units are Phred+33, "
            "convert these reads (seqtk seq -Q64 -V).",
        )


def _require_bam(path: str) -> None:
    """A BAM's first bytes, and the empty block that ends a complete one."""
    if not is_bgzf(path):
        raise InputError(
            "The file is no BAM.", expected="alignments as BAM", fix="Check the path; convert SAM."
        )
    if not has_bgzf_end(path):
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
