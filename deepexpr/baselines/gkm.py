"""Gapped k-mers: the sequence features of the baselines, after gkm-SVM.

A feature is a word of l letters of which k are informative and l - k are gaps; a word and
its reverse complement are one feature (method.md, 4). All C(l, k) gap patterns are counted, so
k = l gives plain canonical k-mers. Rows are counted one at a time into a dense scratch row
and written out sparse, so memory is that of the result.
"""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numba
import numpy as np
import scipy.sparse

from deepexpr.files import atomic_path
from deepexpr.letters import CODES, LETTERS

#: A gap in a feature's name.
GAP = "."

_BUFFER_CELLS = 8_000_000


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """The features of (length, informative), in the order of the columns.

    names : (p,) str, e.g. "AC..GT"; the smaller of a word and its reverse complement, sorted
        ("." sorts before the letters).
    column : (patterns, 4**k) int32: column of each gap pattern and informative word.
    place : (patterns, l) int64: 4**(rank) of each position within a pattern, 0 for a gap.
    """

    length: int
    informative: int
    names: np.ndarray
    column: np.ndarray
    place: np.ndarray

    def __len__(self) -> int:
        return len(self.names)


@lru_cache(maxsize=4)
def vocabulary(length: int, informative: int) -> Vocabulary:
    """All gapped words of `length` letters with `informative` of them, strands merged.

    BaselineSettings has the limits of both.
    """
    patterns = list(itertools.combinations(range(length), informative))
    words = np.arange(4**informative)
    place = np.zeros((len(patterns), length), dtype=np.int64)
    codes = np.zeros((len(patterns), len(words)), dtype=np.int64)
    mirrored = np.zeros_like(codes)
    for row, pattern in enumerate(patterns):
        for rank, position in enumerate(pattern):
            power = 4 ** (informative - 1 - rank)
            place[row, position] = power
            letter = words // power % 4
            # Base 5, gap = 0: integers sort as the names do.
            codes[row] += (letter + 1) * 5 ** (length - 1 - position)
            mirrored[row] += (4 - letter) * 5**position
    canonical, column = np.unique(np.minimum(codes, mirrored), return_inverse=True)
    column = column.reshape(codes.shape).astype(np.int32)
    return Vocabulary(length, informative, _names(canonical, length), column, place)


def _names(codes: np.ndarray, length: int) -> np.ndarray:
    digits = codes[:, None] // 5 ** np.arange(length - 1, -1, -1) % 5
    letters = np.frombuffer((GAP + LETTERS).encode(), dtype=np.uint8)[digits]
    return np.ascontiguousarray(letters).view(f"S{length}").ravel().astype(str)


def count_gkm(
    sequences: np.ndarray | Iterable[np.ndarray], length: int, informative: int
) -> scipy.sparse.csr_matrix:
    """Counts of gapped words: CSR int32 (n, p), columns as `vocabulary(...).names`.

    sequences : uint8 ASCII, (n, L) or n arrays of any lengths; upper or lower case.
    Every window of `length` letters without N (or another letter) adds 1 to each of its
    C(l, k) features. An occurrence on the reverse strand is an occurrence of the same feature
    on the given one, so each is counted once and the counts of a sequence and of its reverse
    complement are equal.
    """
    words = vocabulary(length, informative)
    blocks = [_count_block(block, words) for block in _blocks(sequences, words)]
    if not blocks:
        return scipy.sparse.csr_matrix((0, len(words)), dtype=np.int32)
    return scipy.sparse.vstack(blocks, format="csr")


def _blocks(sequences, words: Vocabulary) -> Iterator[list[np.ndarray]]:
    """Lists of sequences whose counts together fit the buffer."""
    block: list[np.ndarray] = []
    cells = 0
    for sequence in sequences:
        need = _most_cells(len(sequence), words)
        if block and cells + need > _BUFFER_CELLS:
            yield block
            block, cells = [], 0
        block.append(sequence)
        cells += need
    if block:
        yield block


def _most_cells(length: int, words: Vocabulary) -> int:
    return min(len(words), max(0, length - words.length + 1) * len(words.place))


def _count_block(block: list[np.ndarray], words: Vocabulary) -> scipy.sparse.csr_matrix:
    ends = np.cumsum([0, *map(len, block)])
    codes = CODES[np.concatenate(block)]
    cells = sum(_most_cells(len(sequence), words) for sequence in block)
    indices = np.empty(cells, dtype=np.int32)
    data = np.empty(cells, dtype=np.int32)
    high, low = _half_tables(words)
    indptr = _count_rows(
        codes, ends, words.length, high, low, words.column, len(words), indices, data
    )
    used = indptr[-1]
    shape = (len(block), len(words))
    return scipy.sparse.csr_matrix((data[:used].copy(), indices[:used].copy(), indptr), shape)


def _half_tables(words: Vocabulary) -> tuple[np.ndarray, np.ndarray]:
    """Informative code of each pattern, from the first and the last half of a window's letters.

    Two (4**half, patterns) int32 tables whose sum is the code: small enough for the cache
    where one table of 4**l words would not be.
    """
    first = words.length // 2
    tables = []
    for positions in (range(first), range(first, words.length)):
        size = len(positions)
        halves = np.arange(4**size)
        table = np.zeros((4**size, len(words.place)), dtype=np.int32)
        for rank, position in enumerate(positions):
            letter = halves // 4 ** (size - 1 - rank) % 4
            table += (letter[:, None] * words.place[:, position]).astype(np.int32)
        tables.append(table)
    return tables[0], tables[1]


@numba.njit(cache=True, nogil=True)
def _count_rows(codes, ends, length, high, low, column, columns, indices, data):
    """Fill `indices` and `data` row by row; return indptr. Columns of a row are in order."""
    counts = np.zeros(columns, dtype=np.int32)
    indptr = np.zeros(len(ends), dtype=np.int32)
    patterns = high.shape[1]
    # Both tables have a power of 4 rows: shifts and masks instead of divisions.
    low_mask = low.shape[0] - 1
    mask = high.shape[0] * low.shape[0] - 1
    shift = 0
    while 1 << shift < low.shape[0]:
        shift += 1
    used = 0
    for row in range(len(ends) - 1):
        word = 0
        run = 0
        for i in range(ends[row], ends[row + 1]):
            letter = codes[i]
            if letter > 3:
                run = 0
                continue
            word = ((word << 2) | letter) & mask
            run += 1
            if run >= length:
                first = high[word >> shift]
                last = low[word & low_mask]
                for pattern in range(patterns):
                    counts[column[pattern, first[pattern] + last[pattern]]] += 1
        for j in range(columns):
            if counts[j]:
                indices[used] = j
                data[used] = counts[j]
                used += 1
                counts[j] = 0
        indptr[row + 1] = used
    return indptr


def write_gkm(
    path: str | Path, counts: scipy.sparse.csr_matrix, rows: list[str], words: Vocabulary
) -> None:
    """Write counts as .npz that `scipy.sparse.load_npz` reads, with the names of both axes.

    Arrays: data, indices, indptr, shape, format (SciPy's) and features, rows, length,
    informative.
    """
    with atomic_path(path) as temporary, open(temporary, "wb") as handle:
        np.savez_compressed(
            handle,
            data=counts.data,
            indices=counts.indices,
            indptr=counts.indptr,
            shape=np.array(counts.shape),
            format=np.array(b"csr"),
            features=words.names,
            rows=np.array(rows, dtype=str),
            length=words.length,
            informative=words.informative,
        )
