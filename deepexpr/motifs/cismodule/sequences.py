"""Sequences laid out for the sampler, and their Markov background."""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deepexpr.errors import Unsupported
from deepexpr.letters import CODES
from deepexpr.motifs.cismodule.forward import words_of

logger = logging.getLogger(__name__)

#: Ns between sequences: no site can cross them, and columns beside a site (and the words of a
#: wide motif, up to 4 letters past it) read N there.
PAD = 8
N = 4

_REGION = re.compile(r"^(\S+):(\d+)-(\d+)$")


@dataclass(frozen=True)
class SequenceSet:
    """All sequences in one array, with `PAD` Ns before, between and after them.

    names : as in the FASTA file.
    codes : (total,) uint8, A, C, G, T = 0..3 and 4 for N and padding.
    starts, ends : (n,) int64, half-open, where each sequence lies in `codes`.
    words : (total,) int64, from `forward.words_of`.
    log_background : (total + 1,) float64, cumulated log P(letter | preceding letters); Ns add 0.
    """

    names: tuple[str, ...]
    codes: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    words: np.ndarray
    log_background: np.ndarray

    def __len__(self) -> int:
        return len(self.names)

    @property
    def letters(self) -> int:
        """Number of letters in all sequences."""
        return int((self.ends - self.starts).sum())

    def region(self, index: int) -> tuple[str, int]:
        """Chromosome and 0-based start of sequence `index`, from a name "chr1:100-200".

        A name of another form is its own chromosome, from 0.
        """
        found = _REGION.match(self.names[index])
        return (found[1], int(found[2])) if found else (self.names[index], 0)


def lay_out(
    names: Sequence[str], sequences: Sequence[str], background_order: int, min_length: int
) -> SequenceSet:
    """Encode sequences and fit their background; those shorter than `min_length` are dropped.

    Raises InputError where none is left.
    """
    kept = [i for i, sequence in enumerate(sequences) if len(sequence) >= min_length]
    logger.info("%d of %d sequences hold %d bp or more", len(kept), len(sequences), min_length)
    if not kept:
        raise Unsupported(
            "No sequence is as long as a module.",
            expected=f"sequences of at least {min_length} bp",
            found=f"{len(sequences)} sequences, the longest of "
            f"{max(map(len, sequences), default=0)} bp",
            fix="Use a shorter module length, or wider regions.",
        )
    lengths = np.array([len(sequences[i]) for i in kept], dtype=np.int64)
    starts = PAD + np.concatenate([[0], np.cumsum(lengths[:-1] + PAD)])
    codes = np.full(int(starts[-1] + lengths[-1] + PAD), N, dtype=np.uint8)
    for start, i in zip(starts, kept, strict=True):
        letters = np.frombuffer(sequences[i].encode("ascii", "replace"), dtype=np.uint8)
        codes[start : start + len(letters)] = CODES[letters]
    return SequenceSet(
        tuple(names[i] for i in kept),
        codes,
        starts,
        starts + lengths,
        words_of(codes),
        np.concatenate([[0.0], np.cumsum(np.log(background(codes, background_order)))]),
    )


def background(codes: np.ndarray, order: int) -> np.ndarray:
    """P(letter | `order` preceding letters) at each position, (total,) float64; 1 at Ns.

    Estimated from the sequences, with one pseudocount per context spread as the next lower
    order; where Ns or the start cut the context, the longest whole one is taken.
    """
    known = codes < N
    probability = np.ones(len(codes))
    whole = known.copy()  # the letter and its context of the current order are known
    context = np.zeros(len(codes), dtype=np.int64)
    lower = np.full(4, 0.25)[None, :]
    for size in range(order + 1):
        if size:
            whole = whole.copy()
            whole[size:] &= known[:-size]
            whole[:size] = False
            context[size:] += codes[:-size].astype(np.int64) * 4 ** (size - 1)
        index = context[whole] * 4 + codes[whole]
        counts = np.bincount(index, minlength=4 ** (size + 1)).reshape(-1, 4)
        # Context digits: the letter before is the lowest digit, so the next lower order's
        # context is the remainder.
        prior = lower[np.arange(4**size) % len(lower)]
        table = (counts + prior) / (counts.sum(axis=1, keepdims=True) + 1.0)
        probability[whole] = table.ravel()[index]
        lower = table
    return probability
