"""Sequences as arrays of bytes, the one form in which they are stored and passed on.

Bytes are eight times smaller than one-hot float32 and keep N apart from a base, so
one-hot arrays are made as late as possible, by whoever needs them.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from deepexpr.errors import InputError
from deepexpr.letters import ASCII, CODES, IUPAC

#: What a letter is stored as; 0: no sequence may hold it. Codes of several bases are N.
_ENCODE = np.zeros(256, dtype=np.uint8)
for _letter in IUPAC:
    _ENCODE[[ord(_letter), ord(_letter.lower())]] = ASCII[CODES[ord(_letter)]]

_ONE_HOT = np.zeros((256, 4), dtype=np.float32)
_ONE_HOT[ASCII[:4]] = np.eye(4, dtype=np.float32)


def encode_bytes(sequences: Sequence[str]) -> np.ndarray:
    """Sequences of one length as ASCII: uint8 (n, L), only A, C, G, T and N, upper-case.

    Other IUPAC codes become N. Raises InputError where lengths differ or a letter is no
    IUPAC code of DNA.
    """
    lengths = sorted({len(sequence) for sequence in sequences})
    if len(lengths) > 1:
        short = next(i for i, sequence in enumerate(sequences) if len(sequence) != lengths[-1])
        raise InputError(
            "The sequences differ in length.",
            where=f"sequence {short + 1}",
            expected=f"{lengths[-1]} letters in each",
            found=f"{len(sequences[short])} letters",
            fix="Cut all sequences with the same window.",
        )
    length = lengths[0] if lengths else 0
    try:
        raw = "".join(sequences).encode("ascii")
    except UnicodeEncodeError as error:
        raise InputError(
            f"A sequence holds the letter {error.object[error.start]!r}, which is not DNA.",
            expected="A, C, G, T, N or another IUPAC code",
        ) from error
    letters = np.frombuffer(raw, dtype=np.uint8).reshape(len(sequences), length)
    encoded = _ENCODE[letters]
    if not encoded.all():
        row, column = np.argwhere(encoded == 0)[0]
        raise InputError(
            f"A sequence holds the letter {chr(letters[row, column])!r}, which is not DNA.",
            where=f"sequence {row + 1}, position {column + 1}",
            expected="A, C, G, T, N or another IUPAC code",
            fix="Check that the file holds DNA in FASTA.",
        )
    return encoded


def encode_promoters(genes: Iterable[str], promoters: Mapping[str, str]) -> np.ndarray:
    """The promoters of `genes` as of `encode_bytes`; InputError where one has none."""
    genes = list(genes)
    if lacking := [gene for gene in genes if gene not in promoters]:
        raise InputError(
            f"{len(lacking)} gene(s) have no promoter, such as {', '.join(lacking[:3])}.",
            fix="Use the promoters and the gene table written by one call of `promoters`.",
        )
    return encode_bytes([promoters[gene] for gene in genes])


def one_hot(encoded: np.ndarray) -> np.ndarray:
    """One-hot float32 (..., L, 4) of uint8 ASCII (..., L), in order A, C, G, T; N is all zeros."""
    return _ONE_HOT[encoded]


def dinucleotide_shuffle(encoded: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Sequences with the same pairs of neighbours in random order: uint8 (n, L) to uint8 (n, L).

    Each row keeps its first and last letter and how often each letter follows each other one
    (Altschul and Erickson 1985): composition and CpG stay, longer words are those of chance.
    """
    return np.stack([_shuffled_pairs(row, rng) for row in encoded]).reshape(encoded.shape)


def _shuffled_pairs(row: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A random walk that uses every pair of neighbours of `row` once."""
    letters, codes = np.unique(row, return_inverse=True)
    following = [codes[1:][codes[:-1] == letter] for letter in range(len(letters))]
    end = int(codes[-1])
    # The last step out of each letter: these must lead to the end, else some steps are left over.
    while True:
        last = [int(rng.choice(steps)) if len(steps) else end for steps in following]
        if all(_leads_to(letter, last, end) for letter in range(len(letters))):
            break
    queues = []
    for letter, steps in enumerate(following):
        rest = steps.copy()
        if letter != end and len(steps):
            rest = np.delete(rest, np.flatnonzero(rest == last[letter])[0])
            rest = np.append(rng.permutation(rest), last[letter])
        else:
            rest = rng.permutation(rest)
        queues.append(iter(rest.tolist()))
    walk = [int(codes[0])]
    for _ in range(len(row) - 1):
        walk.append(next(queues[walk[-1]]))
    return letters[walk]


def _leads_to(letter: int, last: list[int], end: int) -> bool:
    """Whether the last steps from `letter` arrive at `end`."""
    for _ in last:
        if letter == end:
            return True
        letter = last[letter]
    return letter == end
