"""Whether two reads are mates by their names: the one comparison of checks and kernels.

`compare_names` is plain Python over bytes; `fastq_kernel` compiles it.
"""

import re

from deepexpr.errors import InputError

# What can be wrong with the names of two mates; 0 and 1 are fine.
BAD_NAME, BAD_MARK, SAME_MARK = 4, 7, 8

_AT, _SLASH, _DOT, _UNDERSCORE, _ONE, _TWO = 64, 47, 46, 95, 49, 50

#: The second word of Illumina's headers: mate, filter, control bits, and mostly the index.
_STATED = re.compile(rb"[ \t]([12]):[YN]:\d+(?=:|\s|$)")


def stated_mate(header: bytes) -> int | None:
    """The mate that the second word of Illumina's headers names, if it is one."""
    found = _STATED.search(header)
    return int(found[1]) if found else None


def wrong_mate(mate: int, stated: int, header: bytes) -> InputError:
    """The error that the reads of one column say that they are the other mates."""
    return InputError(
        f"The reads of the column fq{mate} say that they are mate {stated}.",
        expected=f"{mate}:N:0 in the second word of its headers",
        found=header.decode("latin-1")[:80],
        fix="Give R1 under fq1 and R2 under fq2; one file may be given twice, or both swapped.",
    )


def other_mate(name: bytes) -> bytes:
    """The name of the second mate of a read whose first is `name`: equal, or with 2 for 1."""
    return name[:-1] + b"2" if name[-2:] in (b"/1", b".1", b"_1") else name


def stands_again(name: bytes, record: int) -> InputError:
    """The error that the mates, or the names, of a file's first reads come again at a record."""
    return InputError(
        f"The name of the first read, {name.decode('latin-1')}, comes again at record {record}: "
        "both mates, or the same reads twice, stand one behind the other in one file.",
        expected="one mate in each file, each read once",
        fix="Split the file where its names begin anew, and give both mates; or give one copy.",
    )


def compare_names(one, start1, end1, two, start2, end2):
    """0 equal, 1 equal but for the marks 1 and 2, else an error code."""
    n = end1 - start1
    if n != end2 - start2 or n == 0:
        marked1 = n > 2 and one[end1 - 2] == _SLASH
        marked2 = end2 - start2 > 2 and two[end2 - 2] == _SLASH
        return BAD_MARK if marked1 != marked2 else BAD_NAME
    for i in range(n - 1):
        if one[start1 + i] != two[start2 + i]:
            return BAD_NAME
    last1, last2 = one[end1 - 1], two[end2 - 1]
    mark = one[end1 - 2] if n > 1 else _AT
    if last1 == last2:
        return SAME_MARK if mark == _SLASH and last1 in (_ONE, _TWO) else 0
    if mark != _SLASH and mark != _DOT and mark != _UNDERSCORE:
        return BAD_NAME
    if last1 == _ONE and last2 == _TWO:
        return 1
    return BAD_MARK if last1 == _TWO and last2 == _ONE and mark == _SLASH else BAD_NAME
