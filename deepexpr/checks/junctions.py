"""Whether the first reads of a HiChIP library hold the ligation junctions of its enzyme.

The share of reads with a whole junction is held against that expected by chance from the reads'
own letters. A wrong enzyme is so told in milliseconds; trimming looks again at all reads.
"""

import logging
import math
from collections.abc import Sequence

from deepexpr.errors import InputError
from deepexpr.hichip.enzymes import junctions, parse_enzymes
from deepexpr.hichip.junction_share import (
    FEWEST,
    MOST_BY_CHANCE,
    Share,
    digested,
    fitting_enzyme,
    junction_share,
    shares_of_known,
    surplus,
)

log = logging.getLogger(__name__)

#: Of the share that trimming asks for, so much must be seen here, beyond chance.
SEEN = 0.5


def require_junctions(
    bases: Sequence[bytes], enzyme: str, minimum: float, where: str = "the reads"
) -> None:
    """Raise InputError where far fewer reads than `minimum` (a share) hold a junction of `enzyme`,
    or where no enzyme is given and they hold those of one; warn where they lack a part of a kit's.

    A standard deviation is granted to chance; the message names a known enzyme that fits.
    """
    if len(bases) < FEWEST or not minimum:
        return
    if not parse_enzymes(enzyme):
        if fit := fitting_enzyme(bases, minimum):
            raise digested(fit, enzyme, where)
        return
    share, chance = junction_share(bases, enzyme)
    granted = math.sqrt(max(share, 1 / len(bases)) / len(bases))
    if chance <= MOST_BY_CHANCE and share - chance + granted < SEEN * minimum:
        raise _missing(bases, Share(enzyme, share, chance), minimum, where)
    if told := surplus(Share(enzyme, share, chance), fitting_enzyme(bases, minimum)):
        log.warning("%s: %s", where, told)


def _missing(bases: Sequence[bytes], given: Share, minimum: float, where: str) -> InputError:
    best = shares_of_known(bases)[0]
    hint = f" The reads hold those of {best.enzyme}." if best.excess >= minimum else ""
    return InputError(
        f"Only {given.seen:.2%} of the first {len(bases)} reads hold a junction of "
        f"{given.enzyme}, and {given.chance:.2%} would by chance.",
        where=where,
        expected=f"at least {minimum:.0%} (hichip.min_trimmed_fraction)",
        found=", ".join(j.sequence for j in junctions(parse_enzymes(given.enzyme))),
        fix=f"Check the protocol, and correct the enzyme.{hint} If the reads are trimmed already, "
        "or too short to reach junctions, set hichip.min_trimmed_fraction to 0.",
    )
