"""Annotations, BAM, .pairs and loops held against the genome, before anything runs."""

from __future__ import annotations

import functools
import itertools
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from deepexpr.config.entries import files_of
from deepexpr.errors import InputError
from deepexpr.files import reading
from deepexpr.reference.annotation import Annotation, read_annotation
from deepexpr.reference.builds import check_build
from deepexpr.reference.chromosomes import restrict_chromosomes
from deepexpr.reference.genes import select_genes

#: Lines of a table of loops in which a chromosome of the genome must stand.
LOOP_LINES = 200
#: What a file's cache goes by.
Version = tuple[int, float, float]
#: Bytes of FASTA that are read at a time.
CHUNK = 1 << 24


def reference_problems(config: Mapping[str, Any]) -> Iterator[InputError]:
    """What reading each annotation and choosing its genes says, where genome and it are there."""
    settings = config["reference"]
    for name, assembly in config["assemblies"].items():
        genome, annotation = assembly["genome"], assembly["annotation"]
        if not _are_there(genome, annotation):
            continue
        try:
            sizes = genome_sizes(genome)
            check_build(name, sizes, genome)
            transcripts = _annotation(*_version(annotation), *_version(genome)).transcripts
            if assembly["chromosomes"]:
                transcripts = restrict_chromosomes(transcripts, assembly["chromosomes"])
            select_genes(transcripts, settings["tss_rule"], settings["biotypes"])
        except InputError as error:
            yield error.at(error.where or f"configuration, key assemblies.{name}")


def unit_problems(
    config: Mapping[str, Any], samples: pd.DataFrame, units: pd.DataFrame
) -> Iterator[InputError]:
    """Units that enter mapped, and name other chromosomes than their genome does."""
    assembly_of = dict(zip(samples["sample"], samples["assembly"], strict=True))
    for index, unit in units.iterrows():
        genome = config["assemblies"][assembly_of[unit["sample"]]]["genome"]
        for column, path in files_of(unit).items():
            if column in _NAMES and _are_there(genome, path):
                try:
                    _NAMES[column](path, genome)
                except InputError as error:
                    yield error.at(f"{path} ({config['units']}, row {index}, column {column})")


def genome_sizes(path: str | Path) -> dict[str, int]:
    """Sequences of a FASTA and their lengths (bp): from its `.fai` where that belongs to it."""
    return dict(_sizes(*_version(path)))


@functools.lru_cache(maxsize=16)
def _sizes(path: str, version: Version) -> dict[str, int]:
    size, changed, indexed = version
    if indexed >= changed and (rows := _index_rows(f"{path}.fai", size)):
        return {row[0]: int(row[1]) for row in rows}
    sizes: dict[str, int] = {}
    name, in_header = None, b""
    with reading(path, "genome") as text:
        while chunk := text.buffer.read(CHUNK):
            for part in re.split(rb"(?m)(?=^>)", in_header + chunk):
                in_header = b""
                if part.startswith(b">"):
                    header, newline, part = part.partition(b"\n")
                    if not newline:
                        in_header = header
                        continue
                    name = header[1:].split(maxsplit=1)[0].decode()
                    sizes.setdefault(name, 0)
                if name is not None:
                    sizes[name] += len(part) - part.count(b"\n") - part.count(b"\r")
    if not sizes:
        raise InputError("The file holds no sequence.", where=path, expected="FASTA")
    return sizes


def _index_rows(path: str, size: int) -> list[list[str]]:
    """Rows of a `.fai`; none where its last record does not end where a FASTA of `size` does."""
    rows = [line.split("\t") for line in Path(path).read_text().splitlines()]
    if not rows or any(len(row) != 5 or not all(map(str.isdigit, row[1:])) for row in rows):
        return []
    length, offset, letters, width = map(int, rows[-1][1:])
    end = offset + length // max(letters, 1) * width + length % max(letters, 1)
    return rows if abs(size - end) <= 2 else []


@functools.lru_cache(maxsize=16)
def _annotation(path: str, version: Version, genome: str, genome_version: Version) -> Annotation:
    return read_annotation(path, _sizes(genome, genome_version), genome)


def _version(path: str | Path) -> tuple[str, Version]:
    """A file, and its size, date, and the date of its index (0 without): what its cache goes by."""
    stat, index = os.stat(path), Path(f"{path}.fai")
    return str(path), (
        stat.st_size,
        stat.st_mtime,
        index.stat().st_mtime if index.is_file() else 0,
    )


def _are_there(*paths: str | None) -> bool:
    return all(path and Path(path).is_file() for path in paths)


def _check_bam(path: str, genome: str) -> None:
    import pysam

    try:
        with pysam.AlignmentFile(path, check_sq=False) as bam:
            given = dict(zip(bam.references, bam.lengths, strict=True))
    except (OSError, ValueError) as error:
        raise InputError(f"The BAM file cannot be opened ({error}).") from error
    _require_genome(given, genome)


def _check_pairs(path: str, genome: str) -> None:
    if path.endswith((".bz2", ".xz", ".zst")):
        return
    with reading(path, "pairs file") as handle:
        header = itertools.takewhile(lambda line: line.startswith("#"), handle)
        words = (line.split() for line in header)
        given = {
            w[1]: int(w[2])
            for w in words
            if w[0] == "#chromsize:" and len(w) == 3 and w[2].isdigit()
        }
    if given:  # that there are none is told when the pairs are read
        _require_genome(given, genome)


def _require_genome(given: Mapping[str, int], genome: str) -> None:
    sizes = genome_sizes(genome)
    shared = given.keys() & sizes.keys()
    if not shared:
        raise _foreign(list(given)[:3], genome)
    other = sorted(name for name in shared if given[name] != sizes[name])
    if other:
        raise InputError(
            f"The chromosome {other[0]} has another length than in the genome.",
            expected=f"{sizes[other[0]]:,} bp, as in {genome}",
            found=f"{given[other[0]]:,} bp",
            fix="Use files of one build of the genome.",
        )


def _check_loops(path: str, genome: str) -> None:
    if path.endswith((".bz2", ".xz", ".zst")):
        return
    names = genome_sizes(genome).keys()
    with reading(path, "table of loops") as handle:
        lines = [line for line in itertools.islice(handle, LOOP_LINES) if line.strip()]
    rows = [line for line in lines if line[0] != "#" and re.search(r"\d", line)]
    cells = [cell for line in rows for cell in re.split(r"[\t ,;]+", line)]
    if rows and not any(cell in names or cell.rsplit(":", 1)[0] in names for cell in cells):
        raise _foreign([re.split(r"[\t ,;]+", row.strip())[0] for row in rows[-3:]], genome)


def _foreign(found: list[str], genome: str) -> InputError:
    return InputError(
        "None of its chromosomes is in the genome.",
        expected=f"names such as {', '.join(list(genome_sizes(genome))[:3])}, as in {genome}",
        found=", ".join(found),
        fix="Take both from one source, or rename the chromosomes (chr1 is not 1).",
    )


_NAMES = {"bam1": _check_bam, "bam2": _check_bam, "pairs": _check_pairs, "loops": _check_loops}
