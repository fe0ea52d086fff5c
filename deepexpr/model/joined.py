"""Left-out scores of many targets joined to one by a layer of rectified units, in closed form.

Expression does not follow the words' linear scores in a line: it levels off at both ends, and how
it does depends on which samples a promoter looks like. A few units see that; their weights are
random and only what they add is solved, as in an extreme learning machine (Huang et al. 2006), so
nothing is trained by descent and the score stays smooth in the letters.
"""

from dataclasses import dataclass

import numpy as np

#: Principal components of all targets' scores that the units read, beside the line's own score.
COMPONENTS = 3
#: Rectified units, and the range of their biases in standard deviations of what they read.
UNITS, REACH = 256, 2.0
#: Penalties of the ridge on the units, tried by leave-one-out error.
PENALTIES = np.logspace(1, 4, 13)


@dataclass(frozen=True, eq=False)
class Join:
    """What rectified units add to a line's score, of k targets' scores.

    reads : (k, 1 + COMPONENTS) and shift (1 + COMPONENTS,): from these scores to what units read.
    kernel, bias : the units' (1 + COMPONENTS, UNITS) and (UNITS,). weights : (UNITS,), what each
    adds; added : a constant. left_out : (n,) float64, what is added to genes not fitted on.
    """

    reads: np.ndarray
    shift: np.ndarray
    kernel: np.ndarray
    bias: np.ndarray
    weights: np.ndarray
    added: float
    left_out: np.ndarray

    def of(self, scores: np.ndarray) -> np.ndarray:
        """What is added (m,) to the joint score of other genes, scores (m, k)."""
        units = np.maximum((scores @ self.reads + self.shift) @ self.kernel + self.bias, 0.0)
        return units @ self.weights + self.added


def find_join(scores: np.ndarray, share: np.ndarray, values: np.ndarray) -> Join:
    """What is to be added to the joint score `scores @ share` of `values` (n,).

    scores : (n, k) left-out scores of k targets. share : (k,), weights of the joint score.
    """
    joint = scores @ share
    mean = scores.mean(axis=0)
    power, directions = np.linalg.eigh(np.atleast_2d(np.cov(scores, rowvar=False)))
    kept = np.flatnonzero(power > 1e-9 * power[-1])[::-1][:COMPONENTS]
    reads = np.zeros((len(share), 1 + COMPONENTS))
    reads[:, 0] = share / (joint.std() or 1.0)
    components = directions[:, kept] / np.sqrt(power[kept])
    # Either sign is as good; the values' own makes it the same on every machine.
    turn = np.where((scores - mean).T @ values @ components < 0, -1.0, 1.0)
    reads[:, 1 : 1 + len(kept)] = components * turn
    shift = -mean @ reads
    rng = np.random.default_rng(0)
    kernel = rng.normal(size=(1 + COMPONENTS, UNITS))
    kernel /= np.linalg.norm(kernel, axis=0)
    bias = rng.uniform(-REACH, REACH, UNITS)
    units = np.maximum((scores @ reads + shift) @ kernel + bias, 0.0)
    weights, added, left_out = ridge_left_out(units, values - joint, PENALTIES)
    return Join(reads, shift, kernel, bias, weights, added, left_out)


def ridge_left_out(
    x: np.ndarray, y: np.ndarray, penalties: np.ndarray
) -> tuple[np.ndarray, float, np.ndarray]:
    """Ridge of y (n,) on x (n, p): weights (p,), constant, and what each y is by the other genes.

    Of `penalties` the one of the least leave-one-out error is taken.
    """
    centre, mean = x.mean(axis=0), y.mean()
    z = x - centre
    power, vectors = np.linalg.eigh(z.T @ z)
    along = z @ vectors
    projected = along.T @ (y - mean)
    best = None
    for penalty in penalties:
        shrink = 1.0 / (power + penalty)
        leverage = along**2 @ shrink + 1.0 / len(y)
        residual = (y - mean - along @ (shrink * projected)) / (1.0 - leverage)
        error = float(np.mean(residual**2))
        if best is None or error < best[0]:
            best = error, vectors @ (shrink * projected), y - residual
    _, weights, left_out = best  # type: ignore[misc]  # there are penalties
    return weights, float(mean - centre @ weights), left_out
