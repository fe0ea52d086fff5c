"""The wide part of the proximal module: word counts in windows of the promoter, in closed form.

A linear score of word counts has thousands of weights and some hundred to some thousand genes to
learn them from; descent with early stopping finds clearly worse ones than the closed form. So the
weights are those of ridge regression (Hoerl and Kennard 1970) on the genes outside the test part,
with the penalty of the smallest leave-one-out error (Allen 1974), and the convolution is
trained beside them on what they leave unexplained. For that each training gene has its
leave-one-out score, since the scores of genes that made the weights look better than they are,
and validation genes the score by weights of the training genes alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import blas, eigh, lapack

from deepexpr.model.joined import Join, find_join
from deepexpr.model.samples import as_targets, join_scores

#: Penalties tried; every block of words has mean square 1 per gene, so they need no unit.
PENALTIES = np.logspace(-2, 3, 21)

#: From so many genes on, with more columns than genes, penalties are tried one by one.
FACTORS_FROM = 2000

#: Columns that vary less than this (in square-root counts) are left out.
_MIN_SD = 0.05

#: Large arrays are turned into doubles in so many parts, for memory's sake.
_PARTS = 16


@dataclass(frozen=True, eq=False)
class WordScore:
    """Weights of the word score, and how well they do on the n genes they were solved on.

    kernel : (features, outputs) float32, bias : (outputs,) float32, for raw features.
    left_out : (n, outputs) float32, of each gene by the weights that the other genes give.
    penalty : the ridge penalty chosen.
    joined : kernel and bias, float32, of three layers whose last output is added to the score:
        from features to what rectified units read, of these units, and of what they add; or ().
    """

    kernel: np.ndarray
    bias: np.ndarray
    left_out: np.ndarray
    penalty: float
    joined: tuple[tuple[np.ndarray, np.ndarray], ...] = ()

    def of(self, features: np.ndarray) -> np.ndarray:
        """Scores (m, outputs) float32 of other genes, features (m, p) float32."""
        score = features @ self.kernel + self.bias
        if not self.joined:
            return score
        reads, units, adds = self.joined
        read = features @ reads[0] + reads[1]
        return score + np.maximum(read @ units[0] + units[1], 0) @ adds[0] + adds[1]

    def times(self, factor: float) -> "WordScore":
        """The score in another unit."""
        one = np.float32(factor)
        joined = self.joined[:-1] + tuple((k * one, b * one) for k, b in self.joined[-1:])
        kernel, bias, left_out = self.kernel * one, self.bias * one, self.left_out * one
        return WordScore(kernel, bias, left_out, self.penalty, joined)


@dataclass(frozen=True, eq=False)
class Decomposition:
    """Genes' features taken apart once, for any number of targets of the same genes.

    centre, scale : (p,) float32. left : (n, rank) and right : (p, rank) float32, singular vectors
    of the standardised features; power : (rank,) float64, the squares of their singular values.
    """

    centre: np.ndarray
    scale: np.ndarray
    left: np.ndarray
    right: np.ndarray
    power: np.ndarray


def solve_words(
    features: np.ndarray,
    blocks: list[int],
    targets: np.ndarray,
    task: str,
    parts: Decomposition | None = None,
    spread: float | Sequence[float] = 1.0,
    samples: np.ndarray | None = None,
    joined: bool = False,
) -> WordScore:
    """Ridge weights of `targets` on `features`.

    features : (n, p) float32, square-root counts; blocks : number of columns of each kind of
        word, which weigh equally whatever their number. targets : (n,) scaled expression, or
        class 0 or 1; classes are regressed as -1 and 1 and their left-out scores turned into
        logits by logistic regression. parts : `decompose(features, blocks)`, where it is at hand.
    spread : see `standardisation`. samples : (n, k) values of the same genes in further samples,
        NaN where unknown, as further targets: the score is then a weighted sum of all targets'.
    joined : rectified units that read the scores of all targets are added (model.joined).
    """
    classes = task == "classification"
    values = 2.0 * targets - 1.0 if classes else targets.astype(np.float64)
    table = values[:, None] if samples is None else np.c_[values, as_targets(samples)]
    if parts is None and FACTORS_FROM <= len(features) <= features.shape[1]:
        centre, scale = standardisation(features, blocks, spread)
        z = standardised(features, centre, scale)
        found, scores, penalty = ridge_by_factors(z, table, judged=1)
    else:
        parts = parts or decompose(features, blocks, spread)
        centre, scale = parts.centre, parts.scale
        single = [_ridge(parts, column) for column in table.T]
        found, scores = (np.column_stack([one[i] for one in single]) for i in (0, 1))
        penalty = single[0][2]
    weights, left_out, mean = found[:, 0], scores[:, 0], values.mean()
    join: Join | None = None
    if samples is not None:
        share, added, left_out = join_scores(scores, values)
        weights, mean = found @ share, table.mean(axis=0) @ share + added
        if joined:
            join = find_join(scores, share, values - added)
            left_out = left_out + join.left_out
    weights = weights * scale
    kernel, bias = weights[:, None], np.array([mean - centre @ weights])
    left_out, outputs = left_out[:, None], np.ones(1)
    if classes:
        slope, shift = _calibration(left_out[:, 0], targets)
        half = np.array([-0.5, 0.5])
        kernel, bias, outputs = kernel * slope * half, (bias * slope + shift) * half, slope * half
        left_out = (left_out * slope + shift) * half
    layers = []
    if join is not None:
        reads = found @ join.reads * scale[:, None]
        layers.append((reads, table.mean(axis=0) @ join.reads + join.shift - centre @ reads))
        layers.append((join.kernel, join.bias))
        layers.append((join.weights[:, None] * outputs, join.added * outputs))
    kernel, bias = kernel.astype(np.float32), bias.astype(np.float32)
    units = tuple((k.astype(np.float32), b.astype(np.float32)) for k, b in layers)
    return WordScore(kernel, bias, left_out.astype(np.float32), penalty, units)


def decompose(
    features: np.ndarray, blocks: list[int], spread: float | Sequence[float] = 1.0
) -> Decomposition:
    """What `solve_words` needs of features (n, p) and the columns of each kind of word."""
    centre, scale = standardisation(features, blocks, spread)
    z = standardised(features, centre, scale)
    n, p = z.shape
    dual = n <= p  # the smaller of both Gram matrices
    gram = (z @ z.T if dual else z.T @ z).astype(np.float64)
    power, vectors = eigh(gram, overwrite_a=True)
    power = np.maximum(power, 0.0)
    kept = power > 1e-9 * power[-1] if power[-1] > 0 else np.zeros(len(power), bool)
    power, vectors = power[kept], vectors.astype(np.float32)[:, kept]
    if dual:
        return Decomposition(centre, scale, vectors, z.T @ (vectors / np.sqrt(power)), power)
    left = z @ vectors
    left /= np.sqrt(power).astype(np.float32)
    return Decomposition(centre, scale, left, vectors, power)


def standardised(features: np.ndarray, centre: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """(n, p) float32 as ridge regression takes them; arguments as `standardisation` gives."""
    z = features - centre
    z *= scale  # in place: with 18,000 genes each copy takes a third of a gigabyte
    return z


def standardisation(
    features: np.ndarray, blocks: list[int], spread: float | Sequence[float] = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """Per column of (n, p): what is subtracted, and the factor (0: left out), float32 (p,).

    spread : the power of a column's standard deviation that it is divided by: with 1 all columns of
    a block weigh the same, with less those that vary more weigh more; one number, or one for each
    block. Blocks weigh the same.
    """
    parts = np.array_split(features, _PARTS, axis=1)  # doubles of a part at a time
    centre = np.concatenate([part.mean(axis=0, dtype=np.float64) for part in parts])
    sd = np.concatenate([part.std(axis=0, dtype=np.float64) for part in parts])
    block = np.repeat(np.arange(len(blocks)), blocks)
    used = sd > _MIN_SD
    power = spread if np.ndim(spread) == 0 else np.asarray(spread)[block]
    divisor = np.where(used, sd, 1.0) ** power
    left = np.where(used, sd / divisor, 0.0) ** 2  # variance of each column after division
    total = np.bincount(block, left, minlength=len(blocks))
    total[total == 0] = 1.0
    scale = np.where(used, 1.0 / (divisor * np.sqrt(total[block])), 0.0)
    return centre.astype(np.float32), scale.astype(np.float32)


def _ridge(parts: Decomposition, values: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """(weights (p,) of the standardised columns, left-out scores (n,), penalty).

    One decomposition gives all penalties; the score of a gene without itself follows from its
    leverage.
    """
    left, power, n = parts.left, parts.power, len(values)
    mean = values.mean()
    slices = np.array_split(np.arange(n), _PARTS)
    projected = sum(left[rows].astype(np.float64).T @ (values[rows] - mean) for rows in slices)
    shrink = power[:, None] / (power[:, None] + PENALTIES)
    fitted = mean + np.concatenate([left[rows] @ (shrink * projected[:, None]) for rows in slices])
    leverage = np.concatenate([left[rows] ** 2 @ shrink for rows in slices]) + 1.0 / n
    residual = (values[:, None] - fitted) / (1.0 - np.minimum(leverage, 1 - 1e-6))
    best = int((residual**2).mean(axis=0).argmin())
    penalty, left_out = PENALTIES[best], values - residual[:, best]
    along = np.sqrt(power) / (power + penalty) * projected
    return parts.right @ along, left_out, float(penalty)


def ridge_by_factors(
    z: np.ndarray, values: np.ndarray, judged: int | None = None
) -> tuple[np.ndarray, np.ndarray, float]:
    """As `_ridge`, for thousands of genes with more columns: a Cholesky factor per penalty.

    z : (n, p) float32, standardised columns. values : (n, k), k targets of the same genes, which
    share a penalty. Returns weights (p, k), left-out scores (n, k) and the penalty. Starting in the
    middle of PENALTIES the correlation of the left-out scores (mean of the first `judged` targets,
    default all) is followed uphill, so some five are tried. Their squared error would choose too
    small a penalty: promoters that share letters, such as those of head-to-head genes, tell of each
    other (docs/evidence.md).
    """
    gram = blas.ssyrk(1.0, z.T, trans=1, lower=1)
    mean, sd = values.mean(axis=0), values.std(axis=0)
    scaled = ((values - mean) / np.where(sd > 0, sd, 1.0)).astype(np.float32)
    tried: dict[int, tuple[float, np.ndarray, np.ndarray]] = {}

    def error(index: int) -> float:
        if not 0 <= index < len(PENALTIES):
            return np.inf
        if index not in tried:
            tried[index] = ridge_by_gram(gram, scaled, float(PENALTIES[index]), judged)
        return tried[index][0]

    best = len(PENALTIES) // 2
    step = -1 if error(best - 1) < error(best) else 1
    while error(best + step) < error(best):
        best += step
    _, along, residual = tried[best]
    return (z.T @ along) * sd, values - residual * sd, float(PENALTIES[best])


def ridge_by_gram(
    gram: np.ndarray, values: np.ndarray, penalty: float, judged: int | None = None
) -> tuple[float, np.ndarray, np.ndarray]:
    """1 - r of left-out scores, dual weights (n, k) and left-out residuals (n, k) of a penalty.

    gram : (n, n) float32, products of the genes' standardised columns; its lower triangle is read.
    values : (n, k) float32 of mean 0. judged : as in `ridge_by_factors`.
    """
    n = len(values)
    matrix = gram.copy(order="F")
    matrix[np.diag_indices(n)] += np.float32(penalty)
    factor, failed = lapack.spotrf(matrix, lower=1, overwrite_a=1)
    if failed:  # so small a penalty is lost in single precision
        return np.inf, values, values
    along = lapack.spotrs(factor, values, lower=1)[0].reshape(values.shape)  # of one target flat
    inverse, _ = lapack.strtri(factor, lower=1, overwrite_c=1)
    parts = np.array_split(inverse, _PARTS)
    diagonal = sum(np.square(part, dtype=np.float64).sum(axis=0) for part in parts)
    # 1 - leverage, where the leverage is that of the mean too.
    free = np.maximum(penalty * diagonal - 1.0 / n, 1e-6)
    residual = penalty * along / free[:, None]
    left_out = values - residual
    pairs = zip(left_out.T[:judged], values.T[:judged], strict=True)
    both = [np.corrcoef(p, y)[0, 1] for p, y in pairs]
    return 1.0 - float(np.nan_to_num(both).mean()), along, residual


def _calibration(scores: np.ndarray, classes: np.ndarray) -> tuple[float, float]:
    """Slope and intercept of the logit of class 1 over the left-out scores."""
    if len(np.unique(classes)) < 2:
        return 1.0, 0.0
    from sklearn.linear_model import LogisticRegression

    # Barely penalised: scores that part the classes completely would else have no finite slope.
    fit = LogisticRegression(C=1e4).fit(scores[:, None], classes)
    slope, shift = float(fit.coef_[0, 0]), float(fit.intercept_[0])
    if slope > 0:
        return slope, shift
    # Left-out scores that hold nothing lean against the classes: each gene lacks its own in the
    # mean. That is no information, and what is left to say is how many genes are of class 1.
    share = float(np.mean(classes))
    return 0.0, float(np.log(share / (1 - share)))
