"""The training loop: one compiled step, reset for every fold instead of built again.

Keras' own ``fit`` traces and compiles anew for every model; a job trains tens of equal networks
on some hundred genes each, so here the network is built and compiled once and only its state
is set back. Losses, best weights and the stopping rule are in the open.
"""

import logging
import math
import sys
from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np

from deepexpr.errors import InputError
from deepexpr.features.dataset import PROMOTER
from deepexpr.model.backend import keras, set_seed
from deepexpr.model.config import TrainingSettings, TwoStepTraining
from deepexpr.model.examples import Examples, augment, batches_of, input_names
from deepexpr.model.shared_counts import shared_counts

log = logging.getLogger(__name__)

#: Genes per forward pass outside training, and the bytes that all maps of a pass may take: of the
#: authors' network, whose maps of 64 genes take 16 GB, fewer genes pass at a time.
FORWARD_BATCH, FORWARD_BYTES = 64, 2 << 30


def distal_settings(config: TwoStepTraining) -> TwoStepTraining:
    """Settings of the second step as those of a step: the fields distal_* in their place."""
    names = ("learning_rate", "weight_decay", "batch_size", "epochs", "patience")
    return config.changed(shift=0, **{name: getattr(config, f"distal_{name}") for name in names})


class Watch:
    """Of one training: the best validation loss, when to stop and when to lower the rate."""

    def __init__(self, step: TrainingSettings) -> None:
        self.step = step
        self.best, self.best_epoch, self.reduced = np.inf, 0, 0

    def look(self, epoch: int, value: float) -> Literal["best", "stop", "reduce", "go on"]:
        """What follows from the validation loss of an epoch; epoch 0 is the untrained state."""
        if value < self.best:
            self.best, self.best_epoch = value, epoch
            return "best"
        if epoch - self.best_epoch >= self.step.patience:
            return "stop"
        if epoch - max(self.best_epoch, self.reduced) >= self.step.plateau_patience:
            self.reduced = epoch
            return "reduce"
        return "go on"


class Trainer:
    """One network, compiled once and trained many times from fresh weights.

    build : makes the network that gives scores (one unit, or two logits); called again at each
        `reset`, only for its initial state.
    keep_start : the untrained state counts as epoch 0 when the best one is chosen.
    """

    def __init__(
        self,
        build: Callable[[], keras.Model],
        task: str,
        step: TrainingSettings,
        keep_start: bool = False,
    ) -> None:
        self.build = build
        self.task = task
        self.step = step
        self.keep_start = keep_start
        self.model = build()
        # XLA makes TensorFlow's step slower on a CPU; JAX has nothing else to compile it with.
        jit = keras.backend.backend() == "jax"
        self.loss_function = _loss(task)
        self.model.compile(
            optimizer=_make_optimizer(step), loss=self.loss_function, jit_compile=jit
        )
        # In float16 Keras wraps it, and the wrapper has a state of its own.
        self.optimizer = self.model.optimizer
        self.optimizer.build(self.model.trainable_variables)
        self._blank = [keras.ops.convert_to_numpy(v) for v in self.optimizer.variables]

    def reset(self, seed: int) -> None:
        """Put network, dropout seeds and optimizer in the state that `seed` alone decides."""
        set_seed(seed)
        fresh = self.build()
        for own, new in zip(self.model.variables, fresh.variables, strict=True):
            own.assign(new)
        for own, blank in zip(self.optimizer.variables, self._blank, strict=True):
            own.assign(blank)

    def fit(
        self,
        train: tuple[Examples, np.ndarray],
        validation: tuple[Examples, np.ndarray],
        seed: int,
        label: str = "",
        prepare: Callable[[keras.Model], None] | None = None,
    ) -> list[tuple[int, float, float]]:
        """Train from fresh weights; the model ends with the weights of the best epoch.

        train, validation : examples and targets: (n,) float32 scaled expression, or (n,) int64
            class 0 or 1. Only the validation loss decides when to stop.
        prepare : changes the fresh weights before the first epoch.
        Returns one (epoch, loss, validation loss) per epoch; epoch 0 is the untrained state,
        present only if it may be kept.
        """
        self.reset(seed)
        if prepare is not None:
            prepare(self.model)
        rng = np.random.default_rng(seed)
        history, best_weights, watch = [], None, Watch(self.step)
        if self.keep_start:
            value = self.loss(*validation)
            history.append((0, self.loss(*train), value))
            if watch.look(0, value) == "best":
                best_weights = self.model.get_weights()
        for epoch in range(1, self.step.epochs + 1):
            loss = self.epoch(*train, rng)
            value = self.loss(*validation)
            history.append((epoch, loss, value))
            _show(f"{label} epoch {epoch}/{self.step.epochs} val_loss {value:.4f}")
            verdict = watch.look(epoch, value)
            if verdict == "best":
                best_weights = self.model.get_weights()
            elif verdict == "stop":
                break
            elif verdict == "reduce":
                self._reduce_rate()
        _show("")
        require_finite(history, label)
        self.model.set_weights(best_weights)
        return history

    def loss(self, examples: Examples, targets: np.ndarray) -> float:
        """Mean loss of the current weights: squared error, or cross-entropy of the logits."""
        return mean_loss(self.task, forward(self.model, examples), targets)

    def epoch(self, examples: Examples, targets: np.ndarray, rng: np.random.Generator) -> float:
        """One pass in random order, on augmented examples; the mean loss of its steps."""
        examples = examples.only(input_names(self.model))
        order = rng.permutation(len(examples))
        total, genes = 0.0, 0
        for rows, _ in batches_of(len(examples), self.step.batch_size, order):
            inputs = augment(examples.take(rows), self.step.shift, rng).floats()
            self.model.reset_metrics()  # up to Keras 3.11 the loss is else a mean over all steps
            loss = self.model.train_on_batch(
                inputs if len(inputs) > 1 else inputs[0], targets[rows]
            )
            total += float(loss[0] if isinstance(loss, list) else loss) * len(rows)
            genes += len(rows)  # the last batch holds some genes a second time
        return total / genes

    def _reduce_rate(self) -> None:
        if self.step.plateau_factor < 1:
            rate = (
                float(keras.ops.convert_to_numpy(self.optimizer.learning_rate))
                * self.step.plateau_factor
            )
            self.optimizer.learning_rate.assign(rate)


def mean_loss(task: str, scores: np.ndarray, targets: np.ndarray) -> float:
    """Of scores (n, 1), or logits (n, 2), and targets (n,): squared error, or cross-entropy."""
    scores = scores.astype(np.float64)
    if task == "regression":
        return float(np.mean((scores[:, 0] - targets) ** 2))
    margins = scores[:, 1] - scores[:, 0]
    return float(np.mean(np.logaddexp(0, np.where(targets == 1, -margins, margins))))


def require_finite(history: list[tuple[int, float, float]], label: str) -> None:
    """Raise InputError where no epoch of `label` has a finite validation loss; the untrained state
    counts where nothing was to be trained."""
    epochs = [value for epoch, _, value in history if epoch > 0 or len(history) == 1]
    if not np.isfinite(epochs).any():
        raise InputError(
            f"The training diverged: no epoch of {label} has a finite validation loss.",
            where="training",
            fix="Use a smaller learning_rate (or distal_learning_rate).",
        )


def forward(model: keras.Model, examples: Examples) -> np.ndarray:
    """Outputs (n, units) float32 of `model`, dropout off, in batches of one size.

    examples : with the inputs that the model names; others are not looked at.
    Called without compilation: the same code, and so the same bits, right after training and
    after loading the saved model.
    """
    return forward_all([model], examples)[0]


def forward_all(models: Sequence[keras.Model], examples: Examples) -> list[np.ndarray]:
    """`forward` of each model; those that read the same inputs share the words counted in them."""
    alike: dict[tuple, list[int]] = {}
    for number, model in enumerate(models):
        alike.setdefault((forward_batch(model), *input_names(model)), []).append(number)
    found: dict[int, np.ndarray] = {}
    for (size, *names), numbers in alike.items():
        some = [models[number] for number in numbers]
        outputs = _forward_alike(some, examples.only(names), size)
        found |= dict(zip(numbers, outputs, strict=True))
    return [found[number] for number in range(len(models))]


def _forward_alike(
    models: Sequence[keras.Model], examples: Examples, size: int
) -> list[np.ndarray]:
    """Of models that read just these inputs, in batches of `size`."""
    outputs: list[list[np.ndarray]] = [[] for _ in models]
    with shared_counts(models if len(models) > 1 else []) as counts:
        for rows, kept in batches_of(len(examples), size):
            batch = examples.take(rows)
            inputs = batch.floats()
            if PROMOTER in batch.arrays:
                place = [*batch.arrays].index(PROMOTER)
                counts.take(batch.arrays[PROMOTER], inputs[place])
            for model, own in zip(models, outputs, strict=True):
                result = model(inputs if len(inputs) > 1 else inputs[0], training=False)
                own.append(keras.ops.convert_to_numpy(result)[:kept])
    return [np.concatenate(own) for own in outputs]


def forward_batch(model: keras.Model) -> int:
    """Genes per forward pass: a property of the model alone, as results may depend on it."""
    floats = sum(math.prod(layer.output.shape[1:]) for layer in _layers(model))
    size = FORWARD_BATCH
    while size > 1 and size * floats * 4 > FORWARD_BYTES:
        size //= 2
    return size


def _layers(model: keras.Model):
    for layer in model.layers:
        yield from _layers(layer) if isinstance(layer, keras.Model) else (layer,)


def _make_optimizer(step: TrainingSettings) -> keras.optimizers.Optimizer:
    if step.optimizer == "adamw":
        return keras.optimizers.AdamW(step.learning_rate, weight_decay=step.weight_decay)
    kind = {"rmsprop": keras.optimizers.RMSprop, "adam": keras.optimizers.Adam}[step.optimizer]
    return kind(step.learning_rate)


def _loss(task: str) -> keras.losses.Loss:
    if task == "classification":
        return keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return keras.losses.MeanSquaredError()


def _show(text: str) -> None:
    """A line that overwrites itself, on a terminal only; logs get one line per fold elsewhere."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
