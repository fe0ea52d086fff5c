"""Tables of integers to and from tab-separated bytes, millions of rows per second."""

from __future__ import annotations

import numpy as np
from numba import njit

_TAB, _NEWLINE, _RETURN, _MINUS, _ZERO, _NINE, _BANG = 9, 10, 13, 45, 48, 57, 33

# What can be wrong with a line of pairs.
TOO_FEW, BAD_NUMBER, BAD_STRAND, UNKNOWN_CHROMOSOME, WINDOWS_LINE = range(1, 6)


def text_table(texts: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Bytes of all `texts` (uint8) and where each begins (n + 1,) int64."""
    encoded = [t.encode() for t in texts]
    offsets = np.cumsum([0, *map(len, encoded)]).astype(np.int64)
    return np.frombuffer(b"".join(encoded) + b"\0", np.uint8), offsets


def format_rows(
    columns: list[np.ndarray | int], is_text: list[bool], table: tuple[np.ndarray, np.ndarray]
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
def parse_pairs(data, fields, text, offsets, chromosome, position, reverse):
    """Read whole lines of pairs.

    `fields` (6,) int64: the columns of chr1, chr2, pos1, pos2, strand1, strand2; `text`,
    `offsets`: the names of the chromosomes; outputs (size, 2), a chromosome of -1 meaning an
    unmapped mate (``!``). Returns (error, bytes consumed, pairs).
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
            last[mate] = _lookup(data, a, b, text, offsets, last[mate])
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
        n += 1
        at = end + 1
    return 0, at, n


@njit(cache=True, nogil=True)
def _lookup(data, start, end, text, offsets, last):
    """Index of the name ``data[start:end]``: `last` tried first; -1 unmapped, -2 unknown."""
    n = offsets.size - 1
    if end - start == 1 and data[start] == _BANG:
        return -1
    for k in range(n):
        i = (k + max(last, 0)) % n
        if offsets[i + 1] - offsets[i] == end - start:
            same = True
            for j in range(end - start):
                if text[offsets[i] + j] != data[start + j]:
                    same = False
                    break
            if same:
                return i
    return -2
