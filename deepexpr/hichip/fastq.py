"""FASTQ files of mates in lockstep: windows of whole records, and what is wrong with one."""

import itertools
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NoReturn

import numpy as np

from deepexpr.errors import InputError
from deepexpr.hichip import fastq_kernel as kernel
from deepexpr.hichip import mate_names
from deepexpr.hichip.streams import ByteStream

NEWLINE = 10


def count_reads(one: str | Path, two: str | Path | None = None) -> int:
    """Records of a FASTQ file, or record pairs of two, read to the end.

    Raises InputError, with the record, where one is damaged, mates have different names, one file
    holds more reads than the other, or a file of single reads holds the second mates behind.
    """
    total, style, again = 0, np.full(1, -1, np.int64), _Again()
    with ExitStack() as handles:
        streams = tuple(
            handles.enter_context(ByteStream(path, f"FASTQ of mate {i}"))
            for i, path in enumerate((one, two), 1)
            if path is not None
        )
        for lines, records in windows(*streams):
            error, mate, done, *used = kernel.count_window(
                streams[0].data, lines[0], streams[-1].data, lines[-1], records,
                len(streams) == 2, style,
            )  # fmt: skip
            if error:
                raise_record(error, mate, total + done, streams, used)
            if len(streams) == 1 and (
                record := again.look(streams[0].data, lines[0][: 4 * records])
            ):
                raise mate_names.stands_again(again.name, total + record).at(str(one))
            for stream, number in zip(streams, used, strict=False):
                stream.consume(number)
            total += records
        require_same_end(streams, total)
    return total


class _Again:
    """Looks for the second mates of the first two reads, in a row, in windows of one file."""

    def __init__(self) -> None:
        self.name = b""
        self._pair: list[bytes] = []

    def look(self, data: np.ndarray, lines: np.ndarray) -> int | None:
        """The record (from 1) of the window, whose newlines are `lines`, with which it starts."""
        begin = 0
        text = b"\n" + data[: lines[-1] + 1].tobytes()
        if not self._pair:
            starts = (0, int(lines[3]) + 1)[: len(lines) // 4]
            names = [self._name(text, at) for at in starts]
            self.name, begin = names[0], int(lines[min(7, len(lines) - 1)]) + 1
            alike = len(names) < 2 or names[0] == names[1]
            self._pair = [b"", b""] if alike else [*map(mate_names.other_mate, names)]
        first, second = self._pair
        if not first:
            return None
        for end in (b" ", b"\n", b"\t", b"\r"):  # of the name: r1 is not r10
            at = text.find(b"\n@" + first + end, begin)
            while at >= 0:
                line = int(np.searchsorted(lines, at - 1)) + 1 if at else 0
                whole = line % 4 == 0 and line + 4 < len(lines)
                if whole and self._name(text, int(lines[line + 3]) + 1) == second:
                    return line // 4 + 1
                at = text.find(b"\n@" + first + end, at + 1)
        return None

    @staticmethod
    def _name(text: bytes, at: int) -> bytes:
        """The name in the header behind the newline at `at`."""
        return (text[at + 2 : text.index(b"\n", at + 1)].split(None, 1) or [b""])[0]


def windows(*streams: ByteStream) -> Iterator[tuple[list[np.ndarray], int]]:
    """Newlines of the windows of one or two streams, and the number of whole records in each.

    Raises InputError where the first reads of two name the other mate.
    """
    begun = len(streams) == 1
    while True:
        for stream in streams:
            stream.fill()
            _end_last_line(stream)
        lines = [np.flatnonzero(s.data == NEWLINE) for s in streams]
        records = min(len(line) // 4 for line in lines)
        if records and not begun:
            for mate, stream in enumerate(streams, 1):
                header = stream.data[: lines[mate - 1][0]].tobytes()
                if (stated := mate_names.stated_mate(header)) not in (None, mate):
                    raise mate_names.wrong_mate(mate, stated, header[1:]).at(str(stream.path))
            begun = True
        if records:
            yield lines, records
        elif any(s.eof and len(line) < 4 for s, line in zip(streams, lines, strict=True)):
            return


def _end_last_line(stream: ByteStream) -> None:
    """A file may end without a newline: add it, so that the last record is whole."""
    if stream.eof and len(stream.data) and stream.data[-1] != NEWLINE:
        stream.append(b"\n")


def require_same_end(streams: Sequence[ByteStream], total: int) -> None:
    """All streams must be used up, and at least one pair read."""
    left = {s: s.data[: 1 << 16].tobytes() for s in streams}
    for stream, data in left.items():
        if data.strip() and data.count(b"\n") < 4:
            raise InputError(
                "The FASTQ file ends in the middle of a record.",
                where=f"{stream.path}, record {total + 1}",
                expected="four lines per record",
                found=repr(data[:80].decode("latin-1")),
                fix="Copy or download the file again.",
            )
    for stream, other in itertools.permutations(streams, 2):
        if left[stream].strip():
            raise InputError(
                "The two FASTQ files do not hold the same number of reads.",
                where=f"{other.path} ends after {total} reads, {stream.path} does not",
                expected="mates in two files, in the same order",
                fix="Use the untouched pair of files; filter both mates together.",
            )
    if total == 0:
        raise InputError(
            "The FASTQ file holds no reads.", where=", ".join(str(s.path) for s in streams)
        )


_PROBLEMS = {
    kernel.BAD_HEADER: ("A FASTQ record does not begin with @.", "a header line @name", ""),
    kernel.BAD_PLUS: (
        "The third line of a FASTQ record does not begin with +.",
        "four lines per record: @name, sequence, +, qualities",
        "Is the sequence wrapped over several lines, or the file cut?",
    ),
    kernel.BAD_QUALITY: ("Sequence and qualities differ in length.", "equal lengths", ""),
    mate_names.BAD_NAME: (
        "The names of the mates differ.",
        "mates in the same order in both files",
        "Use the untouched pair of files; sort or filter both mates together.",
    ),
    kernel.EMPTY_READ: (
        "A read has length 0.",
        "at least one letter per read",
        "Drop empty reads together with their mates before this step.",
    ),
    kernel.WINDOWS_LINE: (
        "The FASTQ file has Windows line ends.",
        "lines that end in \\n, not \\r\\n",
        "Convert both files, e.g. with dos2unix.",
    ),
    mate_names.BAD_MARK: (
        "The names of the mates carry the marks 1 and 2 inconsistently.",
        "every name with /1 in R1 and /2 in R2, or no name with a mark",
        "Use files as they came from the sequencer, or strip the marks from all names; "
        "if R1 holds /2, the two files are swapped.",
    ),
    mate_names.SAME_MARK: (
        "Both mates carry the same mark.",
        "/1 in R1 and /2 in R2",
        "Is one file given twice?",
    ),
}


def raise_record(
    error: int,
    mate: int,
    record: int,
    streams: Sequence[ByteStream],
    used: Sequence[int],
) -> NoReturn:
    """Turn the kernel's code into an InputError that shows the record's header."""
    problem, expected, fix = _PROBLEMS[error]
    headers = [
        s.data[u : u + 200].tobytes().partition(b"\n")[0].decode("latin-1").rstrip()
        for s, u in zip(streams, used, strict=False)
    ]
    concerned = [0, 1] if mate == 0 else [mate - 1]
    raise InputError(
        problem,
        where=f"{', '.join(str(streams[i].path) for i in concerned)}, record {record + 1}",
        expected=expected,
        found=" and ".join(headers[i] for i in concerned),
        fix=fix,
    )
