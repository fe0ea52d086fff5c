"""Whether two reads are mates by their names: the one comparison of checks and kernels.

`compare_names` is plain Python over bytes; `fastq_kernel` compiles it.
"""

from __future__ import annotations

# What can be wrong with the names of two mates; 0 and 1 are fine.
BAD_NAME, BAD_MARK, SAME_MARK = 4, 7, 8

_AT, _SLASH, _DOT, _UNDERSCORE, _ONE, _TWO = 64, 47, 46, 95, 49, 50


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
