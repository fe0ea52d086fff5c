"""The 4DN .pairs format: header, writing (BGZF, sorted) and reading in batches.

https://github.com/4dn-dcic/pairix/blob/master/pairs_format_specification.md
"""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

import numpy as np

from deepexpr.compression import BgzfWriter, writing_bytes
from deepexpr.errors import InputError
from deepexpr.files import atomic_path
from deepexpr.hichip import text_kernel as kernel
from deepexpr.hichip.bam_mates import PairBatch
from deepexpr.hichip.chromosomes import Chromosomes
from deepexpr.hichip.pair_store import SortedPairs
from deepexpr.hichip.streams import ByteStream

#: As pairtools names them (it reads neither chr1 nor files without a pair_type).
COLUMNS = ("readID", "chrom1", "pos1", "chrom2", "pos2", "strand1", "strand2", "pair_type")
#: The specification's own names, understood as well.
ALIASES = {"chr1": "chrom1", "chr2": "chrom2"}
#: Columns that tell which pairs count, in small letters or large.
_LIMITS = ("mapq1", "mapq2", "pair_type")

#: Pairs formatted or read at a time.
ROWS = 1 << 18


def header_text(chromosomes: Chromosomes) -> str:
    """The header of a sorted, upper-triangular file."""
    lines = ["## pairs format v1.0", "#sorted: chr1-chr2-pos1-pos2", "#shape: upper triangle"]
    sizes = zip(chromosomes.names, chromosomes.sizes, strict=True)
    lines += [f"#chromsize: {name} {size}" for name, size in sizes]
    return "\n".join([*lines, "#columns: " + " ".join(COLUMNS), ""])


class PairsWriter:
    """Writes sorted pairs; the read name is ``.`` (allowed, and a third of the size) and
    the type UU: both mates unique."""

    def __init__(self, handle: IO[bytes], chromosomes: Chromosomes) -> None:
        self._out = BgzfWriter(handle)
        self._n = len(chromosomes)
        self._table = kernel.text_table((*chromosomes.names, "+", "-", ".", "UU"))
        self._out.write(header_text(chromosomes).encode())

    def write(self, pairs: SortedPairs) -> None:
        """Append pairs."""
        for start in range(0, len(pairs.position1), ROWS):
            part = slice(start, start + ROWS)
            self._out.write(
                kernel.format_rows(
                    [
                        self._n + 2,
                        pairs.chromosome1,
                        pairs.position1[part],
                        pairs.chromosome2,
                        pairs.position2[part],
                        self._n + pairs.reverse1[part],
                        self._n + pairs.reverse2[part],
                        self._n + 3,
                    ],
                    [True, True, False, True, False, True, True, True],
                    self._table,
                )
            )

    def close(self) -> None:
        """Finish the file; the handle stays open."""
        self._out.close()


class PairsReader:
    """Reads a .pairs file (plain or compressed) of any tool in batches.

    ``chromosomes`` are those of the header. Iterating yields PairBatch with only pairs of two
    uniquely mapped mates, by the columns mapq1, mapq2 and pair_type where they are there;
    ``unmapped`` counts the others. Raises InputError with the line.
    """

    def __init__(self, path: str | Path, min_mapq: int = 1) -> None:
        self.path = Path(path)
        self._stream = ByteStream(path, "pairs file")
        self.unmapped = 0
        self._min_mapq = min_mapq
        self._line = 0
        try:
            self.chromosomes, self._fields = self._read_header()
        except InputError:
            self._stream.__exit__()
            raise
        self._sizes = np.array(self.chromosomes.sizes, np.int64)

    def _read_header(self) -> tuple[Chromosomes, np.ndarray]:
        names, sizes, columns = [], [], list(COLUMNS[:-1])
        for line in self._header_lines():
            words = line.split()
            if words[0] == "#chromsize:" and len(words) == 3 and words[2].isdigit():
                names.append(words[1])
                sizes.append(int(words[2]))
            elif words[0] == "#columns:":
                columns = [ALIASES.get(w, w) for w in words[1:]]
                columns = [w.lower() if w.lower() in _LIMITS else w for w in columns]
        wanted = ("chrom1", "chrom2", "pos1", "pos2", "strand1", "strand2")
        if set(wanted) - set(columns) or not names:
            raise InputError(
                "The header of the pairs file is not complete.",
                where=str(self.path),
                expected="#chromsize: lines and a #columns: line with " + ", ".join(wanted),
                found=f"{len(names)} #chromsize: lines; columns {', '.join(columns)}",
                fix="Write it with a tool that keeps the header, e.g. pairtools.",
            )
        more = [columns.index(n) if n in columns else -1 for n in _LIMITS]
        fields = np.array([*map(columns.index, wanted), *more], np.int64)
        return Chromosomes(tuple(names), tuple(sizes), str(self.path)), fields

    def __enter__(self) -> "PairsReader":
        return self

    def __exit__(self, *exc: object) -> None:
        self._stream.__exit__()

    def __iter__(self) -> Iterator[PairBatch]:
        text, offsets = kernel.text_table(self.chromosomes.names)
        slots = kernel.name_slots(text, offsets)
        stream = self._stream
        while True:
            stream.fill()
            if stream.eof and len(stream.data) and stream.data[-1] != ord("\n"):
                stream.append(b"\n")
            size = len(stream.data) // 12 + 1
            out = PairBatch(
                np.empty((size, 2), np.int32),
                np.empty((size, 2), np.int64),
                np.empty((size, 2), np.uint8),
            )
            error, used, n = kernel.parse_pairs(
                stream.data, self._fields, self._min_mapq, text, offsets, slots, *out
            )
            if error:
                self._raise_line(error, used, self._line + n + 1)
            stream.consume(used)
            self._line += n
            mapped = (out.chromosome[:n] >= 0).all(axis=1)
            self.unmapped += n - int(mapped.sum())
            if mapped.any():
                batch = PairBatch(*(a[:n][mapped] for a in out))
                self._require_inside(batch)
                yield batch
            if stream.eof and not used:
                return

    def _header_lines(self) -> Iterator[str]:
        stream = self._stream
        stream.fill()
        while len(stream.data) and stream.data[0] == ord("#"):
            end = stream.data[: 1 << 16].tobytes().find(b"\n")
            if end < 0:
                break
            line = stream.take(end + 1).decode("utf-8", "replace")
            self._line += 1
            if len(stream.data) < 1 << 16:
                stream.fill()
            if line.strip("# \r\n\t"):
                yield line

    def _require_inside(self, batch: PairBatch) -> None:
        outside = (batch.position < 1) | (batch.position > self._sizes[batch.chromosome])
        if not outside.any():
            return
        chromosome, position = batch.chromosome[outside][0], batch.position[outside][0]
        raise InputError(
            f"{int(outside.sum())} position(s) lie outside their chromosome.",
            where=str(self.path),
            expected=f"1 to {self._sizes[chromosome]} on {self.chromosomes.names[chromosome]}",
            found=str(position),
            fix="Use the chromosome sizes of the genome the reads were mapped to.",
        )

    def _raise_line(self, error: int, used: int, number: int) -> None:
        problems = {
            kernel.TOO_FEW: "A line has too few columns.",
            kernel.BAD_NUMBER: "A position is not a number.",
            kernel.BAD_STRAND: "A strand is neither + nor -.",
            kernel.UNKNOWN_CHROMOSOME: "A chromosome is not in the header.",
            kernel.WINDOWS_LINE: "The file has Windows line ends.",
        }
        line = self._stream.data[used : used + 200].tobytes().partition(b"\n")[0]
        raise InputError(
            problems[error],
            where=f"{self.path}, line {number}",
            expected="tab-separated columns as the #columns: line says",
            found=repr(line.decode("utf-8", "replace")),
            fix="Check how the file was made, or make it again.",
        )


def write_ends(paths: Sequence[str | Path], output: str | Path) -> None:
    """Write both ends of all pairs as BED6, one base each; ``-`` is standard output.

    Memory does not grow with the pairs.
    """
    target = contextlib.nullcontext("-") if str(output) == "-" else atomic_path(output)
    with target as temporary, writing_bytes(temporary) as handle:
        for path in paths:
            with PairsReader(path) as reader:
                n = len(reader.chromosomes)
                table = kernel.text_table((*reader.chromosomes.names, "+", "-", "."))
                for batch in reader:
                    for start in range(0, len(batch.position), ROWS):
                        ends = (a[start : start + ROWS].ravel().astype(np.int64) for a in batch)
                        chromosome, position, reverse = ends
                        columns = [chromosome, position - 1, position, n + 2, 0, n + reverse]
                        is_text = [True, False, False, True, False, True]
                        handle.write(kernel.format_rows(columns, is_text, table))  # type: ignore[arg-type]  # arrays and numbers
