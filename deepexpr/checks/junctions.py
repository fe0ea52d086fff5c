"""Whether the first reads of a HiChIP library hold the ligation junctions of its enzyme.

The share of reads with a whole junction is held against that expected by chance from the reads'
own letters. A wrong enzyme is so told in milliseconds; trimming looks again at all reads.
"""

import math
from collections.abc import Sequence

from deepexpr.errors import InputError
from deepexpr.hichip.enzymes import junctions, parse_enzymes
from deepexpr.hichip.junction_share import junction_share, shares_of_known

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
    best = shares_of_known(bases)[0]
    hint = f" The reads hold those of {best.enzyme}." if best.excess >= minimum else ""
    raise InputError(
        f"Only {share:.2%} of the first {len(bases)} reads hold a junction of {enzyme}, and "
        f"{chance:.2%} would by chance.",
        expected=f"at least {minimum:.0%} (hichip.min_trimmed_fraction)",
        found=", ".join(j.sequence for j in junctions(parse_enzymes(enzyme))),
        fix=f"Check the protocol, and correct the enzyme.{hint} If the reads are trimmed already, "
        "or too short to reach junctions, set hichip.min_trimmed_fraction to 0.",
    )
