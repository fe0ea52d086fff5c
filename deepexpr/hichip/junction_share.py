"""How many reads hold a whole ligation junction: seen, and by chance from the reads' own letters.

Chance is that of a chain in which each letter depends on the one before, fitted to the reads:
genomes avoid CG and like TG, and runs of A and T, which single letters do not tell.
"""

import functools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deepexpr.errors import InputError
from deepexpr.hichip.enzymes import ENZYMES, expand, junctions, parse_enzymes
from deepexpr.letters import CODES, IUPAC

#: Reads looked at, of each mate.
SAMPLE = 5_000
#: Fewer reads tell nothing; nor do junctions that this share of reads holds by chance (NlaIII).
FEWEST, MOST_BY_CHANCE = 1_000, 0.1
#: An enzyme whose junctions stand in nearly as many reads as the best one's is as good, and the
#: one with the fewest junctions is meant: all of MboI's are among Arima's.
NEARLY = 0.9
#: So many times as often as by chance must junctions be seen, as words of genes recur too.
TIMES_CHANCE = 2


@dataclass(frozen=True)
class Share:
    """Shares of the reads that hold a junction of `enzyme`: seen, and expected by chance."""

    enzyme: str
    seen: float
    chance: float

    @property
    def excess(self) -> float:
        """The share of reads that hold one not by chance; below 0 where fewer do."""
        return (self.seen - self.chance) / (1 - self.chance) if self.chance < 1 else 0.0


def junction_share(bases: Sequence[bytes], enzyme: str) -> tuple[float, float]:
    """Shares of the reads (letters) that hold a whole junction: seen, and expected by chance."""
    pattern, sequences = _pattern(enzyme)
    if not sequences or not bases:
        return 0.0, 1.0
    seen = sum(1 for read in bases if pattern.search(read))
    first, step = _chain(tuple(bases))
    rates = [(_rate(sequence, first, step), len(sequence)) for sequence in sequences]
    absent = 0.0  # mean over reads of the chance that none stands anywhere in it
    for length, number in Counter(map(len, bases)).items():
        places = [(1 - rate) ** max(length - size + 1, 0) for rate, size in rates]
        absent += number * float(np.prod(places))
    return seen / len(bases), 1 - absent / len(bases)


def shares_of_known(bases: Sequence[bytes]) -> list[Share]:
    """The share of every known enzyme and kit that makes junctions, by falling excess."""
    found: dict[tuple[str, ...], Share] = {}
    for name in ENZYMES:
        sequences = _pattern(name)[1]
        if sequences and sequences not in found:
            found[sequences] = Share(name, *junction_share(bases, name))
    return sorted(found.values(), key=lambda share: -share.excess)


def fitting_enzyme(
    bases: Sequence[bytes], least: float, shares: Sequence[Share] | None = None
) -> Share | None:
    """The known enzyme whose junctions the reads hold; None where they hold none's.

    least : share of the reads that must hold one beyond chance. shares : of `shares_of_known`,
    where they are known already.
    """
    if len(bases) < FEWEST:
        return None
    fit = [
        share
        for share in (shares_of_known(bases) if shares is None else shares)
        if tells(share.enzyme)
        and share.chance <= MOST_BY_CHANCE
        and share.excess >= least
        and share.seen >= TIMES_CHANCE * share.chance
    ]
    near = [share for share in fit if share.excess >= NEARLY * fit[0].excess]
    return min(near, key=lambda share: share.chance, default=None)


def surplus(enzyme: Share, fit: Share | None) -> str:
    """A sentence where the reads hold junctions of a part of a kit's enzymes alone, else "".

    enzyme : of the kit that is given. fit : of the reads' enzyme, from `fitting_enzyme`.
    """
    if fit is None or NEARLY * enzyme.excess > fit.excess:
        return ""
    if not set(_pattern(fit.enzyme)[1]) < set(_pattern(enzyme.enzyme)[1]):
        return ""
    return (
        f"{fit.seen:.1%} of the first reads hold a junction of {fit.enzyme}, and next to none "
        f"another one of {enzyme.enzyme}: is it the right enzyme or kit? Set "
        f"the enzyme to {fit.enzyme} if it is not."
    )


def digested(fit: Share, enzyme: str, where: str) -> InputError:
    """The reads of a library that no enzyme cut, as `enzyme` (none, MNase ...) says, hold the
    junctions of one."""
    return InputError(
        f"{fit.seen:.1%} of the first reads hold a junction of {fit.enzyme}, {fit.chance:.1%} "
        f"would by chance, and the enzyme is said to be {enzyme}: no read would be cut.",
        where=where,
        expected="reads without junctions of a known enzyme",
        found=", ".join(_pattern(fit.enzyme)[1]),
        fix=f"Set the enzyme to {fit.enzyme}; if reads are to stay whole all the same, set "
        "hichip.min_trimmed_fraction to 0.",
    )


def tells(enzyme: str) -> bool:
    """Whether junctions differ from uncut sites: ends with 3' overhangs make the site again."""
    sites = {site.sequence for site in parse_enzymes(enzyme)}
    return bool(set(_pattern(enzyme)[1]) - sites)


def same_junctions(one: str, other: str) -> bool:
    """Whether two enzymes or kits make the same junctions."""
    return set(_pattern(one)[1]) == set(_pattern(other)[1])


@functools.lru_cache(maxsize=2)
def _chain(bases: tuple[bytes, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Shares of the letters (4,), and of each letter behind each other (4, 4), in the reads."""
    codes = CODES[np.frombuffer(b"N".join(bases), np.uint8)]
    first = np.bincount(codes, minlength=5)[:4] + 1.0
    pairs = np.bincount(5 * codes[:-1] + codes[1:], minlength=25).reshape(5, 5)[:4, :4] + 1.0
    return first / first.sum(), pairs / pairs.sum(axis=1, keepdims=True)


def _rate(sequence: str, first: np.ndarray, step: np.ndarray) -> float:
    """The chance that a junction begins at a place."""
    allowed = [np.array([IUPAC[code] >> i & 1 for i in range(4)], float) for code in sequence]
    state = first * allowed[0]
    for mask in allowed[1:]:
        state = (state @ step) * mask
    return float(state.sum())


@functools.cache
def _pattern(enzyme: str) -> tuple[re.Pattern[bytes], tuple[str, ...]]:
    sequences = tuple(dict.fromkeys(j.sequence for j in junctions(parse_enzymes(enzyme))))
    sets = {code: f"[{''.join(expand(code))}]" for code in IUPAC}
    text = "|".join("".join(map(sets.__getitem__, sequence)) for sequence in sequences)
    return re.compile(text.encode(), re.IGNORECASE), sequences
