"""Fitted baselines as arrays in .npz files: nothing in them is run, whoever made them.

What a linear model or a forest predicts is decided by some arrays; a pickle of the object would
run whatever is in it when it is opened, and would need the version of scikit-learn that made it.
"""

import itertools
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from sklearn.pipeline import Pipeline

from deepexpr.baselines.forest import add_tree, tree_arrays
from deepexpr.baselines.inputs import in_parts
from deepexpr.baselines.svm import probability
from deepexpr.errors import InputError
from deepexpr.features.bundles import check_archive
from deepexpr.model.joined import COMPONENTS, UNITS
from deepexpr.model.trees import Trees
from deepexpr.model.words import WordScore


@dataclass(frozen=True, eq=False)
class Linear:
    """A linear model of scaled features; all float64.

    mean, scale, coefficients : (p,). line : (3,) intercept, and slope and offset of the sigmoid
    that makes a classifier's score P(+1).
    """

    TYPES: ClassVar = {"mean": "f8", "scale": "f8", "coefficients": "f8", "line": "f8"}

    mean: np.ndarray
    scale: np.ndarray
    coefficients: np.ndarray
    line: np.ndarray

    def sound(self, features: int) -> bool:
        """Whether sizes and values can be those of a model of so many features."""
        sizes = {self.mean.shape, self.scale.shape, self.coefficients.shape}
        return sizes == {(features,)} and self.line.shape == (3,) and bool((self.scale > 0).all())

    def predict(self, x: np.ndarray, task: str) -> np.ndarray:
        """Expression, or P(+1), of x (n, p): float64 (n,)."""
        intercept, slope, offset = self.line
        score = ((x - self.mean) / self.scale) @ self.coefficients + intercept
        return probability(slope * score + offset) if task == "classification" else score


@dataclass(frozen=True, eq=False)
class Forest(Trees):
    """Trees whose values are the mean expression or P(+1) of a node."""

    TYPES: ClassVar = {
        "first": "i8", "left": "i8", "right": "i8", "feature": "i8", "threshold": "f8",
        "value": "f8",
    }  # fmt: skip

    def sound(self, features: int) -> bool:
        """Whether each way through the trees ends, and stays within them and the features."""
        nodes = len(self.left)
        arrays = (self.left, self.right, self.feature, self.threshold, self.value)
        if any(array.shape != (nodes,) for array in arrays) or self.first.ndim != 1:
            return False
        sizes = np.diff(self.first)
        if len(sizes) < 1 or self.first[0] != 0 or self.first[-1] != nodes or sizes.min() < 1:
            return False
        own, size = np.arange(nodes) - np.repeat(self.first[:-1], sizes), np.repeat(sizes, sizes)
        inner = self.left >= 0
        children = np.stack([self.left, self.right])[:, inner]
        # Children stand behind their parent, so no way can be a circle.
        down = ((children > own[inner]) & (children < size[inner])).all()
        known = ((self.feature[inner] >= 0) & (self.feature[inner] < features)).all()
        return bool(down and known and not np.isnan(self.threshold[inner]).any())

    def predict(self, x: np.ndarray, task: str) -> np.ndarray:
        """Mean over the trees of x (n, p), read as float32 as they were grown: float64 (n,)."""
        x, total = x.astype(np.float32), np.zeros((1, len(x)))
        deepest = np.array([np.iinfo(np.int64).max])
        for start, end in zip(self.first[:-1], self.first[1:], strict=True):
            tree = (self.left, self.right, self.feature, self.threshold, self.value)
            add_tree(x, *(array[start:end] for array in tree), deepest, total)  # type: ignore[call-arg]  # Numba's stubs know no *args
        return total[0] / (len(self.first) - 1)


@dataclass(frozen=True, eq=False, kw_only=True)
class WordWeights:
    """Word weights in closed form.

    kernel : (words, outputs) float32, bias : (outputs,) float32; one output, or two logits.
    joined : kernel and bias, float32, of each layer that further samples are joined by
    (model.words.WordScore), or ().
    """

    TYPES: ClassVar = {"kernel": "f4", "bias": "f4"}
    #: Files of models with these layers hold these, too.
    JOIN: ClassVar = {
        f"{layer}{part}": "f4" for layer in ("reads", "units", "adds") for part in ("", "_bias")
    }

    kernel: np.ndarray
    bias: np.ndarray
    joined: tuple[tuple[np.ndarray, np.ndarray], ...] = ()

    def score(self, words: np.ndarray) -> np.ndarray:
        """The words' score (n, outputs) float32."""
        left_out = np.zeros((0, len(self.bias)), np.float32)  # had its use in the fit
        return WordScore(self.kernel, self.bias, left_out, np.nan, self.joined).of(words)

    def sound_words(self) -> bool:
        """Whether sizes can be those of weights, and of layers on top of each other."""
        features, outputs = self.kernel.shape if self.kernel.ndim == 2 else (0, 0)
        layers = [(self.kernel, self.bias), *self.joined]
        sizes = [(features, outputs)]
        if self.joined:
            sizes += [(features, 1 + COMPONENTS), (1 + COMPONENTS, UNITS), (UNITS, outputs)]
        return features > 0 and [(k.shape, b.shape) for k, b in layers] == [
            (size, size[1:]) for size in sizes
        ]


@dataclass(frozen=True, eq=False, kw_only=True)
class Words(WordWeights):
    """Word weights, and a linear model that joins their score with the loops.

    mean, scale, coefficients, line : those of the joint model of score and loops, see `Linear`;
    all empty where the words stand alone.
    """

    TYPES: ClassVar = WordWeights.TYPES | Linear.TYPES

    mean: np.ndarray
    scale: np.ndarray
    coefficients: np.ndarray
    line: np.ndarray

    @property
    def joint(self) -> Linear:
        """The model that joins the words' score with the loops."""
        return Linear(self.mean, self.scale, self.coefficients, self.line)

    def sound(self, features: int) -> bool:
        """Whether sizes and values can be those of a model of so many features."""
        if not self.sound_words():
            return False
        loops = features - len(self.kernel)
        return self.joint.sound(1 + loops) if self.line.size else loops == 0

    def predict(self, x: np.ndarray, task: str) -> np.ndarray:
        """Expression, or P(+1), of x (n, p): float64 (n,)."""
        words, loops = in_parts(x, len(self.kernel))
        score = self.score(words)
        if self.line.size:
            return self.joint.predict(np.column_stack([score[:, -1], loops]), task)
        if task == "classification":
            return probability((score[:, 1] - score[:, 0]).astype(np.float64))
        return score[:, 0].astype(np.float64)


@dataclass(frozen=True, eq=False, kw_only=True)
class Boosted(WordWeights, Trees):
    """Word weights, and trees that read their score before the loops.

    The trees' values are expression, or the logit of +1.
    """

    TYPES: ClassVar = WordWeights.TYPES | Forest.TYPES

    @property
    def joint(self) -> Forest:
        """The trees."""
        return Forest(**{name: getattr(self, name) for name in Forest.TYPES})

    def sound(self, features: int) -> bool:
        """Whether sizes and values can be those of a model of so many features."""
        if not self.sound_words():
            return False
        return features > len(self.kernel) and self.joint.sound(1 + features - len(self.kernel))

    def predict(self, x: np.ndarray, task: str) -> np.ndarray:
        """Expression, or P(+1), of x (n, p): float64 (n,)."""
        words, loops = in_parts(x, len(self.kernel))
        score = self.score(words)
        found = self.joint.predict(np.column_stack([score[:, -1], loops]), task)
        return probability(found) if task == "classification" else found


Model = Linear | Forest | Words | Boosted
KINDS: dict[str, type[Model]] = {
    "linear": Linear, "forest": Forest, "words": Words, "boosted": Boosted
}  # fmt: skip


def arrays_of(pipeline: Pipeline) -> Model:
    """What a fitted pipeline of deepexpr.baselines.methods predicts with."""
    model = pipeline[-1]
    if hasattr(model, "estimators_"):
        trees = [tree_arrays(estimator.tree_) for estimator in model.estimators_]
        first = np.cumsum([0, *(len(tree[0]) for tree in trees)])
        return Forest(first, *map(np.concatenate, zip(*trees, strict=True)))
    if hasattr(model, "words_"):
        words: dict[str, Any] = {
            name: getattr(model.words_, name) for name in (*WordWeights.TYPES, "joined")
        }
        if hasattr(model.joint_, "trees"):
            return Boosted(**vars(model.joint_.trees), **words)
        joint = _linear(*model.joint_) if model.joint_ is not None else (np.zeros(0),) * 4
        words |= zip(Linear.TYPES, joint, strict=True)
        return Words(**words)
    return Linear(*_linear(pipeline[0], model))


def _linear(scaler, model) -> tuple[np.ndarray, ...]:
    """Fields of `Linear`."""
    intercept = float(np.ravel(model.intercept_)[0])
    line = [intercept, getattr(model, "slope", 1.0), getattr(model, "offset", 0.0)]
    return scaler.mean_, scaler.scale_, np.ravel(model.coef_), np.array(line)


def save_model(model: Model, path: Path) -> None:
    """Write the arrays; equal models are equal files."""
    kind = next(name for name, known in KINDS.items() if isinstance(model, known))
    arrays = {name: np.asarray(getattr(model, name), t) for name, t in model.TYPES.items()}
    if isinstance(model, WordWeights) and model.joined:
        arrays |= dict(zip(model.JOIN, itertools.chain(*model.joined), strict=True))
    np.savez_compressed(path, **{f"{kind}.{name}": array for name, array in arrays.items()})  # type: ignore[arg-type]  # arrays, no flags


def load_model(path: Path, features: int) -> Model:
    """The model of so many features in a file that may be a stranger's.

    Raises InputError where it holds anything but the arrays of such a model.
    """
    check_archive(path, suffix=".npy")
    try:
        with np.load(path, allow_pickle=False) as file:
            kind = KINDS[next(iter(file)).partition(".")[0]]
            prefix = next(iter(file)).partition(".")[0]
            types = kind.TYPES
            if issubclass(kind, WordWeights) and f"{prefix}.reads" in file:
                types = types | WordWeights.JOIN
            if set(file) != {f"{prefix}.{name}" for name in types}:
                raise ValueError(f"holds {', '.join(file)}")
            arrays = {name: file[f"{prefix}.{name}"] for name in types}
        if any(array.dtype != np.dtype(types[name]) for name, array in arrays.items()):
            raise ValueError("numbers of other types")
        own = {name: array for name, array in arrays.items() if name in kind.TYPES}
        layers = [array for name, array in arrays.items() if name not in own]
        if layers:
            own["joined"] = tuple(zip(layers[::2], layers[1::2], strict=True))
        model = kind(**own)
        if not model.sound(features):
            raise ValueError(f"no {prefix} model of {features} features")
    except (ValueError, OSError, KeyError, StopIteration, MemoryError, zipfile.BadZipFile) as error:
        raise InputError(
            "The model of a fold is damaged, or is none of deepexpr.",
            where=str(path),
            expected="the arrays of a linear model, of a forest, of words or of boosted trees",
            found=str(error)[:200],
            fix="Copy the bundle again or train it again.",
        ) from error
    return model
