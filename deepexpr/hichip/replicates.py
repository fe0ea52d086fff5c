"""One library under two names, as the counts of replicates tell it."""

import logging
from collections.abc import Mapping, Sequence

import numpy as np

logger = logging.getLogger(__name__)

#: Fewer counts may be alike by chance.
FEWEST = 20


def warn_of_equal(counts: Mapping[str, Sequence[np.ndarray]], what: str) -> None:
    """Warn of samples that have the same numbers throughout.

    counts : sample -> its arrays, of the same kinds for all samples; `what` they count, in words.
    """
    names = list(counts)
    for i, name in enumerate(names):
        same = [other for other in names[:i] if _are_equal(counts[other], counts[name])]
        if same:
            logger.warning(
                "%s and %s have the same counts of all %d %s: are they one library under two "
                "names?", same[0], name, counts[name][0].size, what,
            )  # fmt: skip


def _are_equal(one: Sequence[np.ndarray], other: Sequence[np.ndarray]) -> bool:
    alike = all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
    return alike and one[0].size >= FEWEST and any(array.any() for array in one)
