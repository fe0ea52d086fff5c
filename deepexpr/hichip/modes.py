"""Which chains of the loop model have settled in its best mode.

The posterior may have several modes, in which the two distance curves have changed roles over a
range of distances; a chain stays in the one it fell into. How well a chain's rates explain the
counts tells the modes apart, and an average over chains in different modes is of neither.
"""

import numpy as np

#: A chain is in another mode where its mean log likelihood is lower than the best chain's by more
#: than this many nats and by more than this many standard errors of the difference.
NATS, ERRORS = 3.0, 4.0
#: Batches of one chain whose means give its standard error.
BATCHES = 10


def in_best_mode(fits: np.ndarray) -> np.ndarray:
    """(m,) bool: which chains explain the counts as well as the best does.

    fits : (m, n) float64 log likelihoods of m chains after their burn-in, nats.
    """
    if len(fits) == 1 or fits.shape[1] < 2 * BATCHES:
        return np.ones(len(fits), bool)
    parts = np.array([[b.mean() for b in np.array_split(fit, BATCHES)] for fit in fits])
    means, errors = fits.mean(axis=1), parts.std(axis=1, ddof=1) / np.sqrt(BATCHES)
    best = int(means.argmax())
    lower = means[best] - means
    return lower <= np.maximum(NATS, ERRORS * np.hypot(errors, errors[best]))
