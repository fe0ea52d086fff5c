"""Tables of integers to and from tab-separated bytes, millions of rows per second."""

from collections.abc import Sequence

import numpy as np
from numba import njit

_TAB, _NEWLINE, _RETURN, _MINUS, _ZERO, _NINE, _BANG = 9, 10, 13, 45, 48, 57, 33
#: Letters of pairtools' pair types: duplicate, multi-mapped, null, corrupt, walk.
_LEFT_OUT = tuple(map(ord, "DMNXW"))

# What can be wrong with a line of pairs.
TOO_FEW, BAD_NUMBER, BAD_STRAND, UNKNOWN_CHROMOSOME, WINDOWS_LINE = range(1, 6)


def text_table(texts: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Bytes of all `texts` (uint8) and where each begins (n + 1,) int64."""
    encoded = [t.encode() for t in texts]
    offsets = np.cumsum([0, *map(len, encoded)]).astype(np.int64)
    return np.frombuffer(b"".join(encoded) + b"\0", np.uint8), offsets


def format_rows(
    columns: Sequence[np.ndarray | int], is_text: list[bool], table: tuple[np.ndarray, np.ndarray]
) -> bytes:
    """Tab-separated lines of integer `columns` (n,); those with `is_text` index `table`."""
    n = max((len(c) for c in columns if isinstance(c, np.ndarray)), default=0)
    rows = np.empty((n, len(columns)), np.int64)
    for i, column in enumerate(columns):
        rows[:, i] = column
    widest = max(20, int(np.diff(table[1]).max(initial=0))) + 1
    out = np.empty(n * len(columns) * widest, np.uint8)
    end = _format(rows, np.array(is_text), table[0], table[1], out)
    return out[:end].tobytes()


@njit(cache=True, nogil=True)
def _format(rows, is_text, text, offsets, out):
    at = 0
    for i in range(rows.shape[0]):
        for j in range(rows.shape[1]):
            value = rows[i, j]
            if is_text[j]:
                for k in range(offsets[value], offsets[value + 1]):
                    out[at] = text[k]
                    at += 1
            else:
                at = _number(value, out, at)
            out[at] = _TAB
            at += 1
        out[at - 1] = _NEWLINE
    return at


@njit(cache=True, nogil=True)
def _number(value, out, at):
    if value < 0:
        out[at] = _MINUS
        at += 1
        value = -value
    digits = 1
    rest = value // 10
    while rest:
        digits += 1
        rest //= 10
    for k in range(at + digits - 1, at - 1, -1):
        out[k] = _ZERO + value % 10
        value //= 10
    return at + digits


@njit(cache=True, nogil=True)
def parse_pairs(data, fields, min_mapq, text, offsets, slots, chromosome, position, reverse):
    """Read whole lines of pairs.

    `fields` (9,) int64: the columns of chr1, chr2, pos1, pos2, strand1, strand2, and of mapq1,
    mapq2, pair_type or -1; `text`, `offsets`, `slots`: the names of the chromosomes (`text_table`,
    `name_slots`); outputs (size, 2), a chromosome of -1 meaning a mate that is unmapped (``!``),
    of a mapping quality below `min_mapq`, or of a pair whose type says duplicate
    (DD), multi-mapped, null, corrupt or walk.
    Returns (error, bytes consumed, pairs).
    """
    starts = np.empty(fields.max() + 2, np.int64)
    at = n = 0
    last = np.zeros(2, np.int64)
    while n < chromosome.shape[0]:
        end = at
        starts[0] = at
        column = 1
        while end < data.size and data[end] != _NEWLINE:
            if data[end] == _TAB and column < starts.size:
                starts[column] = end + 1
                column += 1
            end += 1
        if end == data.size:
            return 0, at, n
        if column < starts.size:
            if column < starts.size - 1:
                return TOO_FEW, at, n
            starts[column] = end + 1
        if data[end - 1] == _RETURN:
            return WINDOWS_LINE, at, n
        for mate in range(2):
            a, b = starts[fields[mate]], starts[fields[mate] + 1] - 1
            last[mate] = _lookup(data, a, b, text, offsets, slots, last[mate])
            if last[mate] == -2:
                return UNKNOWN_CHROMOSOME, at, n
            chromosome[n, mate] = last[mate]
            value = np.int64(0)
            a, b = starts[fields[2 + mate]], starts[fields[2 + mate] + 1] - 1
            for k in range(a, b):
                if data[k] < _ZERO or data[k] > _NINE or b - a > 10:
                    return BAD_NUMBER, at, n
                value = 10 * value + (data[k] - _ZERO)
            if a == b:
                return BAD_NUMBER, at, n
            position[n, mate] = value
            strand = data[starts[fields[4 + mate]]]
            if strand != 43 and strand != _MINUS:
                return BAD_STRAND, at, n
            reverse[n, mate] = strand == _MINUS
            if fields[6 + mate] >= 0 and last[mate] >= 0:
                a, b = starts[fields[6 + mate]], starts[fields[6 + mate] + 1] - 1
                value = np.int64(0)
                for k in range(a, b):
                    if data[k] < _ZERO or data[k] > _NINE or b - a > 3:
                        return BAD_NUMBER, at, n
                    value = 10 * value + (data[k] - _ZERO)
                if value < min_mapq:
                    chromosome[n, mate] = -1
        if fields[8] >= 0:
            a, b = starts[fields[8]], starts[fields[8] + 1] - 1
            for k in range(a, b):
                for letter in _LEFT_OUT:
                    if b - a == 2 and data[k] == letter:
                        chromosome[n, 0] = -1
        n += 1
        at = end + 1
    return 0, at, n


@njit(cache=True, nogil=True)
def name_slots(text, offsets):
    """Where each name of a `text_table` is found by its hash: (a power of two,) int64, -1 free.

    Open addressing (FNV-1a): a genome of 20,000 scaffolds is not searched name by name.
    """
    size = 16
    while size < 2 * offsets.size:
        size *= 2
    slots = np.full(size, -1, np.int64)
    for i in range(offsets.size - 1):
        at = _hash(text, offsets[i], offsets[i + 1]) & (size - 1)
        while slots[at] >= 0:
            at = (at + 1) & (size - 1)
        slots[at] = i
    return slots


@njit(cache=True, nogil=True)
def _hash(text, start, end):
    value = np.int64(2166136261)
    for i in range(start, end):
        value = ((value ^ text[i]) * 16777619) & 0xFFFFFFFF
    return value


@njit(cache=True, nogil=True)
def _same(data, start, end, text, offsets, i):
    if offsets[i + 1] - offsets[i] != end - start:
        return False
    for j in range(end - start):  # noqa: SIM110 (numba knows no all)
        if text[offsets[i] + j] != data[start + j]:
            return False
    return True


@njit(cache=True, nogil=True)
def _lookup(data, start, end, text, offsets, slots, last):
    """Index of the name ``data[start:end]``: `last` tried first; -1 unmapped, -2 unknown."""
    if end - start == 1 and data[start] == _BANG:
        return -1
    if last >= 0 and _same(data, start, end, text, offsets, last):
        return last
    at = _hash(data, start, end) & (slots.size - 1)
    while slots[at] >= 0:
        if _same(data, start, end, text, offsets, slots[at]):
            return slots[at]
        at = (at + 1) & (slots.size - 1)
    return -2
