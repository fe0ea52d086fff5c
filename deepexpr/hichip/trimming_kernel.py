"""The inner loop of trimming: whole windows of FASTQ bytes, both mates in lockstep.

Junctions are searched by Shift-And (Baeza-Yates & Gonnet 1992): bit i of the state says that
the first i + 1 letters of a junction end at this base. One step per base finds all junctions
of all enzymes, and the state after the last base holds the partial junctions at the 3' end.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from deepexpr.errors import InputError
from deepexpr.hichip.enzymes import IUPAC, Junction

# What can be wrong with a record; 0 is fine.
BAD_HEADER, BAD_PLUS, BAD_QUALITY, BAD_NAME, EMPTY_READ, WINDOWS_LINE, BAD_MARK, SAME_MARK = range(
    1, 9
)

# Rows of the counts.
FULL_1, PARTIAL_1, FULL_2, PARTIAL_2, DROPPED, WRITTEN, N_COUNTS = range(7)

_NEWLINE, _RETURN, _SPACE, _TAB, _AT, _PLUS = 10, 13, 32, 9, 64, 43
_SLASH, _DOT, _UNDERSCORE, _ONE, _TWO = 47, 46, 95, 49, 50


class Automaton(NamedTuple):
    """Shift-And tables of some junctions, each whole in one 64-bit word.

    `letters` (words, 256) uint64: bits of the junction positions a byte matches; `first` and
    `full` (words,) uint64: bits of first and last positions. `ends`, `partials` (n, 3) int64:
    word, bit and number of letters to cut off when that bit is set (for `partials`: at the 3'
    end; longest first).
    """

    letters: np.ndarray
    first: np.ndarray
    full: np.ndarray
    ends: np.ndarray
    partials: np.ndarray


def build_automaton(junctions: tuple[Junction, ...]) -> Automaton:
    """The tables of `junctions`; raises InputError for one longer than 64 letters."""
    places, word, used = [], 0, 0
    for junction in junctions:
        if len(junction.sequence) > 64:
            raise InputError(
                "A ligation junction is longer than 64 letters.", found=junction.sequence
            )
        if used + len(junction.sequence) > 64:
            word, used = word + 1, 0
        places.append((word, used))
        used += len(junction.sequence)
    letters = np.zeros((word + 1, 256), np.uint64)
    first, full = np.zeros(word + 1, np.uint64), np.zeros(word + 1, np.uint64)
    ends, partials = [], []
    for junction, (w, offset) in zip(junctions, places, strict=True):
        length = len(junction.sequence)
        first[w] |= np.uint64(1 << offset)
        full[w] |= np.uint64(1 << (offset + length - 1))
        ends.append((w, offset + length - 1, length - junction.left))
        partials += [
            (w, offset + k - 1, k - junction.left) for k in range(junction.left + 1, length)
        ]
        for i, code in enumerate(junction.sequence):
            for base in "ACGT":
                if IUPAC[code] & IUPAC[base]:
                    for byte in (ord(base), ord(base.lower())):
                        letters[w, byte] |= np.uint64(1 << (offset + i))
    partials.sort(key=lambda p: -p[2])
    return Automaton(
        letters,
        first,
        full,
        np.array(ends, np.int64).reshape(-1, 3),
        np.array(partials, np.int64).reshape(-1, 3),
    )


@njit(cache=True, nogil=True)
def find_cut(buffer, start, end, automaton):
    """Where to cut the read ``buffer[start:end]``: (letters kept, 1 full / 2 partial / 0 none).

    The ligation point nearest the 5' end counts; a full junction wins over a partial one there.
    """
    best, kind = end, 0
    for w in range(automaton.first.size):
        state = np.uint64(0)
        first, full = automaton.first[w], automaton.full[w]
        letters = automaton.letters[w]
        for i in range(start, end):
            state = ((state << np.uint64(1)) | first) & letters[buffer[i]]
            if state & full:
                for j in range(automaton.ends.shape[0]):
                    hit = (state >> np.uint64(automaton.ends[j, 1])) & np.uint64(1)
                    cut = i + 1 - automaton.ends[j, 2]
                    nearer = cut < best or (cut == best and kind != 1)
                    if automaton.ends[j, 0] == w and hit and nearer:
                        best, kind = cut, 1
        for j in range(automaton.partials.shape[0]):
            hit = (state >> np.uint64(automaton.partials[j, 1])) & np.uint64(1)
            if automaton.partials[j, 0] == w and hit and end - automaton.partials[j, 2] < best:
                best, kind = end - automaton.partials[j, 2], 2
    return best - start, kind


@njit(cache=True, nogil=True)
def _name_end(buffer, start, end):
    for i in range(start, end):
        if buffer[i] == _SPACE or buffer[i] == _TAB:
            return i
    return end


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
def _check(buffer, lines, r, header):
    """0 or what is wrong with record `r`, whose header begins at `header`."""
    if lines[4 * r] == header or buffer[header] != _AT:
        return BAD_HEADER
    if buffer[lines[4 * r] - 1] == _RETURN:
        return WINDOWS_LINE
    plus = lines[4 * r + 1] + 1
    if buffer[plus] != _PLUS:
        return BAD_PLUS
    length = lines[4 * r + 1] - lines[4 * r] - 1
    if length != lines[4 * r + 3] - lines[4 * r + 2] - 1:
        return BAD_QUALITY
    return EMPTY_READ if length == 0 else 0


@njit(cache=True, nogil=True)
def _copy(out, at, buffer, start, end):
    for i in range(end - start):
        out[at + i] = buffer[start + i]
    return at + end - start


@njit(cache=True, nogil=True)
def _write(out, at, buffer, lines, r, header, kept):
    """Append record `r`, its first `kept` letters, to `out`; return the new end."""
    sequence, quality = lines[4 * r] + 1, lines[4 * r + 2] + 1
    at = _copy(out, at, buffer, header, sequence + kept)
    out[at], out[at + 1], out[at + 2] = _NEWLINE, _PLUS, _NEWLINE
    at = _copy(out, at + 3, buffer, quality, quality + kept)
    out[at] = _NEWLINE
    return at + 1


@njit(cache=True, nogil=True)
def trim_window(
    one, lines1, two, lines2, records, automaton, min_length, style, counts, out1, out2
):
    """Trim `records` record pairs of two windows.

    `one`, `two`: uint8 bytes; `lines1`, `lines2`: positions of their newlines; `style` (1,)
    int64: how mates are named, -1 until known; `counts` (N_COUNTS,) int64, added to. Returns
    (error code, mate, record, bytes consumed of one, of two, bytes in out1, in out2).
    """
    header1 = header2 = end1 = end2 = 0
    for r in range(records):
        error = _check(one, lines1, r, header1)
        if error:
            return error, 1, r, header1, header2, end1, end2
        error = _check(two, lines2, r, header2)
        if error:
            return error, 2, r, header1, header2, end1, end2
        names = compare_names(
            one, header1 + 1, _name_end(one, header1 + 1, lines1[4 * r]),
            two, header2 + 1, _name_end(two, header2 + 1, lines2[4 * r]),
        )  # fmt: skip
        if names > 1 or (style[0] >= 0 and names != style[0]):
            return max(names, BAD_MARK if names < 2 else 0), 0, r, header1, header2, end1, end2
        style[0] = names
        kept1, kind1 = find_cut(one, lines1[4 * r] + 1, lines1[4 * r + 1], automaton)
        kept2, kind2 = find_cut(two, lines2[4 * r] + 1, lines2[4 * r + 1], automaton)
        counts[FULL_1] += kind1 == 1
        counts[PARTIAL_1] += kind1 == 2
        counts[FULL_2] += kind2 == 1
        counts[PARTIAL_2] += kind2 == 2
        if kept1 < min_length or kept2 < min_length:
            counts[DROPPED] += 1
        else:
            counts[WRITTEN] += 1
            end1 = _write(out1, end1, one, lines1, r, header1, kept1)
            end2 = _write(out2, end2, two, lines2, r, header2, kept2)
        header1, header2 = lines1[4 * r + 3] + 1, lines2[4 * r + 3] + 1
    return 0, 0, records, header1, header2, end1, end2
