"""What the header and first records of BAM files tell: sorted files, both mates in one, copies."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from deepexpr.errors import InputError
from deepexpr.hichip.mate_names import compare_names

#: Primary records looked at, and the fewest of which equal ones are no chance.
LOOKED, FEWEST = 100, 4


@dataclass(frozen=True)
class FirstRecords:
    """A BAM's chromosomes (bp by name), the order it says it has, and its first primary records:
    names, whether they are second mates of pairs (None: not paired), and letters with places."""

    sizes: dict[str, int]
    order: str | None
    names: list[bytes]
    second: list[bool | None]
    reads: list[tuple]


def first_records(path: str) -> FirstRecords:
    """Read them; InputError where the file cannot be opened."""
    import pysam

    try:
        with pysam.AlignmentFile(path, check_sq=False) as bam:
            sizes = dict(zip(bam.references, bam.lengths, strict=True))
            order = bam.header.to_dict().get("HD", {}).get("SO")
            primary = (r for r in bam if not (r.is_secondary or r.is_supplementary))
            found = list(itertools.islice(primary, LOOKED))
    except (OSError, ValueError, NotImplementedError) as error:
        raise InputError(f"The BAM file cannot be opened ({error}).") from error
    return FirstRecords(
        sizes,
        order,
        [(r.query_name or "").encode() for r in found],
        [r.is_read2 if r.is_paired else None for r in found],
        [(r.query_sequence, r.reference_id, r.reference_start) for r in found],
    )


def require_one_mate(records: FirstRecords) -> None:
    """InputError for a file sorted by coordinate, or of which records are of both mates."""
    if records.order == "coordinate":
        raise InputError(
            "The BAM file is sorted by coordinate, so that its reads no longer stand beside their "
            "mates'.",
            expected="the reads in the order of the FASTQ",
            found="SO:coordinate",
            fix="Map again, or sort both files by name: samtools sort -n.",
        )
    if {True, False} <= set(records.second):
        raise InputError(
            "The BAM file holds both mates of its pairs.",
            expected="the first mates under bam1 and the second under bam2",
            found="records of both mates in its flags",
            fix="Map each mate alone, or part them: samtools view -f 64 and -f 128, sorted by name "
            "both.",
        )


def mate_problems(one: FirstRecords, two: FirstRecords) -> Iterator[InputError]:
    """What is wrong with two files of mates; the first such thing only."""
    for number, (a, b) in enumerate(zip(one.names, two.names, strict=False), 1):
        if compare_names(a, 0, len(a), b, 0, len(b)) > 1:
            yield InputError(
                f"The two BAM files are not of mates: at record {number} they have other names.",
                expected=f"{a.decode()} in both",
                found=b.decode(),
                fix="Give the files of one unit, in the order of the FASTQ, unaligned reads kept.",
            )
            return
    if len(set(one.reads)) >= FEWEST and one.reads == two.reads:
        yield InputError(
            f"The first {len(one.reads)} reads of both BAM files are the same: one file is a copy "
            "of the other.",
            fix="Give the file of the second mates under bam2.",
        )
