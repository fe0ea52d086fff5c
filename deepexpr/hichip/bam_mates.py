"""The alignments of both mates, joined: two BAM files in lockstep to arrays of pairs.

Each mate is aligned alone, from FASTQ files in the same order, and the aligner keeps the order
and the unaligned reads; so the k-th primary record of one file belongs to the k-th of the
other. The names are compared all the same. Records are parsed from the bytes (SAM
specification §4.2) because a Python object per read costs more than everything else here.
"""

import contextlib
import logging
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from deepexpr.compression import has_bgzf_end
from deepexpr.errors import InputError
from deepexpr.hichip import bam_kernel as kernel
from deepexpr.hichip.chromosomes import Chromosomes
from deepexpr.hichip.streams import ByteStream

#: bowtie 1.3.1 leaves out the reads that -m holds back, and then waits for ever with --reorder.
FIX_ORDER = (
    "Map both trimmed files of one unit, do not sort or filter the BAM, and keep every read: "
    "with bowtie 1, -M 1 in place of -m 1 (the same unique reads) and --reorder with -p."
)

log = logging.getLogger(__name__)

#: The least mapping quality of a unique read by aligner, where it is not 1 as of bowtie 1 (0 for
#: reads that -M 1 holds back, 255 for unique ones), bwa and minimap2: bowtie 2 and HISAT2 give 0 or
#: 1 to reads with a second place as good (their manuals), STAR 3 and less (255 for unique ones).
UNIQUE_FROM = {"bowtie2": 2, "hisat2": 2, "star": 4}


class PairBatch(NamedTuple):
    """Pairs of 5' ends: `chromosome` (n, 2) int32 indices, `position` (n, 2) int64 (1-based, as
    in .pairs), `reverse` (n, 2) uint8 (1 = minus strand). Columns: mate 1, mate 2."""

    chromosome: np.ndarray
    position: np.ndarray
    reverse: np.ndarray


@dataclass
class MateCounts:
    """What became of the mates: pairs, then uniquely mapped and multi-mapped reads by mate."""

    pairs: int = 0
    unique: tuple[int, int] = (0, 0)
    multiple: tuple[int, int] = (0, 0)
    both_unique: int = 0

    def add(self, counts: np.ndarray) -> None:
        """Add the kernel's `counts` (N_COUNTS,) int64."""
        n = [int(c) for c in counts]
        self.pairs += n[kernel.PAIRS]
        self.unique = (
            self.unique[0] + n[kernel.UNIQUE_1],
            self.unique[1] + n[kernel.UNIQUE_2],
        )
        self.multiple = (
            self.multiple[0] + n[kernel.MULTIPLE_1],
            self.multiple[1] + n[kernel.MULTIPLE_2],
        )
        self.both_unique += n[kernel.BOTH_UNIQUE]


def read_mates(
    paths: tuple[str | Path, str | Path],
    chromosomes: Chromosomes,
    counts: MateCounts,
    min_mapq: int | None = None,
) -> Iterator[PairBatch]:
    """Yield the pairs with both mates uniquely mapped; `counts` grows on the way.

    Secondary and supplementary records are skipped. A read with mapping quality below
    `min_mapq` (None: as the header's aligner gives to multi-mapped reads, see UNIQUE_FROM) counts
    as multi-mapped. Raises InputError for files that are cut, not BAM, of other reads, or of other
    chromosomes than `chromosomes`.
    """
    with contextlib.ExitStack() as stack:
        one, two = (
            stack.enter_context(ByteStream(p, f"BAM of mate {i}")) for i, p in enumerate(paths, 1)
        )
        heads = [_read_header(stream, chromosomes) for stream in (one, two)]
        ids = [head[0] for head in heads]
        if min_mapq is None:
            min_mapq = max(unique_from(head[1]) for head in heads)
        while True:
            for stream in (one, two):
                stream.fill()
            size = min(len(one.data), len(two.data)) // kernel.SMALLEST_RECORD + 1
            out = PairBatch(
                np.empty((size, 2), np.int32),
                np.empty((size, 2), np.int64),
                np.empty((size, 2), np.uint8),
            )
            tally = np.zeros(kernel.N_COUNTS, np.int64)
            error, used1, used2, n = kernel.join_window(
                one.data, two.data, ids[0], ids[1], min_mapq, *out, tally
            )
            if error:
                _raise_record(error, (one, two), (used1, used2), counts.pairs)
            counts.add(tally)
            one.consume(used1)
            two.consume(used2)
            if n:
                yield PairBatch(*(a[:n] for a in out))
            if one.eof and two.eof and not used1 and not used2:
                break
            _require_progress(one, two, used1, used2, counts.pairs)
        _require_same_end(one, two, counts.pairs)


def unique_from(header: str) -> int:
    """The least mapping quality of a unique read, by the programs (@PG) of a SAM header."""
    fields = (line.split("\t") for line in header.splitlines() if line.startswith("@PG"))
    names = {field[3:].lower() for line in fields for field in line if field[:3] in ("ID:", "PN:")}
    found = {name: least for name, least in UNIQUE_FROM.items() if name in names}
    if found:
        log.info("Reads of %s are unique from a mapping quality of %d", *max(found.items()))
    return max(found.values(), default=1)


def _read_header(stream: ByteStream, chromosomes: Chromosomes) -> tuple[np.ndarray, str]:
    """Index in `chromosomes` of each reference of the BAM, (n,) int32, and the header's text."""
    _require_end_marker(stream)
    if stream.take(4) != b"BAM\1":
        raise InputError(
            "Not a BAM file.",
            where=str(stream.path),
            expected="BAM, as `samtools view -b` writes it",
            fix="Convert SAM or CRAM with samtools view -b.",
        )
    header = stream.take(_integer(stream)).decode("utf-8", "replace")
    names, sizes = [], []
    for _ in range(_integer(stream)):
        names.append(stream.take(_integer(stream))[:-1].decode("latin-1"))
        sizes.append(_integer(stream))
    return chromosomes.require_same(names, sizes, str(stream.path)), header


def _integer(stream: ByteStream) -> int:
    data = stream.take(4)
    if len(data) < 4:
        raise _cut(stream)
    return struct.unpack("<i", data)[0]


def _require_end_marker(stream: ByteStream) -> None:
    """A BAM cut between two blocks reads without error; only its missing end marker tells."""
    if not has_bgzf_end(stream.path):
        raise _cut(stream)


def _cut(stream: ByteStream) -> InputError:
    return InputError(
        "The BAM file is cut: its end is missing.",
        where=str(stream.path),
        expected="a BAM that ends with the BGZF end-of-file block",
        fix="Map again; look for a full disk or a killed job in the log of the mapping.",
    )


def _require_progress(one: ByteStream, two: ByteStream, used1: int, used2: int, pairs: int) -> None:
    """One file ended while the other goes on."""
    if used1 or used2 or not (one.eof or two.eof):
        return
    _require_same_end(one, two, pairs)


def _require_same_end(one: ByteStream, two: ByteStream, pairs: int) -> None:
    left = [len(s.data) for s in (one, two)]
    if any(left):
        longer = one if left[0] > left[1] else two
        raise InputError(
            "The two BAM files do not hold the same reads.",
            where=f"after {pairs} pairs only {longer.path} goes on",
            expected="one record per read in both files, unaligned reads included",
            fix=FIX_ORDER,
        )


def _raise_record(
    error: int, streams: tuple[ByteStream, ByteStream], used: tuple[int, int], pairs: int
) -> None:
    names = [kernel.name_at(s.data, u) for s, u in zip(streams, used, strict=True)]
    where = ", ".join(str(s.path) for s in streams) + f", pair {pairs + 1}"
    if error == kernel.BAD_RECORD:
        raise InputError("A BAM record is damaged.", where=where, fix="Map again.")
    raise InputError(
        "The read names of the two BAM files do not match.",
        where=where,
        expected="both mates in the same order, unaligned reads included",
        found=" and ".join(names),
        fix=FIX_ORDER,
    )
