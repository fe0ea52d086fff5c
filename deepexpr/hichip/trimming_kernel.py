"""The inner loop of trimming: whole windows of FASTQ bytes, both mates in lockstep.

Junctions are searched by Shift-And (Baeza-Yates & Gonnet 1992): bit i of the state says that
the first i + 1 letters of a junction end at this base. One step per base finds all junctions
of all enzymes, and the state after the last base holds the partial junctions at the 3' end.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from deepexpr.errors import InputError
from deepexpr.hichip.enzymes import Junction, expand
from deepexpr.hichip.fastq_kernel import check_pair

# Rows of the counts.
FULL_1, PARTIAL_1, FULL_2, PARTIAL_2, DROPPED, WRITTEN, N_COUNTS = range(7)

_NEWLINE, _PLUS = 10, 43


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
            for base in expand(code):
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
        error, mate = check_pair(one, lines1, header1, two, lines2, header2, r, style)
        if error:
            return error, mate, r, header1, header2, end1, end2
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
