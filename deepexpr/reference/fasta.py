"""FASTA in and out: whole small files as text, genomes through their index.

A genome is never read whole: pysam fetches windows by the `.fai` index, which needs a
plain or bgzip-compressed file. A file made by plain gzip has no index, and the error says so.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from deepexpr.errors import InputError
from deepexpr.files import reading, require_file, writing
from deepexpr.reference import fasta_index

if TYPE_CHECKING:  # its C libraries are loaded by what opens a genome
    import pysam

log = logging.getLogger(__name__)


def fasta_records(path: str | Path) -> Iterator[tuple[int, str, str]]:
    """(line of its header, name up to the first blank, sequence) of each record, as they come.

    Sequences keep their case. Raises InputError for text before the first header, and where there
    is no record.
    """
    begun: tuple[int, str] | None = None
    parts: list[str] = []
    with reading(path, "FASTA file") as handle:
        for number, line in enumerate(handle, 1):
            line = line.strip()
            if line.startswith(">"):
                if begun:
                    yield *begun, "".join(parts)
                begun, parts = (number, (line[1:].split(maxsplit=1) or [""])[0]), []
            elif line and not begun:
                raise InputError(
                    f"The file does not start with '>' but with {line[:20]!r}.",
                    where=f"{path}, line {number}",
                    expected="FASTA: a line '>name', then lines of sequence",
                )
            else:
                parts.append(line)
    if not begun:
        raise InputError("The file holds no sequence.", where=str(path))
    yield *begun, "".join(parts)


def read_fasta(path: str | Path) -> dict[str, str]:
    """Records of a FASTA file by name, in their order.

    Raises InputError as `fasta_records` does, for an empty record and a name that repeats.
    """
    records: dict[str, str] = {}
    for number, name, sequence in fasta_records(path):
        if not name or name in records:
            raise InputError(
                f"The name {name!r} repeats." if name else "A record has no name.",
                where=f"{path}, line {number}",
                expected="one record for each name",
            )
        records[name] = sequence
    if empty := [name for name, sequence in records.items() if not sequence]:
        raise InputError(
            f"{len(empty)} record(s) have no sequence: {', '.join(empty[:5])}.", where=str(path)
        )
    return records


def fasta_names(path: str | Path) -> Iterator[str]:
    """Names of the records up to the first blank, as they come; from the `.fai` if it fits.

    Raises InputError where a name stands twice.
    """
    if fasta_index.index_fits(path):
        with open(fasta_index.index_path(path)) as handle:
            yield from (line.split("\t", 1)[0] for line in handle)
        return
    yield from (name for _, name in fasta_index.fasta_headers(path))


def write_fasta(records: Iterable[tuple[str, str, str]], path: str | Path, width: int = 60) -> None:
    """Write (name, description, sequence) records, `width` letters a line."""
    with writing(path) as handle:
        for name, description, sequence in records:
            handle.write(f">{name} {description}".rstrip() + "\n")
            for start in range(0, len(sequence), width):
                handle.write(sequence[start : start + width] + "\n")


@contextlib.contextmanager
def open_genome(path: str | Path) -> Iterator[pysam.FastaFile]:
    """Open an indexed genome; the `.fai` is made beside it where it is missing or another's.

    Raises InputError where a sequence stands twice, or the file cannot be indexed.
    """
    import pysam

    path = require_file(path, "genome")
    fasta_index.refuse_plain_gzip(path)
    if not fasta_index.index_fits(path):
        if fasta_index.index_path(path).is_file():
            log.warning(
                "%s is not the index of this file and is made again", fasta_index.index_path(path)
            )
        for _ in fasta_index.fasta_headers(path):
            pass
        fasta_index.make_index(path)
    try:
        genome = pysam.FastaFile(str(path))
    except (OSError, ValueError) as error:
        raise fasta_index.cannot_open(path, error) from error
    with genome:
        yield genome


def fetch_padded(genome: pysam.FastaFile, chromosome: str, start: int, end: int) -> str:
    """[start, end) of a chromosome (0-based), upper-case; what lies beyond its ends is N."""
    size = genome.get_reference_length(chromosome)
    inside = genome.fetch(chromosome, min(max(start, 0), size), max(min(end, size), 0)).upper()
    text = "N" * (min(end, 0) - start if start < 0 else 0) + inside
    return text + "N" * (end - start - len(text))


def chromosome_sizes(path: str | Path) -> dict[str, int]:
    """Length in bp of each sequence of an indexed genome, in the order of the file."""
    with open_genome(path) as genome:
        return dict(zip(genome.references, genome.lengths, strict=True))
