"""From which strand of its transcripts a library's reads come, told from its first reads.

Words of the first reads, and of their reverse complements, are looked for in all transcripts: a
read of which only its own words are found lies forward. kallisto's own readings (--fr-stranded,
--rf-stranded) would say the same, but need the index twice.
"""

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numba import njit

from deepexpr.checks.fastq import first_reads
from deepexpr.errors import InputError
from deepexpr.hichip.streams import ByteStream
from deepexpr.letters import CODES, window_numbers

log = logging.getLogger(__name__)

#: Letters of a word: as in kallisto, so that a word is nearly always of one gene.
WORD = 31
#: Bytes of FASTQ that are looked at, and words that are taken from each read.
BYTES, WORDS = 4 << 20, 4
#: Fewer reads that lie on one strand only say nothing; of one strand or of both by this share.
LEAST, ONE_SIDED = 200, 0.8

_MASK = np.uint64((1 << 2 * WORD) - 1)
_BITS = 22  # of the table that most words of the transcripts fail in
_MIX = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Strands:
    """How many of the first reads lie forward, and reverse, on transcripts."""

    forward: int
    reverse: int

    @property
    def reading(self) -> str | None:
        """forward, reverse or unstranded; None where too few reads tell."""
        total = self.forward + self.reverse
        if total < LEAST:
            return None
        if max(self.forward, self.reverse) < ONE_SIDED * total:
            return "unstranded"
        return "forward" if self.forward > self.reverse else "reverse"

    def __str__(self) -> str:
        return f"{self.forward} of the first reads lie forward, {self.reverse} reverse"


def require_strand(found: Strands, stated: str, where: str) -> None:
    """Warn where `stated` (of the sample sheet, or empty) loses or mixes strands.

    Raises InputError where the reads are of the other strand: nearly all would be lost.
    """
    reading, stated = found.reading, stated or "unstranded"
    if reading in (None, stated):
        return
    fix = f"write {reading} in the column strandedness of the sample sheet"
    if "unstranded" not in (reading, stated):
        raise InputError(
            f"The library is not {stated}: its reads lie on the other strand.",
            where=where,
            expected=stated,
            found=str(found),
            fix=f"{fix[0].upper()}{fix[1:]}.",
        )
    what = (
        "genes that overlap on the other strand share their counts"
        if stated == "unstranded"
        else "half of its reads are left out"
    )
    log.warning("%s: %s, read as %s: %s; %s", where, found, stated, what, fix)


def read_strands(fastq: str | Path, transcripts: str | Path) -> Strands:
    """How the first reads (of mate 1) lie on the transcripts, a FASTA in their own direction."""
    words, owner, reverse = _words_of(first_reads(fastq, BYTES).bases)
    seen = np.zeros((int(owner.max(initial=-1)) + 1, 2), np.bool_)
    table = np.zeros(1 << _BITS, np.bool_)
    table[_slots(words)] = True
    state = np.zeros(3, np.uint64)
    with ByteStream(transcripts, "FASTA of transcripts") as stream:
        while not stream.eof:
            stream.fill()
            _scan(stream.data, state, CODES, table, words, owner, reverse, seen)
            stream.consume(len(stream.data))
    one_sided = seen.sum(axis=1) == 1
    return Strands(*(int((seen[:, side] & one_sided).sum()) for side in (0, 1)))


def _words_of(reads: list[bytes]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sorted words (uint64) of the reads, the read of each, and whether it is a complement."""
    found, owners = [], []
    for number, read in enumerate(reads):
        starts = np.linspace(0, len(read) - WORD, WORDS).astype(int) if len(read) >= WORD else ()
        for start in dict.fromkeys(starts):
            letters = CODES[np.frombuffer(read, np.uint8, WORD, start)]
            if (letters < 4).all():
                found.append(letters)
                owners.append(number)
    known = np.array(found, np.uint8).reshape(-1, WORD)
    both = np.concatenate([known, 3 - known[:, ::-1]])
    words = window_numbers(both, WORD, 4).ravel().astype(np.uint64)
    owner = np.tile(np.array(owners, np.int64), 2)
    reverse = np.repeat(np.array([0, 1]), len(known))
    order = np.argsort(words, kind="stable")
    return words[order], owner[order], reverse[order]


@njit(cache=True, nogil=True)
def _slot(word):
    return (word * _MIX) >> np.uint64(64 - _BITS)


def _slots(words: np.ndarray) -> np.ndarray:
    return (words * _MIX) >> np.uint64(64 - _BITS)


@njit(cache=True, nogil=True)
def _scan(data, state, code, table, words, owner, reverse, seen):
    """Mark the reads of which a word stands in `data`, the next bytes of a FASTA.

    state (3,) uint64: the last letters as a word, how many they are, whether in a header.
    """
    word, length, header = state[0], state[1], state[2]
    for byte in data:
        if header:
            header = np.uint64(byte != 10)
            continue
        if byte == 62:  # >
            header, length = np.uint64(1), np.uint64(0)
            continue
        if byte == 10 or byte == 13:
            continue
        letter = code[byte]
        if letter > 3:
            length = np.uint64(0)
            continue
        word = ((word << np.uint64(2)) | np.uint64(letter)) & _MASK
        length += np.uint64(1)
        if length >= WORD and table[_slot(word)]:
            i = np.searchsorted(words, word)
            while i < len(words) and words[i] == word:
                seen[owner[i], reverse[i]] = True
                i += 1
    state[0], state[1], state[2] = word, length, header
