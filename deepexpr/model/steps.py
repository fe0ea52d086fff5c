"""The steps of training (docs/method.md, section 3): the proximal module, then the HiChIP score.

In the second step everything of the first is frozen, so its scores are computed once and the
distal module is trained beside them; `assemble` then joins both to one model. That is the same
computation as fine-tuning the whole network with frozen layers, hundreds of times cheaper.
"""

from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from deepexpr.features.dataset import PROMOTER, Dataset
from deepexpr.features.motif_scans import block_spread
from deepexpr.model import network
from deepexpr.model.backend import keras
from deepexpr.model.config import TwoStepTraining
from deepexpr.model.distal_trees import build_tree_distal, tree_columns, tree_front
from deepexpr.model.examples import Examples
from deepexpr.model.fits import Fit, Fits, Fitted, OneByOne
from deepexpr.model.kmer_start import starting_filters
from deepexpr.model.network import Scaling, Shape, TwoModules
from deepexpr.model.one_step import check_fit
from deepexpr.model.training import distal_settings, forward, require_finite
from deepexpr.model.trees import grow_trees, parts_of
from deepexpr.model.wide import build_word_columns
from deepexpr.model.words import WordScore, solve_words
from deepexpr.schemas import TREES


@dataclass(frozen=True, eq=False)
class Words:
    """The word score of one fold.

    final : solved on training and validation genes, what the network keeps; None beside a
        pre-trained module, which holds it.
    train, validation : (n, outputs) float32 scores beside which the rest is trained: left-out
        ones of the training genes, and the validation genes' by the training genes' weights; where
        nothing else is trained in the first step, left-out ones of all these genes.
    """

    final: WordScore | None
    train: np.ndarray
    validation: np.ndarray


@dataclass(frozen=True, eq=False)
class FoldData:
    """Training and validation part of one fold, and the constants of its training part.

    recipe : which of a variant's recipes trains it, in words; empty where there is but one.
    train_samples, validation_samples : (n, k) values in further samples (model.samples), or None.
    """

    train: Examples
    validation: Examples
    train_targets: np.ndarray
    validation_targets: np.ndarray
    scaling: Scaling
    words: Words | None = None
    recipe: str = ""
    train_samples: np.ndarray | None = None
    validation_samples: np.ndarray | None = None


def fold_data(
    dataset: Dataset, train: np.ndarray, validation: np.ndarray, task: str, standardise: bool
) -> FoldData:
    """Examples and targets of the rows `train` and `validation` (int64) of `dataset`.

    Targets: class 0 or 1 (int64), or expression, scaled by the training genes if `standardise`.
    """
    scaling = _scaling(dataset, train, task, standardise)
    examples = Examples(dataset.inputs)
    if task == "classification":
        targets = (dataset.label == 1).astype(np.int64)
    else:
        targets = ((dataset.expression - scaling.target_mean) / scaling.target_sd).astype("float32")
    return FoldData(
        examples.take(train), examples.take(validation), targets[train], targets[validation],
        scaling,
    )  # fmt: skip


def _scaling(dataset: Dataset, train: np.ndarray, task: str, standardise: bool) -> Scaling:
    if not standardise:
        return Scaling()
    mean, sd, bins_scale, totals_scale = 0.0, 1.0, 1.0, 1.0
    if task == "regression":
        expression = dataset.expression[train].astype(np.float64)
        mean, sd = float(expression.mean()), float(expression.std()) or 1.0
    if dataset.bins is not None:
        bins = dataset.bins[train].astype(np.float64)
        totals = np.log2(1 + np.expm1(bins * np.log(2)).sum(axis=1))
        # Most bins are 0: their standard deviation would blow up the few loops.
        bins_scale = _root_mean_square(bins[bins > 0])
        totals_scale = _root_mean_square(totals)
    return Scaling(mean, sd, bins_scale, totals_scale)


def _root_mean_square(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(values**2))) if values.any() else 1.0


class WordCounter:
    """Word counts of promoters, each counted once though it stands in most folds.

    A promoter's counts are whole numbers before their root is taken, so they do not depend on
    those it is counted with. They take 4 bytes per word and promoter.
    """

    def __init__(self, modules: TwoModules, shape: Shape) -> None:
        self._model, self.blocks = build_word_columns(modules, shape)
        self._known: dict[bytes, np.ndarray] = {}

    def of(self, sequence: np.ndarray) -> np.ndarray:
        """Roots of the counts, (n, words) float32, of `sequence` (n, L) uint8 ASCII."""
        keys = [row.tobytes() for row in sequence]
        new = {key: i for i, key in enumerate(keys) if key not in self._known}
        if new:
            counts = forward(self._model, Examples({PROMOTER: sequence[list(new.values())]}))
            self._known.update(zip(new, counts, strict=True))
        return np.stack([self._known[key] for key in keys])


class TwoSteps:
    """Trains networks of two modules (a deepexpr.model.variants.Builder)."""

    def __init__(
        self, modules: TwoModules, training: TwoStepTraining, shape: Shape, kind: str
    ) -> None:
        self.config = modules
        self.training = training
        self.standardise = training.standardise
        self.shape = shape
        self.kind = kind
        self.one_by_one = OneByOne()
        self._word_counts: WordCounter | None = None

    @property
    def alone(self) -> bool:
        """Whether the HiChIP score stands beside no frozen one."""
        return self.kind == "hichip"

    def check(self) -> None:
        """Raise InputError, before anything is trained, where the network cannot be built."""

        def build() -> None:
            if self.kind != "hichip":
                network.build_proximal(self.config, self.shape)
            if self.kind != "sequence":
                network.build_distal(self.config, self.shape, Scaling(), with_bias=True)

        check_fit(build, self.config.kernel, self.shape, self.kind)

    def prepare(self, data: FoldData, pretrained: bool = False) -> FoldData:
        """`data` with the word score solved on its genes, where the network has one.

        pretrained : the proximal module comes from a bundle, with its final weights.
        """
        if not self.config.words or self.kind == "hichip":
            return data
        if self._word_counts is None:
            self._word_counts = WordCounter(self.config, self.shape)
        blocks, task = self._word_counts.blocks, self.shape.task
        spread = block_spread(self.config.word_blocks, blocks, bool(self.config.motifs))
        n, parts = len(data.train), (data.train, data.validation)
        features = self._word_counts.of(np.concatenate([p.arrays[PROMOTER] for p in parts]))
        train, validation = features[:n], features[n:]  # views: a copy takes a gigabyte
        samples, joined = data.train_samples, self.config.joined
        alone, final = self.config.as_started, None
        if alone or not pretrained:
            targets = np.concatenate([data.train_targets, data.validation_targets])
            both = samples
            if samples is not None:
                both = np.concatenate([samples, data.validation_samples])
            final = solve_words(
                features, blocks, targets, task, spread=spread, samples=both, joined=joined
            )
        if alone and final is not None:  # validation genes choose no epoch, so all are left out
            return replace(data, words=Words(final, final.left_out[:n], final.left_out[n:]))
        inner = solve_words(
            train, blocks, data.train_targets, task, spread=spread, samples=samples, joined=joined
        )
        return replace(data, words=Words(final, inner.left_out, inner.of(validation)))

    def train(
        self, data: FoldData, seed: int, label: str, pretrained: keras.Model | None = None
    ) -> tuple[keras.Model, list[tuple]]:
        """One network in the original unit, and its history: (step, epoch, loss, validation loss).

        pretrained : the proximal module, from an earlier training of the same fold; it is not
            changed. Without it the kind "full" trains one first.
        """
        return self.one_by_one.run(self.fits(data, seed, label, pretrained))

    def fits(
        self, data: FoldData, seed: int, label: str, pretrained: keras.Model | None = None
    ) -> Fits:
        """What `train` does, for a trainer to run."""
        proximal, distal = pretrained, None
        history: list[tuple] = []
        if self.kind != "hichip" and proximal is None:
            proximal, history = yield from self._fit_proximal(data, seed, label)
        if self.kind != "sequence":
            distal, rows = yield from self.fit_distal(data, proximal, seed, label)
            history += rows
        beside_words = self.config.beside_words
        made = network.assemble(proximal, distal, self.shape, data.scaling, beside_words)
        return made, history

    def _fit_proximal(
        self, data: FoldData, seed: int, label: str
    ) -> Generator[Fit, Fitted, tuple[keras.Model, list[tuple]]]:
        def build() -> keras.Model:
            if self.config.words:
                return network.build_beside_words(self.config, self.shape)
            return network.build_proximal(self.config, self.shape)

        train, validation, step = data.train, data.validation, self.training
        if self.config.as_started:
            step = step.model_copy(update={"epochs": 0})
        if data.words is not None:
            train = train.changed(**{network.FROZEN_INPUT: data.words.train})
            validation = validation.changed(**{network.FROZEN_INPUT: data.words.validation})
        trained, history = yield Fit(
            self,
            "sequence",
            build,
            self.shape.task,
            step,
            (train, data.train_targets),
            (validation, data.validation_targets),
            seed,
            f"{label} sequence",
            self.config.words,
            self._starter(data, seed) if self.config.kmer_start else None,
        )
        proximal = network.build_proximal(self.config, self.shape)
        copy_by_name(trained, proximal)
        if data.words is not None:
            network.give_words(proximal, data.words.final)  # type: ignore[arg-type]  # set before it is called
        return proximal, [("sequence", *row) for row in history]

    def _starter(self, data: FoldData, seed: int):
        def prepare(model: keras.Model) -> None:
            layer = model.get_layer(network.FIRST_CONVOLUTION)
            shape = tuple(layer.kernel.shape)
            start = starting_filters(data.train.arrays[PROMOTER], data.train_targets, shape, seed)
            layer.set_weights(list(start))

        return prepare

    def fit_distal(
        self, data: FoldData, frozen: Any, seed: int, label: str
    ) -> Generator[Fit, Fitted, tuple[keras.Model, list[tuple]]]:
        """The HiChIP score beside what is frozen, and its history.

        frozen : as `beside_frozen` takes it: the proximal module, or None.
        """
        if self.config.trees:
            return self._grow_distal(data, frozen, seed, label)
        return (yield from self._fit_dense(data, frozen, seed, label))

    def _fit_dense(
        self, data: FoldData, frozen: Any, seed: int, label: str
    ) -> Generator[Fit, Fitted, tuple[keras.Model, list[tuple]]]:
        with_bias = self.alone
        final = network.build_distal(self.config, self.shape, data.scaling, with_bias)
        front = final.get_layer(network.BINS_FRONT)

        def build() -> keras.Model:
            width = front.output.shape[-1]
            features = keras.Input((width,), name=network.FEATURES)
            frozen = keras.Input((self.shape.outputs,), name=network.FROZEN_SEQUENCE)
            score = network.bins_head(self.config, self.shape, width, with_bias)(features)
            return keras.Model([features, frozen], keras.layers.Add()([score, frozen]))

        trained, history = yield Fit(
            self,
            "distal",
            build,
            self.shape.task,
            distal_settings(self.training),
            (self.beside_frozen(data, "train", frozen, front), data.train_targets),
            (self.beside_frozen(data, "validation", frozen, front), data.validation_targets),
            seed,
            f"{label} distal",
            # Beside a frozen score the untrained state is the sequence model; alone it is nothing.
            self.config.zero_start and not self.alone,
        )
        _copy(trained.get_layer(network.BINS_HEAD), final.get_layer(network.BINS_HEAD))
        return final, [("distal", *row) for row in history]

    def _grow_distal(
        self, data: FoldData, frozen: Any, seed: int, label: str
    ) -> tuple[keras.Model, list[tuple]]:
        """Boosted trees; the validation genes choose how many, and then are trained on too. Few as
        they are where words stand alone, parts of all genes choose, as in the baseline `trees`."""
        front = tree_front(self.config, self.shape)
        columns = []
        for part in ("train", "validation"):
            arrays = self.beside_frozen(data, part, frozen, front).arrays
            score = None if self.alone else arrays[network.FROZEN_SEQUENCE]
            columns.append(tree_columns(score, arrays[network.FEATURES]))
        targets = np.concatenate([data.train_targets, data.validation_targets])
        checks = [np.arange(len(targets)) >= len(columns[0])]
        if self.config.as_started:
            checks = parts_of(targets, self.shape.task, seed)
        trees, history = grow_trees(np.concatenate(columns), targets, self.shape.task, checks)
        require_finite(history, f"{label} distal")
        distal = build_tree_distal(self.config, self.shape, trees, not self.alone)
        return distal, [(TREES, *row) for row in history]

    def beside_frozen(
        self, data: FoldData, part: str, proximal: keras.Model | None, front: keras.Model
    ) -> Examples:
        """What the distal module reads of the genes of `part`, beside their sequence scores."""
        examples: Examples = getattr(data, part)
        features = forward(front, examples)
        if proximal is None:
            frozen = np.zeros((len(examples), self.shape.outputs), np.float32)
        elif data.words is None:
            frozen = forward(proximal, examples)
        elif self.config.beside_words:
            # Those of the convolution are fitted to the training genes; beside them loops would get
            # too little weight (docs/network.md).
            frozen = getattr(data.words, part)
        else:
            score = proximal.get_layer(network.SEQUENCE_SCORE).output
            convolution = keras.Model(proximal.input, score)
            frozen = forward(convolution, examples) + getattr(data.words, part)
        return Examples({network.FEATURES: features, network.FROZEN_SEQUENCE: frozen})


def copy_by_name(source: keras.Model, target: keras.Model) -> None:
    """Weights of each layer of `source` to the layer of `target` that has its name."""
    for layer in source.layers:
        if layer.weights:
            target.get_layer(layer.name).set_weights(layer.get_weights())


def _copy(source: keras.Model, target: keras.Model) -> keras.Model:
    target.set_weights(source.get_weights())
    return target
