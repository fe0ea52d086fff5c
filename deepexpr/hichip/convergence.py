"""Do independent chains of the loop model agree? R-hat of its rates and confidences."""

import numpy as np

#: Chains are said to disagree above this (Vehtari et al. 2021 recommend 1.01; Gelman 1.1).
RHAT_LIMIT = 1.05
#: Chains that agree so well (Vehtari et al.) may stop early.
STOP_BELOW = 1.01


def split_rhat(chains: np.ndarray) -> float:
    """Split R-hat of one quantity (Gelman et al., Bayesian Data Analysis, 3rd ed., 11.4).

    chains : (m, n) float64, m chains of n draws; each is split in halves. 1 means agreement;
    NaN with fewer than 4 draws, and 1 where the quantity never moves.
    """
    half = chains.shape[1] // 2
    if half < 2:
        return float("nan")
    parts = np.concatenate([chains[:, :half], chains[:, -half:]])
    within = parts.var(axis=1, ddof=1).mean()
    between = parts.mean(axis=1).var(ddof=1)
    if within == 0:
        return 1.0 if between == 0 else float("inf")
    return float(np.sqrt((half - 1) / half + between / within))


def convergence(after: np.ndarray, draws: np.ndarray, size: np.ndarray, kept: int) -> np.ndarray:
    """R-hat of lambda0, lambda1, and the largest R-hat of a group's confidence."""
    rates = [split_rhat(after[..., 0]), split_rhat(after[..., 1])]
    if len(after) == 1 or not kept:
        return np.array([*rates, np.nan])
    share = draws / (size * float(kept))
    # z given the rates is Bernoulli, so its variance within a chain follows from its mean.
    within = (share * (1 - share)).mean(axis=0) / size * kept / max(1, kept - 1)
    between = share.var(axis=0, ddof=1)
    moving = within > 0
    ratio = np.sqrt((kept - 1) / kept + between[moving] / within[moving])
    largest = float(ratio.max()) if moving.any() else 1.0
    return np.array([*rates, largest])
