"""Whether the first reads of a HiChIP library hold the ligation junctions of its enzyme.

The share of reads with a whole junction is held against that expected by chance from the reads'
own letters. A wrong enzyme is so told in milliseconds; trimming looks again at all reads.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Sequence

from deepexpr.errors import InputError
from deepexpr.hichip.enzymes import ENZYMES, IUPAC, junctions, parse_enzymes

#: Fewer reads tell nothing; nor do junctions that this share of reads holds by chance (NlaIII).
FEWEST, MOST_BY_CHANCE = 1_000, 0.1
#: Of the share that trimming asks for, so much must be seen here, beyond chance.
SEEN = 0.5


def require_junctions(bases: Sequence[bytes], enzyme: str, minimum: float) -> None:
    """Raise InputError where far fewer reads than `minimum` (a share) hold a junction of `enzyme`.

    A standard deviation is granted to chance; the message names a known enzyme that fits.
    """
    if len(bases) < FEWEST or not minimum:
        return
    share, chance = junction_share(bases, enzyme)
    granted = math.sqrt(max(share, 1 / len(bases)) / len(bases))
    if chance > MOST_BY_CHANCE or share - chance + granted >= SEEN * minimum:
        return
    shares = {name: junction_share(bases, name) for name in ENZYMES}
    best = max(shares, key=lambda name: shares[name][0] - shares[name][1])
    fits = shares[best][0] - shares[best][1] >= minimum
    hint = f" The reads hold those of {best}." if fits else ""
    raise InputError(
        f"Only {share:.2%} of the first {len(bases)} reads hold a junction of {enzyme}, and "
        f"{chance:.2%} would by chance.",
        expected=f"at least {minimum:.0%} (hichip.min_trimmed_fraction)",
        found=", ".join(j.sequence for j in junctions(parse_enzymes(enzyme))),
        fix=f"Check the protocol, and correct the enzyme.{hint} If the reads are trimmed already, "
        "or too short to reach junctions, set hichip.min_trimmed_fraction to 0.",
    )


def junction_share(bases: Sequence[bytes], enzyme: str) -> tuple[float, float]:
    """Shares of the reads (letters) that hold a whole junction: seen, and expected by chance."""
    pattern, sequences = _pattern(enzyme)
    if not sequences:
        return 0.0, 1.0
    seen = sum(1 for read in bases if pattern.search(read))
    text = b"".join(bases)
    letters = {letter: text.count(letter.encode()) / max(len(text), 1) for letter in "ACGT"}
    absent = 0.0  # mean over reads of the chance that none stands anywhere in it
    rates = [
        (math.prod(sum(letters[b] for i, b in enumerate("ACGT") if IUPAC[c] >> i & 1) for c in s),
         len(s))
        for s in sequences
    ]  # fmt: skip
    for length, number in _lengths(bases).items():
        places = ((1 - rate) ** max(length - size + 1, 0) for rate, size in rates)
        absent += number * math.prod(places)
    return seen / len(bases), 1 - absent / len(bases)


def _lengths(bases: Sequence[bytes]) -> dict[int, int]:
    found: dict[int, int] = {}
    for read in bases:
        found[len(read)] = found.get(len(read), 0) + 1
    return found


@functools.cache
def _pattern(enzyme: str) -> tuple[re.Pattern[bytes], tuple[str, ...]]:
    sequences = tuple(dict.fromkeys(j.sequence for j in junctions(parse_enzymes(enzyme))))
    letters = {c: "".join(b for i, b in enumerate("ACGT") if IUPAC[c] >> i & 1) for c in IUPAC}
    text = "|".join("".join(f"[{letters[c]}]" for c in sequence) for sequence in sequences)
    return re.compile(text.encode()), sequences
