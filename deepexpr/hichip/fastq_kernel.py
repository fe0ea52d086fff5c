"""Records of FASTQ in windows of bytes: whether they are whole, and whether mates are mates."""

from numba import njit

from deepexpr.hichip import mate_names
from deepexpr.hichip.mate_names import BAD_MARK

# What can be wrong with a record beside its name; 0 is fine.
BAD_HEADER, BAD_PLUS, BAD_QUALITY, EMPTY_READ, WINDOWS_LINE = 1, 2, 3, 5, 6

_RETURN, _SPACE, _TAB, _AT, _PLUS = 13, 32, 9, 64, 43

compare_names = njit(cache=True, nogil=True)(mate_names.compare_names)


@njit(cache=True, nogil=True)
def name_end(buffer, start, end):
    """Where the name in a header ends: at its first blank."""
    for i in range(start, end):
        if buffer[i] in (_SPACE, _TAB, _RETURN):
            return i
    return end


@njit(cache=True, nogil=True)
def check_record(buffer, lines, r, header):
    """0 or what is wrong with record `r`, whose header begins at `header`."""
    if lines[4 * r] == header or buffer[header] != _AT:
        return BAD_HEADER
    plus = lines[4 * r + 1] + 1
    if buffer[plus] != _PLUS:
        return BAD_PLUS
    length = lines[4 * r + 1] - lines[4 * r] - 1
    if length != lines[4 * r + 3] - lines[4 * r + 2] - 1:
        return BAD_QUALITY
    if buffer[lines[4 * r] - 1] == _RETURN:
        return WINDOWS_LINE
    return EMPTY_READ if length == 0 else 0


@njit(cache=True, nogil=True)
def _check_names(one, lines1, header1, two, lines2, header2, r, style):
    names = compare_names(
        one, header1 + 1, name_end(one, header1 + 1, lines1[4 * r]),
        two, header2 + 1, name_end(two, header2 + 1, lines2[4 * r]),
    )  # fmt: skip
    if names > 1 or (style[0] >= 0 and names != style[0]):
        return max(names, BAD_MARK if names < 2 else 0)
    style[0] = names
    return 0


@njit(cache=True, nogil=True)
def check_pair(one, lines1, header1, two, lines2, header2, r, style):
    """(0 or what is wrong with record `r` of two windows, its mate: 1, 2, or 0 for both).

    `header1`, `header2`: where the records begin; `style` (1,) int64: how mates are named, -1
    until known.
    """
    error = check_record(one, lines1, r, header1)
    if error:
        return error, 1
    error = check_record(two, lines2, r, header2)
    if error:
        return error, 2
    return _check_names(one, lines1, header1, two, lines2, header2, r, style), 0


@njit(cache=True, nogil=True)
def count_window(one, lines1, two, lines2, records, paired, style):
    """Check `records` record pairs, or of `one` alone; (error, mate, record, bytes consumed of
    one, of two).

    Reads of no letters and Windows' line ends are no matter to who only counts.
    """
    header1 = header2 = 0
    for r in range(records):
        error = check_record(one, lines1, r, header1)
        if error and error != EMPTY_READ and error != WINDOWS_LINE:
            return error, 1, r, header1, header2
        if paired:
            error = check_record(two, lines2, r, header2)
            if error and error != EMPTY_READ and error != WINDOWS_LINE:
                return error, 2, r, header1, header2
            error = _check_names(one, lines1, header1, two, lines2, header2, r, style)
            if error:
                return error, 0, r, header1, header2
            header2 = lines2[4 * r + 3] + 1
        header1 = lines1[4 * r + 3] + 1
    return 0, 0, records, header1, header2
