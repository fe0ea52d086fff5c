"""The inner loop of joining mates: BAM records as bytes (SAM specification §4.2)."""

import numpy as np
from numba import njit

BAD_RECORD, BAD_NAMES = 1, 2
PAIRS, UNIQUE_1, UNIQUE_2, MULTIPLE_1, MULTIPLE_2, BOTH_UNIQUE, N_COUNTS = range(7)
#: Bytes of a record with a name of one letter and nothing else.
SMALLEST_RECORD = 38

_HEAD = 36  # bytes before the name, the length field included
_NOT_PRIMARY, _UNMAPPED, _REVERSE = 0x900, 0x4, 0x10
_SLASH, _DOT, _UNDERSCORE, _ONE, _TWO = 47, 46, 95, 49, 50


def name_at(data: np.ndarray, offset: int) -> str:
    """The read name of the record that begins at `offset`, "" past the end."""
    if len(data) < offset + _HEAD:
        return ""
    length = int(data[offset + 12])
    return data[offset + _HEAD : offset + _HEAD + length - 1].tobytes().decode("latin-1")


@njit(cache=True, nogil=True, inline="always")
def _int32(data, at):
    value = (
        np.int64(data[at])
        | np.int64(data[at + 1]) << 8
        | np.int64(data[at + 2]) << 16
        | np.int64(data[at + 3]) << 24
    )
    return value - (np.int64(1) << 32) if value >> 31 else value


@njit(cache=True, nogil=True, inline="always")
def _int16(data, at):
    return np.int64(data[at]) | np.int64(data[at + 1]) << 8


@njit(cache=True, nogil=True)
def _next_primary(data, at):
    """(start, end) of the first whole primary record from `at`; end 0: none, -1: damaged."""
    while at + _HEAD <= data.size:
        size = _int32(data, at)
        end = at + 4 + size
        name = np.int64(data[at + 12])
        if size < _HEAD - 4 + name or name == 0:
            return at, -1
        if end > data.size:
            return at, 0
        if not _int16(data, at + 18) & _NOT_PRIMARY:
            return at, end
        at = end
    return at, 0


@njit(cache=True, nogil=True)
def _same_name(one, at1, two, at2):
    """Equal, or equal but for the marks of mate 1 and 2 (or a mark on one side only)."""
    start1, start2 = at1 + _HEAD, at2 + _HEAD
    n1, n2 = np.int64(one[at1 + 12]) - 1, np.int64(two[at2 + 12]) - 1
    if n1 > 2 and one[start1 + n1 - 2] == _SLASH and one[start1 + n1 - 1] == _ONE:
        n1 -= 2
    if n2 > 2 and two[start2 + n2 - 2] == _SLASH and two[start2 + n2 - 1] == _TWO:
        n2 -= 2
    if n1 != n2:
        return False
    for i in range(n1 - 1):
        if one[start1 + i] != two[start2 + i]:
            return False
    last1, last2 = one[start1 + n1 - 1], two[start2 + n2 - 1]
    mark = one[start1 + n1 - 2] if n1 > 1 else np.uint8(0)
    marked = mark in (_DOT, _UNDERSCORE) and last1 == _ONE and last2 == _TWO
    return last1 == last2 or marked


@njit(cache=True, nogil=True)
def _five_prime(data, at):
    """1-based position of the read's 5' end on the reference."""
    position = _int32(data, at + 8) + 1
    if not _int16(data, at + 18) & _REVERSE:
        return position
    cigar = at + _HEAD + np.int64(data[at + 12])
    for i in range(_int16(data, at + 16)):
        operation = _int32(data, cigar + 4 * i) & 0xFFFFFFFF
        kind = operation & 15
        if kind == 0 or kind == 2 or kind == 3 or kind == 7 or kind == 8:  # M D N = X
            position += operation >> 4
    return position - 1


@njit(cache=True, nogil=True)
def _state(data, at, min_mapq):
    """0 unique, 1 unmapped, 2 multi-mapped."""
    if _int16(data, at + 18) & _UNMAPPED:
        return 1
    return 2 if data[at + 13] < min_mapq else 0


@njit(cache=True, nogil=True)
def join_window(one, two, ids1, ids2, min_mapq, chromosome, position, reverse, counts):
    """Join the whole records of two windows of BAM bytes.

    `ids1`, `ids2`: chromosome index of each BAM reference; `chromosome`, `position`, `reverse`:
    (size, 2) outputs; `counts` (N_COUNTS,) int64, added to. Returns (error, bytes consumed of
    one, of two, pairs written).
    """
    at1 = at2 = n = 0
    while True:
        at1, end1 = _next_primary(one, at1)
        at2, end2 = _next_primary(two, at2)
        if end1 < 0 or end2 < 0:
            return BAD_RECORD, at1, at2, n
        if end1 == 0 or end2 == 0 or n == chromosome.shape[0]:
            return 0, at1, at2, n
        if not _same_name(one, at1, two, at2):
            return BAD_NAMES, at1, at2, n
        state1, state2 = _state(one, at1, min_mapq), _state(two, at2, min_mapq)
        counts[PAIRS] += 1
        counts[UNIQUE_1] += state1 == 0
        counts[UNIQUE_2] += state2 == 0
        counts[MULTIPLE_1] += state1 == 2
        counts[MULTIPLE_2] += state2 == 2
        if state1 == 0 and state2 == 0:
            counts[BOTH_UNIQUE] += 1
            chromosome[n, 0] = ids1[_int32(one, at1 + 4)]
            chromosome[n, 1] = ids2[_int32(two, at2 + 4)]
            position[n, 0] = _five_prime(one, at1)
            position[n, 1] = _five_prime(two, at2)
            reverse[n, 0] = (_int16(one, at1 + 18) & _REVERSE) != 0
            reverse[n, 1] = (_int16(two, at2 + 18) & _REVERSE) != 0
            n += 1
        at1, at2 = end1, end2
