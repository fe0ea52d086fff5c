"""What the first reads of FASTQ files tell: damage, wrong pairs, copies, another code of quality.

Only the first `SAMPLED` bytes are looked at, some thousand reads: milliseconds a file. Whole files
are compared when a run reads them (`hichip.fastq`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from deepexpr.errors import InputError
from deepexpr.files import reading
from deepexpr.hichip import mate_names

#: Bytes of text that are looked at in each file.
SAMPLED = 1 << 18
#: A record longer than this is no read.
LONGEST = 1 << 24
#: Reads that are compared letter by letter to find copies, and the fewest that tell.
COMPARED, FEWEST = 100, 4
#: Letters of quality: all at or above ";" and some above "K" are Phred+64, whose best is "j".
LOWEST_64, ABOVE_33, HIGHEST_64 = ord(";"), ord("K"), ord("j")

#: Letters of reads: bases, N or the dot of old instruments, and the codes of several bases.
_LETTERS = b"ACGTNRYSWKMBDHVacgtnryswkmbdhv."


@dataclass(frozen=True)
class FirstReads:
    """Headers (without @), bases and qualities of the first reads; `whole` if there are no more."""

    path: str
    headers: list[bytes]
    bases: list[bytes]
    qualities: list[bytes]
    whole: bool

    @property
    def names(self) -> list[bytes]:
        """What stands before the first blank of each header."""
        return [header.split(None, 1)[0] for header in self.headers]

    @property
    def copies_of(self) -> tuple[bytes, ...]:
        """Equal for files that hold the same reads; empty where too few are there to tell."""
        first = tuple(self.bases[:COMPARED])
        return first if len(set(first)) >= FEWEST else ()


def first_reads(path: str | Path, size: int = SAMPLED) -> FirstReads:
    """The reads in the first `size` bytes of text; InputError where a record is damaged."""
    lines, whole = _first_lines(path, size)
    number = len(lines) // 4
    headers, bases = lines[0 : 4 * number : 4], lines[1 : 4 * number : 4]
    plus, qualities = lines[2 : 4 * number : 4], lines[3 : 4 * number : 4]
    if not number or (whole and len(lines) % 4):
        raise InputError(
            "The file does not begin with a FASTQ record."
            if not number
            else "The FASTQ file ends in the middle of a record.",
            expected="four lines: @name, bases, +, qualities",
            found=repr(lines[4 * number][:60].decode("latin-1")) if lines else "nothing",
            fix="Check the path; the file must be FASTQ, plain or gzip, not cut.",
        )
    for i in range(number):
        _require_record(i, headers[i], bases[i], plus[i], qualities[i])
    return FirstReads(str(path), [h[1:] for h in headers], bases, qualities, whole)


def _first_lines(path: str | Path, size: int) -> tuple[list[bytes], bool]:
    """Whole lines of the first bytes (more of them until a record is there), and if that is all."""
    text = b""
    with reading(path, "FASTQ") as handle:
        while True:
            more = handle.buffer.read(size)  # type: ignore[attr-defined]  # text files of reading() have one
            text += more
            if len(more) < size or text.count(b"\n") >= 4 or len(text) > LONGEST:
                break
    whole = len(more) < size
    lines = text.splitlines() if whole else text[: text.rfind(b"\n") + 1].splitlines()
    while whole and lines and not lines[-1].strip():
        lines.pop()
    return lines, whole


def _require_record(i: int, header: bytes, bases: bytes, plus: bytes, qualities: bytes) -> None:
    if header[:1] != b"@" or plus[:1] != b"+" or not header[1:].strip():
        raise InputError(
            "The file does not begin with a FASTQ record."
            if i == 0
            else f"Record {i + 1} is no FASTQ record.",
            expected="four lines: @name, bases, +, qualities",
            found=repr(header[:60].decode("latin-1")),
            fix="Check the path; the file must be FASTQ, plain or gzip, each read on four lines.",
        )
    if len(bases) != len(qualities):
        raise InputError(
            "The first read has not one quality for each base."
            if i == 0
            else f"Record {i + 1} has {len(bases)} bases and {len(qualities)} qualities.",
            expected=f"{len(bases)} qualities",
            found=f"{len(qualities)}",
            fix="Copy or download the file again.",
        )


def file_problems(
    reads: FirstReads, mate: int, paired: bool, shortest: int
) -> Iterator[InputError]:
    """What is wrong with one file: mate 1 or 2 of a pair, or single-end reads (mate 1).

    shortest : reads of fewer letters are of no use (bp).
    """
    lengths = sorted(map(len, reads.bases))
    if lengths[len(lengths) // 2] < shortest:
        yield InputError(
            f"The reads are too short to be used: half of the first {len(lengths)} have "
            f"{lengths[len(lengths) // 2]} bp or less.",
            expected=f"{shortest} bp or more",
            found=reads.bases[0].decode("latin-1")[:60],
            fix="Give the reads as they were sequenced; an index read (I1) is no mate.",
        )
    if strange := b"".join(reads.bases).translate(None, _LETTERS):
        yield _letter_problem(reads, strange)
    if not paired and (number := mates_behind(reads)):
        yield mate_names.stands_again(reads.names[0], number + 1)
    if not paired and _is_interleaved(reads):
        yield InputError(
            f"Reads 1 and 2 are mates of one another ({reads.names[0].decode('latin-1')}): the "
            "file is interleaved.",
            expected="one mate in each file",
            fix="Split it into two files (seqtk seq -1 and seqtk seq -2) and give both.",
        )
    if paired and (stated := casava_mate(reads)) and stated != mate:
        yield mate_names.wrong_mate(mate, stated, reads.headers[0])


def _letter_problem(reads: FirstReads, strange: bytes) -> InputError:
    letters = b"".join(sorted({strange[i : i + 1] for i in range(len(strange))})).decode("latin-1")
    if set(letters) <= set("Uu"):
        what, fix = "in the letters of RNA", "Write T for U: no tool behind this one reads U."
    elif set(letters) <= set("0123"):
        what, fix = "in colours (SOLiD)", "Give reads in bases; no tool here reads colours."
    else:
        what, fix = "not in letters of DNA", "Check that these are reads of DNA or RNA."
    read = next(bases for bases in reads.bases if bases.translate(None, _LETTERS))
    return InputError(
        f"The reads are written {what}.",
        expected="A, C, G, T and N",
        found=f"{letters[:20]} in {read[:40].decode('latin-1')}",
        fix=fix,
    )


def mates_behind(reads: FirstReads) -> int | None:
    """The place (from 0) of the first read's second mate, where mates follow all first mates.

    Two reads in a row must have their mates in a row, as a name in .2 may be the second read's.
    """
    names = reads.names
    if len(names) < 4 or names[0] == names[1]:
        return None
    first, second = mate_names.other_mate(names[0]), mate_names.other_mate(names[1])
    for number in range(2, len(names) - 1):
        if names[number] == first and names[number + 1] == second:
            return number
    return None


def _is_interleaved(reads: FirstReads) -> bool:
    """Whether reads follow one another as mate 1, mate 2, mate 1, ..."""
    names = reads.names
    couples = [
        mate_names.compare_names(a, 0, len(a), b, 0, len(b))
        for a, b in zip(names[::2], names[1::2], strict=False)
    ]
    if not couples or len(set(names)) == 1 < len(couples):
        return False
    # One couple of names in .1 and .2 may be the reads 1 and 2 of a run.
    told = names[0] == names[1] or names[0][-2:] == b"/1" or len(couples) > 1
    return told and all(c < 2 for c in couples)


def casava_mate(reads: FirstReads) -> int | None:
    """The mate that Illumina's headers name, if they all name one."""
    (only, *more) = {mate_names.stated_mate(header) for header in reads.headers}
    return None if more else only


def has_phred64(reads: FirstReads) -> bool:
    """Whether qualities are written from "@" on, as Illumina did until 2011."""
    letters = set(b"".join(reads.qualities))
    return (
        bool(letters)
        and min(letters) >= LOWEST_64
        and ABOVE_33 < max(letters) <= HIGHEST_64
        # Newer instruments write one good quality for all: no Phred+64 is as even.
        and len(letters) > 3
    )


def pair_problems(one: FirstReads, two: FirstReads) -> Iterator[InputError]:
    """What is wrong with two files of mates; the first such thing only."""
    for i, (a, b) in enumerate(zip(one.names, two.names, strict=False)):
        result = mate_names.compare_names(a, 0, len(a), b, 0, len(b))
        if result > 1:
            yield _name_problem(i, result, a.decode("latin-1"), b.decode("latin-1"), two.path)
            return
    shorter, longer = sorted((one, two), key=lambda reads: len(reads.names))
    if shorter.whole and len(shorter.names) < len(longer.names):
        yield InputError(
            "The two FASTQ files do not hold the same number of reads.",
            expected="mates in two files, in the same order",
            found=f"{len(shorter.names)} in {shorter.path}, more in {longer.path}",
            fix="Use the untouched pair of files; filter both mates together.",
        )
    elif one.copies_of and one.copies_of == two.copies_of:
        yield InputError(
            f"The first {len(one.copies_of)} reads of both mates have the same bases: one file is "
            "a copy of the other.",
            expected="R1 under fq1 and R2 under fq2",
            fix="Give the file of the second mates.",
        )


def _name_problem(i: int, result: int, one: str, two: str, path: str) -> InputError:
    where = "their first reads have" if i == 0 else f"at record {i + 1} they have"
    what = "The two FASTQ files are not mates"
    problems = {
        mate_names.BAD_NAME: f"{what}: {where} different names.",
        mate_names.BAD_MARK: f"{what} 1 and 2: {where} marks that do not fit.",
        mate_names.SAME_MARK: f"Both FASTQ files hold the same mate: {where} one mark.",
    }
    return InputError(
        problems[result],
        expected=f"{one} in both" if result == mate_names.BAD_NAME else "/1 in fq1 and /2 in fq2",
        found=f"{two} in {path}" if result == mate_names.BAD_NAME else f"{one} and {two}",
        fix="Pair the files that came from the same run, in the order of the sequencer.",
    )
