"""The `.fai` of a FASTA: whether it is of this file, and making it again where it is not.

An index of an earlier file gives newlines and other places as letters, and says nothing.
"""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from deepexpr.compression import is_bgzf, is_gzip
from deepexpr.errors import InputError
from deepexpr.files import reading


def index_path(path: str | Path) -> Path:
    """Where the index of a FASTA stands."""
    return Path(f"{path}.fai")


def index_fits(path: str | Path) -> bool:
    """Whether the `.fai` beside a FASTA is of this very file.

    Of plain FASTA every record is looked at: its header stands in front of its letters, and the
    next one, or the end of the file, behind. Of a bgzip file the index must not be older.
    """
    index = index_path(path)
    if not index.is_file():
        return False
    if is_gzip(path):
        return index.stat().st_mtime >= Path(path).stat().st_mtime
    try:
        return all(_records_fit(path, index))
    except (ValueError, UnicodeDecodeError):
        return False


def make_index(path: str | Path) -> None:
    """Index a FASTA; the index appears whole. InputError where that cannot be."""
    import pysam  # not loaded by Snakemake, which only asks whether an index fits

    try:
        with tempfile.TemporaryDirectory(prefix=".fai.", dir=Path(path).parent) as folder:
            made = Path(folder) / "new.fai"
            # A bgzip file's second index, of its blocks, is made beside it in any case.
            with _quiet():
                pysam.faidx(str(path), "--fai-idx", str(made))
            os.chmod(made, 0o644)
            os.replace(made, index_path(path))
    except (OSError, pysam.SamtoolsError) as error:
        raise cannot_open(path, error) from error


def cannot_open(path: str | Path, error: Exception) -> InputError:
    """The error for a genome that htslib does not index or open."""
    return InputError(
        f"The genome cannot be opened ({error}).",
        where=str(path),
        expected="FASTA, plain or bgzip, with lines of one length within a record, and an index "
        "of this file beside it",
        fix="Try `samtools faidx` on it: its message says which line is wrong, and it makes "
        "the index in a folder that may not be writable here.",
    )


def fasta_headers(path: str | Path) -> Iterator[tuple[int, str]]:
    """(line, name up to the first blank) of each record; InputError where a name repeats."""
    lines: dict[str, int] = {}
    with reading(path, "FASTA file") as handle:
        for number, line in enumerate(handle, 1):
            if line.startswith(">"):
                name = (line[1:].split(maxsplit=1) or [""])[0]
                require_once(name, lines, number, path)
                yield number, name
    if not lines:
        raise InputError("The file holds no sequence.", where=str(path), expected="FASTA")


def require_once(name: str, lines: dict[str, int], number: int, path: str | Path) -> None:
    """Note that record `name` begins on a line; InputError where it is empty or stands twice."""
    if not name:
        raise InputError("A record has no name.", where=f"{path}, line {number}")
    if name in lines:
        raise InputError(
            f"The sequence {name} stands twice in the genome.",
            where=f"{path}, lines {lines[name]} and {number}",
            expected="one record for each name (the text up to the first blank)",
            fix="Leave one out, or rename it: reads would be placed on both under one name.",
        )
    lines[name] = number


def _records_fit(path: str | Path, index: Path) -> Iterator[bool]:
    size = Path(path).stat().st_size
    end = 0
    with open(path, "rb") as fasta, open(index) as rows:
        for row in rows:
            name, *numbers = row.rstrip("\n").split("\t")
            length, offset, bases, width = map(int, numbers[:4])
            if not 0 < offset - end < 1 << 20:
                yield False
                return
            fasta.seek(end)
            header = fasta.read(offset - end).decode().lstrip("\r\n")
            yield header.startswith(">") and header.endswith("\n") and header.count("\n") == 1
            yield (header[1:].split(maxsplit=1) or [""])[0] == name
            lines, rest = divmod(length, bases) if bases else (0, 0)
            last = offset + lines * width + (rest or bases - width)
            yield last <= size
            end = min(last + width - bases, size)
            # The last line may lack its newline, or blank lines follow.
            fasta.seek(end)
            yield end == size or fasta.read(1) in (b">", b"\n", b"\r")
        fasta.seek(end)
        yield end > 0 and not fasta.read(1 << 16).strip()


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    import pysam

    verbosity = pysam.set_verbosity(0)
    try:
        yield
    finally:
        pysam.set_verbosity(verbosity)


def refuse_plain_gzip(path: Path) -> None:
    """InputError for a genome that gzip compressed, which has no index."""
    if is_gzip(path) and not is_bgzf(path):
        raise InputError(
            "The genome is compressed with gzip, which cannot be indexed.",
            where=str(path),
            expected="FASTA, plain or compressed with bgzip",
            fix="gunzip it, or compress it again: gunzip -c genome.fa.gz | bgzip > genome.fa.bgz",
        )
